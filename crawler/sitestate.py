"""How far one site has come in this crawl: sources still out, pages taken, what to fall back on.

Owns the decisions that need more than one answer to take. Pure: no request, no response.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crawler.discovery import Link
    from crawler.sites import Site

MAX_SECTIONS = 30


class SiteState:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.listed = 0  # pages in feeds and sitemaps, known ones among them
        self.is_full = False  # links were left out because of max_pages
        self.fallback: list[Link] = []
        self.home = (site.url, "")  # where it was read, and its URL key
        self._sources = 0
        self._taken: set[str] = set()
        self._asked: set[str] = set()
        self._sitemaps: set[str] = set()

    def takes_source(self, key: str) -> bool:
        """Each source once a crawl, however many ways lead to it."""
        is_new = key not in self._asked
        self._asked.add(key)
        return is_new

    def expect_source(self) -> None:
        """A source is asked for; it ends exactly once, well or badly."""
        self._sources += 1

    def source_ended(self, *, has_lister: bool = False) -> list[Link]:
        """What to try now that a source is done: nothing, but after the last one, if no feed or sitemap lists pages."""
        self._sources = max(0, self._sources - 1)  # an interrupted crawl's sources end here without having begun
        if self._sources or self.listed or has_lister:
            return []
        links, self.fallback = self.fallback, []
        sections = [link for link in links if link.role is Role.SECTION][:MAX_SECTIONS]
        return [*(link for link in links if link.role is Role.PAGE), *sections]

    def takes_sitemap(self, url: str, limit: int) -> bool:
        """Each sitemap once, and no more than `limit`: an index may name itself, or a million others."""
        if url in self._sitemaps or len(self._sitemaps) >= limit:
            return False
        self._sitemaps.add(url)
        return True

    def take(self, key: str, via: str, *, is_known: bool) -> None:
        """A page is asked for. One that is known is not fetched, and so costs nothing of `max_pages`."""
        self.listed += via in {"feed", "sitemap"}
        if self.site.max_pages and not is_known:
            self._taken.add(key)

    def reason_to_skip(
        self, link: Link, key: str, *, is_sitemap: bool, is_known: bool, now: datetime
    ) -> str | None:
        """Why this link, of that URL key, is not for us, or None.

        Age counts in sitemaps alone: a feed holds what is news.
        """
        is_free = is_known or key in self._taken
        return next(self._reasons(link, is_sitemap, is_free, now), None)

    def _reasons(self, link: Link, is_sitemap: bool, is_free: bool, now: datetime) -> Iterator[str]:
        if not self.site.permits(link.url):
            yield "ruled out by allow or deny"
        oldest = now - timedelta(days=self.site.max_age_days)
        if is_sitemap and self.site.max_age_days and link.date is not None and link.date < oldest:
            yield f"older than {self.site.max_age_days} days"
        if self.site.max_pages and not is_free and len(self._taken) >= self.site.max_pages:
            self.is_full = True
            yield f"over max_pages = {self.site.max_pages}"
