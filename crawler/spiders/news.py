"""The spider that follows news sites: from an address or a registry to the pages of articles.

Owns what an answer is: a source of links, or a page. Must not parse: bytes go to `crawler.discovery` in worker
processes, pages to the pipelines.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider

from crawler.arguments import chosen_sites, refuse_unknown
from crawler.discovery import Found, links_of_feed, links_of_page, links_of_sitemap, sitemaps_of_robots
from crawler.frontier import DISCOVERED, ROLE, SITE
from crawler.identity import agent_of, require_contact
from crawler.politeness import Politeness
from crawler.robots import RobotsMiddleware
from crawler.session import ArchiveSession
from crawler.sitecounts import SiteCounts
from crawler.sitestate import SiteState
from pipelines.extract import ExtractPipeline
from pipelines.items import Page
from pipelines.records import Role, rfc3339
from pipelines.urlkey import host_of, url_key
from pipelines.visit import VISIT
from pipelines.workers import WorkerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.discovery import Link
    from crawler.sites import Site
    from pipelines.workers import Workers

MAX_SITEMAP_DEPTH = 3
MAX_SITEMAPS = 500  # of one site in one crawl
_SOURCE_PRIORITY = 1 << 30  # news first: sources before the newest page


class NewsSpider(Spider):
    """`-a sites=FILE` follows every site of a registry, `-a site=NAME` with it only one; `-a url=…` a site from
    nothing but its address."""

    name = "news"

    def __init__(self, sites: tuple[Site, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sites = sites
        self._states = {site.name: SiteState(site) for site in sites}

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, sites: str | None = None, site: str | None = None, url: str | None = None, **kwargs: Any
    ) -> Self:
        """ConfigurationError for arguments that are wrong, or a site elsewhere without a contact address."""
        settings = crawler.settings
        if not os.environ.get("SCRAPY_CHECK"):  # `scrapy check` makes spiders without arguments
            refuse_unknown(kwargs, ("sites", "site", "url"))
            chosen = chosen_sites(sites, site, url, settings.getfloat("DOWNLOAD_DELAY"))
            require_contact(agent_of(settings), [entry.url for entry in chosen])
        else:
            chosen = ()
        spider = cls(chosen)
        spider._set_crawler(crawler)
        return spider

    @property
    def site_names(self) -> frozenset[str]:
        """What waits from an earlier crawl is fetched for these sites alone."""
        return frozenset(self._states)

    async def start(self) -> AsyncIterator[Request]:
        for site in self.sites:
            self._keep_delay(site)
            for request in self._first_requests(site):
                yield request

    def _keep_delay(self, site: Site) -> None:
        politeness = self.crawler.get_extension(Politeness)
        if politeness is not None:
            for url in (site.url, *site.feeds, *site.sitemaps, *site.sections):
                politeness.set_delay(host_of(url), site.delay_seconds)

    def _first_requests(self, site: Site) -> Iterator[Request]:
        """What the registry names, or the home page, which names the rest."""
        named = ((site.feeds, Role.FEED), (site.sitemaps, Role.SITEMAP), (site.sections, Role.SECTION))
        if any(urls for urls, _ in named):
            for urls, role in named:
                yield from (self._source(site, url, role, "list") for url in urls)
        else:
            yield self._source(site, site.url, Role.HOME, "list")

    def _source(
        self, site: Site, url: str, role: Role, via: str, found_at: str | None = None, **kwargs: Any
    ) -> Request:
        callback: Callable[..., Any] = {
            Role.HOME: self.parse_home, Role.FEED: self.parse_feed, Role.SITEMAP: self.parse_sitemap,
            Role.SECTION: self.parse_section, Role.ROBOTS: self.parse_robots,
        }[role]
        self._states[site.name].expect_source()
        return Request(
            url, callback=callback, errback=self.source_failed, dont_filter=True, priority=_SOURCE_PRIORITY,
            cb_kwargs={"site_name": site.name, **kwargs},
            meta={SITE: site.name, ROLE: role.value, DISCOVERED: {"via": via, "source_url": found_at}},
        )

    async def parse_home(self, response: Response, site_name: str) -> AsyncIterator[Request]:
        """Feeds and sitemaps if the site has any; its links otherwise, and if those bring nothing."""
        state = self._states[site_name]
        found = await self._discover(links_of_page, response, content_type=_content_type(response))
        feeds = [link.url for link in found.links if link.role is Role.FEED]
        sitemaps = self._sitemaps_of(response)
        state.fallback = [link for link in found.links if link.role in {Role.PAGE, Role.SECTION}]
        state.fallback_url = response.url
        for url in feeds:
            yield self._source(state.site, url, Role.FEED, "home", response.url)
        for url in self._new_sitemaps(state, sitemaps):
            yield self._source(state.site, url, Role.SITEMAP, "robots", response.url, depth=0)
        if self._robots is None:
            robots = response.urljoin("/robots.txt")
            yield self._source(state.site, robots, Role.ROBOTS, "home", response.url)
        for request in self._source_ended(state):
            yield request

    async def parse_robots(self, response: Response, site_name: str) -> AsyncIterator[Request]:
        """Only where robots.txt is not obeyed, and so has not been read: for the sitemaps that it names."""
        state = self._states[site_name]
        response.meta[VISIT].read_as_source()
        for url in self._new_sitemaps(state, sitemaps_of_robots(response.body, response.url)):
            yield self._source(state.site, url, Role.SITEMAP, "robots", response.url, depth=0)
        for request in self._source_ended(state):
            yield request

    async def parse_feed(self, response: Response, site_name: str) -> AsyncIterator[Request]:
        state = self._states[site_name]
        found = await self._discover(links_of_feed, response)
        for request in self._pages(state, found.links, "feed", response.url):
            yield request
        for request in self._source_ended(state):
            yield request

    async def parse_sitemap(self, response: Response, site_name: str, depth: int = 0) -> AsyncIterator[Request]:
        state = self._states[site_name]
        limit = self.crawler.settings.getint("DOWNLOAD_MAXSIZE")
        found = await self._discover(links_of_sitemap, response, max_bytes=limit)
        for request in self._pages(state, found.links, "sitemap", response.url):
            yield request
        children = [link.url for link in found.links if link.role is Role.SITEMAP]
        for url in self._new_sitemaps(state, children) if depth < MAX_SITEMAP_DEPTH else ():
            yield self._source(state.site, url, Role.SITEMAP, "sitemap", response.url, depth=depth + 1)
        for request in self._source_ended(state):
            yield request

    async def parse_section(self, response: Response, site_name: str) -> AsyncIterator[Request]:
        state = self._states[site_name]
        found = await self._discover(links_of_page, response, content_type=_content_type(response))
        for request in self._pages(state, found.links, "section", response.url):
            yield request
        for request in self._source_ended(state):
            yield request

    def parse_page(self, response: Response) -> Iterator[Page]:
        yield Page(response)

    async def source_failed(self, failure: Failure) -> AsyncIterator[Request]:
        """The frontier's visit records what happened; here the site goes on without this source."""
        request: Request = failure.request  # type: ignore[attr-defined]
        for next_request in self._source_ended(self._states[request.cb_kwargs["site_name"]]):
            yield next_request

    async def _discover(self, read: Callable[..., Found], response: Response, **kwargs: Any) -> Found:
        """Read a source in a worker, and say on its visit what it was."""
        visit = response.meta[VISIT]
        try:
            found = await self._workers.run(read, response.body, response.url, **kwargs)
        except WorkerError as error:
            found = Found((), str(error))
        visit.read_as_source(found.problem if not found.links else None)
        return found

    def _pages(self, state: SiteState, links: Iterable[Link], via: str, source_url: str) -> Iterator[Request]:
        for link in links:
            if link.role is Role.PAGE and self._is_wanted(state, link, via):
                yield self._page(state.site, link, via, source_url)

    def _is_wanted(self, state: SiteState, link: Link, via: str) -> bool:
        key = url_key(link.url)
        is_known = bool(state.site.max_pages) and self._session.is_known(key)
        reason = state.reason_to_skip(
            link, key, is_sitemap=via == "sitemap", is_known=is_known, now=datetime.now(UTC))
        if reason:
            self._counts.skip(state.site.name, reason)
        else:
            state.take(key, is_known=is_known)
        return reason is None

    def _page(self, site: Site, link: Link, via: str, source_url: str) -> Request:
        date = rfc3339(link.date) if link.date else None
        return Request(
            link.url, callback=self.parse_page, priority=_newest_first(link, via),
            meta={SITE: site.name, ROLE: Role.PAGE.value,
                  DISCOVERED: {"via": via, "source_url": source_url, "title": link.title, "date": date}},
        )

    def _source_ended(self, state: SiteState) -> Iterator[Request]:
        """When the last source has ended and none gave a page, what the home page links to is tried."""
        for link in state.source_ended():
            if link.role is Role.SECTION:
                yield self._source(state.site, link.url, Role.SECTION, "home", state.fallback_url)
            elif self._is_wanted(state, link, "home"):
                yield self._page(state.site, link, "home", state.fallback_url or state.site.url)

    def _new_sitemaps(self, state: SiteState, urls: Iterable[str]) -> list[str]:
        return [url for url in urls if state.takes_sitemap(url, MAX_SITEMAPS)]

    def _sitemaps_of(self, response: Response) -> tuple[str, ...]:
        return self._robots.sitemaps(urlsplit(response.url).netloc) if self._robots else ()

    @property
    def _robots(self) -> RobotsMiddleware | None:
        return self.crawler.get_downloader_middleware(RobotsMiddleware)

    @property
    def _workers(self) -> Workers:
        pipeline = self.crawler.get_item_pipeline(ExtractPipeline)
        if pipeline is None:
            raise RuntimeError("the news spider reads sources in the workers of pipelines.extract.ExtractPipeline")
        return pipeline.workers

    @property
    def _session(self) -> ArchiveSession:
        session = self.crawler.get_extension(ArchiveSession)
        if session is None:
            raise RuntimeError("the news spider needs the extension crawler.session.ArchiveSession")
        return session

    @property
    def _counts(self) -> SiteCounts:
        counts = self.crawler.get_extension(SiteCounts)
        if counts is None:
            raise RuntimeError("the news spider needs the extension crawler.sitecounts.SiteCounts")
        return counts


def _content_type(response: Response) -> str | None:
    value = response.headers.get("Content-Type")
    return value.decode("latin-1") if value else None


def _newest_first(link: Link, via: str) -> int:
    """Minutes since 1970 of its date. A feed or a home page without dates lists what is new; a sitemap may list all."""
    if link.date:
        return int(link.date.timestamp() // 60)
    return 0 if via == "sitemap" else int(datetime.now(UTC).timestamp() // 60)
