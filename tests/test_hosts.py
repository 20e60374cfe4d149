"""Hosts in trouble: when one is left alone, for how long, and what makes it well again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from crawler.hosts import Hosts, asked_to_wait_seconds, retry_after_seconds
from pipelines.exchange import Answer
from pipelines.records import Outcome
from pipelines.store import HostHealth
from tests.builders import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HOST, MINUTE, HOUR, DAY = "a.example", 60.0, 3600.0, 86400.0
ANSWERED = [(Outcome.ARTICLE, 200), (Outcome.NO_ARTICLE, 200), (Outcome.NOT_MODIFIED, 304),
            (Outcome.HTTP_ERROR, 404), (Outcome.HTTP_ERROR, 403), (Outcome.HTTP_ERROR, 410)]
UNREACHABLE = [(Outcome.TIMEOUT, None), (Outcome.DNS_FAILED, None), (Outcome.CONNECTION_FAILED, None),
               (Outcome.TLS_FAILED, None), (Outcome.HTTP_ERROR, 500), (Outcome.HTTP_ERROR, 503)]


def middle(low: float, high: float) -> float:
    return (low + high) / 2


class Watched:
    """Hosts at noon, without jitter."""

    def __init__(
        self, known: Iterable[HostHealth] = (), jitter: Callable[[float, float], float] = middle
    ) -> None:
        self.hosts = Hosts(known, jitter)

    def visit(
        self, outcome: Outcome, status: int | None = None, *, retry_after: str | None = None, role: str = "page",
        host: str = HOST, now: datetime = NOON,
    ) -> HostHealth | None:
        return self.hosts.after_visit(host, outcome, role, status, retry_after_seconds(retry_after, now), now)

    def rests(self, host: str = HOST, now: datetime = NOON) -> float:
        """Seconds from `now` for which the host is left alone; 0 if it is not."""
        until = self.hosts.rests_until(host, now)
        return (until - now).total_seconds() if until else 0.0

    def fail(self, times: int) -> list[float]:
        """Visits that time out; how long the host rested after each."""
        waits = []
        for _ in range(times):
            self.visit(Outcome.TIMEOUT)
            waits.append(self.rests())
        return waits


# The breaker


def test_the_fifth_failure_in_a_row_rests_a_host_and_each_further_one_doubles_the_rest_up_to_six_hours():
    watched, now, waits = Watched(), NOON, []
    for _ in range(14):
        watched.visit(Outcome.TIMEOUT, now=now)
        waits.append(watched.rests(now=now))
        now += timedelta(seconds=waits[-1])
    assert waits[:4] == [0.0] * 4
    assert waits[4:12] == [5 * MINUTE * 2 ** number for number in range(7)] + [6 * HOUR]
    assert set(waits[11:]) == {6 * HOUR}


@pytest.mark.parametrize(("outcome", "status"), UNREACHABLE)
def test_a_host_that_cannot_be_reached_or_fails_counts_as_failing(outcome, status):
    watched = Watched()
    assert [watched.visit(outcome, status).failures for _ in range(5)] == [1, 2, 3, 4, 5]
    assert watched.rests() == 5 * MINUTE


@pytest.mark.parametrize(("outcome", "status"), ANSWERED)
def test_any_other_answer_clears_the_host_even_an_error_that_is_about_the_page(outcome, status):
    watched = Watched()
    watched.fail(4)
    assert watched.visit(outcome, status) == HostHealth(HOST, 0, None)
    assert watched.fail(5) == [0.0] * 4 + [5 * MINUTE], "the count begins anew"


@pytest.mark.parametrize(("outcome", "status"), ANSWERED)
def test_a_host_that_is_well_has_nothing_to_be_kept_of_it(outcome, status):
    assert Watched().visit(outcome, status) is None


@pytest.mark.parametrize("outcome", [Outcome.ROBOTS_DENIED, Outcome.REFUSED, Outcome.ERROR, Outcome.INVALID_RESPONSE])
def test_a_visit_without_an_answer_that_is_not_the_hosts_fault_neither_counts_nor_clears(outcome):
    watched = Watched()
    watched.fail(4)
    assert watched.visit(outcome) is None
    assert watched.fail(1) == [5 * MINUTE]


def test_the_trouble_of_one_host_is_no_other_hosts():
    watched = Watched()
    watched.fail(5)
    assert watched.rests("b.example") == 0.0
    assert watched.visit(Outcome.TIMEOUT, host="b.example") == HostHealth("b.example", 1, None)


def test_a_host_that_has_rested_is_tried_again_and_one_more_failure_doubles_its_rest():
    watched = Watched()
    watched.fail(5)
    later = NOON + timedelta(minutes=5)
    assert watched.rests(now=later - timedelta(seconds=1)) == 1.0
    assert watched.rests(now=later) == 0.0
    watched.visit(Outcome.TIMEOUT, now=later)
    assert watched.rests(now=later) == 10 * MINUTE


def test_what_was_known_at_the_start_goes_on_counting():
    resting = HostHealth("b.example", 7, NOON + timedelta(minutes=9))
    watched = Watched([HostHealth(HOST, 4, None), resting])
    assert watched.rests("b.example") == 9 * MINUTE
    assert watched.rests() == 0.0
    assert watched.visit(Outcome.TIMEOUT) == HostHealth(HOST, 5, NOON + timedelta(minutes=5))
    assert watched.visit(Outcome.ARTICLE, 200) == HostHealth(HOST, 0, None)


def test_a_rest_is_jittered_by_a_fifth_at_most():
    asked = []

    def jitter(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    watched = Watched(jitter=jitter)
    assert watched.fail(5)[-1] == pytest.approx(1.2 * 5 * MINUTE)
    assert set(asked) == {(0.8, 1.2)}
    by_default = Watched(jitter=random.uniform)
    assert 0.8 * 5 * MINUTE <= by_default.fail(5)[-1] <= 1.2 * 5 * MINUTE


def test_a_failure_that_comes_in_late_does_not_shorten_the_rest():
    watched = Watched()
    watched.visit(Outcome.HTTP_ERROR, 503, retry_after="3600")
    watched.visit(Outcome.HTTP_ERROR, 503)
    assert watched.rests() == HOUR
    watched.visit(Outcome.HTTP_ERROR, 503, retry_after="60")
    assert watched.rests() == HOUR


def test_an_answer_that_comes_in_late_ends_a_rest_of_ours_at_once():
    watched = Watched()
    watched.fail(5)
    assert watched.visit(Outcome.ARTICLE, 200) == HostHealth(HOST, 0, None)
    assert watched.rests() == 0.0


@pytest.mark.parametrize(("status", "retry_after", "seconds"), [
    (503, "3600", HOUR), (200, "3600", HOUR), (429, None, MINUTE)])
def test_but_not_one_that_the_host_asked_for(status, retry_after, seconds):
    watched = Watched()
    watched.visit(Outcome.HTTP_ERROR, status, retry_after=retry_after)
    for _ in range(2):
        watched.visit(Outcome.ARTICLE, 200)
        assert watched.rests() == seconds
    later = NOON + timedelta(seconds=seconds)
    assert watched.visit(Outcome.ARTICLE, 200, now=later) == HostHealth(HOST, 0, None)


def test_what_was_sent_before_a_rest_began_and_fails_in_it_does_not_lengthen_it():
    watched = Watched()
    assert watched.fail(12)[4:] == [5 * MINUTE] * 8
    assert [watched.visit(Outcome.HTTP_ERROR, 429, host="b.example").failures for _ in range(8)] == [1] * 8
    assert watched.rests("b.example") == MINUTE


# Too many requests, and robots.txt


def test_too_many_requests_rest_a_host_at_once_and_twice_as_long_each_time():
    watched, now, waits = Watched(), NOON, []
    for _ in range(12):
        watched.visit(Outcome.HTTP_ERROR, 429, now=now)
        waits.append(watched.rests(now=now))
        now += timedelta(seconds=waits[-1])
    assert waits == [MINUTE * 2 ** number for number in range(9)] + [6 * HOUR] * 3


@pytest.mark.parametrize(("outcome", "status"), UNREACHABLE)
def test_a_robots_txt_that_fails_rests_its_host_at_once(outcome, status):
    watched = Watched()
    watched.visit(outcome, status, role="robots")
    assert watched.rests() == 5 * MINUTE


@pytest.mark.parametrize("status", [200, 404, 403])
def test_a_robots_txt_that_is_not_there_rests_nothing(status):
    watched = Watched()
    assert watched.visit(Outcome.SOURCE if status == 200 else Outcome.HTTP_ERROR, status, role="robots") is None


# Retry-After


@pytest.mark.parametrize(("value", "seconds"), [
    ("120", 120.0), (" 120 ", 120.0), ("0", 0.0),
    (format_datetime(NOON + timedelta(minutes=3), usegmt=True), 180.0),
    ("Sunday, 22-Nov-26 12:03:00 GMT", 180.0),
    ("Sun, 22 Nov 2026 14:03:00 +0200", 180.0),
    ("Sun, 22 Nov 2026 12:03:00", 180.0),
    (format_datetime(NOON - timedelta(days=400), usegmt=True), 0.0),
    (None, 0.0), ("", 0.0), ("soon", 0.0), ("-5", 0.0), ("٣", 0.0), ("²", 0.0), ("1e9", 0.0),
    ("1.5", 1.5), ("5, 120", 120.0), ("120,120 ,7.5", 120.0), ("5, soon", 0.0),
    ("Sun, 99 Nov 2026 12:03:00 GMT", 0.0), ("Sun, 22 Nov 2026 12:03:00 +9999999999999999", 0.0),
    ("999999999", DAY), ("9" * 5000, DAY), ("Fri, 31 Dec 9999 23:59:59 GMT", DAY), ("86401", DAY), ("86399", 86399.0),
])
def test_retry_after_is_read_as_seconds_or_as_a_date_up_to_a_day(value, seconds):
    assert retry_after_seconds(value, NOON) == seconds


def test_a_date_is_compared_in_whichever_zone_the_time_is():
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-7)))
    assert retry_after_seconds("Sun, 22 Nov 2026 12:03:00 GMT", elsewhere) == 180.0


@pytest.mark.parametrize(("outcome", "status"), [*ANSWERED, *UNREACHABLE[4:], (Outcome.HTTP_ERROR, 429)])
def test_a_host_that_says_how_long_to_wait_is_taken_at_its_word_whatever_the_status(outcome, status):
    watched = Watched()
    watched.visit(outcome, status, retry_after="7200")
    assert watched.rests() == 2 * HOUR


def test_the_longer_of_what_is_asked_for_and_what_the_failures_call_for_counts():
    watched = Watched()
    watched.fail(5)
    watched.visit(Outcome.HTTP_ERROR, 503, retry_after="30")
    assert watched.rests() == 5 * MINUTE
    watched.visit(Outcome.HTTP_ERROR, 503, retry_after="7200")
    assert watched.rests() == 2 * HOUR


def test_an_answer_that_asks_for_a_wait_is_no_failure():
    watched = Watched()
    watched.fail(4)
    assert watched.visit(Outcome.ARTICLE, 200, retry_after="60") == HostHealth(HOST, 0, NOON + timedelta(minutes=1))
    assert watched.visit(Outcome.TIMEOUT, now=NOON + timedelta(minutes=1)).failures == 1


def test_a_rest_that_was_written_down_while_the_clock_was_ahead_counts_for_nothing():
    assert Watched([HostHealth(HOST, 5, NOON + timedelta(hours=29))]).rests() == 29 * HOUR
    assert Watched([HostHealth(HOST, 5, NOON + timedelta(days=365))]).rests() == 0.0


# On the way


def test_a_host_that_asks_for_a_wait_as_it_redirects_rests_too():
    watched = Watched()
    health = watched.hosts.after_hop(HOST, 90.0, NOON)
    assert health == HostHealth(HOST, 0, NOON + timedelta(seconds=90))
    assert watched.rests() == 90.0
    watched.visit(Outcome.ARTICLE, 200)
    assert watched.rests() == 90.0, "it asked for it"


def test_not_once_the_time_is_over_and_no_rest_gets_shorter():
    watched = Watched()
    assert watched.hosts.after_hop(HOST, -1.0, NOON) is None
    watched.visit(Outcome.ARTICLE, 200, retry_after="300")
    watched.hosts.after_hop(HOST, 20.0, NOON)
    assert watched.rests() == 300.0


@pytest.mark.parametrize(("headers", "seconds"), [
    (b"", 0.0), (b"Retry-After: 20\r\n", 20.0),
    (b"Date: Sun, 22 Nov 2026 12:00:05 GMT\r\nRetry-After: Sun, 22 Nov 2026 12:01:00 GMT\r\n", 60.0),
    (b"Date: Sun, 22 Nov 2026 11:58:00 GMT\r\nRetry-After: Sun, 22 Nov 2026 11:59:00 GMT\r\n", 60.0),
    (b"Date: yesterday\r\nRetry-After: Sun, 22 Nov 2026 12:01:00 GMT\r\n", 60.0)])
def test_a_date_is_meant_by_the_servers_clock_and_the_longer_wait_counts(headers, seconds):
    answer = Answer(b"HTTP/1.1 503 X\r\n" + headers + b"\r\n")
    assert asked_to_wait_seconds(answer, NOON) == seconds
