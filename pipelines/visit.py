"""A visit: the life of one URL from being handed out to its one outcome.

Owns what has happened to the URL so far, over redirects and retries, and how that is summed up. Must not know the
store or the files. A visit travels in `request.meta`, where Scrapy's copies of a request keep it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from pipelines.clock import utc_now
from pipelines.records import Article, Discovered, Outcome, Redirect, Role
from pipelines.rights import PRODUCT_TOKEN, resolved, rights_of_headers
from pipelines.store import MAX_WAYS
from pipelines.urlkey import url_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.draft import Committed
    from pipelines.exchange import Answer, Exchange
    from pipelines.records import Directive, FetchRecord
    from pipelines.store import HostHealth, Lease, Owed, Source

VISIT = "visit"
"""The key of `request.meta` that holds the visit."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A visit that has ended: what is to be made durable, all of it or none. `article` comes with outcome ARTICLE.

    `retry_at`: the URL rests until then and is tried again; `is_final`: it is not, however it ended. `sources`,
    `host` and `rests` (of hosts on the way) are what is known of those from now on. One that `is_owed` its article is
    archived and leaves no line yet; `confirmed` is then kept for whoever makes it. `also` are further ways in which its
    URL was found, `rights` are what the host and the headers say of a page.
    """

    lease: Lease | None
    site: str
    role: str
    url: str
    final_url: str
    url_key: str
    discovered: Discovered
    outcome: Outcome
    reason: str | None
    redirects: tuple[Redirect, ...]
    exchanges: tuple[Exchange, ...]
    article: Article | None
    started_at: datetime
    finished_at: datetime
    retry_at: datetime | None = None
    is_final: bool = False
    sources: tuple[Source, ...] = ()
    host: HostHealth | None = None
    rests: tuple[HostHealth, ...] = ()
    is_owed: bool = False
    confirmed: tuple[int, ...] = ()
    also: tuple[Discovered, ...] = ()
    rights: tuple[Directive, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """How a page that was owed its article ended. `article` comes with outcome ARTICLE; `is_final`: it is not tried
    again, however it ended."""

    owed: Owed
    outcome: Outcome
    reason: str | None
    article: Article | None
    is_final: bool = False


class Commit(Protocol):
    """Makes the end of a visit durable: the archive's session does."""

    async def __call__(self, visit: Visit, settlement: Settlement) -> Committed: ...


class Pay(Protocol):
    """Makes the end of an owed page durable."""

    async def __call__(self, payment: Payment) -> Committed: ...


class _EndsOnce:
    """What a visit and the making of a page that was owed have in common: one page at most, and one end."""

    url: str
    has_page: bool
    settled: bool

    def _take_page(self) -> None:
        if self.has_page:
            raise RuntimeError(f"{self.url}: a second page was yielded for one response: yield one a response")
        self.has_page = True

    def _claim_end(self, outcome: Outcome) -> None:
        if self.settled:
            raise RuntimeError(f"{self.url}: settled twice, the second time as {outcome}")
        self.settled = True


