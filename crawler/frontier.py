"""The scheduler: URLs wait in the store, and are leased before they are sent.

Owns which request goes next and that none is lost on the way: redirects and retries keep their lease. Must not
know how a visit ends (`crawler.session`), nor SQL.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

from scrapy.core.scheduler import BaseScheduler
from scrapy.utils.defer import deferred_from_coro

from crawler.followed import followed_by
from crawler.foundrequest import found_of, key_of
from crawler.politeness import AHEAD_SECONDS, Politeness
from crawler.recording import secret_headers
from crawler.request_json import request_from_json, request_to_json
from crawler.retries import NOT_BEFORE
from crawler.session import ArchiveSession
from pipelines.records import Outcome, Role
from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from collections.abc import Iterable
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
_RIPENING_SECONDS = 0.1  # hosts whose time comes within so long are leased together


class Frontier(BaseScheduler):
    """Holds at most `window` leases that are not yet sent, and `per_host` of a host at a time. Where nothing is due, it
    waits for what will be within `wait_seconds`; all else is left to the next run."""

    def __init__(
        self, crawler: Crawler, session: ArchiveSession, window: int, per_host: int, wait_seconds: float,
        secret_headers: Iterable[str] = (), politeness: Politeness | None = None,
    ) -> None:
        self._crawler, self._session = crawler, session
        self._window, self._per_host, self._wait_seconds = window, per_host, wait_seconds
        self._continued: list[tuple[float, int, Request]] = []
        self._continuations = count()
        self._called_for = 0.0
        self._ready: deque[Lease] = deque()
        self._left: list[Lease] = []
        self._out: set[Visit] = set()
        self._live: dict[str, Request] = {}
        self._under_way = session.under_way
        self._again: dict[str, Found] = {}
        self._leasing: asyncio.Task[None] | None = None
        self._waking: asyncio.TimerHandle | None = None
        self._may_have_more = True
        self._news = 0
        self._sent_this_turn = 0
        self._secret_headers = tuple(secret_headers)
        self._politeness = politeness
        self._ripening: asyncio.TimerHandle | None = None
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
        self._session.open()

    def close(self, reason: str) -> Deferred[None]:
        return deferred_from_coro(self._close(reason))

    async def _close(self, reason: str) -> None:
        for timer in (self._waking, self._ripening):
            if timer:
                timer.cancel()
        if self._leasing:
            await self._leasing
        if self._left and self._session.archive.committer.failure is None:
            await self._session.archive.committer.release(self._left)
        await self._session.close(reason)

    def has_pending_requests(self) -> bool:
        return bool(self._continued or self._ready or self._leasing or self._may_have_more or self._waking)

    def enqueue_request(self, request: Request) -> bool:
        """False for a URL that is known; `dont_filter` asks for it once more, after a visit that is under way."""
        visit: Visit | None = request.meta.pop(VISIT, None)
        if visit is not None and visit.in_download:  # from a downloader middleware: a redirect or a retry
            request.meta[VISIT] = visit
            visit.times_continued += 1
            not_before = request.meta.pop(NOT_BEFORE, 0.0)
            heappush(self._continued, (not_before, next(self._continuations), request))
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

    def _add(self, found: Found) -> None:
        self._session.archive.committer.add(found)
        self._news += 1
        self._may_have_more = True

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
        if self._continued and not self._waits_still():
            return heappop(self._continued)[2]
        if len(self._ready) < max(self._window // 2, 1):
            self._lease_more()
        while self._ready:
            request = self._sent(self._ready.popleft())
            if request is not None:
                return request
        return None

    def _waits_still(self) -> bool:
        """Whether even the first of what goes on is kept back for a while; then there is a call when that is over."""
        not_before = self._continued[0][0]
        seconds = not_before - monotonic()
        if seconds > 0 and not_before != self._called_for:
            self._called_for = not_before
            asyncio.get_running_loop().call_later(seconds, self.wake)
        return seconds > 0

    def _sent(self, lease: Lease) -> Request | None:
        """The request of a lease, with its visit; None for one that names a callback which is gone: that ends here."""
        if self._waits_for_next_crawl(lease):
            return None
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
        self._out.add(visit)
        self._session.begin_site(lease.url, lease.site)
        return request

    def _waits_for_next_crawl(self, lease: Lease) -> bool:
        """Its site has used up what it may take: the lease is kept, so that no more of its host are handed out."""
        followed = followed_by(self._spider)
        reason = followed.reason_to_wait(lease) if followed else None
        if reason:
            self._left.append(lease)
        return reason is not None

    def _lease_more(self) -> None:
        """In the background; there is news when a URL was found or a host became free. One that keeps a delay does so
        when it is ripe."""
        landed = {visit for visit in self._out if not visit.in_download}
        self._out -= landed
        for visit in landed:
            if visit.is_put_back:
                self._under_way.pop(visit.url_key, None)
        if landed:
            not_yet = self._politeness.not_yet() if self._politeness is not None else ()
            self._news += sum(visit.lease is None or visit.lease.host not in not_yet for visit in landed)
            self._call_when_ripe()
        if self._leasing is None and self._may_have_more and (self._news or not self._out):
            self._news = 0
            self._leasing = asyncio.get_running_loop().create_task(self._lease())

    async def _lease(self) -> None:
        try:
            busy = self._busy()
            committer = self._session.archive.committer
            leases = await committer.lease(busy, self._window - len(self._ready), self._per_host)
            if busy and not (leases or self._out or self._ready):  # what there is waits for its host's pace alone
                leases = await committer.lease({}, 1, self._per_host)
            self._ready.extend(leases)
            self._may_have_more = bool(leases or self._out or self._news)
            if not self._may_have_more:
                await self._wait_for_next()
        except Exception as error:
            self._may_have_more = False
            self._session.fail(error)
        finally:
            self._leasing = None
            self._call_when_ripe()
            self.wake()

    def _busy(self) -> dict[str, int]:
        """How many leases of each host are out or at hand; those that can be sent nothing yet have all they may have,
        or their pages would wait in the downloader, in the place of others."""
        busy = Counter([visit.lease.host for visit in self._out if visit.lease] +
                       [lease.host for lease in (*self._ready, *self._left)])
        if self._politeness is not None:
            apart = {host for host in busy if self._politeness.keeps_apart(host)}
            busy.update(dict.fromkeys(apart | self._politeness.not_yet(), self._per_host))
        return busy

    def _call_when_ripe(self) -> None:
        """There is news when a host that keeps a delay may be asked again."""
        seconds = self._politeness.next_ripe_seconds() if self._politeness is not None else None
        if seconds is not None and self._ripening is None and self._may_have_more:
            wait = max(seconds, _RIPENING_SECONDS)
            self._ripening = asyncio.get_running_loop().call_later(wait, self._have_ripened)

    def _have_ripened(self) -> None:
        self._ripening = None
        self._news += 1
        self.wake()

    async def _wait_for_next(self) -> None:
        """Nothing is due: come back if something soon will be."""
        due = await self._session.archive.committer.next_due()
        seconds = (due - self._session.archive.now()).total_seconds() if due else self._wait_seconds + 1
        if seconds <= self._wait_seconds:
            self._waking = asyncio.get_running_loop().call_later(max(seconds, 0.0), self._lease_again)

    def _lease_again(self) -> None:
        self._waking = None
        self._may_have_more = True
        self.wake()

    def wake(self) -> None:
        """Scrapy asks its scheduler when something ends; a lease that has come it would find 5 s later."""
        slot = self._crawler.engine._slot
        if slot is not None:
            slot.nextcall.schedule()


def _at_hand(settings: BaseSettings) -> int:
    """Leases of a host: the next is at hand when one ends, where it could be sent then."""
    return 1 if settings.getfloat("DOWNLOAD_DELAY") > AHEAD_SECONDS else 2
