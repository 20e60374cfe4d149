"""robots.txt as RFC 9309 has it, on top of Scrapy's middleware.

Owns what an answer that is no robots.txt means (section 2.3.1), and the sitemaps that a robots.txt names. Scrapy's
own middleware parses error pages, and takes any failure for permission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response, TextResponse
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler
from twisted.internet.defer import Deferred

from crawler.discovery import sitemaps_of_robots
from crawler.outcomes import TooLargeError, UndecodableError, outcome_of_failure, outcome_of_status
from crawler.session import ArchiveSession
from pipelines.records import Outcome, Role
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

MAX_BYTES = 500 * 1024  # section 2.5
_NOTHING_ALLOWED = b"User-agent: *\nDisallow: /\n"


class RobotsMiddleware(RobotsTxtMiddleware):
    """4xx allows everything, 5xx and no answer nothing; of a long file the first 500 KiB count."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._session = crawler.get_extension(ArchiveSession)
        self._sitemaps: dict[str, tuple[str, ...]] = {}

    def sitemaps(self, netloc: str) -> tuple[str, ...]:
        """The sitemaps that the host's robots.txt names, if it has been read."""
        return self._sitemaps.get(netloc, ())

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of the request's host; read once, in one visit over all retries and redirects."""
        netloc = urlparse_cached(request).netloc
        if netloc not in self._parsers:
            self._parsers[netloc] = Deferred()
            await self._read(request, netloc)
        parser = self._parsers[netloc]
        return await maybe_deferred_to_future(parser) if isinstance(parser, Deferred) else parser

    async def _read(self, request: Request, netloc: str) -> None:
        url = f"{urlparse_cached(request).scheme}://{netloc}/robots.txt"
        visit = self._session.unleased_visit(url, Role.ROBOTS) if self._session else None
        meta = {"dont_obey_robotstxt": True, **({VISIT: visit} if visit else {})}
        self._stats.inc_value("robotstxt/request_count")
        asked = Request(url, priority=self.DOWNLOAD_PRIORITY, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self.crawler.engine.download_async(asked)
            outcome, reason = outcome_of_status(response.status, is_leased=True)
            await self._parse_robots(response, netloc, request)
        except Exception as error:
            outcome, reason = outcome_of_failure(error)
            self._robots_error(error, netloc)
        if visit and self._session:
            self._session.end_unleased(visit, Outcome.SOURCE if outcome is Outcome.FETCHED else outcome, reason)

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
