"""robots.txt as RFC 9309 has it, on top of Scrapy's middleware.

Owns what an answer that is no robots.txt means (section 2.3.1), and the sitemaps that a robots.txt names. Scrapy's
own middleware parses error pages, and takes any failure for permission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.utils.misc import build_from_crawler
from twisted.internet.defer import Deferred

from crawler.discovery import sitemaps_of_robots
from crawler.outcomes import TooLargeError, UndecodableError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

MAX_BYTES = 500 * 1024  # section 2.5
_NOTHING_ALLOWED = b"User-agent: *\nDisallow: /\n"


class RobotsMiddleware(RobotsTxtMiddleware):
    """4xx allows everything, 5xx and no answer nothing; of a long file the first 500 KiB count."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._sitemaps: dict[str, tuple[str, ...]] = {}

    def sitemaps(self, netloc: str) -> tuple[str, ...]:
        """The sitemaps that the host's robots.txt names, if it has been read."""
        return self._sitemaps.get(netloc, ())

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status < 300:
            self._sitemaps[netloc] = sitemaps_of_robots(response.body, response.url)
        rules = TextResponse(response.url, response.status, body=_rules(response))
        await super()._parse_robots(rules, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, IgnoreRequest) and not isinstance(exc, (TooLargeError, UndecodableError)):
            super()._robots_error(exc, netloc)
            return
        waiting = self._parsers[netloc]
        parser = build_from_crawler(self._parserimpl, self.crawler, _NOTHING_ALLOWED)
        self._parsers[netloc] = parser
        if isinstance(waiting, Deferred):
            waiting.callback(parser)


def _rules(response: Response) -> bytes:
    if response.status >= 500:
        return _NOTHING_ALLOWED
    if response.status >= 300:  # unavailable, or redirects that did not end
        return b""
    if len(response.body) <= MAX_BYTES:
        return response.body
    return response.body[:MAX_BYTES].rpartition(b"\n")[0]  # half a rule could say more than the whole
