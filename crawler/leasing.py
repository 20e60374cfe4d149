"""The leases at hand, and when there are more to be had.

Owns the asking of the store: ahead of what is sent, when there is news, and of no host or site that has all it may
have. Must not know requests, nor SQL.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from crawler.followed import followed_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scrapy import Spider

    from crawler.politeness import Politeness
    from crawler.session import ArchiveSession
    from crawler.whereabouts import Whereabouts
    from pipelines.store import Lease

_RIPENING_SECONDS = 0.1  # hosts whose time comes within so long are leased together


class Leasing:
    """Holds at most `window` leases that are not yet sent, and `per_host` of a host at a time, with those that are
    `out`. Where nothing is due, it waits for what will be within `wait_seconds`; all else is left to the next run.
    `wake` is called when there may be something to send."""

    def __init__(
        self, session: ArchiveSession, out: Whereabouts, politeness: Politeness | None, wake: Callable[[], None], *,
        window: int, per_host: int, wait_seconds: float,
    ) -> None:
        self._session, self._out, self._politeness, self._wake = session, out, politeness, wake
        self._window, self._per_host, self._wait_seconds = window, per_host, wait_seconds
        self._at_hand: deque[Lease] = deque()
        self._given_back: list[Lease] = []
        self._asking: asyncio.Task[None] | None = None
        self._waking: asyncio.TimerHandle | None = None
        self._ripening: asyncio.TimerHandle | None = None
        self._may_have_more = True
        self._news = 0
        self._spider: Spider | None = None

    def open(self, spider: Spider) -> None:
        self._spider = spider

    async def close(self) -> None:
        for timer in (self._waking, self._ripening):
            if timer:
                timer.cancel()
        if self._asking:
            await self._asking
        if self._session.archive.committer.failure is None:
            await self._session.archive.committer.release(self._given_back)
            await self._tell_left()

    async def _tell_left(self) -> None:
        """How much of each site waits for the next crawl, because it had used up what it may take."""
        followed = followed_by(self._spider)
        if followed and followed.spent():
            await self._session.archive.committer.flush()
            followed.leave(self._session.archive.reader.waiting_of(followed.spent()))

    def __bool__(self) -> bool:
        """Whether there may be more to send."""
        return bool(self._at_hand or self._asking or self._may_have_more or self._waking)

    def take(self) -> Lease | None:
        """The next at hand. The lease of a site that has used up what it may take is given back, and no more of it are
        asked for."""
        if len(self._at_hand) < max(self._window // 2, 1):
            self._ask_if_news()
        while self._at_hand:
            lease = self._at_hand.popleft()
            followed = followed_by(self._spider)
            if not (followed and followed.reason_to_wait(lease)):
                return lease
            self._given_back.append(lease)
            self._news += 1
        if self._given_back:
            self._ask_if_news()
        return None

    def found(self) -> None:
        """A URL was added."""
        self._may_have_more = True
        self._news += 1

    def has_gone_on(self, host: str, lease_host: str) -> None:
        """A visit goes on at a host: the one whose page it is, is free for the next."""
        self._news += host != lease_host

    def have_landed(self, hosts: list[str | None]) -> None:
        """So many visits of these hosts have ended. One that keeps a delay is news when it is ripe."""
        not_yet = self._politeness.not_yet() if self._politeness is not None else ()
        self._news += sum(host not in not_yet for host in hosts)
        self.call_when_ripe()

    def _ask_if_news(self) -> None:
        """In the background; there is news when a URL was found or a host became free."""
        if self._asking is None and self._may_have_more and (self._news or not self._out):
            self._news = 0
            self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        try:
            leases = await self._leased()
            self._at_hand.extend(leases)
            self._may_have_more = bool(leases or self._out or self._news)
            if not self._may_have_more:
                await self._wait_for_next()
        except Exception as error:
            self._may_have_more = False
            self._session.fail(error)
        finally:
            self._asking = None
            self.call_when_ripe()
            self._wake()

    async def _leased(self) -> list[Lease]:
        busy, followed, given_back = self._busy(), followed_by(self._spider), self._given_back
        spent = followed.spent() if followed else ()
        committer, self._given_back = self._session.archive.committer, []
        if given_back:
            await committer.release(given_back)
        leases = await committer.lease(busy, self._window - len(self._at_hand), self._per_host, spent)
        if busy and not (leases or self._out or self._at_hand):  # what there is waits for its host's pace alone
            leases = await committer.lease(self._left_alone(busy), 1, self._per_host, spent)
        return leases

    def _left_alone(self, hosts: Iterable[str]) -> dict[str, int]:
        """Those that have asked for so long a wait that a page of theirs would be sent back, and be the next again."""
        politeness = self._politeness
        return {} if politeness is None else {host: self._per_host for host in hosts if politeness.sends_back(host)}

    def _busy(self) -> dict[str, int]:
        """How many leases of each host are out or at hand; those that can be sent nothing yet have all they may have,
        or their pages would wait in the downloader, in the place of others."""
        busy = self._out.by_host(self._per_host)
        busy.update(lease.host for lease in self._at_hand)
        if self._politeness is not None:
            apart = {host for host in busy if self._politeness.keeps_apart(host)}
            busy.update(dict.fromkeys(apart | self._politeness.not_yet(), self._per_host))
        return busy

    def call_when_ripe(self) -> None:
        """There is news when the first host that keeps a delay may be asked again."""
        seconds = self._politeness.next_ripe_seconds() if self._politeness is not None else None
        if seconds is None or not (self._may_have_more or self._out):
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + max(seconds, _RIPENING_SECONDS)
        if self._ripening is None or at < self._ripening.when() - _RIPENING_SECONDS:
            if self._ripening:
                self._ripening.cancel()
            self._ripening = loop.call_at(at, self._have_ripened)

    def _have_ripened(self) -> None:
        self._ripening = None
        self._news += 1
        self._wake()

    async def _wait_for_next(self) -> None:
        """Nothing is due: come back if something soon will be."""
        due = await self._session.archive.committer.next_due()
        seconds = (due - self._session.archive.now()).total_seconds() if due else self._wait_seconds + 1
        if seconds <= self._wait_seconds:
            self._waking = asyncio.get_running_loop().call_later(max(seconds, 0.0), self._come_back)

    def _come_back(self) -> None:
        self._waking = None
        self._may_have_more = True
        self._wake()
