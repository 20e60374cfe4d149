"""The spider that follows news sites: from an address or a registry to the pages of articles.

Owns what an answer is: a source of links, or a page. Must not parse: bytes go to `crawler.discovery` in worker
processes, pages to the pipelines.
"""

from __future__ import annotations

import asyncio
import os
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider

from crawler.answers import content_type_of, headers_of, visit_of
from crawler.arguments import asks_all_sources, chosen_sites, refuse_unknown, within
from crawler.discovery import Found, links_of_feed, links_of_page, links_of_sitemap, sitemaps_of_robots
from crawler.followed import FollowedSite, FollowedSites
from crawler.hosts import asked_by
from crawler.identity import agent_of, require_contact
from crawler.outcomes import PutBackError
from crawler.pagerules import PageRules
from crawler.politeness import Politeness
from crawler.robots import RobotsMiddleware
from crawler.session import ArchiveSession
from crawler.settingcheck import check_settings
from crawler.shapemodel import ShapeModel
from crawler.sitebudget import SiteBudget
from crawler.sitecounts import SiteCounts
from crawler.siterequests import NOT_MODIFIED, SiteRequests
from crawler.sitestate import SiteState
from crawler.sourcebook import SourceBook
from crawler.undated import DatedPages
from pipelines.clock import utc_now
from pipelines.extract import ExtractPipeline
from pipelines.items import Page
from pipelines.records import Outcome, Role
from pipelines.urlkey import host_of
from pipelines.visit import VISIT
from pipelines.workers import AbandonedError, WorkerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.sites import Site
    from pipelines.visit import Visit
    from pipelines.workers import Workers

SOURCE_PATIENCE = 3
"""Times the deadline of a page, for fifty thousand links on a machine that is busy."""
MAX_FEEDS = 50
"""That a home page may name."""


