"""What a host says of the use of all its pages: had before the first of them is fetched, as TDMRep section 5.7 asks.

Owns /.well-known/tdmrep.json: asked for once a day a host, over all crawls, as robots.txt allows it, and archived.
Gives each visit of a page what this file and robots.txt say of its address. Must not know what they say
(`pipelines.rights`).
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scrapy.exceptions import NotConfigured
from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK

from crawler.identity import product_token
from crawler.outcomes import PutBackError, outcome_of_failure, outcome_of_status
from crawler.policies import RightsPolicies
from crawler.robots import RobotsMiddleware
from crawler.session import ArchiveSession
from pipelines.recordlines import from_fields, scrub
from pipelines.records import Directive, Outcome, Role, rfc3339
from pipelines.rights import Action, HostRule, rules_for, rules_of_tdmrep
from pipelines.rights.tdmrep import RESERVATION, WELL_KNOWN
from pipelines.store import KeptRights
from pipelines.urlkey import origin_of
from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response

RIGHTS = "rights"
"""The key of `request.meta` that holds what the feed of a page says of its use: fields of `Directive`."""

MAX_BYTES = 256 * 1024
GOOD_FOR = timedelta(days=1)
_PRIORITY = 1000            # as robots.txt: a page waits for it
_MISSING = frozenset({404, 410})
_TOO_MANY_REQUESTS = 429    # the host rests after it, and says nothing of the file
_NOTHING_SAID = frozenset({
    Outcome.SOURCE, Outcome.ABSENT, Outcome.SOURCE_INVALID, Outcome.HTTP_ERROR, Outcome.ROBOTS_DENIED, Outcome.REFUSED,
    Outcome.TOO_LARGE, Outcome.REDIRECT_FAILED,
})
"""Outcomes after which the file is not asked for again before its day is over; after others it is in the next crawl."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The rules of a host's tdmrep.json, and when it was asked for them."""

    asked_at: str
    rules: tuple[HostRule, ...]

    def is_good(self, now: datetime) -> bool:
        """For a day; one that is dated later than now was written by a clock that was wrong."""
        return timedelta(0) <= now - datetime.fromisoformat(self.asked_at) < GOOD_FOR


_UNKNOWN = Reserved("1970-01-01T00:00:00Z", ())


class HostRightsMiddleware:
    """With TDMREP = False no host is asked, and what robots.txt says is recorded all the same."""

    def __init__(self, crawler: Crawler, session: ArchiveSession, *, asks: bool) -> None:
        self._crawler, self._session, self._asks = crawler, session, asks
        self._agent = product_token(crawler.settings)
        self._reading: dict[str, asyncio.Task[Reserved]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        session = crawler.get_extension(ArchiveSession)
        if session is None:
            raise NotConfigured
        return cls(crawler, session, asks=crawler.settings.getbool("TDMREP"))

    async def process_request(self, request: Request) -> None:
        """Before a page is fetched, and again at each address that it is redirected to."""
        visit = request.meta.get(VISIT)
        if not isinstance(visit, Visit) or visit.role != Role.PAGE:
            return
        netloc = origin_of(request.url).partition("://")[2]
        reserved = await self._reserved(request, netloc, visit) if self._asks else _UNKNOWN
        robots = self._crawler.get_downloader_middleware(RobotsMiddleware)
        visit.agent = self._agent
        rules = (*reserved.rules, *(robots.rights(request.url) if robots else ()))
        visit.host_rights = (*rules_for(rules, request.url), *_of_its_source(request))

    async def _reserved(self, request: Request, netloc: str, visit: Visit) -> Reserved:
        """Read once a crawl; all pages of the host wait for that. PutBackError if the host is not to be asked now, or
        cannot say and a policy needs to know: then it is asked another time."""
        is_needed = self._is_needed(visit)
        if netloc not in self._reading:
            self._reading[netloc] = asyncio.get_running_loop().create_task(
                self._known_or_read(request, netloc, is_needed=is_needed))
        reading = self._reading[netloc]
        try:
            return _needed(await asyncio.shield(reading), netloc) if is_needed else await asyncio.shield(reading)
        except PutBackError:
            if self._reading.get(netloc) is reading:
                del self._reading[netloc]
            raise

    def _is_needed(self, visit: Visit) -> bool:
        """Whether something is done about a reservation besides recording it."""
        policies = self._crawler.get_extension(RightsPolicies)
        actions = dict(policies.policy_for(visit).actions) if policies else {}
        return actions.get(RESERVATION, Action.RECORD) is not Action.RECORD

    async def _known_or_read(self, request: Request, netloc: str, *, is_needed: bool) -> Reserved:
        content = self._session.archive.reader.rights(_name(netloc))
        known = from_fields(Reserved, json.loads(content)) if content else _UNKNOWN
        if known.is_good(self._session.archive.now()):
            return known
        url = f"{origin_of(request.url)}{WELL_KNOWN}"
        visit = self._session.unleased_visit(url, Role.RIGHTS, of=request)
        visit.holds_host = is_needed and known is _UNKNOWN
        return await self._read(url, netloc, visit, known)

    async def _read(self, url: str, netloc: str, visit: Visit, known: Reserved) -> Reserved:
        """What the host says now; what is `known` of it where it cannot say."""
        now = self._session.archive.now()
        asked = Request(url, priority=_PRIORITY, meta={VISIT: visit}, callback=NO_CALLBACK)
        rules: tuple[HostRule, ...] | None = None
        outcome: Outcome
        reason: str | None
        try:
            response = await self._crawler.engine.download_async(asked)
        except PutBackError as error:
            if not visit.exchanges or self._session.drain.has_begun:
                raise
            outcome, reason = Outcome.CONNECTION_FAILED, str(error)  # it leads to a host that is left alone
        except Exception as error:
            outcome, reason = outcome_of_failure(error)
        else:
            outcome, reason = outcome_of_status(response.status, is_leased=True)
            if response.status in _MISSING:
                outcome = Outcome.ABSENT
            if outcome is Outcome.FETCHED:
                rules = _rules(response)
                outcome, reason = (Outcome.SOURCE, None) if rules is not None else (
                    Outcome.SOURCE_INVALID, "not a tdmrep.json: expected a list of rules")
        status = visit.status or 0
        is_passing = outcome is Outcome.HTTP_ERROR and (status >= 500 or status == _TOO_MANY_REQUESTS)
        reserved = known
        if outcome in _NOTHING_SAID and not is_passing:
            reserved = Reserved(rfc3339(now), rules or ())
            self._session.archive.committer.keep_rights(
                KeptRights(_name(netloc), json.dumps(scrub(asdict(reserved)), ensure_ascii=False)))
        self._session.end_unleased(visit, outcome, reason)
        return reserved


def _needed(reserved: Reserved, netloc: str) -> Reserved:
    if reserved is _UNKNOWN:
        raise PutBackError(f"what {netloc} reserves cannot be had, and the policy of the page's site goes by it")
    return reserved


def _of_its_source(request: Request) -> tuple[Directive, ...]:
    said = request.meta.get(RIGHTS, ())
    return tuple(from_fields(Directive, each) for each in said if isinstance(each, dict))


def _rules(response: Response) -> tuple[HostRule, ...] | None:
    return rules_of_tdmrep(response.body, response.url) if len(response.body) <= MAX_BYTES else None


def _name(netloc: str) -> str:
    return f"host {netloc}"
