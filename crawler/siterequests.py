"""The requests that follow one site: its sources as they are due, and the pages that these list.

Owns what a request of ours looks like, and which links become one. Must not know what an answer is: the spider's
callbacks do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy import Request

from crawler.frontier import DISCOVERED, ROLE, SITE
from pipelines.clock import utc_now
from pipelines.extract import CONFIRMED
from pipelines.records import Role, rfc3339
from pipelines.urlkey import url_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    from scrapy import Spider

    from crawler.discovery import Link
    from crawler.sitecounts import SiteCounts
    from crawler.sitestate import SiteState
    from crawler.sourcebook import SourceBook

NOT_MODIFIED = 304
MAX_SITEMAPS = 500  # of one site in one crawl
_SOURCE_PRIORITY = 1 << 30  # news first: sources before the newest page
_LINKS_A_TURN = 200
_CALLBACKS = {
    Role.HOME: "parse_home", Role.FEED: "parse_feed", Role.SITEMAP: "parse_sitemap", Role.SECTION: "parse_section",
    Role.ROBOTS: "parse_robots",
}


class SiteRequests:
    """`spider` has a method for each role, and `source_failed` and `parse_page`; `is_known` tells pages by URL key."""

    def __init__(
        self, spider: Spider, state: SiteState, book: SourceBook, counts: SiteCounts, is_known: Callable[[str], bool]
    ) -> None:
        self.state, self.book = state, book
        self._spider, self._counts, self._is_known = spider, counts, is_known

    def first(self) -> Iterator[Request]:
        """What the registry names, or the home page, which names the rest; and what earlier crawls found so."""
        site = self.state.site
        named = ((site.feeds, Role.FEED), (site.sitemaps, Role.SITEMAP), (site.sections, Role.SECTION))
        if any(urls for urls, _ in named):
            for urls, role in named:
                yield from self.sources(urls, role, "list")
        else:
            yield from self.sources((site.url,), Role.HOME, "list")
        for source in self.book.found_earlier():
            if source.role == Role.SITEMAP:
                yield from self.sitemaps((source.url,), source.via, source.found_at, depth=source.depth)
            else:
                yield from self.sources((source.url,), Role(source.role), source.via, source.found_at)

    def sources(
        self, urls: Iterable[str], role: Role, via: str, found_at: str | None = None, **kwargs: object
    ) -> Iterator[Request]:
        """Requests for those that are due and have not been made in this crawl."""
        for url in urls:
            key = url_key(url)
            if not self.state.takes_source(key):
                continue
            if self.book.is_due(key, utc_now()):
                self.state.expect_source()
                yield self._source(url, role, via, found_at, self.book.validators(key), kwargs)
            elif not self.book.is_retired(key):
                self._counts.pass_not_due(self.state.site.name, self.book.due(key))

    def _source(
        self, url: str, role: Role, via: str, found_at: str | None, headers: Mapping[str, bytes],
        kwargs: Mapping[str, object],
    ) -> Request:
        name = self.state.site.name
        return Request(
            url, callback=getattr(self._spider, _CALLBACKS[role]), errback=self._spider.source_failed,  # type: ignore[attr-defined]
            dont_filter=True, priority=_SOURCE_PRIORITY, headers=headers, cb_kwargs={"site_name": name, **kwargs},
            meta={SITE: name, ROLE: role.value, DISCOVERED: {"via": via, "source_url": found_at},
                  "handle_httpstatus_list": [NOT_MODIFIED]},
        )

    def sitemaps(
        self, urls: Iterable[str], via: str, found_at: str | None, **kwargs: object
    ) -> Iterator[Request]:
        """Those that are due count towards the limit: there may be one for each day since the site began."""
        taken = [url for url in urls if not self.book.is_due(url_key(url), utc_now())
                 or self.state.takes_sitemap(url, MAX_SITEMAPS)]
        yield from self.sources(taken, Role.SITEMAP, via, found_at, **kwargs)

    async def pages(self, links: Iterable[Link], via: str, source_url: str) -> AsyncIterator[Request]:
        """Requests for those that are wanted and not known."""
        for number, link in enumerate(links):
            if number % _LINKS_A_TURN == 0:
                await asyncio.sleep(0)  # fifty thousand links would hold up the event loop
            if link.role is Role.PAGE and self._is_wanted(link, via):
                yield self._page(link, via, source_url)

    def _is_wanted(self, link: Link, via: str) -> bool:
        key, name = url_key(link.url), self.state.site.name
        is_known = self._is_known(key)
        reason = self.state.reason_to_skip(link, key, is_sitemap=via == "sitemap", is_known=is_known, now=utc_now())
        if reason:
            self._counts.skip(name, reason)
            return False
        self.state.take(key, via, is_known=is_known)
        if is_known:
            self._counts.pass_known(name)
        return not is_known

    def _page(self, link: Link, via: str, source_url: str) -> Request:
        date = rfc3339(link.date) if link.date else None
        confirmed = {CONFIRMED: list(link.paragraphs)} if link.paragraphs else {}
        return Request(
            link.url, callback=self._spider.parse_page, priority=_newest_first(link, via),  # type: ignore[attr-defined]
            meta={SITE: self.state.site.name, ROLE: Role.PAGE.value, **confirmed,
                  DISCOVERED: {"via": via, "source_url": source_url, "title": link.title, "date": date}},
        )


def _newest_first(link: Link, via: str) -> int:
    """Minutes since 1970 of its date. A feed or a home page without dates lists what is new; a sitemap may list all."""
    if link.date:
        return int(link.date.timestamp() // 60)
    return 0 if via == "sitemap" else int(utc_now().timestamp() // 60)
