"""What one site may take of a crawl: time and bytes. What does not fit waits for the next crawl.

Owns the two amounts spent. Pure: the clock is an argument.
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

    def begin(self) -> None:
        """Something is sent."""
        if self._began is None:
            self._began = self._monotonic()

    def spend(self, count: int) -> None:
        """An answer of so many bytes came."""
        self._bytes += count

    def reason_to_wait(self) -> str | None:
        """Why nothing more of the site is fetched in this crawl; None while there is room."""
        site = self._site
        if site.max_minutes and self._began is not None and self._monotonic() - self._began >= site.max_minutes * 60:
            return f"over max_minutes = {site.max_minutes:g}: waits for the next crawl"
        if site.max_mb and self._bytes >= site.max_mb * _MB:
            return f"over max_mb = {site.max_mb:g}: waits for the next crawl"
        return None
