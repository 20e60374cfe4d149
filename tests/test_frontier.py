"""The frontier over a real store: what is handed out, in which order, and that nothing is lost on the way."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request, Spider

from crawler.frontier import DISCOVERED, ROLE, SITE, Frontier
from pipelines.archive import STATE, Archive, ArchiveConfig
from pipelines.records import Outcome
from pipelines.sqlite import SqliteStore
from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

BASE = "https://example.org/"


class OwnSpider(Spider):
    name = "own"


class Session:
    """`crawler.session.ArchiveSession` without Scrapy's engine."""

    def __init__(self, root: Path) -> None:
        self.archive = Archive.open(ArchiveConfig(root), "own")
        self.failure: Exception | None = None
        self.ended: list[tuple[str, Outcome, str]] = []

    def end_unleased(self, visit: Visit, outcome: Outcome, reason: str) -> None:
        self.ended.append((visit.url, outcome, reason))

    def open(self) -> None:
        pass

    def is_known(self, key: str) -> bool:
        return self.archive.committer.is_about_to_add(key) or self.archive.reader.is_known(
            key, self.archive.run.run_id)

    def begin_site(self, url: str, site: str) -> None:
        pass

    async def commit(self, visit: Visit, outcome: Outcome, reason: str | None, article: None) -> Any:
        return await self.archive.committer.settle(visit.settlement(outcome, reason, article, self.archive.now()))

    def fail(self, error: Exception) -> None:
        self.failure = error

    async def close(self, reason: str) -> None:
        await self.archive.close(reason)


