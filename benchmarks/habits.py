"""Feeds of different habits, drawn from a seed: when each publishes, and how its server answers.

Owns the made-up month. Pure: the same seed draws the same feeds. Times are seconds since the month began, a Monday at
0:00 UTC; what was published before lies below zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Rate = Callable[[float], float]
    """Articles a second at a time."""

T = TypeVar("T")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Habit:
    """`draw` gives the rate of one such feed, and its highest, over a month of so many days; `history_days` are
    drawn before it, so that the first reading finds a list."""

    name: str
    about: str
    share: int
    history_days: int
    draw: Callable[[Random, int], tuple[Rate, float]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """For this long the server answers with `status`."""

    begin: float
    end: float
    status: int
    retry_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Feed:
    """`published` are the times of all its articles, whose ids are their places in it. It lists the newest `listed` of
    them; `validators` is etag, last-modified, none or churning (new bytes and validators with every answer)."""

    number: int
    habit: str
    published: tuple[float, ...]
    listed: int
    validators: str
    dated: bool
    ttl_seconds: float
    max_age_seconds: float
    troubles: tuple[Trouble, ...]

    def trouble_at(self, now: float) -> Trouble | None:
        return next((trouble for trouble in self.troubles if trouble.begin <= now < trouble.end), None)


@dataclass(frozen=True, slots=True)
class TroubleKind:
    """Times are seconds."""

    status: int
    most_times: int = 1
    longest: float = 0.0
    longest_retry_after: float = 0.0
    passes: bool = True


_LISTED = ((10, 25), (20, 50), (50, 25))
_VALIDATORS = (("etag", 45), ("last-modified", 20), ("none", 15), ("churning", 20))
_DATED = ((True, 80), (False, 20))
_TTL = ((0.0, 60), (15 * MINUTE, 8), (HOUR, 20), (3 * HOUR, 6), (DAY, 4), (WEEK, 2))
_MAX_AGE = ((0.0, 70), (5 * MINUTE, 12), (10 * MINUTE, 10), (HOUR, 8))
_TROUBLE = (
    (None, 75), (TroubleKind(503, 3, 12 * HOUR), 12), (TroubleKind(429, 4, 4 * HOUR, 2 * HOUR), 6),
    (TroubleKind(404, 1, 3 * DAY), 5), (TroubleKind(410, passes=False), 2))


def draw_feeds(seed: int, count: int, days: int) -> list[Feed]:
    """So many feeds: habits in proportion, and servers of every kind dealt out like cards."""
    habits = _deal([(habit, habit.share) for habit in HABITS], count)
    random = Random(f"{seed}/servers")
    servers = [_deal(cards, count, random) for cards in (_LISTED, _VALIDATORS, _DATED, _TTL, _MAX_AGE, _TROUBLE)]
    hands = zip(habits, *servers, strict=True)
    return [_draw(Random(f"{seed}/{number}"), number, days, *hand) for number, hand in enumerate(hands)]


def _deal(cards: Sequence[tuple[T, int]], count: int, random: Random | None = None) -> list[T]:
    """Each card as often as its share asks for, in order or shuffled."""
    deck = [card for card, share in cards for _ in range(share)]
    dealt = [deck[int((number + 0.5) * len(deck) / count)] for number in range(count)]
    if random:
        random.shuffle(dealt)
    return dealt


def _draw(random: Random, number: int, days: int, habit: Habit, listed: int, validators: str, dated: bool,
          ttl_seconds: float, max_age_seconds: float, trouble: TroubleKind | None) -> Feed:
    rate, most = habit.draw(random, days)
    published, now = [], -habit.history_days * DAY
    while (now := now + random.expovariate(most)) < days * DAY:
        if random.random() * most < rate(now):  # thinning: Lewis and Shedler 1979
            published.append(now)
    troubles = tuple(_troubles(random, trouble, days)) if trouble else ()
    return Feed(number, habit.name, tuple(published), listed, validators, dated, ttl_seconds, max_age_seconds, troubles)


def _troubles(random: Random, kind: TroubleKind, days: int) -> Iterator[Trouble]:
    for _ in range(random.randint(1, kind.most_times)):
        begin = random.uniform(0.1, 0.9) * days * DAY
        length = random.uniform(HOUR, kind.longest) if kind.passes else days * DAY
        yield Trouble(begin, begin + length, kind.status, random.uniform(0.25, 1) * kind.longest_retry_after)


def _hour(now: float) -> float:
    return now % DAY / HOUR


def _weekday(now: float) -> int:
    return int(now % WEEK // DAY)


def _by_day(random: Random, a_day: float, night: float = 0.05) -> tuple[Rate, float]:
    """So many articles a day, most of them from 6 to 23 h where the feed is at home."""
    zone = random.uniform(0, DAY)
    most = a_day / DAY * 24 / (17 + 7 * night)
    return lambda now: most if 6 <= _hour(now + zone) < 23 else most * night, most


def _agency(random: Random, _: int) -> tuple[Rate, float]:
    return _by_day(random, DAY / random.uniform(MINUTE, 10 * MINUTE), night=0.6)


def _daily(random: Random, _: int) -> tuple[Rate, float]:
    return _by_day(random, random.uniform(20, 120))


def _weekdays(random: Random, _: int) -> tuple[Rate, float]:
    most = random.uniform(5, 25) / (10 * HOUR)
    return lambda now: most if _weekday(now) < 5 and 8 <= _hour(now) < 18 else 0.0, most


def _breaking(random: Random, days: int) -> tuple[Rate, float]:
    """Little, and now and then an article every few minutes for hours."""
    calm = random.uniform(0.5, 3) / DAY
    begins = [random.uniform(0, days * DAY) for _ in range(random.randint(2, 6))]
    bursts = [(begin, begin + random.uniform(HOUR / 2, 6 * HOUR)) for begin in begins]
    quick = 1 / random.uniform(MINUTE, 4 * MINUTE)
    return lambda now: quick if any(begin <= now < end for begin, end in bursts) else calm, quick


def _blog(random: Random, _: int) -> tuple[Rate, float]:
    return _by_day(random, random.uniform(1, 5) / 7)


def _monthly(_: Random, __: int) -> tuple[Rate, float]:
    return lambda now: 1 / (30 * DAY), 1 / (30 * DAY)


def _silent(random: Random, days: int) -> tuple[Rate, float]:
    """Falls silent in the course of the month."""
    rate, most = _by_day(random, random.uniform(3, 30))
    last = random.uniform(0.2, 0.6) * days * DAY
    return lambda now: rate(now) if now < last else 0.0, most


def _waking(random: Random, days: int) -> tuple[Rate, float]:
    """Has said nothing for weeks, and begins again."""
    rate, most = _by_day(random, random.uniform(3, 20))
    first = random.uniform(0.3, 0.7) * days * DAY
    return lambda now: rate(now) if now < -40 * DAY or now > first else 0.0, most


def _changing(random: Random, days: int) -> tuple[Rate, float]:
    """Slow and then quick, or the other way round, from some day on in the middle."""
    slow, quick = random.uniform(1, 3), random.uniform(40, 100)
    before, most = _by_day(random, quick)
    change, slows_down = random.uniform(0.4, 0.6) * days * DAY, random.random() < 0.5
    return lambda now: before(now) if (now < change) == slows_down else before(now) * slow / quick, most


HABITS = (
    Habit("agency", "an article every 1 to 10 minutes", 12, 2, _agency),
    Habit("daily", "20 to 120 a day, few at night", 20, 10, _daily),
    Habit("weekdays", "office hours, Monday to Friday", 14, 21, _weekdays),
    Habit("breaking", "calm, with bursts of hours", 10, 60, _breaking),
    Habit("blog", "1 to 5 a week", 16, 200, _blog),
    Habit("monthly", "one a month", 7, 1000, _monthly),
    Habit("falling silent", "stops in the course of the month", 7, 21, _silent),
    Habit("waking up", "begins again after weeks", 6, 60, _waking),
    Habit("changing", "slow to quick, or the other way", 8, 30, _changing),
)
