"""What one site may take of a crawl: time, bytes and pages. What does not fit waits for the next crawl.

Owns the amounts spent. Pure: the clock is an argument. Links over max_pages are not even taken (`crawler.pagerules`):
here it is kept to by pages that wait from earlier crawls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.sites import Site

_MB = 1_000_000


class SiteBudget:
    """Of one site in one crawl; `monotonic` gives seconds. The time runs from the first request."""

    def __init__(self, site: Site, monotonic: Callable[[], float]) -> None:
        self._site, self._monotonic = site, monotonic
        self._began: float | None = None
        self._bytes = 0
        self._pages: set[str] = set()
        self._is_over_pages = False

    def begin(self, page: str | None = None) -> None:
        """Something is sent; `page` is its URL key if it is a page."""
        if self._began is None:
            self._began = self._monotonic()
        if page is not None and self._site.max_pages:
            self._pages.add(page)

    def spend(self, count: int) -> None:
        """An answer of so many bytes came."""
        self._bytes += count

    def reason_to_wait(self, page: str | None = None) -> str | None:
        """Why nothing more of the site is fetched in this crawl; None while there is room, for `page` if it is one.

        When max_pages are used up, sources go on until a page is asked for beyond them."""
        site = self._site
        if site.max_pages and page is not None and page not in self._pages and len(self._pages) >= site.max_pages:
            self._is_over_pages = True
        if self._is_over_pages:
            return f"over max_pages = {site.max_pages}: waits for the next crawl"
        if site.max_minutes and self._began is not None and self._monotonic() - self._began >= site.max_minutes * 60:
            return f"over max_minutes = {site.max_minutes:g}: waits for the next crawl"
        if site.max_mb and self._bytes >= site.max_mb * _MB:
            return f"over max_mb = {site.max_mb:g}: waits for the next crawl"
        return None