class Crawl:
    """A frontier as Scrapy's engine uses it."""

    def __init__(self, root: Path, window: int = 64, per_host: int = 2) -> None:
        engine = SimpleNamespace(_slot=None)
        self.session = Session(root)
        self.frontier = Frontier(SimpleNamespace(engine=engine), self.session, window, per_host)
        self.frontier.open(OwnSpider())

    def found(self, *paths: str, **how: Any) -> list[bool]:
        return [self.frontier.enqueue_request(Request(BASE + path, **how)) for path in paths]

    async def next(self) -> Request | None:
        """The next request, waiting for a lease under way."""
        request = self.frontier.next_request()
        while request is None and self.frontier._leasing:
            await self.frontier._leasing
            request = self.frontier.next_request()
        return request

    async def all(self) -> list[Request]:
        """All that may go out now."""
        requests = []
        while request := await self.next():
            requests.append(request)
        return requests

    @staticmethod
    def land(request: Request) -> Visit:
        """Its answer has come."""
        request.meta[VISIT].in_download = False
        return request.meta[VISIT]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Runs a story that is given a crawl, and closes that."""

    def told(story: Callable[[Crawl], Awaitable[None]], **limits: int) -> None:
        async def whole() -> None:
            crawl = Crawl(tmp_path / "archive", **limits)
            try:
                await story(crawl)
            finally:
                await crawl.frontier.close("finished").asFuture(asyncio.get_running_loop())
            assert crawl.session.failure is None

        asyncio.run(whole())

    return told


def states(root: Path) -> dict[str, int]:
    store = SqliteStore.open_to_read(root / "archive" / STATE)
    try:
        return dict(store._db.execute("SELECT url, state FROM url").fetchall())
    finally:
        store.close()


def paths(requests: list[Request]) -> list[str]:
    return [request.url.removeprefix(BASE) for request in requests]


def test_a_url_is_leased_on_disk_before_it_is_handed_out(run, tmp_path):
    async def story(crawl: Crawl) -> None:
        assert crawl.found("a", "b", "c") == [True, True, True]
        request = await crawl.next()
        assert states(tmp_path) == {BASE + "a": 1, BASE + "b": 1, BASE + "c": 0}
        assert request.meta[VISIT].lease.url == request.url

    run(story)


def test_the_best_go_first_and_of_equals_the_first_found(run):
    async def story(crawl: Crawl) -> None:
        for path, priority in (("old", 1), ("newest", 9), ("newer", 5), ("also-newer", 5)):
            crawl.found(path, priority=priority)
        assert paths(await crawl.all()) == ["newest", "newer", "also-newer", "old"]

    run(story, per_host=9)


def test_a_host_has_no_more_out_than_its_share_and_others_are_not_kept_waiting(run):
    async def story(crawl: Crawl) -> None:
        crawl.found(*(f"{number}" for number in range(6)))
        crawl.frontier.enqueue_request(Request("https://other.example/a"))
        first = await crawl.all()
        assert sorted(request.url for request in first) == [BASE + "0", BASE + "1", "https://other.example/a"]
        crawl.land(next(request for request in first if request.url == BASE + "0"))
        assert paths(await crawl.all()) == ["2"]
        assert crawl.frontier.has_pending_requests()

    run(story)


def test_a_known_url_is_refused_however_it_is_spelt_and_whatever_has_become_of_it(run):
    async def story(crawl: Crawl) -> None:
        assert crawl.found("a", "a/", "a#part", "a?utm_source=x") == [True, False, False, False]
        request = await crawl.next()
        assert crawl.found("a") == [False]
        await crawl.land(request).settle(Outcome.FETCHED)
        assert crawl.found("a", "b") == [False, True]

    run(story)


def test_dont_filter_asks_for_a_url_once_more_when_it_is_done(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("a")
        await crawl.land(await crawl.next()).settle(Outcome.FETCHED)
        assert crawl.found("a", dont_filter=True) == [True]
        assert paths(await crawl.all()) == ["a"]

    run(story)


def test_and_when_it_is_asked_for_while_under_way_it_follows(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("a")
        first = await crawl.next()
        assert crawl.found("a", dont_filter=True, meta={"second": True}) == [True]
        assert await crawl.all() == []
        await crawl.land(first).settle(Outcome.FETCHED)
        assert crawl.frontier.has_pending_requests()
        [second] = await crawl.all()
        assert (second.url, second.meta["second"]) == (first.url, True)

    run(story)


def test_redirects_and_retries_keep_the_lease_and_go_at_once(run, tmp_path):
    async def story(crawl: Crawl) -> None:
        crawl.found("a", "b", "c")
        first = await crawl.next()
        hop = first.replace(url=BASE + "landed")
        assert crawl.frontier.enqueue_request(hop) is True
        assert (await crawl.next()) is hop
        assert hop.meta[VISIT] is first.meta[VISIT]
        assert BASE + "landed" not in states(tmp_path)

    run(story)


def test_a_request_that_cannot_be_written_down_is_handed_out_itself_and_forgotten_by_the_next_run(run, tmp_path):
    mark = object()

    async def story(crawl: Crawl) -> None:
        requests = [Request(BASE + path, callback=lambda response: None, meta={"mark": mark}) for path in "abc"]
        for request in requests:
            crawl.frontier.enqueue_request(request)
        assert await crawl.all() == requests[:2]
        assert requests[0].meta["mark"] is mark

    run(story)
    assert states(tmp_path) == {}


def test_what_waits_is_handed_out_by_the_next_run_with_all_that_was_known_of_it(run):
    facts = {SITE: "osmere", ROLE: "feed", DISCOVERED: {"via": "home", "source_url": BASE, "title": "T", "date": None}}

    async def first(crawl: Crawl) -> None:
        crawl.found("a", "b", "c", meta=facts, priority=3)
        assert len(await crawl.all()) == 2

    async def second(crawl: Crawl) -> None:
        requests = await crawl.all()
        assert sorted(paths(requests)) == ["a", "b"]
        visit = requests[0].meta[VISIT]
        assert (visit.site, visit.role, visit.discovered.title) == ("osmere", "feed", "T")
        assert requests[0].priority == 3

    run(first)
    run(second)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:text/plain,x", "about:blank"])
def test_what_has_no_host_is_no_url_that_can_be_fetched(run, url, caplog):
    async def story(crawl: Crawl) -> None:
        assert crawl.frontier.enqueue_request(Request(url)) is False

    run(story)
    assert f"Not a URL that can be fetched: {url!r}" in caplog.text


def test_a_crawl_with_nothing_left_has_nothing_pending(run):
    async def story(crawl: Crawl) -> None:
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests()
        crawl.found("a")
        assert crawl.frontier.has_pending_requests()
        await crawl.land(await crawl.next()).settle(Outcome.FETCHED)
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests()

    run(story)


def test_a_url_without_facts_is_a_page_of_its_host_that_a_spider_found(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("a", headers={"Referer": BASE + "list"})
        visit = (await crawl.next()).meta[VISIT]
        assert (visit.site, visit.role, visit.discovered.via) == ("example.org", "page", "spider")
        assert visit.discovered.source_url == BASE + "list"

    run(story)


def test_what_waits_with_a_callback_that_is_gone_ends_as_an_error_and_the_rest_goes_on(
    run: Callable[..., None],
) -> None:
    class OlderSpider(OwnSpider):
        def parse_gone(self, response: object) -> None:
            """It was there when the request was written down."""

    async def story(crawl: Crawl) -> None:
        older = crawl.frontier._spider = OlderSpider()
        crawl.found("gone", callback=older.parse_gone, priority=1)
        crawl.found("sound")
        crawl.frontier._spider = OwnSpider()
        assert [request.url for request in await crawl.all()] == [BASE + "sound"]
        [(url, outcome, reason)] = crawl.session.ended
        assert (url, outcome) == (BASE + "gone", Outcome.ERROR)
        assert "parse_gone" in reason

    run(story)
