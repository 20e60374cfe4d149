"""robots.txt as RFC 9309 has it, whatever comes in its place."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.outcomes import PutBackError, RefusedError, TooLargeError, UndecodableError
from crawler.robotrules import RobotRules
from crawler.robots import MAX_AGE_SECONDS, MAX_BYTES, RobotsMiddleware
from crawler.session import ArchiveSession
from pipelines.records import Outcome
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from collections.abc import Iterable

URL = "https://example.org"
AGENT = "Broadsheet/0.1.0 (+you@example.org)"
DENY_PRIVATE = b"User-agent: *\nDisallow: /private\n"


class Unleased(NamedTuple):
    url: str
    role: str

    @property
    def exchanges(self) -> tuple[()]:
        return ()


class Session:
    """`crawler.session.ArchiveSession` as far as visits without a lease go."""

    def __init__(self) -> None:
        self.ended: list[tuple[object, Outcome]] = []
        self.needed_by: list[str] = []

    def unleased_visit(self, url: str, role: str, of: Request) -> object:
        self.needed_by.append(of.url)
        return Unleased(url, role)

    async def admit(self, request: Request) -> None:
        """Nothing is left alone."""

    def end_unleased(self, visit: object, outcome: Outcome, reason: str | None) -> None:
        self.ended.append((visit, outcome))


class Host:
    """A crawler whose downloads of robots.txt end in `answer`: status and body, or an error."""

    def __init__(self, answer: tuple[int, bytes] | Exception, session: Session | None = None) -> None:
        self.answer = answer
        self.may_answer: asyncio.Event | None = None
        self.asked: list[str] = []
        self.visits: list[object] = []
        self.parsed: list[object] = []
        given = {"ROBOTSTXT_OBEY": True, "USER_AGENT": AGENT, "ROBOTSTXT_PARSER": RobotRules}
        crawler = SimpleNamespace(get_extension=lambda kind: session if kind is ArchiveSession else None,
            settings=Settings(given), spider=None, engine=self,
            stats=SimpleNamespace(inc_value=lambda *_: None), signals=self)
        self.middleware = RobotsMiddleware.from_crawler(crawler)

    async def download_async(self, request: Request) -> Response:
        self.asked.append(request.url)
        self.visits.append(request.meta.get(VISIT))
        if self.may_answer is not None:
            await self.may_answer.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        status, body = self.answer
        return Response(request.url, status, body=body)

    async def send_catch_log_async(self, **facts: object) -> None:
        self.parsed.append(facts["robotparser"])

    def allowed(self, *paths: str) -> list[str]:
        async def ask() -> Iterable[str]:
            return [path for path in paths if await self._allows(path)]

        return list(asyncio.run(ask()))

    async def together(self, *paths: str, cancelled: int | None = None) -> list[bool | BaseException]:
        """Whether each is allowed, where all of them ask before robots.txt has come; of those one may go away."""
        self.may_answer = asyncio.Event()
        asking = [asyncio.ensure_future(self._allows(path)) for path in paths]
        await asyncio.sleep(0)  # all of them wait
        await asyncio.sleep(0)  # and robots.txt is asked for
        assert not any(each.done() for each in asking)
        if cancelled is not None:
            asking[cancelled].cancel()
        self.may_answer.set()
        return await asyncio.gather(*asking, return_exceptions=True)

    async def _allows(self, path: str) -> bool:
        try:
            await self.middleware.process_request(Request(path if "://" in path else URL + path))
        except IgnoreRequest as error:
            if str(error) != "Forbidden by robots.txt":
                raise
            return False
        return True


def test_what_the_file_forbids_is_not_asked_for_and_the_file_itself_only_once():
    host = Host((200, DENY_PRIVATE))
    assert host.allowed("/", "/private", "/private/a", "/public") == ["/", "/public"]
    assert host.asked == [URL + "/robots.txt"]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 429, 451])
def test_a_file_that_is_not_there_forbids_nothing_whatever_page_says_so(status):
    assert Host((status, DENY_PRIVATE)).allowed("/private") == ["/private"]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599])
def test_a_server_in_trouble_is_left_alone_altogether(status):
    assert Host((status, b"User-agent: *\nAllow: /\n")).allowed("/", "/a") == []


@pytest.mark.parametrize("error", [
    TimeoutError("no answer"), ConnectionRefusedError(), TooLargeError("a bomb"), UndecodableError("not in gzip")])
def test_so_is_one_whose_file_cannot_be_had_or_read(error):
    assert Host(error).allowed("/", "/a") == []


def test_one_whose_file_says_that_it_is_too_large_is_not_put_back_to_be_asked_again_at_once():
    """Scrapy cancels the download of what announces too much: tests/test_crawl_ticks.py has that crawl end."""
    assert Host(DownloadCancelledError("99999999 bytes")).allowed("/", "/a") == []


def test_a_file_that_our_own_rules_refuse_says_nothing():
    assert Host(RefusedError("no contact address")).allowed("/a") == ["/a"]


def test_of_a_long_file_no_half_line_speaks_of_rights():
    begin = b"License: https://example.org/lic"
    host = Host((200, b"#" * (MAX_BYTES - len(begin) - 1) + b"\n" + begin + b"ence.xml\n"))
    host.allowed("/news")
    assert host.middleware.rights(URL) == ()


def test_of_a_long_file_the_first_500_kib_count_and_no_half_line():
    first = DENY_PRIVATE + b"# a comment\n" * (MAX_BYTES // 12)
    cut_rule = first[:MAX_BYTES - 12].rpartition(b"\n")[0] + b"\nDisallow: /" + b"x" * 100 + b"\n"
    assert len(cut_rule) > MAX_BYTES
    long = Host((200, cut_rule + b"Disallow: /late\n"))
    assert long.allowed("/private", "/late", "/public") == ["/late", "/public"]


def test_sitemaps_are_told_even_those_at_the_end_of_a_long_file():
    sitemap = b"Sitemap: https://example.org/news.xml\n"
    host = Host((200, DENY_PRIVATE + b"# a comment\n" * (MAX_BYTES // 12) + sitemap))
    assert host.middleware.sitemaps("https://example.org/") == ()
    host.allowed("/")
    assert host.middleware.sitemaps("https://example.org/") == ("https://example.org/news.xml",)
    assert host.middleware.sitemaps("https://example.org:443/a") == ("https://example.org/news.xml",)
    assert host.middleware.sitemaps("http://example.org/") == ()


@pytest.mark.parametrize("status", [404, 503])
def test_an_error_page_names_no_sitemaps(status):
    host = Host((status, b"Sitemap: https://example.org/news.xml\n"))
    host.allowed("/")
    assert host.middleware.sitemaps("https://example.org/") == ()


@pytest.mark.parametrize(("group", "allowed"), [
    (b"User-agent: broadsheet\nDisallow: /\n\nUser-agent: *\nAllow: /\n", []),
    (b"User-agent: Broadsheet\nAllow: /\n\nUser-agent: *\nDisallow: /\n", ["/a"]),
    (b"User-agent: otherbot\nDisallow: /\n", ["/a"]),
    (b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /a\r\n", []),
    (b"", ["/a"]), (b"\x00\xff<html>", ["/a"]),
])
def test_the_group_that_names_us_counts(group, allowed):
    assert Host((200, group)).allowed("/a") == allowed


def test_other_parts_are_told_what_was_parsed():
    host = Host((200, b"User-agent: *\nCrawl-delay: 7\n"))
    host.allowed("/")
    assert host.parsed[0].crawl_delay(AGENT) == 7


def test_all_who_wait_for_the_file_get_its_rules():
    host = Host((200, DENY_PRIVATE))
    assert asyncio.run(host.together("/private", "/", "/private/a", "/b", "/private")) == [
        False, True, False, True, False]
    assert host.asked == [URL + "/robots.txt"]


@pytest.mark.parametrize("cancelled", [0, 1, 3])
def test_one_who_goes_away_meanwhile_takes_it_from_nobody(cancelled):
    host = Host((200, DENY_PRIVATE))
    allowed = asyncio.run(host.together("/private", "/", "/private", "/", cancelled=cancelled))
    assert isinstance(allowed.pop(cancelled), asyncio.CancelledError)
    expected = [False, True, False, True]
    del expected[cancelled]
    assert allowed == expected


def test_each_host_and_port_has_a_file_of_its_own():
    host = Host((200, DENY_PRIVATE))
    others = ("https://other.example/private", URL + ":8443/private")
    assert asyncio.run(host.together("/private", *others)) == [False] * 3
    assert sorted(host.asked) == [
        URL + "/robots.txt", URL + ":8443/robots.txt", "https://other.example/robots.txt"]


def test_so_has_each_scheme_but_a_default_port_is_none():
    host = Host((200, DENY_PRIVATE))
    assert host.allowed("/a", URL + ":443/b", "http://example.org/c", "http://example.org:80/d") == [
        "/a", URL + ":443/b", "http://example.org/c", "http://example.org:80/d"]
    assert host.asked == [URL + "/robots.txt", "http://example.org/robots.txt"]


def test_the_file_is_read_again_after_a_day(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("crawler.robots.monotonic", lambda: now[0])
    host = Host((200, DENY_PRIVATE))
    assert host.allowed("/private", "/") == ["/"]
    host.answer = (200, b"User-agent: *\nDisallow: /new\n")
    now[0] += MAX_AGE_SECONDS
    assert host.allowed("/private") == [], "not yet"
    now[0] += 1
    assert host.allowed("/private", "/new") == ["/private"]
    assert host.asked == [URL + "/robots.txt"] * 2


def test_of_very_many_hosts_those_read_first_are_forgotten_and_read_again(monkeypatch):
    monkeypatch.setattr("crawler.robots.MAX_FILES", 2)
    host = Host((200, DENY_PRIVATE))
    others = [f"https://{name}.example/private" for name in "abcd"]
    assert host.allowed(*others, others[0]) == []
    assert host.asked == [f"https://{name}.example/robots.txt" for name in "abcda"]


def test_a_file_that_is_put_back_puts_back_all_who_wait_for_it_and_is_read_the_next_time():
    async def story() -> None:
        host.answer = PutBackError("the host is left alone")
        refused = await host.together("/private", "/", "/a")
        assert [type(each) for each in refused] == [PutBackError] * 3
        host.answer = (200, DENY_PRIVATE)
        assert await host.together("/private", "/", "/private") == [False, True, False]
        assert host.asked == [URL + "/robots.txt"] * 2

    session = Session()
    host = Host((200, b""), session)
    asyncio.run(story())
    assert session.ended == [((URL + "/robots.txt", "robots"), Outcome.SOURCE)], "what was put back has no outcome"


@pytest.mark.parametrize(("answer", "outcome"), [
    ((200, DENY_PRIVATE), Outcome.SOURCE), ((404, b""), Outcome.HTTP_ERROR), ((503, b""), Outcome.HTTP_ERROR),
    ((302, b""), Outcome.REDIRECT_FAILED), (TooLargeError("a bomb"), Outcome.TOO_LARGE),
    (TimeoutError("no answer"), Outcome.ERROR)])
def test_the_file_is_a_visit_of_its_own_with_one_outcome(answer, outcome):
    session = Session()
    host = Host(answer, session)
    with suppress(PutBackError):
        host.allowed("/", "/a")
    visit = (URL + "/robots.txt", "robots")
    assert host.visits == [visit]
    assert session.ended == [(visit, outcome)]


def test_a_file_is_asked_for_on_behalf_of_the_page_that_needs_it_whose_site_it_counts_to():
    session = Session()
    host = Host((200, b""), session)
    host.allowed("/a", "/b", "https://other.example/c")
    assert session.needed_by == [URL + "/a", "https://other.example/c"]
