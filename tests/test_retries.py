"""Trying again: when a page that failed is visited once more, and what is tried again in the same visit."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scrapy import Request, Spider
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler import retries
from crawler.retries import MAX_VISITS, NOT_BEFORE, VisitRetryMiddleware, next_try
from pipelines.records import Outcome
from tests.builders import NOON

MINUTE, DAY = 60.0, 86400.0
FIVE_TIMES = [5 * MINUTE, 15 * MINUTE, 45 * MINUTE, 135 * MINUTE, 405 * MINUTE]
URL = "https://a.example/1"


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def waits(outcome: Outcome, status: int | None = None) -> list[float]:
    """Seconds before each further visit of a page that always ends so."""
    moments = [next_try(outcome, status, attempts, NOON, middle) for attempts in range(20)]
    waited = [(moment - NOON).total_seconds() for moment in moments if moment]
    assert moments[len(waited):] == [None] * (20 - len(waited)), "given up for good"
    return waited


# Later visits


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 599])
def test_a_page_whose_server_is_in_trouble_is_visited_after_five_minutes_and_then_three_times_as_long(status):
    assert waits(Outcome.HTTP_ERROR, status) == FIVE_TIMES
    assert len(FIVE_TIMES) + 1 == MAX_VISITS


@pytest.mark.parametrize("outcome", [
    Outcome.TIMEOUT, Outcome.DNS_FAILED, Outcome.CONNECTION_FAILED, Outcome.TLS_FAILED, Outcome.INVALID_RESPONSE,
    Outcome.TRUNCATED, Outcome.REDIRECT_FAILED, Outcome.EXTRACTION_FAILED, Outcome.ERROR])
@pytest.mark.parametrize("status", [None, 200, 404])
def test_so_is_one_that_failed_for_a_reason_that_may_pass_whatever_was_answered_before(outcome, status):
    assert waits(outcome, status) == FIVE_TIMES


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_that_is_not_there_is_visited_three_times_for_a_feed_may_be_ahead_of_its_site(status):
    assert waits(Outcome.HTTP_ERROR, status) == FIVE_TIMES[:2]


def test_a_page_that_robots_txt_forbids_is_asked_about_again_the_next_day_and_the_day_after():
    assert waits(Outcome.ROBOTS_DENIED) == [DAY, DAY]


@pytest.mark.parametrize("outcome", [
    Outcome.ARTICLE, Outcome.DUPLICATE, Outcome.NO_ARTICLE, Outcome.FETCHED, Outcome.SOURCE, Outcome.NOT_MODIFIED,
    Outcome.SOURCE_INVALID, Outcome.REDIRECTED, Outcome.REFUSED, Outcome.TOO_LARGE, Outcome.DROPPED])
@pytest.mark.parametrize("status", [None, 200, 503])
def test_what_another_visit_would_not_change_is_not_visited_again(outcome, status):
    assert waits(outcome, status) == []


@pytest.mark.parametrize("status", [400, 402, 410, 451])
def test_nor_is_a_page_that_is_gone_or_was_never_one(status):
    assert waits(Outcome.HTTP_ERROR, status) == []


@pytest.mark.parametrize("status", [None, 503])
def test_every_outcome_has_an_answer(status):
    for outcome in Outcome:
        waited = waits(outcome, status)
        assert waited == sorted(waited)
        assert all(5 * MINUTE <= seconds <= DAY for seconds in waited)


def test_the_jitter_is_a_fifth_either_way():
    asked = []

    def jitter(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    assert next_try(Outcome.TIMEOUT, None, 0, NOON, jitter) == NOON + timedelta(seconds=240)
    assert asked == [(0.8, 1.2)]
    for _ in range(50):
        moment = next_try(Outcome.TIMEOUT, None, 1, NOON)
        assert timedelta(minutes=12) <= moment - NOON <= timedelta(minutes=18)


# The same visit


class Visited:
    """The middleware in a crawler of Scrapy's own, at a time that stands still."""

    def __init__(self, **settings: object) -> None:
        given = {"RETRY_DELAY": 4.0, "CRAWL_WAIT": 30.0, "RETRY_TIMES": 3, **settings}
        self.crawler = get_crawler(Spider, given)
        self.crawler.spider = Spider("own")
        self.crawler.spider.crawler = self.crawler
        self.middleware = VisitRetryMiddleware.from_crawler(self.crawler)

    def answer(
        self, status: int, retry_after: str | list[str] | None = None, *, request: Request | None = None, date: str = ""
    ) -> Request | Response:
        headers = {**({} if retry_after is None else {"Retry-After": retry_after}), **({"Date": date} if date else {})}
        request = request or Request(URL)
        return self.middleware.process_response(request, Response(URL, status, headers=headers))

    def waits(self, answer: str | None = None, status: int = 503, times: int = 3) -> list[float]:
        """How long each retry of a page is kept back."""
        request, waited = Request(URL), []
        for _ in range(times):
            request = self.answer(status, answer, request=request)
            waited.append(request.meta.pop(NOT_BEFORE) - NOW)
        return waited


