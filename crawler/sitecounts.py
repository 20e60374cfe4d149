"""What a crawl has found so far, by site: links seen, and those that were known already.

Owns counts that never reach the store, since a known URL is not fetched. Outcomes are counted by the session.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from scrapy import signals

from crawler.foundrequest import ROLE, SITE
from pipelines.records import SOURCES, Role
from pipelines.urlkey import host_of
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler


class SiteCounts:
    """`links` counts links to pages, `known` those of them whose page was known by then, from this run or an earlier
    one, and `skipped` those that a spider left out, by site and reason; `asked` counts requests for
    sources; `not_due` sources that were not asked, and `next_due` is when the first of those will be."""

    def __init__(self) -> None:
        self.links: Counter[str] = Counter()
        self.known: Counter[str] = Counter()
        self.skipped: Counter[tuple[str, str]] = Counter()
        self.asked: Counter[str] = Counter()
        self.not_due: Counter[str] = Counter()
        self.next_due: datetime | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls()
        crawler.signals.connect(extension.request_scheduled, signal=signals.request_scheduled)
        crawler.signals.connect(extension.request_dropped, signal=signals.request_dropped)
        return extension

    def request_scheduled(self, request: Request) -> None:
        if _is_found_page(request):
            self.links[_site(request)] += 1
        elif request.meta.get(ROLE) in SOURCES:
            self.asked[_site(request)] += 1

    def request_dropped(self, request: Request) -> None:
        if _is_found_page(request):
            self.known[_site(request)] += 1

    def pass_known(self, site: str) -> None:
        """A link to a page that is known, and that nobody asked for."""
        self.links[site] += 1
        self.known[site] += 1

    def pass_not_due(self, site: str, due: datetime | None) -> None:
        self.not_due[site] += 1
        self.next_due = min(filter(None, (self.next_due, due)), default=None)

    def skip(self, site: str, reason: str, links: int = 1) -> None:
        if links:
            self.skipped[site, reason] += links


def _is_found_page(request: Request) -> bool:
    """Redirects and retries pass the scheduler too, with their visit."""
    visit = request.meta.get(VISIT)
    is_continued = visit is not None and visit.in_download
    return not is_continued and request.meta.get(ROLE, Role.PAGE) == Role.PAGE


def _site(request: Request) -> str:
    return str(request.meta.get(SITE) or host_of(request.url))
