"""The frontier over a real store: what is handed out, in which order, and that nothing is lost on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
from scrapy import Request, Spider

from crawler import frontier as frontier_module
from crawler.foundrequest import DISCOVERED, ROLE, SITE
from crawler.frontier import Frontier
from crawler.retries import NOT_BEFORE
from crawler.whereabouts import MOST_AWAY
from pipelines.archive import Archive, ArchiveConfig
from pipelines.layout import STATE
from pipelines.records import Outcome
from pipelines.sqlite import SqliteStore
from pipelines.store import Batch, HostHealth
from pipelines.visit import VISIT, Settlement, Visit
from tests.archives import Clock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from pipelines.store import Lease

BASE = "https://example.org/"


class OwnSpider(Spider):
    name = "own"


class Session:
    """`crawler.session.ArchiveSession` without Scrapy's engine."""

    def __init__(self, root: Path) -> None:
        self.clock = Clock()
        self.archive = Archive.open(ArchiveConfig(root), "own", self.clock)
        self.consequences: dict[str, object] = {}
        self.failure: Exception | None = None
        self.ended: list[tuple[str, Outcome, str]] = []
        self.under_way: dict[str, Visit] = {}

    def end_unleased(self, visit: Visit, outcome: Outcome, reason: str) -> None:
        self.ended.append((visit.url, outcome, reason))

    def open(self) -> None:
        pass

    def is_known(self, key: str) -> bool:
        return self.archive.committer.is_about_to_add(key) or self.archive.reader.is_known(
            key, self.archive.run.run_id)

    def begin_site(self, url: str, site: str) -> None:
        pass

    async def commit(self, visit: Visit, settlement: Settlement) -> Any:
        return await self.archive.committer.settle(replace(settlement, **self.consequences))

    def fail(self, error: Exception) -> None:
        self.failure = error

    async def close(self, reason: str) -> None:
        await self.archive.close(reason)


class Crawl:
    """A frontier as Scrapy's engine uses it."""

    def __init__(self, root: Path, window: int = 64, per_host: int = 2, politeness: Any = None) -> None:
        engine = SimpleNamespace(_slot=None)
        self.session = Session(root)
        self.frontier = Frontier(SimpleNamespace(engine=engine), self.session, window, per_host, wait_seconds=30.0,
                                 politeness=politeness)
        self.frontier.open(OwnSpider())

    def found(self, *paths: str, **how: Any) -> list[bool]:
        return [self.frontier.enqueue_request(Request(urljoin(BASE, path), **how)) for path in paths]

    async def next(self) -> Request | None:
        """The next request, waiting for a lease under way."""
        await asyncio.sleep(0)  # only a few are handed out in one turn of the event loop
        request = self.frontier.next_request()
        while request is None and self.frontier._leasing._asking:
            await self.frontier._leasing._asking
            request = self.frontier.next_request()
        return request

    async def all(self) -> list[Request]:
        """All that may go out now."""
        requests = []
        while request := await self.next():
            requests.append(request)
        return requests

    async def end(self, request: Request, **consequences: object) -> None:
        """Its visit ends, with what that means for later."""
        self.session.consequences = consequences
        await self.land(request).settle(Outcome.TIMEOUT)
        self.session.consequences = {}

    async def put_back(self, request: Request) -> None:
        """Its visit ends without an outcome, as `ArchiveSession.put_back` has it."""
        visit = self.land(request)
        visit.settled = visit.is_put_back = True
        await self.session.archive.committer.release([visit.lease])

    def in_seconds(self, seconds: float) -> Any:
        """The time that the archive will have then."""
        return self.session.clock.now + timedelta(seconds=seconds)

    def wait(self, seconds: float) -> None:
        """Time goes by, and what was to be called then is."""
        self.session.clock.now += timedelta(seconds=seconds)
        waking = self.frontier._leasing._waking
        if waking is not None and waking.when() - asyncio.get_running_loop().time() <= seconds:
            waking.cancel()
            self.frontier._leasing._come_back()

    @staticmethod
    def land(request: Request) -> Visit:
        """Its answer has come."""
        request.meta[VISIT].in_download = False
        return request.meta[VISIT]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Runs a story that is given a crawl, and closes that."""

    def told(story: Callable[[Crawl], Awaitable[None]], **limits: Any) -> None:
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
        return dict(store._db.execute("SELECT url, state FROM queue").fetchall())
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


# What is kept back, and what rests


class Monotonic:
    """A clock that stands still until it is set."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    clock = Monotonic(1000.0)
    monkeypatch.setattr(frontier_module, "monotonic", clock)
    return clock


