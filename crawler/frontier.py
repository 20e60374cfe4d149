"""The scheduler: URLs wait in the store, and are leased before they are sent.

Owns which request goes next and that none is lost on the way: redirects and retries keep their lease. Must not know how
a visit ends (`crawler.session`), nor when there is more to be leased (`crawler.leasing`).
"""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING

from scrapy.core.scheduler import BaseScheduler
from scrapy.utils.defer import deferred_from_coro

from crawler.continued import Continued
from crawler.followed import followed_by
from crawler.foundrequest import found_of, key_of
from crawler.leasing import Leasing
from crawler.politeness import AHEAD_SECONDS, Politeness
from crawler.recording import secret_headers
from crawler.request_json import request_from_json, request_to_json
from crawler.retries import NOT_BEFORE
from crawler.session import ArchiveSession
from crawler.whereabouts import Whereabouts
from pipelines.records import Outcome, Role
from pipelines.urlkey import host_of
from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.internet.defer import Deferred

    from pipelines.draft import Committed
    from pipelines.store import Found, Lease
    from pipelines.visit import Settlement

logger = logging.getLogger(__name__)

_REQUESTS_A_TURN = 4


class Frontier(BaseScheduler):
    """`window`, `per_host` and `wait_seconds` are those of `crawler.leasing.Leasing`."""

    def __init__(
        self, crawler: Crawler, session: ArchiveSession, window: int, per_host: int, wait_seconds: float,
        secret_headers: Iterable[str] = (), politeness: Politeness | None = None,
    ) -> None:
        self._crawler, self._session = crawler, session
        self._continued = Continued()
        self._called_for = 0.0
        self._out = Whereabouts()
        self._leasing = Leasing(session, self._out, politeness, self.wake,
                                window=window, per_host=per_host, wait_seconds=wait_seconds)
        self._live: dict[str, Request] = {}
        self._under_way = session.under_way
        self._again: dict[str, Found] = {}
        self._sent_this_turn = 0
        self._secret_headers = tuple(secret_headers)
        self._politeness = politeness
        self._spider: Spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        session = crawler.get_extension(ArchiveSession)
        if session is None:
            raise RuntimeError("crawler.frontier.Frontier needs the extension crawler.session.ArchiveSession")
        settings = crawler.settings
        return cls(crawler, session, window=settings.getint("CONCURRENT_REQUESTS"),
                   per_host=max(settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"), _at_hand(settings)),
                   wait_seconds=settings.getfloat("CRAWL_WAIT"),
                   secret_headers=secret_headers(settings), politeness=crawler.get_extension(Politeness))

    def open(self, spider: Spider) -> None:
        self._spider = spider
        self._leasing.open(spider)
        self._session.open()

    def close(self, reason: str) -> Deferred[None]:
        return deferred_from_coro(self._close(reason))

    async def _close(self, reason: str) -> None:
        await self._leasing.close()
        visits = [request.meta[VISIT] for request in self._continued.requests()]
        if visits and self._session.archive.committer.failure is None:  # they did not come to go on
            await self._session.archive.committer.release([visit.lease for visit in visits if visit.lease])
        await self._session.close(reason)

    def has_pending_requests(self) -> bool:
        return bool(self._continued or self._leasing)

    def enqueue_request(self, request: Request) -> bool:
        """False for a URL that is known; `dont_filter` asks for it once more, after a visit that is under way."""
        visit: Visit | None = request.meta.pop(VISIT, None)
        if visit is not None and visit.in_download:  # from a downloader middleware: a redirect or a retry
            request.meta[VISIT] = visit
            visit.times_continued += 1
            self._go_on(request, visit)
            return True
        key = key_of(request)
        if key is None or (not request.dont_filter and self._session.is_known(key)):
            return False
        if self._session.archive.committer.failure is not None:
            return False  # the crawl is being stopped: an error here would leave the callback's other output hanging
        text = request_to_json(request, self._spider, self._secret_headers)
        if text is None:
            self._live[key] = request
        found = found_of(request, key, text)
        if key in self._under_way and found.role == Role.PAGE:  # a source under way is being read as it is
            self._again[key] = found
        else:
            self._add(found)
        return True

    def _go_on(self, request: Request, visit: Visit) -> None:
        host = host_of(request.url)
        self._out.wait(visit, host)
        self._continued.add(host, request, request.meta.pop(NOT_BEFORE, 0.0))
        if visit.lease:
            self._leasing.has_gone_on(host, visit.lease.host)

    def _add(self, found: Found) -> None:
        self._session.archive.committer.add(found)
        self._leasing.found()

    async def _commit(self, visit: Visit, settlement: Settlement) -> Committed:
        """`pipelines.visit.Commit`. What was asked for again goes into the transaction that ends the lease."""
        self._under_way.pop(visit.url_key, None)
        self._live.pop(visit.url_key, None)
        again = self._again.pop(visit.url_key, None)
        if again:
            self._add(again)
        return await self._session.commit(visit, settlement)

    def next_request(self) -> Request | None:
        """No more than a few a turn of the event loop: sixty at once would hold it up for a tenth of a second."""
        if self._sent_this_turn >= _REQUESTS_A_TURN:
            return None
        request = self._next()
        if request is not None:
            if not self._sent_this_turn:
                asyncio.get_running_loop().call_soon(self._next_turn)
            self._sent_this_turn += 1
        return request

    def _next_turn(self) -> None:
        was_full = self._sent_this_turn >= _REQUESTS_A_TURN
        self._sent_this_turn = 0
        if was_full:
            self.wake()

    def _next(self) -> Request | None:
        self._land()
        if self._continued and (request := self._next_continued()) is not None:
            return request
        while (lease := self._leasing.take()) is not None:
            request = self._sent(lease)
            if request is not None:
                return request
        return None

    def _next_continued(self) -> Request | None:
        """Of redirects and retries. In the downloader those of a slow host would sit in the places of others."""
        not_yet = self._politeness.not_yet() if self._politeness is not None else ()
        request = self._continued.take(monotonic(), lambda host: self._is_held(host, not_yet))
        if request is None:
            self._call_when_due()
            self._leasing.call_when_ripe()
        else:
            self._out.send(request.meta[VISIT], host_of(request.url))
        return request

    def _is_held(self, host: str, not_yet: Container[str]) -> bool:
        """One that is left alone for long is not: what goes to it is sent back, and gives up."""
        politeness = self._politeness
        if politeness is None or politeness.sends_back(host):
            return False
        return host in not_yet or (politeness.keeps_apart(host) and self._out.is_sent(host))

    def _call_when_due(self) -> None:
        """There is a call when the first that is kept back for its own wait may go."""
        now = monotonic()
        at = self._continued.next_at(now)
        if at is not None and at != self._called_for:
            self._called_for = at
            asyncio.get_running_loop().call_later(at - now, self.wake)

    def _sent(self, lease: Lease) -> Request | None:
        """The request of a lease, with its visit; None for one that names a callback which is gone: that ends here."""
        now = self._session.archive.now
        visit = Visit.of(lease, now(), self._commit, now)
        try:
            request = self._live.get(lease.url_key) or request_from_json(lease.request or "", self._spider)
        except ValueError as error:
            self._session.end_unleased(visit, Outcome.ERROR, f"waited from an earlier run: {error}")
            return None
        followed = followed_by(self._spider)
        reason = followed.reason_to_refuse(lease) if followed else None
        if reason:  # the rules have changed since it was found
            self._session.end_unleased(visit, Outcome.REFUSED, reason)
            return None
        self._under_way[lease.url_key] = visit
        request.meta[VISIT] = visit
        self._out.send(visit, lease.host)
        self._session.begin_site(lease.url, lease.site)
        return request

    def _land(self) -> None:
        landed = self._out.landed()
        for visit in landed:
            if visit.is_put_back:
                self._under_way.pop(visit.url_key, None)
        if landed:
            self._leasing.have_landed([visit.lease.host if visit.lease else None for visit in landed])

    def wake(self) -> None:
        """Scrapy asks its scheduler when something ends; a lease that has come it would find 5 s later."""
        slot = self._crawler.engine._slot
        if slot is not None:
            slot.nextcall.schedule()


def _at_hand(settings: BaseSettings) -> int:
    """Leases of a host: the next is at hand when one ends, where it could be sent then."""
    return 1 if settings.getfloat("DOWNLOAD_DELAY") > AHEAD_SECONDS else 2
