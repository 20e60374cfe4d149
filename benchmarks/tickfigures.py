"""What a simulated month came to: how late articles were found, and what was asked for nothing.

Owns the counting and its terms. Pure. Must not know the policy: it sees only what was asked and when.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.habits import DAY, HABITS, MINUTE
from crawler.polling import MAX_INTERVAL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.feedserver import FeedAnswer
    from benchmarks.habits import Feed
    from benchmarks.month import Known
    from pipelines.store import Source

LATE = 2.0  # intervals
HEALTHY, FAILING, BACKING_OFF = "healthy", "failing", "backing off"
UNCHANGED = ("not sent", "304", "full")
BIN, BINS = 0.05, 50  # of latency in intervals, for the plot


@dataclass(slots=True)
class Tally:
    """Of one habit. `found` holds latency, interval in force and mean gap of each article, in seconds, by the state
    its server was in; `lost` counts articles that fell off the list before it was read, by why."""

    feeds: int = 0
    found: dict[str, list[tuple[float, float, float]]] = field(default_factory=lambda: defaultdict(list))
    lost: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    hasty: int = 0
    never_found: int = 0


class MonthLedger:
    """`benchmarks.month.Ledger`, by habit."""

    def __init__(self, feeds: Sequence[Feed], days: int, tick_seconds: float) -> None:
        self.tallies = {habit.name: Tally() for habit in HABITS}
        self._days, self._tick_seconds = days, tick_seconds
        self._interval: dict[int, float] = {}
        self._asked_at: dict[int, float] = {}
        self._gap: dict[int, float] = {}
        for feed in feeds:
            self.tallies[feed.habit].feeds += 1
            in_month = len(feed.published) - bisect_right(feed.published, 0.0)
            self._gap[feed.number] = days * DAY / max(in_month, 1)

    def skipped(self, known: Known, now: float) -> None:
        if known.feed.trouble_at(now) is None and known.read_at is not None and not _published_since(known, now):
            self._tally(known).unchanged["not sent"] += 1

    def asked(self, known: Known, source: Source, reply: FeedAnswer, now: float) -> None:
        tally, feed = self._tally(known), known.feed
        self._interval[feed.number] = max(source.interval_seconds, self._tick_seconds)
        self._count_sent(tally, known, reply, now)
        if reply.listed is not None and known.read_at is not None:
            self._count_articles(known, source, reply.listed, now)
        self._asked_at[feed.number] = now

    def _count_sent(self, tally: Tally, known: Known, reply: FeedAnswer, now: float) -> None:
        kind = {304: "304", 200: "full"}.get(reply.status, "failed")
        tally.sent[kind] += 1
        if known.read_at is None:
            return
        wanted = min(known.ttl_seconds, MAX_INTERVAL_SECONDS)
        tally.hasty += now < self._asked_at[known.feed.number] + wanted
        if kind != "failed" and not _published_since(known, now):
            tally.unchanged[kind] += 1

    def _count_articles(self, known: Known, source: Source, listed: range, now: float) -> None:
        """What the list brings, and what has fallen off it. The first reading's articles are no news."""
        tally, published = self._tally(known), known.feed.published
        for number in range(bisect_right(published, known.read_at or 0.0), bisect_right(published, now)):
            state = _state(known.feed, published[number], now, source.failures)
            if number in listed:
                tally.found[state].append(self._facts(known, now - published[number]))
            else:
                by_hint = 0.0 < source.hint_seconds <= source.interval_seconds < source.hint_seconds + MINUTE
                tally.lost[state if state != HEALTHY else "asked to wait" if by_hint else "burst"] += 1

    def _facts(self, known: Known, latency: float) -> tuple[float, float, float]:
        number = known.feed.number
        return latency, self._interval[number], self._gap[number]

    def end(self, known_feeds: Iterable[Known], sources: dict[str, Source]) -> None:
        """What was published and not found by the end, and is late already."""
        end = self._days * DAY
        for known in known_feeds:
            source, published = sources[known.url_key], known.feed.published
            if source.retired or source.failures or known.feed.trouble_at(end):
                continue
            interval = max(source.interval_seconds, self._tick_seconds)
            for number in range(bisect_right(published, known.read_at or 0.0), len(published)):
                if end - published[number] > LATE * interval:
                    self._tally(known).never_found += 1

    def _tally(self, known: Known) -> Tally:
        return self.tallies[known.feed.habit]


def _published_since(known: Known, now: float) -> bool:
    published = known.feed.published
    return bisect_right(published, now) > bisect_right(published, known.read_at or 0.0)


def _state(feed: Feed, published: float, found: float, failures: int) -> str:
    """Of the server while the article waited: it was ill, or well again while we still kept away."""
    if any(trouble.begin <= found and trouble.end > published for trouble in feed.troubles):
        return FAILING
    return BACKING_OFF if failures else HEALTHY


def summary(ledger: MonthLedger) -> dict[str, Any]:
    """By habit, and of all."""
    tallies = ledger.tallies
    habits = {name: _figures([tally], ledger) for name, tally in tallies.items() if tally.feeds}
    return {"habits": habits, "all": _figures(list(tallies.values()), ledger)}


def _figures(tallies: Sequence[Tally], ledger: MonthLedger) -> dict[str, Any]:
    feeds = sum(tally.feeds for tally in tallies)
    by_state = {state: [row for tally in tallies for row in tally.found[state]]
                for state in (HEALTHY, FAILING, BACKING_OFF)}
    unchanged = sum((tally.unchanged for tally in tallies), Counter())
    sent = sum((tally.sent for tally in tallies), Counter())
    return {
        "feeds": feeds, "found": {state: _lateness(rows) for state, rows in by_state.items()},
        "never_found": sum(tally.never_found for tally in tallies),
        "lost": dict(sum((tally.lost for tally in tallies), Counter())),
        "unchanged": {"polls": unchanged.total(),
                      **{kind: _share(unchanged[kind], unchanged.total()) for kind in UNCHANGED}},
        "sent": {**sent, "a_feed_a_day": round(sent.total() / max(feeds, 1) / ledger._days, 2),
                 "before_the_ttl": sum(tally.hasty for tally in tallies)},
    }


def _lateness(rows: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    """Latencies in minutes, in intervals and in mean gaps."""
    shares = [latency / interval for latency, interval, _ in rows]
    bins = Counter(min(int(share / BIN), BINS - 1) for share in shares)
    return {
        "articles": len(rows), "late": sum(share > LATE for share in shares),
        "minutes": _quantiles([latency / 60 for latency, _, _ in rows]), "intervals": _quantiles(shares),
        "gaps": _quantiles([latency / gap for latency, _, gap in rows]), "bins": [bins[n] for n in range(BINS)],
    }


def _quantiles(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    values.sort()
    return {"median": round(median(values), 2), "p95": round(values[ceil(0.95 * len(values)) - 1], 2),
            "max": round(values[-1], 2)}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
