"""The requests that follow one site: its sources as they are due, and the pages that these list.

Owns what a request of ours looks like, and which links become one. Must not know what an answer is: the spider's
callbacks do.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request

from crawler.discovery import Link, registered_domain
from crawler.foundrequest import ALSO, DISCOVERED, ROLE, SITE
from crawler.hostrights import RIGHTS
from pipelines.clock import utc_now
from pipelines.extract import CONFIRMED
from pipelines.records import Discovered, Role, rfc3339
from pipelines.urlkey import url_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import Protocol

    from scrapy import Spider

    from crawler.discovery import Found
    from crawler.pagerules import PageRules
    from crawler.sitecounts import SiteCounts
    from crawler.sitestate import Place, SiteState
    from crawler.sourcebook import SourceBook
    from pipelines.visit import Visit

    class KnownPages(Protocol):
        """What is known of pages by URL key: the crawl's session."""

        def is_known(self, url_key: str) -> bool: ...

        def note_found(self, url_key: str, discovered: Discovered) -> None:
            """A page that is known was found in one more way."""


NOT_MODIFIED = 304
MAX_SITEMAPS = 500  # of one site in one crawl
MAX_SITEMAP_DEPTH = 3
MAX_PAGES_OF_A_LIST = 100  # that a feed or section is followed back
_MINUTES_A_PAGE = 60
_MUCH_NEW, _SECOND = 0.2, 2
_SOURCE_PRIORITY = 1 << 30  # news first: sources before the newest page
_LINKS_A_TURN = 200
_OWN_SHARE = 0.3  # of a source's links, that make a domain one of the site's own
_CALLBACKS = {
    Role.HOME: "parse_home", Role.FEED: "parse_feed", Role.SITEMAP: "parse_sitemap", Role.SECTION: "parse_section",
    Role.ROBOTS: "parse_robots",
}


