"""Trying again what failed for a passing reason: at once in the same visit, and later in another.

Owns both policies. In a visit Scrapy's retries are used, each after a wait of its own; what fails then rests in the
store (`next_try`), longer each time, and is given up after a few visits. Must not know the store.
"""

from __future__ import annotations

import random
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.retry import RetryMiddleware

from crawler.hosts import longest_wait_seconds
from pipelines.clock import utc_now
from pipelines.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from scrapy import Request
    from scrapy.http import Response
    from scrapy.settings import BaseSettings

NOT_BEFORE = "not_before"
"""The key of `request.meta` with the time.monotonic() before which the frontier keeps a request back."""

MAX_VISITS = 6
FIRST_WAIT_SECONDS = 300.0
LONGEST_WAIT_SECONDS = 86_400.0
_DENIED_WAIT_SECONDS = 86_400.0
_TOO_MANY_REQUESTS = 429
_MISSING = frozenset({401, 403, 404})  # a feed may be ahead of its site
_MISSING_VISITS = 3
_PASSING_STATUS = frozenset({408, 425, _TOO_MANY_REQUESTS, *range(500, 600)})
_PASSING = frozenset({
    Outcome.TIMEOUT, Outcome.DNS_FAILED, Outcome.CONNECTION_FAILED, Outcome.TLS_FAILED, Outcome.INVALID_RESPONSE,
    Outcome.TRUNCATED, Outcome.REDIRECT_FAILED, Outcome.EXTRACTION_FAILED, Outcome.ERROR,
})


def next_try(
    outcome: Outcome, status: int | None, attempts: int, now: datetime,
    jitter: Callable[[float, float], float] = random.uniform,
) -> datetime | None:
    """When a page whose visit ended so is to be visited again, after `attempts` failed visits before; None: never.

    Five minutes, then three times as long each time, a fifth more or less.
    """
    visits, first = _allowance(outcome, status)
    if attempts + 1 >= visits:
        return None
    wait = min(first * 3.0 ** attempts, LONGEST_WAIT_SECONDS)
    return now + timedelta(seconds=wait * jitter(0.8, 1.2))


def _allowance(outcome: Outcome, status: int | None) -> tuple[int, float]:
    """How many visits in all, and the seconds before the second."""
    if outcome is Outcome.HTTP_ERROR and status in _PASSING_STATUS:
        return MAX_VISITS, FIRST_WAIT_SECONDS
    if outcome is Outcome.HTTP_ERROR and status in _MISSING:
        return _MISSING_VISITS, FIRST_WAIT_SECONDS
    if outcome is Outcome.ROBOTS_DENIED:
        return _MISSING_VISITS, _DENIED_WAIT_SECONDS
    return (MAX_VISITS, FIRST_WAIT_SECONDS) if outcome in _PASSING else (1, 0.0)


class VisitRetryMiddleware(RetryMiddleware):
    """Scrapy's retries with a wait that doubles, with jitter, from RETRY_DELAY seconds. Retry-After is kept to up to
    CRAWL_WAIT seconds; who asks for more, or has had too many requests, is not asked again in the same visit."""

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self._delay_seconds = settings.getfloat("RETRY_DELAY")
        self._max_wait_seconds = settings.getfloat("CRAWL_WAIT")

    def process_response(  # type: ignore[override]  # Scrapy gives no spider any more
        self, request: Request, response: Response
    ) -> Request | Response:
        asked = longest_wait_seconds(
            response.headers.getlist("Retry-After"), (response.headers.get("Date") or b"").decode("latin-1"), utc_now())
        if asked > self._max_wait_seconds or (response.status == _TOO_MANY_REQUESTS and not asked):
            return response
        result = super().process_response(request, response)
        if result is not response:
            self._keep_back(result, asked)
        return result

    def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        result = super().process_exception(request, exception)
        if result is not None:
            self._keep_back(result, 0.0)
        return result

    def _keep_back(self, retry: Request | Response, asked_seconds: float) -> None:
        doubled = self._delay_seconds * 2.0 ** (retry.meta["retry_times"] - 1)
        retry.meta[NOT_BEFORE] = monotonic() + max(asked_seconds, doubled * random.uniform(0.5, 1.0))  # noqa: S311
