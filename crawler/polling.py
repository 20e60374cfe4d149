"""When a source is asked again: due times that follow how often it brings new articles.

Owns that policy. Pure: the source as it was, what its visit brought and the time go in, the source as it is comes out.
Must not know Scrapy or the store. What counts is new articles, never new bytes: a feed's lastBuildDate churns.

A source is expected to bring the next article after its mean gap, counted with decay over some three days. It is asked
four times in that, and less and less often while nothing comes, but never so seldom that an article waits longer than
the mean gap. What the publisher asks for (RSS ttl, syn:updatePeriod, Cache-Control max-age, Retry-After) is a lower
bound, unless the source would by then have dropped articles that nobody saw: many feeds say `hourly` and list the last
ten. Five minutes and 24 hours bound all.

A tick asks all that is due within half a minute. Due times leave it that, so that an interval as long as the timer's
does not miss every other tick.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.hosts import LONGEST_BELIEVED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipelines.store import Source

MIN_INTERVAL_SECONDS = 300.0
MAX_INTERVAL_SECONDS = 86_400.0
_FIRST_GUESS_SECONDS = 7_200.0  # of the gap between two articles of a source that says nothing about it
_GUESS_WEIGHT = 1.0  # as many articles as that guess counts for
_DECAY_SECONDS = 3 * 86_400.0
_POLLS_A_GAP = 4.0
_GROWTH = 1.25  # of the interval with each visit that brings nothing
_TICK_SPREAD_SECONDS = 30.0
_EARLIEST = 0.85  # jitter only shortens: what is promised is how late an article may be found, at most
_MISSING = frozenset({404, 403, 401})
MISSES_TO_REST = 3
GONE = 410
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a visit of a source brought: `new` pages of the `links` that it lists.

    `gap_seconds` is the mean time between the articles by their own dates, where they have any; `hint_seconds` how
    long the publisher asks to be left alone. Not modified: `links` is None.
    """

    new: int
    links: int | None
    etag: str | None = None
    last_modified: str | None = None
    gap_seconds: float | None = None
    hint_seconds: float = 0.0


def is_due(source: Source, now: datetime) -> bool:
    """Whether it is to be asked; also where its times cannot be true, for the machine's clock was once ahead."""
    return source.due <= now or source.asked_at > now + _CLOCKS_DIFFER or source.due > now + LONGEST_BELIEVED


def after_reading(
    source: Source, reading: Reading, now: datetime, jitter: Callable[[float, float], float] = random.uniform
) -> Source:
    """The source after a visit that could be read."""
    watched = _watched(source, reading, now)
    unchanged = 0 if reading.new else watched.unchanged + 1
    asked_for = _hint(source, reading)
    hint = min(asked_for, _turnover_seconds(watched, reading))
    interval = _interval(watched, unchanged, hint)
    changed = replace(
        watched, unchanged=unchanged, failures=0, retired=None, is_absent=False, interval_seconds=interval,
        asked_at=now, new_at=now if reading.new else source.new_at,
        due=_due(now, interval - _TICK_SPREAD_SECONDS, hint, jitter))
    if reading.links is None:
        return changed
    return replace(changed, links=reading.links, etag=reading.etag, last_modified=reading.last_modified,
                   hint_seconds=asked_for)


def after_failure(
    source: Source, status: int | None, now: datetime, retry_after_seconds: float = 0.0,
    jitter: Callable[[float, float], float] = random.uniform,
) -> Source:
    """The source after a visit that failed: 410 retires it, a 404 after two failures lets it rest for a day, anything
    else doubles the wait. Its validators stay: what it served last is still what we know."""
    failures = source.failures + 1
    if status == GONE:
        return replace(source, failures=failures, asked_at=now, retired="410 Gone")
    if status in _MISSING and failures >= MISSES_TO_REST:
        wait = MAX_INTERVAL_SECONDS
    else:
        wait = min(source.interval_seconds * 2.0 ** min(failures - 1, 16), MAX_INTERVAL_SECONDS)
    hint = min(source.hint_seconds, _turnover_seconds(source, Reading(0, None)))
    at_least = min(max(retry_after_seconds, hint), MAX_INTERVAL_SECONDS)
    return replace(source, failures=failures, asked_at=now, due=_due(now, wait, at_least, jitter))


def mean_gap_seconds(moments: list[datetime]) -> float | None:
    """The mean time between articles, by the dates in one reading; None where fewer than three have one."""
    if len(moments) < 3:
        return None
    span = (max(moments) - min(moments)).total_seconds()
    return max(span / (len(moments) - 1), 1.0)


def gap_seconds(source: Source) -> float:
    """The mean time between two new articles of the source, as far as it is known."""
    return source.watched_seconds / source.seen if source.seen else _FIRST_GUESS_SECONDS


def _watched(source: Source, reading: Reading, now: datetime) -> Source:
    """Its count of new articles brought up to now. The first reading is all new, and says nothing by its number."""
    if source.seen == 0.0:
        gap = reading.gap_seconds or _FIRST_GUESS_SECONDS
        return replace(source, seen=_GUESS_WEIGHT, watched_seconds=gap * _GUESS_WEIGHT)
    elapsed = max((now - source.asked_at).total_seconds(), 0.0)
    kept = math.exp(-elapsed / _DECAY_SECONDS)
    return replace(source, seen=max(source.seen * kept + reading.new, 1e-3),
                   watched_seconds=source.watched_seconds * kept + _DECAY_SECONDS * (1.0 - kept))


def _hint(source: Source, reading: Reading) -> float:
    """How long to leave it alone. Not modified has no body, so what the body asked for when it was read last holds."""
    kept = source.hint_seconds if reading.links is None else 0.0
    return min(max(reading.hint_seconds, kept), MAX_INTERVAL_SECONDS)


def _turnover_seconds(source: Source, reading: Reading) -> float:
    """Half the time in which the source's list is replaced by new articles; no bound where it lists none."""
    links = source.links if reading.links is None else reading.links
    return max(gap_seconds(source) * links / 2, MIN_INTERVAL_SECONDS) if links else math.inf


def _interval(source: Source, unchanged: int, hint_seconds: float) -> float:
    gap = gap_seconds(source)
    wanted = min(gap / _POLLS_A_GAP * _GROWTH ** min(unchanged, 64), gap)
    asked_for = hint_seconds + _TICK_SPREAD_SECONDS
    return min(max(wanted, asked_for, MIN_INTERVAL_SECONDS), MAX_INTERVAL_SECONDS)


def _due(now: datetime, wait: float, at_least: float, jitter: Callable[[float, float], float]) -> datetime:
    earliest = max(wait * _EARLIEST, min(at_least, wait), MIN_INTERVAL_SECONDS * _EARLIEST)
    return now + timedelta(seconds=max(jitter(min(earliest, wait), wait), at_least))
