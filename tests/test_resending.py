"""A request that fell on a dead connection is sent once more."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError

from crawler.outcomes import DeadConnectionError
from crawler.resending import OVER_A_NEW_CONNECTION, ResendingMiddleware
from pipelines.visit import VISIT


def test_it_goes_over_a_new_connection_in_the_same_visit_and_counts_as_no_retry():
    visit = object()
    request = Request("https://news.example/a", meta={VISIT: visit, "retry_times": 1})
    again = ResendingMiddleware().process_exception(request, DeadConnectionError("closed"))
    assert (again.url, again.dont_filter, again.meta[VISIT]) == (request.url, True, visit)
    assert (again.meta["retry_times"], again.meta[OVER_A_NEW_CONNECTION]) == (1, True)


@pytest.mark.parametrize("error", [DownloadFailedError("reset"), DownloadTimeoutError("too long"), OSError()])
def test_any_other_failure_is_not_its_business(error):
    assert ResendingMiddleware().process_exception(Request("https://news.example/a"), error) is None
