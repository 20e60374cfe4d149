"""robots.txt as RFC 9309 has it, whatever comes in its place."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.outcomes import RefusedError, TooLargeError, UndecodableError
from crawler.robots import MAX_BYTES, RobotsMiddleware

if TYPE_CHECKING:
    from collections.abc import Iterable

URL = "https://example.org"
AGENT = "Broadsheet/0.1.0 (+you@example.org)"
DENY_PRIVATE = b"User-agent: *\nDisallow: /private\n"


class Host:
    """A crawler whose downloads of robots.txt end in `answer`: status and body, or an error."""

    def __init__(self, answer: tuple[int, bytes] | Exception) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.parsed: list[object] = []
        crawler = SimpleNamespace(get_extension=lambda kind: None,
            settings=Settings({"ROBOTSTXT_OBEY": True, "USER_AGENT": AGENT}), spider=None, engine=self,
            stats=SimpleNamespace(inc_value=lambda *_: None), signals=self)
        self.middleware = RobotsMiddleware.from_crawler(crawler)

    async def download_async(self, request: Request) -> Response:
        self.asked.append(request.url)
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

    async def _allows(self, path: str) -> bool:
        try:
            await self.middleware.process_request(Request(URL + path))
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


def test_a_file_that_our_own_rules_refuse_says_nothing():
    assert Host(RefusedError("no contact address")).allowed("/a") == ["/a"]


def test_of_a_long_file_the_first_500_kib_count_and_no_half_line():
    first = DENY_PRIVATE + b"# a comment\n" * (MAX_BYTES // 12)
    cut_rule = first[:MAX_BYTES - 12].rpartition(b"\n")[0] + b"\nDisallow: /" + b"x" * 100 + b"\n"
    assert len(cut_rule) > MAX_BYTES
    long = Host((200, cut_rule + b"Disallow: /late\n"))
    assert long.allowed("/private", "/late", "/public") == ["/late", "/public"]


def test_sitemaps_are_told_even_those_at_the_end_of_a_long_file():
    sitemap = b"Sitemap: https://example.org/news.xml\n"
    host = Host((200, DENY_PRIVATE + b"# a comment\n" * (MAX_BYTES // 12) + sitemap))
    assert host.middleware.sitemaps("example.org") == ()
    host.allowed("/")
    assert host.middleware.sitemaps("example.org") == ("https://example.org/news.xml",)


@pytest.mark.parametrize("status", [404, 503])
def test_an_error_page_names_no_sitemaps(status):
    host = Host((status, b"Sitemap: https://example.org/news.xml\n"))
    host.allowed("/")
    assert host.middleware.sitemaps("example.org") == ()


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