NOW = 1000.0


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "monotonic", lambda: NOW)
    monkeypatch.setattr(random, "uniform", lambda low, high: high)


def test_the_wait_before_each_retry_doubles():
    assert Visited().waits() == [4.0, 8.0, 16.0]


def test_its_jitter_halves_it_at_most(monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda low, high: low)
    assert Visited().waits() == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429])
@pytest.mark.parametrize("seconds", [5, 30])
def test_a_short_retry_after_is_kept_to_in_the_same_visit(status, seconds):
    retry = Visited().answer(status, str(seconds))
    assert (retry.url, retry.meta["retry_times"], retry.meta[NOT_BEFORE]) == (URL, 1, NOW + seconds)


def test_as_a_date_too():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert 10 < Visited().waits(soon, times=1)[0] <= 20


def test_the_longer_of_the_two_waits_counts():
    assert Visited().waits("10") == [10.0, 10.0, 16.0]
    assert Visited().waits("0") == [4.0, 8.0, 16.0]


@pytest.mark.parametrize("retry_after", ["31", "3600", "9" * 40])
@pytest.mark.parametrize("status", [503, 429])
def test_who_asks_for_a_longer_wait_is_not_asked_again_in_the_same_visit(status, retry_after):
    visited = Visited()
    answer = visited.answer(status, retry_after)
    assert (type(answer), answer.status) == (Response, status)
    assert visited.crawler.stats.get_value("retry/count") is None


def test_how_long_is_long_is_a_setting():
    assert isinstance(Visited(CRAWL_WAIT=60.0).answer(503, "59"), Request)
    assert isinstance(Visited(CRAWL_WAIT=0.0).answer(503, "1"), Response)


def test_of_several_the_longest_counts_and_a_date_is_meant_by_the_servers_clock():
    then = datetime.now(UTC) - timedelta(hours=2)
    soon, at = (format_datetime(moment, usegmt=True) for moment in (then + timedelta(minutes=10), then))
    assert isinstance(Visited().answer(503, ["3600", "5"]), Response)
    assert isinstance(Visited().answer(503, ["5", soon], date=at), Response)


@pytest.mark.parametrize("retry_after", [None, "0", "soon"])
def test_nor_is_who_has_had_too_many_requests_and_does_not_say_how_long_to_wait(retry_after):
    assert isinstance(Visited().answer(429, retry_after), Response)


@pytest.mark.parametrize(("status", "retry_after"), [(200, None), (200, "5"), (404, "5"), (301, "5"), (410, None)])
def test_an_answer_that_is_no_passing_error_is_handed_on(status, retry_after):
    visited = Visited()
    assert isinstance(visited.answer(status, retry_after), Response)


def test_after_the_last_retry_the_answer_is_handed_on():
    visited = Visited(RETRY_TIMES=1)
    retry = visited.answer(503)
    assert isinstance(visited.answer(503, request=retry), Response)


def test_dont_retry_is_respected():
    request = Request(URL, meta={"dont_retry": True})
    visited = Visited()
    assert isinstance(visited.answer(503, "5", request=request), Response)
    assert visited.middleware.process_exception(request, DownloadTimeoutError()) is None
    assert NOT_BEFORE not in request.meta


def test_an_error_on_the_way_is_retried_after_a_wait_that_doubles_too():
    visited = Visited()
    first = visited.middleware.process_exception(Request(URL), DownloadTimeoutError())
    assert first.meta[NOT_BEFORE] == NOW + 4
    second = visited.middleware.process_exception(first, DownloadTimeoutError())
    assert second.meta[NOT_BEFORE] == NOW + 8


def test_an_error_that_will_not_pass_is_not_retried():
    assert Visited().middleware.process_exception(Request(URL), IgnoreRequest("Forbidden by robots.txt")) is None