def retry(crawl: Crawl, request: Request, not_before: float | None) -> Request:
    """Asked for once more in the same visit, as the retry middleware does."""
    again = request.replace(dont_filter=True)
    if not_before is not None:
        again.meta[NOT_BEFORE] = not_before
    assert crawl.frontier.enqueue_request(again) is True
    return again


def test_a_retry_is_kept_back_until_its_time_and_holds_up_nothing_else(run, monotonic):
    async def story(crawl: Crawl) -> None:
        crawl.found("a", "b")
        first = await crawl.next()
        again = retry(crawl, first, 1005.0)
        assert paths(await crawl.all()) == ["b"]
        for now in (1000.0, 1004.99):
            monotonic.now = now
            assert await crawl.next() is None
            assert crawl.frontier.has_pending_requests()
        monotonic.now = 1005.0
        assert await crawl.next() is again
        assert again.meta[VISIT] is first.meta[VISIT]
        assert NOT_BEFORE not in again.meta

    run(story)


def test_of_those_kept_back_the_first_whose_time_has_come_goes_first_and_a_redirect_at_once(run, monotonic):
    async def story(crawl: Crawl) -> None:
        crawl.found("a", "b", "c", "d", "e")
        late, early, hop, other, same = await crawl.all()
        late, early = retry(crawl, late, 1009.0), retry(crawl, early, 1003.0)
        hop, other, same = retry(crawl, hop, None), retry(crawl, other, None), retry(crawl, same, 1003.0)
        assert await crawl.all() == [hop, other]
        monotonic.now = 1003.0
        assert await crawl.all() == [early, same]
        monotonic.now = 1009.0
        assert await crawl.all() == [late]

    run(story, per_host=9)


def test_the_crawl_is_called_when_the_time_of_a_retry_has_come_and_not_more_often(run, monotonic, monkeypatch):
    async def story(crawl: Crawl) -> None:
        crawl.found("a", "b")
        first, second = await crawl.all()
        calls: list[tuple[float, object]] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", lambda *call: calls.append(call))
        retry(crawl, first, 1009.0)
        for _ in range(3):
            assert await crawl.next() is None
        assert calls == [(9.0, crawl.frontier.wake)]
        retry(crawl, second, 1004.0)
        assert await crawl.next() is None
        assert calls[1:] == [(4.0, crawl.frontier.wake)]
        monkeypatch.undo()

    run(story)


@pytest.mark.parametrize("seconds", [1.0, 29.0])
def test_a_url_that_rests_but_a_little_is_waited_for(run, seconds):
    async def story(crawl: Crawl) -> None:
        crawl.found("a")
        await crawl.end(await crawl.next(), retry_at=crawl.in_seconds(seconds))
        assert await crawl.all() == []
        assert crawl.frontier.has_pending_requests()
        crawl.wait(seconds - 0.5)
        assert await crawl.all() == []
        assert crawl.frontier.has_pending_requests()
        crawl.wait(seconds)
        [again] = await crawl.all()
        assert (again.url, again.meta[VISIT].lease.attempts) == (BASE + "a", 1)

    run(story)


@pytest.mark.parametrize("seconds", [31.0, 3600.0])
def test_one_that_rests_for_long_is_left_to_the_next_run(run, seconds):
    async def story(crawl: Crawl) -> None:
        crawl.found("a")
        await crawl.end(await crawl.next(), retry_at=crawl.in_seconds(seconds))
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests()
        assert crawl.found("a") == [False]

    async def later(crawl: Crawl) -> None:
        crawl.session.clock.now += timedelta(seconds=seconds + 1)
        assert paths(await crawl.all()) == ["a"]

    run(story)
    run(later)