class Visit(_EndsOnce):
    """Grows by exchanges until it is settled, once. `lease` is None for what no one found, such as robots.txt.

    Redirects and retries continue it, `times_continued` times. One that `is_put_back` ends without an outcome: its URL
    waits for another time. Of one that `holds_host` the host is left alone where it cannot be had. `sources` is what is
    known of sources after it, `body_hash` Python's hash of the body as it was decoded, by which a change of it is
    noticed. `also` are further ways in which its URL was found, `host_rights` is what the host says of the address in
    the robots and rights files it has, `agent` the product token that we go by.
    """

    def __init__(
        self, *, url: str, site: str, role: str, discovered: Discovered, started_at: datetime,
        commit: Commit, now: Callable[[], datetime] = utc_now, lease: Lease | None = None, key: str | None = None,
    ) -> None:
        self.url, self.site, self.role, self.discovered = url, site, role, discovered
        self.started_at, self.lease = started_at, lease
        self.url_key = key or url_key(url)
        self.exchanges: list[Exchange] = []
        self.settled = False
        self.has_page = False
        self.in_download = True
        self.times_continued = 0
        self.is_put_back = False
        self.holds_host = False
        self.sources: list[Source] = []
        self.also: list[Discovered] = list(lease.also) if lease else []
        self.note: tuple[Outcome, str | None] | None = None
        self.body_hash: int | None = None
        self.host_rights: tuple[Directive, ...] = ()
        self.agent = PRODUCT_TOKEN
        self.callback_ended = asyncio.Event()
        self._commit, self._now = commit, now

    @classmethod
    def of(
        cls, lease: Lease, started_at: datetime, commit: Commit, now: Callable[[], datetime] = utc_now
    ) -> Visit:
        return cls(url=lease.url, site=lease.site, role=lease.role, discovered=lease.discovered,
                   started_at=started_at, commit=commit, now=now, lease=lease,
                   key=lease.url_key)

    def found_again(self, discovered: Discovered) -> None:
        """Its URL was found in one more way, while it is under way."""
        ways = [(way.via, way.source_url) for way in (self.discovered, *self.also)]
        if (discovered.via, discovered.source_url) not in ways and len(ways) < MAX_WAYS:
            self.also.append(discovered)

    def read_as_source(self, problem: str | None = None) -> None:
        """Say that the answer was a source of links, or why it could not be read as one."""
        self.note = (Outcome.SOURCE_INVALID if problem else Outcome.SOURCE, problem)

    @property
    def last_answer(self) -> Answer | None:
        """The last answer that came, if one did."""
        last = self.exchanges[-1].response if self.exchanges else None
        return last or None

    @property
    def status(self) -> int | None:
        """The status of the last answer."""
        answer = self.last_answer
        return answer.status if answer else None

    @property
    def rights(self) -> tuple[Directive, ...]:
        """What the host and the last answer's headers say of the page; nothing of what is no page."""
        answer = self.last_answer
        if self.role != Role.PAGE or answer is None:
            return ()
        return resolved((*self.host_rights, *rights_of_headers(answer.headers, self.exchanges[-1].url)), self.agent)

    async def take_page(self) -> None:
        """Call with its page, once. DropItem's words in a RuntimeError if it has one already; returns when links that
        the callback found are durable no later than what follows."""
        self._take_page()
        await self.callback_ended.wait()

    async def settle(
        self, outcome: Outcome, reason: str | None = None, article: Article | None = None
    ) -> Committed:
        """End the visit; returns once that is durable. A second time is an error of ours: RuntimeError."""
        return await self._end(self.settlement(outcome, reason, article))

    async def owe(self, confirmed: tuple[int, ...]) -> Committed:
        """End the visit but for its article, which is made later out of the archive."""
        return await self._end(replace(
            self.settlement(Outcome.FETCHED, None, None), is_owed=True, confirmed=confirmed))

    async def _end(self, settlement: Settlement) -> Committed:
        self._claim_end(settlement.outcome)
        return await self._commit(self, settlement)

    def settlement(self, outcome: Outcome, reason: str | None, article: Article | None) -> Settlement:
        """The visit summed up as of now."""
        return Settlement(
            lease=self.lease, site=self.site, role=self.role, url=self.url, url_key=self.url_key,
            final_url=self.exchanges[-1].url if self.exchanges else self.url, discovered=self.discovered,
            outcome=outcome, reason=reason, redirects=redirects_of(self.exchanges),
            exchanges=tuple(self.exchanges), article=article, started_at=self.started_at, finished_at=self._now(),
            sources=tuple(self.sources), also=tuple(self.also), rights=self.rights,
        )


class OwedVisit(_EndsOnce):
    """A page whose visit has ended, and whose article is made now; to pipelines it looks like the visit that it was.

    It ends no sooner than what was `before` it: of two copies that waited together the one that came first is the
    article. One that `is_put_aside` goes on waiting; `is_observed` says that its site's learner has counted it.
    """

    lease = None
    in_download = False

    def __init__(self, owed: Owed, fetch: FetchRecord, pay: Pay) -> None:
        self.owed, self._pay = owed, pay
        self.before: asyncio.Event | None = None
        self.is_put_aside = self.is_observed = False
        self.is_over = asyncio.Event()
        self.url, self.site, self.role, self.discovered = fetch.url, fetch.site, fetch.role, fetch.discovered
        self.rights, self.also = fetch.rights, fetch.discovered_also
        self.started_at = datetime.fromisoformat(fetch.started_at)
        self.fetched_at = fetch.http.fetched_at if fetch.http else fetch.started_at
        self.settled = False
        self.has_page = False
        self.is_put_back = False
        self.note: tuple[Outcome, str | None] | None = None

    async def take_page(self) -> None:
        """As `Visit.take_page`, without a callback to wait for."""
        self._take_page()

    async def settle(
        self, outcome: Outcome, reason: str | None = None, article: Article | None = None
    ) -> Committed:
        """End it; returns once that is durable. A second time is an error of ours: RuntimeError."""
        self._claim_end(outcome)
        if self.before is not None:
            await self.before.wait()
        return await self._pay(Payment(self.owed, outcome, reason, article))


def redirects_of(exchanges: list[Exchange]) -> tuple[Redirect, ...]:
    """The hops between different addresses; retries of one address are none. A meta refresh is a hop from a 200."""
    hops = ((a, b) for a, b in pairwise(exchanges) if a.url != b.url)
    return tuple(Redirect(a.url, a.response.status or 0, b.url) for a, b in hops)