class SiteRequests:
    """`spider` has a method for each role, and `source_failed` and `parse_page`."""

    def __init__(
        self, spider: Spider, state: SiteState, rules: PageRules, book: SourceBook, counts: SiteCounts,
        pages: KnownPages,
    ) -> None:
        self.state, self.rules, self.book = state, rules, book
        self._spider, self._counts, self._known = spider, counts, pages

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

    def places(self, places: Iterable[Place], found_at: str) -> Iterator[Request]:
        """Requests for the sources of a step."""
        for place in places:
            yield from self.sources((place.url,), place.role, place.via, found_at,
                                    **({"page": place.page} if place.page > 1 else {}))

    def sources(
        self, urls: Iterable[str], role: Role, via: str, found_at: str | None = None, **kwargs: object
    ) -> Iterator[Request]:
        """Requests for those that are due and have not been made in this crawl."""
        for url in map(self._as_reached, urls):
            key = url_key(url)
            if not self.state.takes_source(key):
                continue
            if self.book.is_due(key, utc_now()):
                if "page" not in kwargs:  # what a list goes on with is not waited for
                    self.state.expect_source()
                yield self._source(url, role, via, found_at, self.book.validators(key), kwargs)
            elif not self.book.is_retired(key):
                self._counts.pass_not_due(self.state.site.name, self.book.due(key))

    def _as_reached(self, url: str) -> str:
        """With the scheme by which the home page was reached, on its host: sitemaps name the other for years. Of a site
        whose sources the registry names, with that of its address."""
        home = urlsplit(self.state.home.url if self.state.home else self.state.site.url)
        parts = urlsplit(url)
        is_usual = parts.port is None and home.port is None
        return parts._replace(scheme=home.scheme).geturl() if is_usual and parts.netloc == home.netloc else url

    def _source(
        self, url: str, role: Role, via: str, found_at: str | None, headers: Mapping[str, bytes],
        kwargs: Mapping[str, object],
    ) -> Request:
        name = self.state.site.name
        return Request(
            url, callback=getattr(self._spider, _CALLBACKS[role]), errback=self._spider.source_failed,  # type: ignore[attr-defined]
            dont_filter=True, priority=_source_priority(kwargs), headers=headers,
            cb_kwargs={"site_name": name, **kwargs},
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

    def sources_below(
        self, found: Found, role: Role, found_at: str, *, new: int, depth: int, page: int, is_first: bool = False
    ) -> Iterator[Request]:
        """What a source that was read leads to besides pages: sitemaps of an index, feeds that a section names, and its
        next page if of this one much is new, or if it `is_first` read at all: then other sources may have named what it
        shows, and not what is older. `depth` and `page` are its own."""
        pages = sum(link.role is Role.PAGE for link in found.links)
        is_news = any(link.is_published for link in found.links)  # of two days, whatever lies in the sitemap's place
        self.state.list_pages(Role.FEED if is_news else role, pages)
        sitemaps = [link for link in found.links if link.role is Role.SITEMAP and depth < MAX_SITEMAP_DEPTH]
        yield from self.sitemaps_below(sitemaps, found_at, depth + 1)
        feeds = [link.url for link in found.links if link.role is Role.FEED]
        yield from self.sources(feeds, Role.FEED, role.value, found_at)
        if role is Role.SECTION and page == 1:
            self.state.find_sections(found.links)
        has_much_new = new >= _MUCH_NEW * pages if new else page == _SECOND  # its address may be the first again
        goes_on = has_much_new or (page == 1 and is_first and role is Role.SECTION)
        if found.next_url and pages and goes_on and page < (self.state.site.max_depth or MAX_PAGES_OF_A_LIST):
            yield from self.sources((found.next_url,), role, role.value, found_at, page=page + 1)

    def sitemaps_below(self, links: Iterable[Link], found_at: str, depth: int) -> Iterator[Request]:
        """The sitemaps of an index, but for those that by their lastmod hold nothing that is wanted and new."""
        for link in links:
            reason = self._reason_to_prune(link)
            if reason:
                self.leave_out(reason)
            else:
                yield from self.sitemaps((link.url,), "sitemap", found_at, depth=depth, is_dated=link.date is not None)

    def _reason_to_prune(self, link: Link) -> str | None:
        return self.rules.reason_to_prune(link, self.book.read_at(url_key(link.url)), utc_now())

    def leave_out(self, reason: str, links: int = 1) -> None:
        """Count links or sources of the site that are not followed."""
        self._counts.skip(self.state.site.name, reason, links)

    def is_known(self, link: Link) -> bool:
        return self._known.is_known(url_key(link.url))

    async def pages(
        self, links: Iterable[Link], via: str, source_url: str, page: int = 1
    ) -> AsyncIterator[Request]:
        """Requests for those that are wanted and not known; `page` is which of a list's pages names them."""
        pages = [link for link in links if link.role in {Role.PAGE, Role.OTHER}]
        own = _own_domains(pages, (self.state.site.url, source_url))
        for number, link in enumerate(pages):
            if number % _LINKS_A_TURN == 0:
                await asyncio.sleep(0)  # fifty thousand links would hold up the event loop
            if own and registered_domain(link.url) not in own:
                self.leave_out("of another site")
                continue
            key = url_key(link.url)
            if self._is_wanted(link, key, via, source_url):
                yield self._page(link, key, via, source_url, page)

    async def page_after_all(self, visit: Visit) -> AsyncIterator[Request]:
        """What was asked as a section is an article: it is asked for as a page, and so are its likes."""
        self.state.shapes.learn_all((visit.url,))
        found = visit.discovered
        async for request in self.pages((Link(visit.url, Role.PAGE),), found.via, found.source_url or visit.url):
            yield request

    def _is_wanted(self, link: Link, key: str, via: str, source_url: str) -> bool:
        is_known = self._known.is_known(key)
        reason = self.rules.reason_to_skip(link, key, via, is_known=is_known, now=utc_now())
        if reason is None and not self.state.is_inside(link.url):
            reason = "of another site on this host"
        if reason is None and via == "sitemap" and self.state.is_section(key):
            reason = "a section by its link on the home page"
        if reason:
            self.leave_out(reason)
            return False
        self.rules.take(link, key, is_known=is_known)
        if is_known:
            self._counts.pass_known(self.state.site.name)
            self._known.note_found(key, found_by(link, via, source_url))
        return not is_known

    def _also_found(self, key: str, via: str) -> list[dict[str, str | None]]:
        """The home page is read first, and its own links are followed last: by then the page may be done."""
        home = self.state.home
        linked = home.pages.get(key) if home and via != "home" else None
        return [asdict(found_by(linked, "home", home.url))] if home and linked else []

    def _page(self, link: Link, key: str, via: str, source_url: str, page: int) -> Request:
        confirmed = {CONFIRMED: list(link.paragraphs)} if link.paragraphs else {}
        rights = {RIGHTS: [asdict(each) for each in link.rights]} if link.rights else {}
        return Request(
            self._as_reached(link.url), callback=self._spider.parse_page, priority=_newest_first(link, via, page),  # type: ignore[attr-defined]
            meta={SITE: self.state.site.name, ROLE: Role.PAGE.value, **confirmed, **rights,
                  DISCOVERED: asdict(found_by(link, via, source_url)), ALSO: self._also_found(key, via)},
        )


def found_by(link: Link, via: str, source_url: str) -> Discovered:
    """How a page was found, and what its source says of it; a news sitemap's date is told from one of change."""
    if via == "sitemap" and link.is_published:
        via = "news_sitemap"
    return Discovered(via, source_url, link.title, _text(link.date), _text(link.updated), link.image)


def _text(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _own_domains(pages: list[Link], of_the_site: Iterable[str]) -> frozenset[str]:
    """Domains of which a source's links may be followed; empty for all: where none is the site's own, it lists others'
    pages on purpose."""
    counts: dict[str, int] = {}
    for link in pages:
        domain = registered_domain(link.url)
        counts[domain] = counts.get(domain, 0) + 1
    own = {registered_domain(url) for url in of_the_site} & counts.keys()
    many = {domain for domain, count in counts.items() if count >= _OWN_SHARE * len(pages)}
    return frozenset(own | many if own else ())


def _newest_first(link: Link, via: str, page: int) -> int:
    """Minutes since 1970 of its date. A feed or a home page without dates lists what is new, and what is older on its
    further pages; a sitemap may list all."""
    if link.date:
        return int(link.date.timestamp() // 60)
    return 0 if via == "sitemap" else int(utc_now().timestamp() // 60) - (page - 1) * _MINUTES_A_PAGE


def _source_priority(kwargs: Mapping[str, object]) -> int:
    """Before all pages; but a list's further page behind what its page before listed."""
    page = kwargs.get("page")
    if not isinstance(page, int):
        return _SOURCE_PRIORITY
    return int(utc_now().timestamp() // 60) - (page - 1) * _MINUTES_A_PAGE
