"""The stage that turns a page into an article, in worker processes.

Owns the workers of a crawl, and which pages wait until it is known what their site repeats. Must not know how an
article is found in a page (`pipelines.extraction`), nor what becomes of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Any, Protocol

from scrapy import signals
from scrapy.exceptions import DropItem

from pipelines.boilerplate.model import NO_MODEL
from pipelines.errors import BroadsheetError
from pipelines.extraction import PARSER, Fetched, Hints, extract_and_observe, observe_page, read_together
from pipelines.items import Page
from pipelines.visit import OwedVisit
from pipelines.workers import AbandonedError, WorkerError, Workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from scrapy.crawler import Crawler

    from pipelines.boilerplate.learner import Observation
    from pipelines.boilerplate.library import SiteLibrary
    from pipelines.records import Article
    from pipelines.visit import Visit
    from pipelines.workers import WorkersBrokenError

logger = logging.getLogger(__name__)

MIB = 1 << 20
_TOGETHER_BYTES = 16 * MIB  # more of pages are not read at once: each is several times as large as a tree
CONFIRMED = "confirmed"
"""The key of `request.meta` that holds the keys of the paragraphs that a feed has of the page."""


class Shelf(Protocol):
    """Where pages wait for their site to be known; the crawl has one, and takes them off again."""

    @property
    def library(self) -> SiteLibrary:
        """What is known of the sites of this crawl."""

    def takes(self, page: Page) -> bool:
        """Whether the page may wait: it is in the archive as it was given to the pipelines."""

    async def put(self, page: Page, confirmed: tuple[int, ...]) -> None:
        """Have the page archived, owed its article. Once there are enough of its site, they are read together."""

    async def until_read(self, site: str) -> None:
        """Return once pages of the site that are being read, if any are, have been, for it may be known by then; or
        after a short while."""

    async def puts_off(self, page: Page, confirmed: tuple[int, ...], article: Article) -> bool:
        """Whether the page waits with its article until there is nothing else to fetch: only then can be told what it
        is. It is archived by then, owed its article."""

    def made(self, page: Page) -> Article | None:
        """The article of a page that was read with others, once; WorkerError if reading it failed."""

    async def end(self) -> None:
        """Begin nothing more, and return once what was begun is over."""

    async def earlier(self, site: str) -> None:
        """Return once pages of the site that were released have ended: of two copies the earlier is the article."""


class ExtractPipeline:
    """Puts the article into each Page. A page on which the parser fails goes on with its problem, and alone.

    With a `shelf`, the first pages of a new site wait on it. Without one nothing is known of any site.
    """

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.shelf: Shelf | None = None
        self.failure: BroadsheetError | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        pipeline = cls(Workers(
            count=settings.getint("EXTRACT_WORKERS") or os.cpu_count() or 1,
            deadline_seconds=settings.getfloat("EXTRACT_TIMEOUT"),
            memory_bytes=settings.getint("EXTRACT_MEMORY_MIB") * MIB,
            preload=(PARSER, *settings.getlist("EXTRACT_PRELOAD")),
        ))
        crawler.signals.connect(pipeline._prepare, signal=signals.request_reached_downloader)
        pipeline.workers.on_broken = lambda error: pipeline._stop(crawler, error)
        return pipeline

    def _prepare(self) -> None:
        """The first answer is on its way. A crawl of which nothing is due sends no request, and needs no workers."""
        self.workers.prepare()

    def _stop(self, crawler: Crawler, error: WorkersBrokenError) -> None:
        """Without workers nothing can be made of a page: the crawl ends, and its pages wait for the next."""
        self.failure = BroadsheetError(str(error))
        self._closing = asyncio.get_running_loop().create_task(
            crawler.engine.close_spider_async(reason="workers_failed"))

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Page):
            return item
        visit = item.visit
        try:
            article = self.shelf.made(item) if self.shelf else None
            if article is None and self.shelf and visit and await self._waits(item, visit, self.shelf):
                raise DropItem(f"{visit.url}: waits until its site is known", log_level="DEBUG")
            article = article or await self._extract(item)
            if self.shelf is not None and not isinstance(visit, OwedVisit):
                await self.shelf.earlier(visit.site if visit else "")
            if self.shelf and visit and await self.shelf.puts_off(item, _confirmed(item), article):
                raise DropItem(f"{visit.url}: waits until more of its site has been seen", log_level="DEBUG")
            return item.with_article(article)
        except WorkerError as error:
            return item.with_problem(str(error))
        except AbandonedError:
            if visit is not None:
                visit.is_put_back = True
            raise DropItem("not extracted: the crawl is being stopped", log_level="INFO") from None

    @staticmethod
    async def _waits(page: Page, visit: Visit | OwedVisit, shelf: Shelf) -> bool:
        """Whether the page is put aside."""
        await shelf.until_read(visit.site)
        if shelf.library.is_ready(visit.site) or not shelf.takes(page):
            return False
        await shelf.put(page, _confirmed(page))
        return True

    async def read_together(
        self, site: str, pages: Sequence[Page], library: SiteLibrary, *, concludes: bool,
    ) -> list[Article | WorkerError | None]:
        """Count pages of a site that is not known yet, and make the articles that can be made by then: all if the site
        is known, or if it `concludes`, for no more are waited for; else of those alone that are no stories.
        AbandonedError if the crawl is being stopped.

        A page on which the parser fails has its error, and costs the others no more than time.
        """
        fetched = [Fetched(page.response.body, page.response.url, _hints(page)) for page in pages]
        if sum(len(page.html) for page in fetched) > _TOGETHER_BYTES:
            return await self._count_each(site, fetched, library)
        try:
            reading = await self.workers.run(
                read_together, fetched, library.model(site), library.counts(site), concludes=concludes)
        except WorkerError as error:
            logger.debug("%s: its first pages are read one by one: %s", site, error)
            return await self._count_each(site, fetched, library)
        for observed in reading.observations:
            library.observe(site, observed)
        if concludes:
            library.conclude(site)
        is_same = reading.model is None or reading.model.id == library.model(site).id
        return list(reading.articles) if is_same else [None] * len(pages)

    async def _count_each(
        self, site: str, pages: Sequence[Fetched], library: SiteLibrary,
    ) -> list[Article | WorkerError | None]:
        async def observed(page: Fetched) -> Observation | WorkerError:
            try:
                return await self.workers.run(observe_page, page.html, page.hints.content_type)
            except WorkerError as error:
                return error

        outcomes = await asyncio.gather(*map(observed, pages))
        for outcome in outcomes:
            if not isinstance(outcome, WorkerError):
                library.observe(site, outcome)
        return [outcome if isinstance(outcome, WorkerError) else None for outcome in outcomes]

    async def _extract(self, page: Page) -> Article:
        visit, library = page.visit, self.shelf.library if self.shelf else None
        site = visit.site if visit else ""
        is_counted = isinstance(visit, OwedVisit) and visit.is_observed
        article, observed = await self.workers.run(
            extract_and_observe, page.response.body, page.response.url, library.model(site) if library else NO_MODEL,
            _hints(page), observes=library is not None and not is_counted)
        if library and observed is not None:
            library.observe(site, observed)
        return article

    async def close_spider(self) -> None:
        if self.shelf is not None:
            await self.shelf.end()
        await self.workers.close()


def _content_type(page: Page) -> str | None:
    value = page.response.headers.get("Content-Type")
    return value.decode("latin-1") if value else None


def _hints(page: Page) -> Hints:
    visit = page.visit
    found = visit.discovered if visit else None
    has_date = found is not None and found.via in {"feed", "news_sitemap"} and found.date is not None
    return Hints(_content_type(page), page.fetched_on, frozenset(_confirmed(page)), has_date=has_date)


def _confirmed(page: Page) -> tuple[int, ...]:
    keys = page.response.meta.get(CONFIRMED, ())
    return tuple(key for key in keys if isinstance(key, int)) if isinstance(keys, (list, tuple)) else ()
