"""When a source is asked again: the policy by itself, over made-up visits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.polling import Reading, after_failure, after_reading, gap_seconds, is_due, mean_gap_seconds
from pipelines.store import Source
from tests.builders import NOON

if TYPE_CHECKING:
    from datetime import datetime

HOUR, DAY = 3600.0, 86400.0
NEW = Source("a", "a.example/feed", "https://a.example/feed", "feed", "home", None, NOON, NOON, 300.0)


def latest(_: float, high: float) -> float:
    return high


def visit(source: Source, now: datetime = NOON, **facts: object) -> Source:
    reading = Reading(**{"new": 0, "links": 20, **facts})  # type: ignore[arg-type]
    return after_reading(source, reading, now, latest)


def wait_seconds(source: Source) -> float:
    return (source.due - source.asked_at).total_seconds()


def watched(gap: float, days: int = 14) -> Source:
    """A source that has brought an article every `gap` seconds for days, asked whenever it was due."""
    source, now, found = visit(NEW, new=20, gap_seconds=gap), NOON, 0
    while now < NOON + timedelta(days=days):
        now = source.due
        count = int((now - NOON).total_seconds() // gap)
        source, found = visit(source, now, new=count - found), count
    return source


@pytest.mark.parametrize("gap", [600.0, 1800.0, 2 * HOUR, 6 * HOUR, DAY])
def test_a_source_is_asked_several_times_in_the_mean_gap_between_its_articles(gap: float) -> None:
    source = watched(gap)
    assert gap_seconds(source) == pytest.approx(gap, rel=0.4)
    assert max(300.0, 0.1 * gap) <= source.interval_seconds <= gap_seconds(source)


def test_a_source_is_never_asked_more_often_than_every_five_minutes_nor_less_than_every_day() -> None:
    assert watched(20.0, days=1).interval_seconds == 300.0
    assert watched(60 * DAY, days=110).interval_seconds == DAY


def test_the_first_wait_follows_the_dates_of_the_articles_that_it_lists() -> None:
    moments = [NOON - timedelta(hours=8 * number) for number in range(10)]
    assert mean_gap_seconds(moments) == 8 * HOUR
    assert visit(NEW, new=10, gap_seconds=8 * HOUR).interval_seconds == 2 * HOUR
    assert mean_gap_seconds(moments[:2]) is None


def test_a_source_that_brings_nothing_is_asked_less_and_less_often_but_within_its_mean_gap() -> None:
    source = visit(NEW, new=10, gap_seconds=8 * HOUR)
    waits = []
    for _ in range(6):
        source = visit(source, source.due)
        waits.append(source.interval_seconds)
        assert source.interval_seconds <= gap_seconds(source)
    assert waits == sorted(waits)
    assert waits[-1] > 2 * waits[0]
    assert visit(source, source.due, new=1).interval_seconds < waits[-1] / 2


def test_new_bytes_without_new_articles_count_as_nothing_new() -> None:
    source = visit(NEW, new=10, gap_seconds=8 * HOUR, etag='"1"')
    churned = visit(source, source.due, new=0, links=10, etag='"2"')
    same = visit(source, source.due, new=0, links=None)
    assert churned.interval_seconds == same.interval_seconds
    assert (churned.etag, same.etag) == ('"2"', '"1"')
    assert same.links == 20


@pytest.mark.parametrize(("hint", "interval"), [
    (HOUR, HOUR + 30), (12 * HOUR, 12 * HOUR + 30), (60.0, 300.0), (DAY, DAY)])
def test_what_the_publisher_asks_for_is_a_lower_bound(hint: float, interval: float) -> None:
    source = visit(NEW, new=100, links=10**6, gap_seconds=60.0, hint_seconds=hint)
    assert source.interval_seconds == interval
    assert hint <= wait_seconds(source) <= interval


def test_what_a_feed_asks_for_holds_while_it_says_that_nothing_has_changed() -> None:
    read = visit(NEW, new=100, links=10**6, gap_seconds=60.0, hint_seconds=HOUR)
    same = visit(visit(read, read.due, links=None), read.due, links=None)
    assert wait_seconds(same) >= HOUR
    assert wait_seconds(visit(same, same.due, new=5)) < HOUR
    assert wait_seconds(after_failure(same, 503, same.due, jitter=lambda low, _: low)) >= HOUR


@pytest.mark.parametrize("hint", [7 * DAY, 365 * DAY])
def test_a_publisher_who_asks_for_weeks_is_asked_every_day(hint: float) -> None:
    source = visit(NEW, new=10, links=10**6, gap_seconds=HOUR, hint_seconds=hint)
    assert (source.interval_seconds, wait_seconds(source)) == (DAY, DAY)


@pytest.mark.parametrize("tick", [300.0, 900.0, HOUR])
def test_a_source_that_was_asked_late_in_a_tick_is_due_at_the_one_an_interval_later(tick: float) -> None:
    source = visit(NEW, NOON + timedelta(seconds=30), new=20, gap_seconds=4 * tick)
    assert source.interval_seconds == tick
    assert source.due <= NOON + timedelta(seconds=tick)


def test_a_feed_that_asks_to_be_left_alone_for_longer_than_it_lists_its_news_is_asked_before_they_are_gone() -> None:
    source = visit(NEW, new=10, links=10, gap_seconds=120.0, hint_seconds=HOUR)
    assert source.interval_seconds == 10 * 120.0 / 2 + 30.0
    assert visit(NEW, new=10, links=0, gap_seconds=120.0, hint_seconds=DAY).interval_seconds == DAY


def test_jitter_only_hastens_and_never_below_what_was_asked_for() -> None:
    def earliest(low: float, _: float) -> float:
        return low

    plain = after_reading(NEW, Reading(10, 10, gap_seconds=8 * HOUR), NOON, earliest)
    assert 0.8 * plain.interval_seconds <= wait_seconds(plain) < plain.interval_seconds
    bound = after_reading(NEW, Reading(10, 10**6, gap_seconds=60.0, hint_seconds=HOUR), NOON, earliest)
    assert wait_seconds(bound) == HOUR


def test_failures_double_the_wait_up_to_a_day_and_keep_the_validators() -> None:
    source = visit(NEW, new=10, gap_seconds=8 * HOUR, etag='"1"')
    waits = []
    for _ in range(6):
        source = after_failure(source, 503, source.due, jitter=latest)
        waits.append(wait_seconds(source))
    assert waits == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY]
    assert source.etag == '"1"'
    assert visit(source, source.due).failures == 0


def test_retry_after_is_honoured_up_to_a_day() -> None:
    source = visit(NEW, new=10, gap_seconds=60.0)
    assert wait_seconds(after_failure(source, 503, NOON, 7200.0)) >= 7200.0
    assert wait_seconds(after_failure(source, 429, NOON, 1e9)) == DAY


def test_the_third_404_in_a_row_lets_it_rest_and_410_retires_it() -> None:
    source = visit(NEW, new=10, gap_seconds=HOUR)
    for _ in range(2):
        source = after_failure(source, 404, source.due, jitter=latest)
        assert wait_seconds(source) < DAY
    rested = after_failure(source, 404, source.due, jitter=latest)
    assert (wait_seconds(rested), rested.retired) == (DAY, None)
    assert after_failure(replace(rested, failures=0), 410, NOON).retired == "410 Gone"


def test_one_failure_of_a_feed_that_asks_for_a_day_does_not_cost_a_day_of_its_news() -> None:
    source = visit(watched(600.0), hint_seconds=DAY, links=10)
    assert wait_seconds(source) < HOUR
    assert wait_seconds(after_failure(source, 503, source.due, jitter=latest)) < HOUR


def test_times_that_were_written_down_while_the_clock_was_ahead_do_not_silence_a_source() -> None:
    source = visit(NEW, NOON + timedelta(days=365))
    assert is_due(source, NOON)
    assert not is_due(visit(NEW), NOON + timedelta(minutes=4))
    assert is_due(visit(NEW), NOON + timedelta(days=1))
    assert not is_due(replace(visit(NEW), due=NOON + timedelta(hours=24)), NOON)
    assert is_due(replace(visit(NEW), due=NOON + timedelta(hours=31)), NOON)
