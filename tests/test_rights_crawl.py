"""Rights over a whole crawl: from robots.txt, tdmrep.json, headers and markup to the records, come what may."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.boilerplate.learner import STORIES_TO_KNOW
from pipelines.layout import STATE
from pipelines.sqlite import SqliteStore
from tests.crawls import Ended, Harvest, crawl, scrapy, start_crawl, write_list
from tests.newsserver import RawServer, article_html, feed, page, redirect, response, stall_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.newsserver import Route

ASKS = {"TDMREP": "True"}
TDMREP = "/.well-known/tdmrep.json"
DAY_SECONDS = 86_400.0


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        yield server


def story(title: str, *head: str, **headers: str) -> bytes:
    return page(article_html(title).replace("</head>", "".join(head) + "</head>"), **headers)


def meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{content}">'


def tdmrep(*rules: dict[str, Any]) -> bytes:
    return response(json.dumps(rules), Content_Type="application/json")


def fetched(server: RawServer, root: Path, *targets: str, **how: Any) -> Ended:
    urls = write_list(root.parent / "urls.txt", [server.url(target) for target in targets])
    return crawl("pages", root, urls=urls, **{"settings": ASKS, **how})


def said(rights: list[dict[str, Any]]) -> list[tuple[str, str | None, str, bool]]:
    return [(each["name"], each["value"], each["source"], each["applies"]) for each in rights]


def asked(server: RawServer, target: str) -> int:
    return server.targets.count(target)


def test_every_place_that_may_say_something_is_heard(server: RawServer, tmp_path: Path) -> None:
    server.routes |= {
        "/robots.txt": response("User-agent: *\nContent-Signal: ai-train=no\nLicense: https://l.example/l.xml\n",
                                Content_Type="text/plain"),
        TDMREP: tdmrep({"location": "/a", "tdm-reservation": 1, "tdm-policy": "/policy.json"}),
        "/a": story("A story of the day", meta("robots", "noai"), meta("gptbot", "noindex"),
                    meta("tdm-reservation", "0"), '<link rel="license" href="/terms">',
                    X_Robots_Tag="noarchive", tdm_reservation="1"),
    }
    assert fetched(server, tmp_path / "archive", "/a").exit_code == 0
    harvest = Harvest(tmp_path / "archive")
    harvest.check()
    article, fetch = harvest.article(server.url("/a")), harvest.fetch(server.url("/a"))
    before_the_page = [
        ("tdm-reservation", "1", "tdmrep.json", False), ("tdm-policy", server.url("/policy.json"), "tdmrep.json", True),
        ("rsl", "https://l.example/l.xml", "robots.txt", True), ("ai-train", "no", "robots.txt", True),
        ("noarchive", None, "header", True)]
    assert said(article["rights"]) == [
        *before_the_page, ("tdm-reservation", "1", "header", False), ("noai", None, "meta", True),
        ("noindex", None, "meta", False), ("tdm-reservation", "0", "meta", True),
        ("license", server.url("/terms"), "link", True)]
    assert said(fetch["rights"]) == [*before_the_page, ("tdm-reservation", "1", "header", True)]
    assert article["text"]
    assert (fetch["outcome"], fetch["reason"]) == ("article", None)


def test_a_host_is_asked_before_its_first_page_and_once_a_day_over_all_crawls(
    server: RawServer, tmp_path: Path,
) -> None:
    server.routes |= {TDMREP: tdmrep({"location": "/", "tdm-reservation": 1}),
                      **{f"/{name}": story(f"Story {name} of the day") for name in "abcd"}}
    root = tmp_path / "archive"
    fetched(server, root, "/a", "/b")
    assert server.targets[:2] == ["/robots.txt", TDMREP]
    fetched(server, root, "/c", later=DAY_SECONDS - 3600)
    assert asked(server, TDMREP) == 1
    server.routes[TDMREP] = tdmrep({"location": "/", "tdm-reservation": 0})
    fetched(server, root, "/d", later=DAY_SECONDS + 60)
    assert asked(server, TDMREP) == 2
    harvest = Harvest(root)
    values = {name: [each["value"] for each in harvest.article(server.url(f"/{name}"))["rights"]] for name in "abcd"}
    assert values == {"a": ["1"], "b": ["1"], "c": ["1"], "d": ["0"]}
    lines = [line for line in harvest.fetches if line["role"] == "rights"]
    assert [line["outcome"] for line in lines] == ["source", "source"]
    assert all(harvest.record(line["exchanges"][0]["response"]).url == server.url(TDMREP) for line in lines)


@pytest.mark.parametrize(("answer", "outcome"), [
    (None, "absent"), (response(b"no", 403), "http_error"), (page("<title>Our newspaper</title>"), "source_invalid"),
    (redirect("/a"), "source_invalid"), (redirect(TDMREP), "redirect_failed")])
def test_a_host_without_the_file_reserves_nothing_and_is_asked_once(
    server: RawServer, tmp_path: Path, answer: bytes | None, outcome: str,
) -> None:
    server.routes |= {"/a": story("A story of the day"), "/b": story("Another story of the day")}
    if answer:
        server.routes[TDMREP] = answer
    assert fetched(server, tmp_path / "archive", "/a").exit_code == 0
    before = asked(server, TDMREP)
    assert fetched(server, tmp_path / "archive", "/b").exit_code == 0
    assert asked(server, TDMREP) == before
    harvest = Harvest(tmp_path / "archive")
    harvest.check()
    assert [line["outcome"] for line in harvest.fetches if line["role"] == "rights"] == [outcome]
    assert [article["rights"] for article in harvest.articles] == [[], []]


def test_a_host_in_trouble_is_believed_as_it_was_before_and_asked_again_by_the_next_crawl(
    server: RawServer, tmp_path: Path,
) -> None:
    server.routes |= {TDMREP: tdmrep({"location": "/", "tdm-reservation": 1}),
                      **{f"/{name}": story(f"Story {name} of the day") for name in "abc"}}
    root = tmp_path / "archive"
    fetched(server, root, "/a")
    server.routes[TDMREP] = response(b"busy", 503)
    settings = {**ASKS, "RETRY_TIMES": "0"}
    fetched(server, root, "/b", later=DAY_SECONDS + 60, settings=settings)
    fetched(server, root, "/c", later=DAY_SECONDS + 120, settings=settings)
    assert asked(server, TDMREP) == 3
    assert [[each["value"] for each in article["rights"]] for article in Harvest(root).articles] == [["1"]] * 3


def test_a_file_that_robots_txt_forbids_is_not_asked_for(server: RawServer, tmp_path: Path) -> None:
    server.routes |= {"/robots.txt": response("User-agent: *\nDisallow: /.well-known/\n", Content_Type="text/plain"),
                      TDMREP: tdmrep({"location": "/", "tdm-reservation": 1}), "/a": story("A story of the day")}
    assert fetched(server, tmp_path / "archive", "/a").exit_code == 0
    assert asked(server, TDMREP) == 0
    harvest = Harvest(tmp_path / "archive")
    assert harvest.outcome(server.url(TDMREP)) == "robots_denied"
    assert harvest.article(server.url("/a"))["rights"] == []


def test_no_host_is_asked_where_the_setting_says_so(server: RawServer, tmp_path: Path) -> None:
    server.routes |= {TDMREP: tdmrep({"location": "/", "tdm-reservation": 1}), "/a": story("A story of the day"),
                      "/robots.txt": response("Content-Signal: search=yes\n", Content_Type="text/plain")}
    assert fetched(server, tmp_path / "archive", "/a", settings={"TDMREP": "False"}).exit_code == 0
    assert asked(server, TDMREP) == 0
    assert said(Harvest(tmp_path / "archive").articles[0]["rights"]) == [("search", "yes", "robots.txt", True)]


def test_what_counts_is_said_of_the_address_and_the_host_that_answered(server: RawServer, tmp_path: Path) -> None:
    with RawServer(host="127.0.0.2") as other:
        server.routes |= {TDMREP: tdmrep({"location": "/", "tdm-reservation": 1}), "/a": redirect(other.url("/b"))}
        other.routes |= {TDMREP: tdmrep({"location": "/b", "tdm-reservation": 0}), "/b": story("A story of the day")}
        fetched(server, tmp_path / "archive", "/a")
        [article] = Harvest(tmp_path / "archive").articles
        assert [each["evidence"].partition(": ")[0] for each in article["rights"]] == [other.url(TDMREP)]
        assert [each["value"] for each in article["rights"]] == ["0"]


def test_sources_ask_for_nothing(server: RawServer, tmp_path: Path) -> None:
    """A host of which no page is fetched is not asked what holds for its pages."""
    server.routes |= {"/feed.xml": feed([]), "/robots.txt": response("", Content_Type="text/plain")}
    registry = write_registry(tmp_path, server)
    crawl("news", tmp_path / "archive", sites=registry, settings=ASKS)
    assert server.targets == ["/robots.txt", "/feed.xml"]


def write_registry(folder: Path, server: RawServer, policy: str = "", site: str = "osmere") -> Path:
    path = folder / f"{site}.toml"
    rights = f"rights = {{ {policy} }}\n" if policy else ""
    path.write_text(f'[[site]]\nname = "{site}"\nurl = "{server.url("/")}"\nfeeds = ["{server.url("/feed.xml")}"]\n'
                    f"delay = 0\n{rights}")
    return path


def publish(server: RawServer, pages: dict[str, Route]) -> None:
    server.routes |= pages
    server.routes["/feed.xml"] = feed([(server.url(target), "A story") for target in pages])


def test_each_directive_has_the_policy_that_the_registry_says(server: RawServer, tmp_path: Path) -> None:
    server.routes[TDMREP] = tdmrep({"location": "/2026/11/20/mined", "tdm-reservation": 1})
    publish(server, {
        "/2026/11/20/plain": story("A plain story of the day"),
        "/2026/11/20/noai": story("A story for people of the day", meta("robots", "noai")),
        "/2026/11/20/header": story("A story with a header", X_Robots_Tag="noarchive"),
        "/2026/11/20/mined": story("A story that is reserved"),
        "/2026/11/20/other": story("A story that others may not index", meta("gptbot", "noai")),
    })
    registry = write_registry(tmp_path, server, 'noai = "skip", noarchive = "skip-text", "tdm-reservation" = "skip"')
    ended = crawl("news", tmp_path / "archive", sites=registry, settings=ASKS)
    assert ended.exit_code == 0, ended.stderr
    harvest = Harvest(tmp_path / "archive")
    harvest.check()
    outcomes = {line["url"].rpartition("/")[2]: line["outcome"] for line in harvest.fetches if line["role"] == "page"}
    assert outcomes == {"plain": "article", "noai": "withheld", "header": "article", "mined": "withheld",
                        "other": "article"}
    withheld = harvest.fetch(server.url("/2026/11/20/noai"))
    assert withheld["reason"] == 'rights: noai = "skip": meta: robots: noai'
    assert withheld["article_id"] is None
    assert harvest.record(withheld["exchanges"][0]["response"]).block, "what was fetched is archived all the same"
    mined = harvest.fetch(server.url("/2026/11/20/mined"))
    assert mined["reason"].startswith('rights: tdm-reservation = "skip": tdmrep.json: ' + server.url(TDMREP))
    bare = harvest.article(server.url("/2026/11/20/header"))
    assert (bare["text"], bare["word_count"], bare["title"]) == ("", 0, "A story with a header")
    assert 'noarchive = "skip-text": header: x-robots-tag: noarchive' in bare["extraction"]["warnings"][-1]
    verified = scrapy("verify", home=tmp_path, settings={"ARCHIVE_DIR": tmp_path / "archive"})
    assert verified.exit_code == 0, verified.stdout


def test_a_page_that_was_withheld_is_not_fetched_again_for_as_long_as_a_feed_lists_it(
    server: RawServer, tmp_path: Path,
) -> None:
    publish(server, {"/2026/11/20/noai": story("A story for people of the day", meta("robots", "noai"))})
    registry = write_registry(tmp_path, server, 'noai = "skip"')
    for _ in range(2):
        ended = crawl("news", tmp_path / "archive", sites=registry, poll="all")
        assert ended.exit_code == 0, "a site whose pages are withheld has not failed"
    assert asked(server, "/2026/11/20/noai") == 1


class Owing:
    """A site of which a crawl that is killed owes every page its article: a page that never ends keeps it waiting."""

    count = STORIES_TO_KNOW - 2

    def __init__(self, server: RawServer, root: Path) -> None:
        self.server, self.root = server, root
        self.targets = [f"/2026/11/2{number}/story-{number}" for number in range(self.count)]
        server.routes[TDMREP] = tdmrep({"location": self.targets[0], "tdm-reservation": 1})
        publish(server, {**{target: story(f"Story {'abcdefgh'[number]} of the day", meta("robots", "noimageai"),
                                          X_Robots_Tag="noai") for number, target in enumerate(self.targets)},
                         "/2020/01/01/stalled": self._stall})

    def _stall(self, _: bytes) -> Route:
        while self._owed() < self.count:
            threading.Event().wait(0.01)
        self.running.process.kill()
        return stall_after(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n<html>")

    def _owed(self) -> int:
        try:
            with closing(SqliteStore.open_to_read(self.root / STATE)) as store:
                return store.owed_count()
        except sqlite3.Error:
            return 0

    def crawl_and_kill(self, registry: Path) -> None:
        self.running = start_crawl("news", self.root, sites=registry, settings={
            **ASKS, "CONCURRENT_REQUESTS_PER_DOMAIN": "1"})
        self.running.wait()
        assert self._owed() == self.count
        self.server.release()
        del self.server.routes["/2020/01/01/stalled"]
        self.asked = len(self.server.log)

    def asked_since(self) -> set[str]:
        return {line.target for line in self.server.log[self.asked:]}


def test_what_was_said_is_not_lost_when_a_crawl_is_killed_between_page_and_article(
    server: RawServer, tmp_path: Path,
) -> None:
    site = Owing(server, tmp_path / "archive")
    registry = write_registry(tmp_path, server)
    site.crawl_and_kill(registry)
    server.routes[TDMREP] = tdmrep()
    ended = crawl("news", site.root, sites=registry, settings=ASKS)
    assert ended.exit_code == 0, ended.stderr
    assert site.asked_since() <= {"/robots.txt", "/2020/01/01/stalled", "/feed.xml"}
    harvest = Harvest(site.root)
    harvest.check()
    always = [("noai", None, "header", True), ("noimageai", None, "meta", True)]
    assert [said(harvest.article(server.url(target))["rights"]) for target in site.targets] == [
        [("tdm-reservation", "1", "tdmrep.json", True), *always], *[always] * (site.count - 1)]


@pytest.mark.parametrize(("later", "outcome", "has_text"), [
    (None, "withheld", None),                   # a registry without the site: the policy is that of the fetch
    ("", "article", True), ('noai = "skip-text"', "article", False), ('noai = "skip"', "withheld", None)])
def test_an_owed_page_has_the_policy_of_the_registry_at_hand_or_else_the_one_under_which_it_was_fetched(
    server: RawServer, tmp_path: Path, later: str | None, outcome: str, has_text: bool | None,
) -> None:
    site = Owing(server, tmp_path / "archive")
    site.crawl_and_kill(write_registry(tmp_path, server, 'noai = "skip"'))
    with RawServer(host="127.0.0.3") as elsewhere:
        elsewhere.routes["/feed.xml"] = feed([])
        registry = (write_registry(tmp_path, elsewhere, site="quern") if later is None
                    else write_registry(tmp_path, server, later))
        ended = crawl("news", site.root, sites=registry, settings=ASKS)
    assert ended.exit_code == 0, ended.stderr
    harvest = Harvest(site.root)
    harvest.check()
    assert [harvest.outcome(server.url(target)) for target in site.targets] == [outcome] * site.count
    if has_text is not None:
        assert {bool(article["text"]) for article in harvest.articles} == {has_text}


def test_a_site_that_is_addressed_by_the_name_that_was_given_by_hand_is_heard(
    server: RawServer, tmp_path: Path,
) -> None:
    server.routes |= {"/robots.txt": response("User-agent: otherbot\nContent-Signal: ai-train=no\n"),
                      "/a": story("A story of the day", X_Robots_Tag="otherbot: noai, broadsheet: noindex")}
    fetched(server, tmp_path / "archive", "/a", settings={"USER_AGENT": "OtherBot/1.0 (+you@example.org)"})
    assert said(Harvest(tmp_path / "archive").articles[0]["rights"]) == [
        ("ai-train", "no", "robots.txt", True), ("noai", None, "header", True), ("noindex", None, "header", False)]


def test_what_a_feed_says_of_its_pages_comes_with_them(server: RawServer, tmp_path: Path) -> None:
    server.routes["/2026/11/20/licensed"] = story("A story under a licence", meta("robots", "noai"))
    server.routes["/feed.xml"] = response(
        '<?xml version="1.0"?><rss version="2.0" xmlns:rsl="https://rslstandard.org/rsl"><channel><title>N</title>'
        f'<item><title>A</title><link>{server.url("/2026/11/20/licensed")}</link><rsl:content url="/2026/11/20/"/>'
        "</item></channel></rss>", Content_Type="application/rss+xml")
    registry = write_registry(tmp_path, server, 'rsl = "skip-text"')
    assert crawl("news", tmp_path / "archive", sites=registry).exit_code == 0
    [article] = Harvest(tmp_path / "archive").articles
    assert said(article["rights"]) == [("rsl", None, "feed", True), ("noai", None, "meta", True)]
    assert article["rights"][0]["evidence"] == server.url("/feed.xml") + ': rsl:content url="/2026/11/20/"'
    assert article["text"] == ""
