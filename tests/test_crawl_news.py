"""`scrapy crawl news`: from addresses to articles, three crawls of the same six sites."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import pytest

from crawler.discovery import WELL_KNOWN_FEEDS, WELL_KNOWN_SITEMAPS
from tests import newssites
from tests.crawls import Ended, Harvest, Running, crawl, start_crawl
from tests.newsserver import RawServer, feed
from tests.newssites import alternate, home, stories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW = "/2026/11/22/new-curator"
COPIES = ("/2026/11/21/choir", "/2026/11/21/choir-again")
"""One story at two addresses: which of them is the copy is decided by which comes first."""


class Crawled(NamedTuple):
    """Three crawls, what lay there after each, and what the servers had been asked by then."""

    servers: dict[str, RawServer]
    ended: list[Ended]
    harvests: list[Harvest]
    asked: list[Counter[bytes]]

    def url(self, site: str, target: str) -> str:
        return self.servers[site].url(target)

    def outcomes(self, site: str, number: int = 0) -> dict[str, str]:
        """Outcomes of the pages of a site in one crawl, by path and query."""
        run_id = self.ended[number].json["manifest"].rpartition("/")[2].removesuffix(".json")
        lines = [line for line in self.harvests[number].fetches if (line["site"], line["run_id"]) == (site, run_id)]
        outcomes = {urlsplit(line["url"])._replace(scheme="", netloc="").geturl(): line["outcome"] for line in lines}
        assert len(outcomes) == len({line["url"] for line in lines})
        return outcomes

    def present(self, site: str, number: int = 0) -> dict[str, str]:
        """The same but for the places where feeds and sitemaps often lie, and none was."""
        return {target: outcome for target, outcome in self.outcomes(site, number).items() if outcome != "absent"}


def registry(servers: dict[str, RawServer]) -> str:
    extra = {"rules": 'feeds = ["{}feed.xml"]\nallow = ["/news/"]\ndeny = ["/19/"]\nmax_pages = 4\n',
             "silent": "", "formats": "", "broken": "", "quern": "", "osmere": ""}
    entries = [f'[[site]]\nname = "{name}"\nurl = "{server.url()}"\n{extra[name].format(server.url())}'
               for name, server in servers.items()]
    return "\n".join(["[defaults]", "delay = 0", *entries])


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, RawServer]]:
    makers = (newssites.osmere, newssites.quern, newssites.broken, newssites.formats, newssites.rules, newssites.silent)
    with ExitStack() as stack:
        running = {make.__name__: stack.enter_context(make()) for make in makers}
        newssites.fill_osmere(running["osmere"])
        newssites.fill_formats(running["formats"])
        newssites.fill_rules(running["rules"])
        yield running


@pytest.fixture(scope="module")
def crawled(servers: dict[str, RawServer], tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder = tmp_path_factory.mktemp("news")
    (folder / "sites.toml").write_text(registry(servers))
    result = Crawled(servers, [], [], [])
    for number in range(3):
        if number == 2:
            servers["osmere"].routes |= stories(NEW)
            newssites.fill_osmere(servers["osmere"], NEW)
        result.ended.append(crawl("news", folder / "archive", sites=folder / "sites.toml", poll="all"))
        result.harvests.append(Harvest(folder / "archive"))
        result.asked.append(Counter(wire.request_bytes for server in servers.values() for wire in server.log))
    return result


def test_a_site_with_feed_and_sitemaps_gives_each_page_its_outcome(crawled):
    outcomes = crawled.outcomes("osmere")
    assert sorted(outcomes.pop(target) for target in COPIES) == ["article", "duplicate"]
    assert outcomes == {
        "/": "source", "/robots.txt": "source", "/feed.xml": "source", "/news-sitemap.xml": "source",
        "/index.xml.gz": "source", "/sitemap-1.xml": "source",
        "/2026/11/20/bridge?utm_source=feed": "article", "/old/well": "article", "/2026/11/18/mill": "article",
        "/2026/11/15/pictures-only": "no_article", "/2026/11/16/gone": "http_error",
        "/private/2026/11/20/diary": "robots_denied"}
    assert "/private/2026/11/20/diary" not in crawled.servers["osmere"].targets


def test_an_article_says_how_it_was_found_fetched_and_reached(crawled):
    url = crawled.url("osmere", "/old/well")
    article = crawled.harvests[0].article(url)
    landed = crawled.url("osmere", "/2026/11/19/well")
    assert article["discovered"] == {
        "via": "feed", "source_url": crawled.url("osmere", "/feed.xml"), "title": "The well", "date": None,
        "updated": None, "image": None}
    assert article["redirects"] == [{"url": url, "status": 302, "location": landed}]
    assert (article["url"], article["final_url"], article["site"]) == (url, landed, "osmere")
    http = article["http"]
    assert (http["status"], http["protocol"], http["ip"]) == (200, "http/1.1", "127.0.0.1")
    assert (http["content_type"], http["charset"]) == ("text/html; charset=utf-8", "utf-8")
    assert article["text"].splitlines()[-5] == newssites.seed_of("What happened at /2026/11/19/well")


def test_what_a_sitemap_dates_and_what_a_child_of_an_index_names_is_told(crawled):
    mill = crawled.harvests[0].article(crawled.url("osmere", "/2026/11/18/mill"))
    assert (mill["discovered"]["via"], mill["discovered"]["source_url"]) == (
        "sitemap", crawled.url("osmere", "/sitemap-1.xml"))
    choir, again = (crawled.harvests[0].fetch(crawled.url("osmere", target)) for target in COPIES)
    assert again["discovered"]["date"].startswith("2026-11-21T00:00:00")
    assert choir["article_id"] == again["article_id"]


def test_a_site_without_feed_or_sitemap_is_read_from_its_home_page_and_sections(crawled):
    assert crawled.present("quern") == {
        "/": "source", "/robots.txt": "http_error", "/politics/": "source", "/sport/": "source",
        "/2026/11/21/front-page-story": "article", "/politics/2026/11/20/vote-on-footbridge": "article"}
    story = crawled.harvests[0].article(crawled.url("quern", "/politics/2026/11/20/vote-on-footbridge"))
    assert story["discovered"]["via"] == "section"
    assert story["discovered"]["title"] == "Council votes on the footbridge after a long winter"


def test_where_nothing_is_named_the_usual_places_are_looked_at_once(crawled):
    looked_at = {urlsplit(line["url"]).path for line in crawled.harvests[0].fetches
                 if line["site"] == "quern" and line["outcome"] == "absent"}
    assert looked_at == {*WELL_KNOWN_FEEDS, *WELL_KNOWN_SITEMAPS}
    assert "absent" not in crawled.outcomes("quern", 1).values()
    assert crawled.ended[0].json["sites"]["quern"]["precision"] == 1.0


def test_a_page_that_is_in_several_sources_names_each(crawled):
    bridge = crawled.harvests[0].article(crawled.url("osmere", "/2026/11/20/bridge?utm_source=feed"))
    assert (bridge["discovered"]["via"], bridge["discovered"]["title"]) == ("feed", "The bridge & its walkers")
    assert [way["via"] for way in bridge["discovered_also"]] == ["home"]
    assert bridge["discovered_also"][0]["title"] == "Bridge opens to walkers at last"


def test_a_site_whose_only_feed_is_broken_falls_back_to_its_home_page(crawled):
    assert crawled.present("broken") == {
        "/": "source", "/robots.txt": "http_error", "/feed": "source_invalid", "/2026/11/20/retired-teacher": "article"}
    line = crawled.harvests[0].fetch(crawled.url("broken", "/feed"))
    assert line["reason"] == "not a feed: found an HTML page"


def test_feeds_of_every_format_are_read(crawled):
    outcomes = crawled.outcomes("formats")
    assert {target: outcome for target, outcome in outcomes.items() if "told-by" in target} == {
        f"/2026/11/20/told-by-{kind}": "article" for kind in newssites.FEED_TYPES}
    titles = {line["discovered"]["title"] for line in crawled.harvests[0].articles if line["site"] == "formats"}
    assert titles == {f"By {kind}" for kind in newssites.FEED_TYPES}


def test_allow_deny_and_max_pages_hold(crawled):
    outcomes = crawled.outcomes("rules")
    assert outcomes.pop("/feed.xml") == "source"
    assert outcomes.pop("/robots.txt") == "http_error"
    assert outcomes == {f"/news/2026/11/{day}/story": "article" for day in range(10, 14)}
    skipped = {(entry["reason"], entry["links"]) for entry in crawled.ended[0].json["skipped"]}
    assert skipped == {("ruled out by allow or deny", 2), ("over max_pages = 4", 5)}


def test_a_site_whose_robots_txt_cannot_be_had_is_left_alone_and_the_crawl_says_so(crawled):
    assert crawled.outcomes("silent") == {"/robots.txt": "http_error"}, "the home page waits"
    assert set(crawled.servers["silent"].targets) == {"/robots.txt"}
    assert [ended.exit_code for ended in crawled.ended] == [10, 10, 10]


def test_a_second_crawl_that_polls_all_asks_the_sources_and_nothing_else(crawled):
    first, second = crawled.harvests[:2]
    assert [line for line in second.articles if line["site"] != "rules"] == [
        line for line in first.articles if line["site"] != "rules"]
    assert crawled.outcomes("osmere", 1) == {
        "/": "source", "/robots.txt": "source", "/feed.xml": "source", "/news-sitemap.xml": "source",
        "/index.xml.gz": "source", "/sitemap-1.xml": "source"}
    assert all(set(outcomes) <= {"source", "http_error", "source_invalid", "robots_denied"}
               for outcomes in (set(crawled.outcomes(site, 1).values()) for site in crawled.servers if site != "rules"))


def test_max_pages_goes_on_where_the_last_crawl_ended(crawled):
    fetched = [{target for target in crawled.outcomes("rules", number) if "story" in target} for number in range(3)]
    assert [sorted(targets) for targets in fetched] == [
        [f"/news/2026/11/{day}/story" for day in days] for days in (range(10, 14), range(14, 18), range(18, 19))]


def test_a_new_article_in_the_feed_appears_in_the_third_crawl(crawled):
    new = {article["url"] for article in crawled.harvests[2].articles if article["site"] == "osmere"} - {
        article["url"] for article in crawled.harvests[1].articles}
    assert new == {crawled.url("osmere", NEW)}


@pytest.mark.parametrize("number", range(3))
def test_after_each_crawl_the_archive_is_whole_and_says_what_the_servers_were_asked(crawled, number):
    harvest = crawled.harvests[number]
    harvest.check()
    assert len(harvest.manifests) == number + 1
    assert harvest.requests == crawled.asked[number]
    ended, manifest = crawled.ended[number].json, harvest.manifests[number]
    assert {site: figures["outcomes"] for site, figures in ended["sites"].items()} == {
        site: counts["outcomes"] for site, counts in manifest["sites"].items()}


def test_one_site_of_the_registry_and_a_site_by_its_address_alone(servers, tmp_path):
    (tmp_path / "sites.toml").write_text(registry(servers))
    one = crawl("news", tmp_path / "one", sites=tmp_path / "sites.toml", site="quern")
    assert (one.exit_code, list(one.json["sites"])) == (0, ["quern"])
    url = crawl("news", tmp_path / "url", url=servers["quern"].url())
    assert url.exit_code == 0
    assert len(Harvest(tmp_path / "url").articles) == len(Harvest(tmp_path / "one").articles) == 2
    assert list(url.json["sites"]) == [f"127-0-0-2-{servers['quern'].port}"]


def test_a_crawl_of_one_site_leaves_what_another_has_waiting_and_that_is_fetched_with_its_own(tmp_path: Path) -> None:
    with RawServer(stories("/x", "/y", "/z")) as first, RawServer(stories("/b")) as second:
        for server, targets in ((first, ("/x", "/y", "/z")), (second, ("/b",))):
            server.routes["/"] = home(alternate("rss", "/feed.xml"))
            server.routes["/feed.xml"] = feed([server.url(target) for target in targets])
        archive = tmp_path / "archive"
        stopped = crawl("news", archive, url=first.url("/"), settings={"CLOSESPIDER_PAGECOUNT": 2})
        assert stopped.exit_code == 11, stopped.stderr
        before = len(first.targets)
        assert crawl("news", archive, url=second.url("/")).exit_code == 0
        assert len(first.targets) == before
        assert crawl("news", archive, url=first.url("/")).exit_code == 0
    harvest = Harvest(archive)
    assert sorted(line["url"].rpartition("/")[2] for line in harvest.articles) == ["b", "x", "y", "z"]
    harvest.check()


def test_a_crawl_that_is_killed_while_it_explores_a_site_leaves_the_rest_to_the_next(tmp_path):
    running: list[Running] = []

    def killed(_: bytes) -> bytes:
        running[0].process.kill()
        return newssites.home()

    with newssites.quern() as server:
        server.routes["/rss.xml"] = killed
        running.append(start_crawl("news", tmp_path / "archive", url=server.url()))
        running[0].wait()
        del server.routes["/rss.xml"]
        crawl("news", tmp_path / "archive", url=server.url())
    assert len(Harvest(tmp_path / "archive").articles) == 2, "one of the home page, one of a section"