def test_what_is_found_meanwhile_is_not_kept_waiting_by_what_rests(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("a")
        await crawl.end(await crawl.next(), retry_at=crawl.in_seconds(20.0))
        assert await crawl.all() == []
        crawl.found("b")
        [found] = await crawl.all()
        assert found.url == BASE + "b"
        await crawl.end(found)
        assert await crawl.all() == []
        assert crawl.frontier.has_pending_requests(), "a comes later"

    run(story)


def test_hosts_that_rest_are_passed_over_and_waited_for_if_they_rest_but_a_little(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("a", "b")
        crawl.frontier.enqueue_request(Request("https://other.example/a"))
        first, other = sorted(await crawl.all(), key=lambda request: request.url)
        await crawl.end(first, host=HostHealth("example.org", 5, crawl.in_seconds(20.0)))
        await crawl.end(other)
        crawl.frontier.enqueue_request(Request("https://other.example/b"))
        [other] = await crawl.all()
        assert other.url == "https://other.example/b"
        await crawl.end(other)
        assert await crawl.all() == []
        assert crawl.frontier.has_pending_requests()
        crawl.wait(20.0)
        assert paths(await crawl.all()) == ["b"]

    run(story, per_host=1)


def test_a_host_that_rests_for_long_keeps_no_crawl_waiting(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("a", "b")
        await crawl.end(await crawl.next(), host=HostHealth("example.org", 5, crawl.in_seconds(300.0)))
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests()

    run(story, per_host=1)


def test_a_url_that_was_put_back_is_handed_out_again(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("a")
        first = await crawl.next()
        await crawl.put_back(first)
        [again] = await crawl.all()
        assert again.url == first.url
        assert again.meta[VISIT] is not first.meta[VISIT]
        assert again.meta[VISIT].lease.attempts == 0
        await crawl.end(again)
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests()

    run(story)


def test_once_it_is_asked_for_meanwhile_too(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("a")
        first = await crawl.next()
        crawl.session.archive.committer._store.commit(
            crawl.session.archive.run.run_id, Batch(hosts=(HostHealth("example.org", 5, crawl.in_seconds(20.0)),)))
        await crawl.put_back(first)
        assert await crawl.all() == []
        assert crawl.found("a", dont_filter=True) == [True]
        crawl.wait(20.0)
        [again] = await crawl.all()
        await crawl.end(again)
        assert await crawl.all() == []

    run(story)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_the_smallest_window_lets_one_after_the_other_through(run, window):
    async def story(crawl: Crawl) -> None:
        crawl.found("a", "b", "c")
        for path in "abc":
            request = await crawl.next()
            assert paths([request]) == [path]
            await crawl.end(request)
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests()

    run(story, window=window)


class Paces:
    """`crawler.politeness.Politeness`, as far as a frontier asks it: these hosts can be sent nothing yet."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = set(hosts)

    def not_yet(self) -> set[str]:
        return set(self.hosts)

    def keeps_apart(self, host: str) -> bool:
        return host.startswith("slow")

    def sends_back(self, host: str) -> bool:
        return host.startswith("slow-for-long")

    def next_ripe_seconds(self) -> float | None:
        return 0.0 if self.hosts else None


def test_pages_of_a_host_that_keeps_a_delay_wait_in_the_store_and_not_in_the_place_of_others(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("http://slow.example/0", "http://quick.example/0")
        out = await crawl.all()
        assert sorted(urls(out)) == ["http://quick.example/0", "http://slow.example/0"]
        crawl.found("http://slow.example/1", "http://quick.example/1")
        assert urls(await crawl.all()) == ["http://quick.example/1"], "one is enough of the other"
        politeness.hosts.add("slow.example")
        await crawl.end(next(request for request in out if "slow" in request.url))
        assert await crawl.all() == []
        assert crawl.frontier._leasing._asking is None, "and the store is not even asked"
        assert crawl.frontier._leasing._ripening is not None
        politeness.hosts.clear()
        crawl.frontier._leasing._have_ripened()
        assert urls(await crawl.all()) == ["http://slow.example/1"]

    politeness = Paces()
    run(story, politeness=politeness)


def test_if_there_is_nothing_else_the_crawl_waits_for_that_host_and_does_not_end(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("http://slow.example/0", "http://slow.example/1")
        for number in range(2):
            [request] = await crawl.all()
            assert request.url == f"http://slow.example/{number}"
            await crawl.end(request)
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests()

    run(story, politeness=Paces("slow.example"))


def test_unless_it_has_asked_for_a_long_wait_then_its_pages_wait_for_the_next_crawl(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("http://slow-for-long.example/0", "http://slow.example/0")
        [request] = await crawl.all()
        assert request.url == "http://slow.example/0"
        await crawl.end(request)
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests(), "a page that is sent back would be leased again at once"

    run(story, politeness=Paces("slow.example", "slow-for-long.example"))


def go_on(crawl: Crawl, request: Request, url: str) -> None:
    """It is redirected there."""
    assert crawl.frontier.enqueue_request(request.replace(url=url)) is True


def test_redirects_to_a_host_that_can_be_sent_nothing_yet_wait_in_no_ones_place_and_go_one_by_one(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("http://a.example/0", "http://b.example/0", "http://c.example/0")
        for number, request in enumerate(await crawl.all()):
            go_on(crawl, request, f"http://slow.example/{number}")
        assert await crawl.all() == []
        assert crawl.frontier._leasing._ripening is not None, "there is a call when it can"
        politeness.hosts.clear()
        for number in range(3):
            [request] = await crawl.all()
            assert request.url == f"http://slow.example/{number}"
            crawl.land(request)

    politeness = Paces("slow.example")
    run(story, politeness=politeness)


def test_a_redirect_to_a_host_that_is_left_alone_for_long_is_sent_to_be_put_back(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("http://a.example/0")
        go_on(crawl, await crawl.next(), "http://slow-for-long.example/0")
        assert urls(await crawl.all()) == ["http://slow-for-long.example/0"]

    run(story, politeness=Paces("slow-for-long.example"))


def test_a_redirect_to_another_host_does_not_hold_up_the_one_it_came_from_but_many_do(run):
    async def story(crawl: Crawl) -> None:
        crawl.found(*(f"http://slow-a.example/{number}" for number in range(MOST_AWAY + 5)))
        for number in range(MOST_AWAY):
            [request] = await crawl.all()
            assert request.url == f"http://slow-a.example/{number}"
            go_on(crawl, request, f"http://slow-b.example/{number}")
        assert await crawl.all() == [], "what waits at the other host is held in memory"
        politeness.hosts.clear()
        assert urls(await crawl.all()) == ["http://slow-b.example/0"]

    politeness = Paces("slow-b.example")
    run(story, politeness=politeness, per_host=1)


def test_what_waits_to_go_on_when_the_crawl_is_stopped_waits_for_the_next(run):
    async def story(crawl: Crawl) -> None:
        crawl.found("http://a.example/0")
        go_on(crawl, await crawl.next(), "http://slow.example/0")
        assert await crawl.all() == []

    async def next_crawl(crawl: Crawl) -> None:
        assert urls(await crawl.all()) == ["http://a.example/0"]

    run(story, politeness=Paces("slow.example"))
    run(next_crawl)


class Budgets:
    """`crawler.followed.FollowedSites`, as far as a frontier asks it: these sites may take nothing more."""

    def __init__(self, *sites: str) -> None:
        self.sites = sites
        self.left: dict[str, int] = {}

    def reason_to_refuse(self, lease: Lease) -> None:
        return None

    def reason_to_wait(self, lease: Lease) -> str | None:
        return "spent" if lease.site in self.sites else None

    def spent(self) -> dict[str, str]:
        return dict.fromkeys(self.sites, "spent")

    def leave(self, counts: dict[str, int]) -> None:
        self.left = counts


def test_pages_of_a_site_that_has_used_up_its_budget_are_given_back_and_hold_up_no_site_of_their_host(run, tmp_path):
    budgets = Budgets()

    async def story(crawl: Crawl) -> None:
        crawl.frontier._spider.followed = budgets
        crawl.found(*(f"spent/{number}" for number in range(40)), meta={SITE: "spent"}, priority=5)
        crawl.found(*(f"{number}" for number in range(3)), meta={SITE: "other"})
        first = await crawl.next()
        budgets.sites = ("spent",)
        await crawl.end(first)
        for number in range(3):
            [request] = await crawl.all()
            assert paths([request]) == [f"{number}"]
            crawl.found(f"spent/later-{number}", meta={SITE: "spent"})
            await crawl.end(request)
        assert await crawl.all() == []
        assert not crawl.frontier.has_pending_requests()

    run(story, per_host=1)
    assert budgets.left == {"spent": 42}
    assert set(states(tmp_path).values()) == {0}


def urls(requests: list[Request]) -> list[str]:
    return [request.url for request in requests]
