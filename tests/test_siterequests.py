"""The requests that follow one site: which sources are asked, and which links become a page."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scrapy import Request, Spider

from crawler import siterequests
from crawler.discovery import Found, Link
from crawler.foundrequest import DISCOVERED, ROLE, SITE
from crawler.pagerules import PageRules
from crawler.sitecounts import SiteCounts
from crawler.siterequests import MAX_SITEMAPS, SiteRequests
from crawler.sites import Site
from crawler.sitestate import SiteState
from crawler.sourcebook import SourceBook
from pipelines.records import Discovered, Role
from pipelines.store import Source
from pipelines.urlkey import url_key
from pipelines.visit import Visit
from tests.builders import NOON

HOME = "https://a.example/"
LATER = NOON + timedelta(hours=3)


class OwnSpider(Spider):
    name = "own"

    def parse(self, response: object) -> None:
        """Any of the callbacks."""

    parse_home = parse_feed = parse_sitemap = parse_section = parse_robots = parse_page = source_failed = parse


class Known:
    """The pages of these URL keys are known; what else is said of them is noted."""

    def __init__(self, keys: set[str]) -> None:
        self._keys = keys
        self.noted: list[tuple[str, Discovered]] = []

    def is_known(self, key: str) -> bool:
        return key in self._keys

    def note_found(self, key: str, discovered: Discovered) -> None:
        self.noted.append((key, discovered))


class Followed:
    """A site at noon, with what is stored of it and the pages that are known."""

    def __init__(
        self, *stored: Source, known: tuple[str, ...] = (), asks_all: bool = False, **entry: object
    ) -> None:
        site = Site("a", HOME, **entry)
        self.counts = SiteCounts()
        self.state = SiteState(site)
        self.book = SourceBook(site, stored, asks_all=asks_all)
        self.known = Known({url_key(HOME + path) for path in known})
        self.rules = PageRules(site)
        self.requests = SiteRequests(OwnSpider(), self.state, self.rules, self.book, self.counts, self.known)

    def pages(self, *links: Link, via: str = "feed") -> list[Request]:
        async def taken() -> list[Request]:
            return [request async for request in self.requests.pages(links, via, HOME + via)]

        return asyncio.run(taken())

    def sources(self, *paths: str, role: Role = Role.FEED, **facts: object) -> list[Request]:
        return list(self.requests.sources([HOME + path for path in paths], role, "home", HOME, **facts))


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siterequests, "utc_now", lambda: NOON)


def stored(path: str, role: str = "feed", via: str = "home", **facts: object) -> Source:
    source = Source("a", url_key(HOME + path), HOME + path, role, via, HOME + "from", NOON, NOON, 900.0)
    return replace(source, **facts)


def page(path: str, date: datetime | None = None, title: str | None = None) -> Link:
    return Link(HOME + path, Role.PAGE, title, date)


def asked(requests: list[Request]) -> list[tuple[str, str, str]]:
    """Of each the path, what it is asked for as, and how it came to be known."""
    return [(request.url.removeprefix(HOME), request.meta[ROLE], request.meta[DISCOVERED]["via"])
            for request in requests]


def paths(requests: list[Request]) -> list[str]:
    return [request.url.removeprefix(HOME) for request in requests]


# Where a crawl begins


def test_a_site_of_which_nothing_is_named_begins_with_its_home_page():
    assert asked(list(Followed().requests.first())) == [("", "home", "list")]


def test_one_that_names_sources_begins_with_those_alone():
    site = Followed(feeds=(HOME + "feed", HOME + "other"), sitemaps=(HOME + "sitemap",), sections=(HOME + "sport",))
    assert asked(list(site.requests.first())) == [
        ("feed", "feed", "list"), ("other", "feed", "list"), ("sitemap", "sitemap", "list"),
        ("sport", "section", "list")]


@pytest.mark.parametrize("named", [{"feeds": (HOME + "f",)}, {"sitemaps": (HOME + "f",)}, {"sections": (HOME + "f",)}])
def test_any_one_that_is_named_takes_the_place_of_the_home_page(named):
    assert paths(list(Followed(**named).requests.first())) == ["f"]


def test_what_earlier_crawls_found_by_themselves_is_asked_besides():
    site = Followed(
        stored("feed"), stored("news.xml", "sitemap", "robots"), stored("sport", "section"),
        stored("gone", retired="410 Gone"), stored("dropped", via="list"), feeds=(HOME + "own",))
    requests = list(site.requests.first())
    assert asked(requests) == [("own", "feed", "list"), ("feed", "feed", "home"), ("news.xml", "sitemap", "robots"),
                               ("sport", "section", "home")]
    assert requests[1].meta[DISCOVERED]["source_url"] == HOME + "from"


def test_a_source_that_is_named_and_was_found_too_is_asked_once():
    site = Followed(stored("feed"), feeds=(HOME + "feed", HOME + "feed/", HOME + "feed#top"))
    assert asked(list(site.requests.first())) == [("feed", "feed", "list")]


# Sources


def test_each_source_is_asked_once_a_crawl_however_it_is_spelt():
    site = Followed()
    assert paths(site.sources("feed", "feed/", "feed?utm_source=x", "feed?page=2")) == ["feed", "feed?page=2"]
    assert site.sources("feed") == []


def test_a_source_that_is_not_due_is_counted_and_not_asked():
    soon = NOON + timedelta(hours=1)
    site = Followed(stored("later", due=LATER), stored("soon", due=soon), stored("now"),
                    stored("overdue", due=NOON - timedelta(hours=9)))
    assert paths(site.sources("later", "soon", "now", "overdue", "new")) == ["now", "overdue", "new"]
    assert site.counts.not_due == {"a": 2}
    assert site.counts.next_due == soon, "of those that were passed over, not of those that are asked"
    site.sources("later", "soon")
    assert site.counts.not_due == {"a": 2}, "once"


def test_where_all_are_asked_none_is_passed_over_and_what_has_retired_is_not_called_not_due():
    site = Followed(stored("later", due=LATER), stored("gone", retired="410 Gone"), asks_all=True)
    assert paths(site.sources("later", "gone")) == ["later", "gone"]
    assert (site.counts.not_due, site.counts.next_due) == ({}, None)
    site = Followed(stored("gone", retired="410 Gone"))
    assert paths(site.sources("gone")) == []
    assert site.counts.not_due == {}


def test_the_site_waits_for_the_sources_that_are_asked_and_for_no_others():
    site = Followed(stored("later", due=LATER))
    site.state.read_home(Found((page("a"),)), HOME, url_key(HOME))
    site.sources("later", "one", "two", "one")
    list(site.requests.sources([HOME + "page/2"], Role.SECTION, "section", HOME, page=2))  # it goes on by itself
    nothing: frozenset[Role] = frozenset()
    site.state.source_ended()
    assert site.state.next_step(nothing, site.requests.is_known) is None
    site.state.source_ended()
    assert site.state.next_step(nothing, site.requests.is_known) is not None


def test_a_source_is_asked_whether_it_has_changed():
    site = Followed()
    visit = Visit(url=HOME + "feed", site="a", role="feed", discovered=Discovered("home"), started_at=NOON,
                  commit=lambda *_: None)
    modified = "Sun, 22 Nov 2026 11:00:00 GMT"
    source = site.book.after_links(visit, Found((page("1"),)), 1, {"ETag": 'W/"1"', "Last-Modified": modified}, NOON,
                                   is_whole=True)
    known, new = Followed(replace(source, due=NOON)).sources("feed", "other")
    assert (known.headers["If-None-Match"], known.headers["If-Modified-Since"]) == (b'W/"1"', modified.encode())
    assert 304 in known.meta["handle_httpstatus_list"]
    assert not {b"If-None-Match", b"If-Modified-Since"} & set(new.headers)


def test_a_request_for_a_source_says_all_that_others_need_of_it():
    site = Followed()
    [request] = site.sources("deep", role=Role.SITEMAP, depth=2)
    assert (request.meta[SITE], request.meta[ROLE]) == ("a", "sitemap")
    assert request.meta[DISCOVERED] == {"via": "home", "source_url": HOME}
    assert request.cb_kwargs == {"site_name": "a", "depth": 2}
    assert request.dont_filter


@pytest.mark.parametrize("role", [Role.HOME, Role.FEED, Role.SITEMAP, Role.SECTION, Role.ROBOTS])
def test_each_role_has_a_callback_of_its_own(role):
    site = Followed()
    spider = site.requests._spider

    def own(response: object) -> None:
        """The callback of this role alone."""

    setattr(spider, f"parse_{role}", own)
    [request] = site.sources("x", role=role)
    assert request.callback is own
    assert request.errback == spider.source_failed


def test_sources_go_before_the_newest_page():
    site = Followed()
    [source], [newest] = site.sources("feed"), site.pages(page("a", datetime(2099, 1, 1, tzinfo=UTC)))
    assert source.priority > newest.priority


def test_an_index_that_names_itself_or_too_many_others_is_followed_so_far():
    site = Followed()
    urls = [HOME + f"{number}.xml" for number in range(MAX_SITEMAPS + 9)]
    requests = list(site.requests.sitemaps([urls[0], *urls], "sitemap", HOME, depth=1))
    assert [request.url for request in requests] == urls[:MAX_SITEMAPS]
    assert {request.cb_kwargs["depth"] for request in requests} == {1}
    assert list(site.requests.sitemaps([HOME + "more.xml"], "sitemap", HOME)) == []


def test_sitemaps_that_are_not_due_take_no_place_of_one_that_is_new():
    site = Followed(*(stored(f"{number}.xml", "sitemap", "robots", due=LATER) for number in range(MAX_SITEMAPS + 9)))
    assert paths(list(site.requests.first())) == [""]
    assert paths(list(site.requests.sitemaps([HOME + "today.xml"], "sitemap", HOME))) == ["today.xml"]


# Pages


def test_links_to_pages_become_requests_and_no_others_do():
    site = Followed()
    [request] = site.pages(page("a", NOON, "A"), Link(HOME + "feed", Role.FEED), Link(HOME + "s", Role.SITEMAP))
    assert (request.url, request.meta[SITE], request.meta[ROLE]) == (HOME + "a", "a", "page")
    assert request.meta[DISCOVERED] == {
        "via": "feed", "source_url": HOME + "feed", "title": "A", "date": "2026-11-22T12:00:00.000000Z",
        "updated": None, "image": None}
    assert request.callback == site.requests._spider.parse_page
    assert not request.dont_filter


def test_a_page_that_is_known_is_counted_and_not_asked():
    site = Followed(known=("b", "c"))
    assert paths(site.pages(page("a"), page("b"), page("c/"), page("d"))) == ["a", "d"]
    assert (site.counts.known, site.counts.links, site.counts.skipped) == ({"a": 2}, {"a": 2}, {})
    assert [key for key, _ in site.known.noted] == ["a.example/b", "a.example/c"], "found in one more way"


def test_what_is_left_out_is_counted_by_its_reason():
    site = Followed(deny=("/sport/",), max_pages=2, known=("known",))
    links = [page(path) for path in ("a", "sport/x", "known", "sport/known", "b", "a", "c", "d")]
    assert paths(site.pages(*links)) == ["a", "b", "a"]
    assert site.counts.skipped == {("a", "ruled out by allow or deny"): 2, ("a", "over max_pages = 2"): 2}
    assert site.counts.known == {"a": 1}
    assert site.rules.is_full


@pytest.mark.parametrize(("via", "taken"), [("sitemap", ["new"]), ("feed", ["old", "new"]), ("home", ["old", "new"])])
def test_age_counts_in_sitemaps_alone(via, taken):
    site = Followed(max_age_days=7)
    old, new = page("old", NOON - timedelta(days=8)), page("new", NOON - timedelta(days=6))
    assert paths(site.pages(old, new, via=via)) == taken
    assert site.counts.skipped == ({("a", "older than 7 days"): 1} if via == "sitemap" else {})


def test_the_newest_go_first_and_a_sitemaps_undated_links_last():
    site = Followed()
    dated = site.pages(page("old", NOON - timedelta(days=9)), page("new", NOON - timedelta(minutes=1)))
    [listed], [mapped] = site.pages(page("listed")), site.pages(page("mapped"), via="sitemap")
    ordered = sorted([*dated, listed, mapped], key=lambda request: -request.priority)
    assert paths(ordered) == ["listed", "new", "old", "mapped"]


def test_a_long_list_lets_others_have_their_turn():
    site, turns = Followed(), []

    async def taken() -> None:
        async def other() -> None:
            while True:
                turns.append(len(requests))
                await asyncio.sleep(0)

        requests: list[Request] = []
        task = asyncio.ensure_future(other())
        async for request in site.requests.pages([page(f"{number}") for number in range(900)], "feed", HOME):
            requests.append(request)  # noqa: PERF401
        task.cancel()

    asyncio.run(taken())
    assert turns == [0, 200, 400, 600, 800]
