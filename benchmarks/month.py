"""A simulated month: at every tick each source that is due is asked, by the real policy out of the real store.

Owns the fake clock and the order of a tick. Must not know what is counted, nor how: it tells a `Ledger`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from benchmarks.feedserver import answer
from crawler.polling import Reading, after_failure, after_reading, mean_gap_seconds
from pipelines.store import Batch, Run, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from benchmarks.feedserver import FeedAnswer
    from benchmarks.habits import Feed
    from pipelines.storeprotocol import Store

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
_FEEDS_A_SITE = 4


@dataclass(slots=True)
class Known:
    """What we know of a feed by its articles. `read_at`: when it was last read, or said that nothing has changed."""

    feed: Feed
    ids: set[int] = field(default_factory=set)
    read_at: float | None = None
    ttl_seconds: float = 0.0

    @property
    def site(self) -> str:
        return f"site-{self.feed.number // _FEEDS_A_SITE}"

    @property
    def url_key(self) -> str:
        return f"{self.site}.example/feed-{self.feed.number}"


class Ledger(Protocol):
    """Hears what happens. `source` is as it was before; times are seconds since the month began."""

    def skipped(self, known: Known, now: float) -> None:
        """It was not due."""

    def asked(self, known: Known, source: Source, reply: FeedAnswer, now: float) -> None:
        """Before its articles count as known."""


class Month:
    """Use once. Whatever is due as a tick begins is asked within the next `spread_seconds`."""

    def __init__(self, feeds: Sequence[Feed], store: Store, ledger: Ledger, random: Random,
                 spread_seconds: float = 0.0) -> None:
        self._spread_seconds = spread_seconds
        self._known = [Known(feed) for feed in feeds]
        self._sites = sorted({known.site for known in self._known})
        self._store, self._ledger, self._random = store, ledger, random

    def run(self, days: int, tick_seconds: float, tell: Callable[[int], None]) -> list[Known]:
        """What is known of each feed when the month is over. `tell` hears of every simulated day that is."""
        ticks = int(days * 86400 // tick_seconds)
        for number in range(ticks + 1):
            self._tick(number, number * tick_seconds)
            if number * tick_seconds % 86400 == 0:
                tell(int(number * tick_seconds // 86400))
        return self._known

    def _tick(self, number: int, now: float) -> None:
        """A run of its own, as a timer would start it."""
        moment = at(now)
        run = Run(f"tick-{number}", "news", 1, moment)
        self._store.begin_run(run)
        sources = {source.url_key: source for site in self._sites for source in self._store.sources(site)}
        visited = []
        for known in self._known:
            source = sources.get(known.url_key) or _unvisited(known, moment)
            if source.retired:
                continue
            if source.due <= moment:
                visited.append(self._visit(known, source, now + self._random.uniform(0, self._spread_seconds)))
            else:
                self._ledger.skipped(known, now)
        if visited:
            self._store.commit(run.run_id, Batch(sources=tuple(visited)))
        self._store.end_run(run.run_id, moment, "finished")

    def _visit(self, known: Known, source: Source, now: float) -> Source:
        reply = answer(known.feed, now, source.etag, source.last_modified)
        self._ledger.asked(known, source, reply, now)
        if reply.status not in {200, 304}:
            return after_failure(source, reply.status, at(now), reply.retry_after_seconds, self._random.uniform)
        reading = _reading(known, reply)
        known.ids.update(reply.listed or ())
        known.read_at = now
        if reply.listed is not None:
            known.ttl_seconds = reply.ttl_seconds
        return after_reading(source, reading, at(now), self._random.uniform)


def at(now: float) -> datetime:
    return BEGIN + timedelta(seconds=now)


def _reading(known: Known, reply: FeedAnswer) -> Reading:
    """As the spider reads it: articles are new by their ids."""
    hint = max(reply.ttl_seconds, reply.max_age_seconds)
    if reply.listed is None:
        return Reading(0, None, hint_seconds=hint)
    dates = [at(known.feed.published[number]) for number in reply.listed] if known.feed.dated else []
    return Reading(sum(number not in known.ids for number in reply.listed), len(reply.listed), reply.etag,
                   reply.last_modified, mean_gap_seconds(dates), hint)


def _unvisited(known: Known, moment: datetime) -> Source:
    return Source(known.site, known.url_key, f"https://{known.url_key}", "feed", "home", None, moment, moment, 300.0)
