"""What a site may take of one crawl."""

from __future__ import annotations

from crawler.sitebudget import SiteBudget
from crawler.sites import Site

URL = "https://a.example/"


def test_pages_that_wait_from_earlier_crawls_count_towards_max_pages_and_sources_go_on_until_one_is_over() -> None:
    budget = SiteBudget(Site("a", URL, max_pages=2), lambda: 0.0)
    for page in ("one", None, "two", "one"):
        assert budget.reason_to_wait(page) is None, "a retry is no further page, nor is a source"
        budget.begin(page)
    assert budget.reason_to_wait() is None
    assert budget.reason_to_wait("three") == "over max_pages = 2: waits for the next crawl"
    assert budget.reason_to_wait() is not None, "nothing more of the site is leased"


def test_a_site_without_a_budget_takes_what_there_is() -> None:
    budget = SiteBudget(Site("a", URL), lambda: 0.0)
    for number in range(100):
        assert budget.reason_to_wait(f"{number}") is None
        budget.begin(f"{number}")
