"""robots.txt as RFC 9309 has it, on top of Scrapy's middleware.

Owns what an answer that is no robots.txt means (section 2.3.1), and what else it says: sitemaps, and rights. Scrapy's
own middleware parses error pages, and takes any failure for permission.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.misc import build_from_crawler

from crawler.discovery import sitemaps_of_robots
from crawler.hosts import rests_without_robots
from crawler.identity import product_token
from crawler.outcomes import PutBackError, TooLargeError, UndecodableError, outcome_of_failure, outcome_of_status
from crawler.politeness import Politeness
from crawler.session import ArchiveSession
from pipelines.records import Outcome, Role
from pipelines.rights import rules_of_robots
from pipelines.urlkey import host_of, origin_of
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

    from pipelines.rights import HostRule

MAX_BYTES = 500 * 1024  # section 2.5
MAX_AGE_SECONDS = 86_400.0  # section 2.4
MAX_FILES = 20_000  # kept in memory
_QUICK_BYTES = 32 * 1024    # a larger one may take a second to read: in a thread, or the whole crawl would wait for it
_NOTHING_ALLOWED = b"User-agent: *\nDisallow: /\n"


class RobotsMiddleware(RobotsTxtMiddleware):
    """4xx allows everything, 5xx and no answer nothing: then the host is left alone for a while, and what was to be
    fetched from it is put back. Of a long file the first 500 KiB count."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._session = crawler.get_extension(ArchiveSession)
        self._politeness = crawler.get_extension(Politeness)
        self._max_age_seconds = crawler.settings.getfloat("ROBOTS_MAX_AGE", MAX_AGE_SECONDS)
        self._files: dict[str, _File] = {}

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the robots.txt of this URL's scheme, host and port names, if it has been read."""
        file = self._files.get(origin_of(url))
        return file.sitemaps if file else ()

    def rights(self, url: str) -> tuple[HostRule, ...]:
        """What the robots.txt of this URL's scheme, host and port says of the use of its pages, if it has been read."""
        file = self._files.get(origin_of(url))
        return file.rights if file else ()

    async def process_request(self, request: Request) -> None:  # type: ignore[override]  # Scrapy gives no spider
        """IgnoreRequest for a URL that is forbidden: each hop of a redirect comes here too."""
        try:
            await super().process_request(request)
        except IgnoreRequest as error:
            if self._politeness is not None and str(error).startswith("Forbidden"):
                self._politeness.ledger.denied(host_of(request.url))
            raise

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of the request's host; read once a day, in one visit over all retries and redirects. PutBackError
        if it is not to be asked now, or cannot be had: then it is read another time."""
        origin = origin_of(request.url)
        if self._session:
            await self._session.admit(request)
        file = self._files.get(origin)
        if file is None or file.is_over(self._max_age_seconds):
            file = self._files[origin] = _File()
            file.reading = asyncio.get_running_loop().create_task(self._read(request, origin, file))
            self._forget_the_oldest()
        try:
            return await asyncio.shield(file.reading)
        except PutBackError:
            if self._files.get(origin) is file:
                del self._files[origin]
            raise

    def _forget_the_oldest(self) -> None:
        if len(self._files) > MAX_FILES:
            oldest = next((origin for origin, file in self._files.items() if file.reading.done()), None)
            self._files.pop(oldest or "", None)

    async def _read(self, request: Request, origin: str, file: _File) -> RobotParser | None:
        url = f"{origin}/robots.txt"
        visit = self._session.unleased_visit(url, Role.ROBOTS, of=request) if self._session else None
        meta = {"dont_obey_robotstxt": True, **({VISIT: visit} if visit else {})}
        self._stats.inc_value("robotstxt/request_count")
        asked = Request(url, priority=self.DOWNLOAD_PRIORITY, meta=meta, callback=NO_CALLBACK)
        outcome: Outcome
        reason: str | None
        try:
            response = await self.crawler.engine.download_async(asked)
        except PutBackError as error:
            if visit and self._session and visit.exchanges:  # it leads to a host that is left alone
                self._session.end_unleased(visit, Outcome.CONNECTION_FAILED, str(error))
            raise
        except Exception as error:
            outcome, reason = outcome_of_failure(error)
            parser = self._parser_without_answer(error, outcome)
        else:
            outcome, reason = outcome_of_status(response.status, is_leased=True)
            parser = await self._parsed(response, file, request)
        file.read_at = monotonic()
        if visit and self._session:
            self._session.end_unleased(visit, Outcome.SOURCE if outcome is Outcome.FETCHED else outcome, reason)
        if parser is None and self._session:
            raise PutBackError(f"robots.txt cannot be had, so its host is left alone: {reason}")
        return parser

    async def _parsed(self, response: Response, file: _File, request: Request) -> RobotParser | None:
        """None for a server error: nothing may be fetched (section 2.3.1.4), for now."""
        if response.status >= 500 and self._session:
            return None
        read = partial(self._taken_in, response, file)
        parser = read() if len(response.body) < _QUICK_BYTES else await asyncio.to_thread(read)
        await self.crawler.signals.send_catch_log_async(
            signal=signals.robots_parsed, robotparser=parser, request=request)
        return parser

    def _taken_in(self, response: Response, file: _File) -> RobotParser:
        if response.status < 300:
            file.sitemaps = sitemaps_of_robots(response.body, response.url)
            file.rights = rules_of_robots(
                _what_counts(response.body), response.url, product_token(self.crawler.settings))
        return build_from_crawler(self._parserimpl, self.crawler, _rules(response))

    def _parser_without_answer(self, error: Exception, outcome: Outcome) -> RobotParser | None:
        """A file that we refuse to fetch says nothing; one that cannot be read forbids everything, and one that cannot
        be had does so for now, while its host rests: None."""
        if self._session and rests_without_robots(outcome) and not isinstance(error, UndecodableError):
            return None
        is_refused = isinstance(error, IgnoreRequest) and not isinstance(error, (TooLargeError, UndecodableError))
        return build_from_crawler(self._parserimpl, self.crawler, b"" if is_refused else _NOTHING_ALLOWED)


class _File:
    """A robots.txt that is being read, or has been."""

    __slots__ = ("read_at", "reading", "rights", "sitemaps")
    reading: asyncio.Task[RobotParser | None]  # not a Deferred: that gives its result to one of those who wait

    def __init__(self) -> None:
        self.read_at: float | None = None
        self.sitemaps: tuple[str, ...] = ()
        self.rights: tuple[HostRule, ...] = ()

    def is_over(self, max_age_seconds: float) -> bool:
        return self.read_at is not None and monotonic() - self.read_at > max_age_seconds


def _rules(response: Response) -> bytes:
    if response.status >= 500:
        return _NOTHING_ALLOWED
    if response.status >= 300:  # unavailable, or redirects that did not end
        return b""
    return _what_counts(response.body)


def _what_counts(body: bytes) -> bytes:
    """Half a line could say more, or something else, than the whole: a rule, or the address of a licence."""
    return body if len(body) <= MAX_BYTES else body[:MAX_BYTES].rpartition(b"\n")[0]
