"""Crawls one after the other, as a scheduler starts them: what is asked again, when, and how."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.crawls import Harvest, crawl, scrapy
from tests.newsserver import RawServer, article_html, close_after, feed, page, response
from tests.newssites import alternate, home, stories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 86_400.0
HOUR = 3_600.0
NO_DELAY = "[defaults]\ndelay = 0\n"     # a site of a registry has one of a second
ETAG, CHANGED = '"v-1;\xe9"', "Sun, 22 Nov 2026 12:00:00 GMT"


class Site:
    """A site with a feed that honours validators, counts who asks, and can be told to change or to fail."""

    def __init__(self, server: RawServer) -> None:
        self.server, self.targets = server, ["/2026/11/20/bridge", "/2026/11/21/choir"]
        self.etag, self.feed_answer = ETAG, None
        server.routes |= {"/": home(alternate("rss", "/feed.xml")), "/feed.xml": self._feed, **stories(*self.targets)}

    def publish(self, target: str, etag: str) -> None:
        self.targets.insert(0, target)
        self.server.routes |= stories(target)
        self.etag = etag

    def _feed(self, request: bytes) -> bytes:
        if self.feed_answer:
            return self.feed_answer
        if _header(request, "If-None-Match") == self.etag:
            return response(b"", 304, ETag=self.etag)
        listed = [(self.server.url(target), target) for target in self.targets]
        return feed(listed).replace(b"\r\n", f"\r\nETag: {self.etag}\r\nLast-Modified: {CHANGED}\r\n".encode("latin-1"),
                                    1)

    def asked(self, target: str = "/feed.xml") -> list[bytes]:
        return [wire.request_bytes for wire in self.server.log if wire.target == target]


def _header(request: bytes, name: str) -> str | None:
    match = re.search(rf"(?im)^{name}: (.*?)\r?$", request.decode("latin-1"))
    return match[1] if match else None


@pytest.fixture
def site() -> Iterator[Site]:
    with RawServer() as server:
        yield Site(server)


def tick(site: Site, tmp_path: Path, later: float = 0.0, **arguments: str):
    return crawl("news", tmp_path / "archive", url=site.server.url(), later=later, **arguments)


def write_registry(tmp_path: Path, site: Site, keys: str = "") -> Path:
    registry = tmp_path / "sites.toml"
    registry.write_text(f'{NO_DELAY}[[site]]\nname = "a"\nurl = "{site.server.url()}"\n{keys}\n')
    return registry


def outcomes(tmp_path: Path, number: int = -1) -> dict[str, str]:
    """Outcomes by path, of one run."""
    harvest = Harvest(tmp_path / "archive")
    run_id = harvest.manifests[number]["run_id"]
    return {"/" + line["url"].split("/", 3)[3]: line["outcome"]
            for line in harvest.fetches if line["run_id"] == run_id}


def test_a_crawl_right_after_another_asks_nobody_and_says_when_it_will(site, tmp_path):
    tick(site, tmp_path)
    asked = len(site.server.log)
    ended = tick(site, tmp_path)
    assert ended.exit_code == 0
    assert len(site.server.log) == asked
    assert ended.json["not_due"] == 2
    assert ended.json["next_due"]


def test_an_unchanged_feed_is_asked_with_its_validators_as_they_came_and_its_304_is_on_record(site, tmp_path):
    tick(site, tmp_path)
    ended = tick(site, tmp_path, later=2 * HOUR)
    assert ended.exit_code == 0
    first, second = site.asked()
    assert _header(first, "If-None-Match") is None
    assert (_header(second, "If-None-Match"), _header(second, "If-Modified-Since")) == (ETAG, CHANGED)
    assert outcomes(tmp_path) == {"/robots.txt": "http_error", "/feed.xml": "not_modified"}, "the home page is not due"
    [line] = [line for line in Harvest(tmp_path / "archive").fetches if line["outcome"] == "not_modified"]
    assert (line["http"]["status"], len(line["exchanges"])) == (304, 1)


def test_a_new_article_comes_with_the_next_poll_and_old_ones_are_not_fetched_again(site, tmp_path):
    tick(site, tmp_path)
    site.publish("/2026/11/22/mill", '"v-2"')
    ended = tick(site, tmp_path, later=2 * HOUR)
    assert outcomes(tmp_path) == {"/robots.txt": "http_error", "/feed.xml": "source", "/2026/11/22/mill": "article"}
    [figures] = ended.json["sites"].values()
    assert (figures["links"], figures["known"], figures["articles"]) == (3, 2, 1)
    site.publish("/2026/11/22/lake", '"v-3"')
    tick(site, tmp_path, later=4 * HOUR)
    assert _header(site.asked()[-1], "If-None-Match") == '"v-2"'


def test_links_that_were_left_out_for_max_pages_are_not_hidden_by_a_304(site, tmp_path):
    registry = write_registry(tmp_path, site, "max_pages = 1")
    for later in (0.0, 2 * HOUR, 26 * HOUR):
        crawl("news", tmp_path / "archive", sites=registry, later=later)
    assert len(Harvest(tmp_path / "archive").articles) == 2
    assert [_header(request, "If-None-Match") for request in site.asked()] == [None, None, ETAG]


def test_validators_do_not_count_under_other_rules(site, tmp_path):
    crawl("news", tmp_path / "archive", sites=write_registry(tmp_path, site, 'deny = ["choir"]'))
    crawl("news", tmp_path / "archive", sites=write_registry(tmp_path, site), poll="all")
    assert len(Harvest(tmp_path / "archive").articles) == 2


def test_a_feed_that_is_gone_is_never_asked_again_and_the_home_page_goes_on(site, tmp_path):
    tick(site, tmp_path)
    site.feed_answer = response(b"", 410)
    for later in (2 * HOUR, 30 * HOUR, 60 * HOUR):
        tick(site, tmp_path, later=later)
    assert len(site.asked()) == 2
    assert len(site.asked("/")) == 3
    told = scrapy("status", "--json", home=tmp_path, settings={"ARCHIVE_DIR": tmp_path / "archive"}).json
    assert [(source["url"], source["retired"]) for source in told["failing_sources"]] == [
        (site.server.url("/feed.xml"), "410 Gone")]
    shown = scrapy("status", home=tmp_path, settings={"ARCHIVE_DIR": tmp_path / "archive"}).stdout
    assert "never: 410 Gone" in shown


def test_a_page_that_failed_for_a_passing_reason_is_tried_again_by_itself_and_later_each_time(site, tmp_path):
    target = site.targets[0]
    site.server.routes[target] = response(b"", 500)
    settings = {"RETRY_TIMES": "0"}
    times = [0.0, 60.0, 400.0, 500.0, 2000.0]
    for later in times:
        crawl("news", tmp_path / "archive", url=site.server.url(), later=later, settings=settings)
    assert len(site.asked(target)) == 3, "at once, after five minutes, after fifteen more"
    site.server.routes |= stories(target)
    tick(site, tmp_path, later=DAY)
    assert len(Harvest(tmp_path / "archive").articles) == 2
    told = [line["outcome"] for line in Harvest(tmp_path / "archive").fetches if line["url"].endswith(target)]
    assert told == ["http_error"] * 3 + ["article"]


def test_a_host_that_fails_again_and_again_is_left_alone_and_its_pages_wait(site, tmp_path):
    targets = [f"/2026/11/22/story-{number}" for number in range(30)]
    for target in targets:
        site.publish(target, '"v-2"')
        site.server.routes[target] = response(b"", 502)
    settings = {"RETRY_TIMES": "0"}
    registry = write_registry(tmp_path, site, f'feeds = ["{site.server.url("/feed.xml")}"]')
    crawl("news", tmp_path / "archive", sites=registry, settings=settings)
    failed = [target for target in targets if site.asked(target)]
    assert 5 <= len(failed) <= 5 + 8, "what was under way when the fifth failed"
    site.server.routes |= stories(*targets)
    crawl("news", tmp_path / "archive", sites=registry, later=60.0, settings=settings)
    assert [target for target in targets if site.asked(target)] == failed
    crawl("news", tmp_path / "archive", sites=registry, later=2 * HOUR, settings=settings)
    assert len(Harvest(tmp_path / "archive").articles) == 32


def test_a_short_retry_after_is_waited_for_in_the_same_crawl(site, tmp_path):
    target = site.targets[0]
    answers = iter([response(b"", 429, Retry_After="1")])
    good = site.server.routes[target]
    site.server.routes[target] = lambda _: next(answers, good)
    ended = tick(site, tmp_path)
    assert ended.exit_code == 0
    assert len(Harvest(tmp_path / "archive").articles) == 2
    [line] = [line for line in Harvest(tmp_path / "archive").fetches if line["url"].endswith(target)]
    assert [exchange["status"] for exchange in line["exchanges"]] == [429, 200]


def test_a_long_retry_after_ends_the_crawl_of_that_host_until_then(site, tmp_path):
    target = site.targets[0]
    site.server.routes[target] = response(b"", 503, Retry_After="7200")
    tick(site, tmp_path)
    tick(site, tmp_path, later=HOUR)
    assert len(site.asked(target)) == 1, "not even a retry"
    site.server.routes |= stories(target)
    tick(site, tmp_path, later=2.1 * HOUR)
    assert len(Harvest(tmp_path / "archive").articles) == 2


def test_two_sites_that_share_a_feed_both_have_it(site, tmp_path):
    registry = tmp_path / "sites.toml"
    url = site.server.url("/feed.xml")
    registry.write_text(NO_DELAY + "".join(
        f'[[site]]\nname = "{name}"\nurl = "{site.server.url("/" + name)}"\nfeeds = ["{url}"]\nallow = ["{allow}"]\n'
        for name, allow in (("bridges", "bridge"), ("choirs", "choir"))))
    crawl("news", tmp_path / "archive", sites=registry)
    assert {article["site"] for article in Harvest(tmp_path / "archive").articles} == {"bridges", "choirs"}


def test_a_home_page_that_fails_does_not_hide_the_sitemaps_of_robots_txt_nor_is_the_site_fine_then(site, tmp_path):
    url = site.server.url
    site.server.routes |= {
        "/": response(b"", 404), "/robots.txt": response(f"Sitemap: {url('/map.xml')}\n"),
        "/map.xml": page(f"<urlset><url><loc>{url(site.targets[0])}</loc></url></urlset>")}
    assert tick(site, tmp_path).exit_code == 0
    assert outcomes(tmp_path)[site.targets[0]] == "article"
    site.server.routes |= {"/map.xml": response(b"", 404)}
    assert tick(site, tmp_path, poll="all").exit_code == 10


def test_a_home_page_without_feeds_is_itself_asked_for_its_links(tmp_path):
    with RawServer() as server:
        server.routes |= {"/": home(links=[("/2026/11/20/bridge-opens", "The bridge opens to walkers at last")]),
                          "/2026/11/20/bridge-opens": page(article_html("The bridge")),
                          "/2026/11/20/choir-sings": page(article_html("The choir"))}
        site_url, archive = server.url(), tmp_path / "archive"
        crawl("news", archive, url=site_url)
        server.routes["/"] = home(links=[("/2026/11/20/choir-sings", "The choir sings in the old hall"),
                                         ("/2026/11/20/bridge-opens", "The bridge opens to walkers at last")])
        crawl("news", archive, url=site_url, later=2 * HOUR)
        assert len(Harvest(archive).articles) == 2


def test_a_robots_txt_that_announces_more_than_is_taken_is_asked_for_once(site, tmp_path):
    """It is refused by its head alone; asked for again and again it would hold the archive for ever."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 99999999\r\n\r\n"
    site.server.routes["/robots.txt"] = close_after(head)
    assert tick(site, tmp_path).exit_code == 10
    assert site.asked("/robots.txt") == [site.asked("/robots.txt")[0]]
    assert set(outcomes(tmp_path).values()) == {"too_large", "robots_denied"}


def test_a_304_to_a_request_without_conditions_is_no_reading(site, tmp_path):
    site.server.routes["/feed.xml"] = response(b"", 304)
    registry = write_registry(tmp_path, site, f'feeds = ["{site.server.url("/feed.xml")}"]')
    assert crawl("news", tmp_path / "archive", sites=registry).exit_code == 10
    assert outcomes(tmp_path)["/feed.xml"] == "source_invalid"


def test_a_page_that_waits_is_not_fetched_once_the_registry_denies_it(site, tmp_path):
    target = site.targets[0]
    site.server.routes[target] = response(b"", 503)
    crawl("news", tmp_path / "archive", sites=write_registry(tmp_path, site), settings={"RETRY_TIMES": "0"})
    crawl("news", tmp_path / "archive", sites=write_registry(tmp_path, site, f'deny = ["{target}"]'), later=600.0)
    assert len(site.asked(target)) == 1
    assert outcomes(tmp_path)[target] == "refused"