class NewsSpider(Spider):
    """`-a sites=FILE` follows every site of a registry, `-a site=NAME` with it only one; `-a url=…` a site from
    nothing but its address. One crawl is one tick: it asks the sources that are due; `-a poll=all` asks every one.
    `-a since=2026-11-01` and `-a until=2026-11-30` want articles of those days and between."""

    name = "news"

    def __init__(self, sites: tuple[Site, ...], *, asks_all: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sites = sites
        self._asks_all = asks_all
        self.followed = FollowedSites(sites, self._follow)

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, sites: str | None = None, site: str | None = None, url: str | None = None,
        poll: str = "due", since: str | None = None, until: str | None = None, **kwargs: Any,
    ) -> Self:
        """ConfigurationError for arguments or settings that are wrong, or a site elsewhere and no contact address."""
        settings = crawler.settings
        check_settings(settings)    # the add-on does so after this, and a site takes its delay from here
        if not os.environ.get("SCRAPY_CHECK"):  # `scrapy check` makes spiders without arguments
            refuse_unknown(kwargs, ("sites", "site", "url", "poll", "since", "until"))
            chosen = within(chosen_sites(sites, site, url, settings.getfloat("DOWNLOAD_DELAY")), since, until)
            require_contact(agent_of(settings), [entry.url for entry in chosen])
        else:
            chosen = ()
        spider = cls(chosen, asks_all=asks_all_sources(poll))
        spider._set_crawler(crawler)
        return spider

    @property
    def site_names(self) -> frozenset[str]:
        """What waits from an earlier crawl is fetched for these sites alone."""
        return frozenset(site.name for site in self.sites)

    async def start(self) -> AsyncIterator[Request]:
        for site in self.sites:
            self._keep_delay(site)
            for request in self._requests(site.name).first():
                yield request
            await asyncio.sleep(0)  # thousands of sites of which nothing is due would hold up the event loop

    def _keep_delay(self, site: Site) -> None:
        politeness = self.crawler.get_extension(Politeness)
        if politeness is not None:
            for url in (site.url, *site.feeds, *site.sitemaps, *site.sections):
                politeness.set_delay(host_of(url), site.delay_seconds)
            politeness.set_site_delay(site.name, site.delay_seconds)

    async def parse_home(self, response: Response, site_name: str) -> AsyncIterator[Request]:
        """Feeds and sitemaps that the site names; what comes after that the site's state knows."""
        site, visit = self._requests(site_name), visit_of(response)
        found = await self._discover(links_of_page, response, content_type=content_type_of(response))
        if found is not None:
            is_first = site.book.read_at(visit.url_key) is None
            site.state.read_home(found, response.url, visit.url_key, is_first=is_first)
            if found.moved_to and not found.links:
                for request in site.sources((found.moved_to,), Role.HOME, "home", response.url):
                    yield request
            feeds = [link.url for link in found.links if link.role is Role.FEED][:MAX_FEEDS]
            for request in site.sources(feeds, Role.FEED, "home", response.url):
                yield request
            named = [link.url for link in found.links if link.role is Role.SITEMAP]
            for request in site.sitemaps((*self._sitemaps_of(response), *named), "robots", response.url):
                yield request
            if self._robots is None:
                for request in site.sources((response.urljoin("/robots.txt"),), Role.ROBOTS, "home", response.url):
                    yield request
            if not found.problem:
                site.book.after_directory(visit, headers_of(response), utc_now())
        async for request in self._source_ended(site, visit):
            yield request

    async def parse_robots(self, response: Response, site_name: str) -> AsyncIterator[Request]:
        """Only where robots.txt is not obeyed, and so has not been read: for the sitemaps that it names."""
        site, visit = self._requests(site_name), visit_of(response)
        visit.read_as_source()
        for request in site.sitemaps(sitemaps_of_robots(response.body, response.url), "robots", response.url):
            yield request
        async for request in self._source_ended(site, visit):
            yield request

    async def parse_feed(self, response: Response, site_name: str, page: int = 1) -> AsyncIterator[Request]:
        async for request in self._listed(links_of_feed, response, site_name, "feed", page=page):
            yield request

    async def parse_section(self, response: Response, site_name: str, page: int = 1) -> AsyncIterator[Request]:
        content_type = content_type_of(response)
        async for request in self._listed(
                links_of_page, response, site_name, "section", page=page, content_type=content_type):
            yield request

    async def parse_sitemap(
        self, response: Response, site_name: str, depth: int = 0, is_dated: bool = False
    ) -> AsyncIterator[Request]:
        limit = self.crawler.settings.getint("DOWNLOAD_MAXSIZE")
        async for request in self._listed(
                links_of_sitemap, response, site_name, "sitemap", depth, is_dated=is_dated, max_bytes=limit):
            yield request

    async def _listed(
        self, read: Callable[..., Found], response: Response, site_name: str, via: str, depth: int = 0, page: int = 1,
        *, is_dated: bool = False, **kwargs: Any,
    ) -> AsyncIterator[Request]:
        """The pages of a source and the sources that it names; then what its visit means for when it is asked again."""
        site, visit, new = self._requests(site_name), visit_of(response), 0
        found = await self._discover(read, response, **kwargs)
        if found is not None and found.is_article and via == "section" and not site.state.is_section(visit.url_key):
            async for request in site.page_after_all(visit):
                yield request
        elif found is not None:
            async for request in site.pages(site.state.pages_of(found), via, response.url, page):
                new += 1
                yield request
            is_first = site.book.read_at(visit.url_key) is None
            for request in site.sources_below(
                    found, Role(visit.role), response.url, new=new, depth=depth, page=page, is_first=is_first):
                yield request
            if page == 1:  # what it goes on with is asked when the first page has much that is new, never by itself
                visit.sources.append(site.book.after_links(
                    visit, found, new, headers_of(response), utc_now(), is_whole=not site.rules.is_full, depth=depth,
                    is_dated=is_dated))
                if visit.sources[-1].is_absent:
                    visit.note = (Outcome.ABSENT, found.problem)
        async for request in self._source_ended(site, visit, page):
            yield request

    def parse_page(self, response: Response) -> Iterator[Page]:
        yield Page(response)

    async def source_failed(self, failure: Failure) -> AsyncIterator[Request]:
        """The visit records what happened; here the site goes on without this source."""
        request: Request = failure.request  # type: ignore[attr-defined]
        site, visit = self._requests(request.cb_kwargs["site_name"]), request.meta[VISIT]
        if not isinstance(failure.value, PutBackError):
            if visit.role != Role.ROBOTS:
                now = utc_now()
                source = site.book.after_failure(visit, visit.status, asked_by(visit, now), now)
                visit.sources.append(source)
                if source.is_absent:
                    visit.note = (Outcome.ABSENT, str(visit.status))
            if visit.role == Role.HOME:  # robots.txt may name sitemaps all the same
                for sitemap in site.sitemaps(self._sitemaps_of(request), "robots", request.url):
                    yield sitemap
        async for next_request in self._source_ended(site, visit, request.cb_kwargs.get("page", 1)):
            yield next_request

    async def _discover(self, read: Callable[..., Found], response: Response, **kwargs: Any) -> Found | None:
        """Read a source in a worker, and say on its visit what it was. None if there is nothing to read."""
        visit = visit_of(response)
        if response.status == NOT_MODIFIED:
            self._note_unchanged(response, visit)
            return None
        try:
            seconds = self._workers.deadline_seconds * SOURCE_PATIENCE
            found = await self._workers.run_within(seconds, read, response.body, response.url, **kwargs)
        except AbandonedError:
            visit.is_put_back = True
            return None
        except WorkerError as error:
            found = Found((), str(error))
        visit.read_as_source(found.problem if not found.links else None)
        return found

    def _note_unchanged(self, response: Response, visit: Visit) -> None:
        """A 304 to a request that asked no such thing says nothing of what the source lists."""
        book, now = self._requests(visit.site).book, utc_now()
        asked = response.request.headers if response.request else {}
        if "If-None-Match" in asked or "If-Modified-Since" in asked:
            visit.note = (Outcome.NOT_MODIFIED, None)
            visit.sources.append(book.after_not_modified(visit, headers_of(response), now))
        else:
            visit.read_as_source("304 Not Modified to a request without conditions")
            visit.sources.append(book.after_failure(visit, NOT_MODIFIED, 0.0, now))

    async def _source_ended(self, site: SiteRequests, visit: Visit, page: int = 1) -> AsyncIterator[Request]:
        """After the last source that was out, the next step. Further pages of a list were not waited for."""
        if page == 1:
            site.state.source_ended()
        while (step := site.state.next_step(site.book.listing, site.is_known, is_full=site.rules.is_full)) and (
                home := site.state.home):
            new = 0
            async for request in site.pages(step.pages, "home", home.url):
                new += 1
                yield request
            for request in site.places(step.sources, home.url):
                yield request
            if step.is_home and (new or site.book.counts_own_links(home.url_key)):
                site.book.with_own_links(
                    home.url_key, new, len(step.pages), utc_now(), is_whole=not site.rules.is_full)
        if site.state.ends_now() and site.state.home:
            visit.sources.extend(filter(None, (site.book.source(site.state.home.url_key),)))

    def _sitemaps_of(self, asked: Response | Request) -> tuple[str, ...]:
        return self._robots.sitemaps(asked.url) if self._robots else ()

    def _requests(self, name: str) -> SiteRequests:
        return self.followed.of(name).requests

    def _follow(self, site: Site) -> FollowedSite:
        session, counts = self._session, self.crawler.get_extension(SiteCounts)
        if counts is None:
            raise RuntimeError("the news spider needs the extension crawler.sitecounts.SiteCounts")
        book = SourceBook(site, session.archive.reader.sources(site.name), asks_all=self._asks_all)
        requests = SiteRequests(self, SiteState(site), PageRules(site), book, counts, session)
        return FollowedSite(site, requests, ShapeModel(), SiteBudget(site, monotonic), DatedPages())

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
