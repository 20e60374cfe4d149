"""The stage that turns a page into an article, in worker processes.

Owns the workers of a crawl, and which pages wait until it is known what their site repeats. Must not know how an
article is found in a page (`pipelines.extraction`), nor what becomes of it.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Protocol

from scrapy.exceptions import DropItem

from pipelines.boilerplate.model import NO_MODEL
from pipelines.errors import BroadsheetError
from pipelines.extraction import Hints, extract_and_observe, observe_page
from pipelines.items import Page
from pipelines.visit import OwedVisit
from pipelines.workers import AbandonedError, WorkerError, Workers

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from pipelines.boilerplate.library import SiteLibrary
    from pipelines.records import Article
    from pipelines.visit import Visit
    from pipelines.workers import WorkersBrokenError

MIB = 1 << 20
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
        """Have the page archived, owed its article."""

    async def earlier(self, site: str) -> None:
        """Return once pages of the site that were released have ended: of two copies the earlier is the article."""

    def release(self, site: str) -> None:
        """The site is known by now: have its pages made into articles."""


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
            preload=("pipelines.extraction", *settings.getlist("EXTRACT_PRELOAD")),
        ))
        pipeline.workers.on_broken = lambda error: pipeline._stop(crawler, error)
        return pipeline

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
            if self.shelf is not None and visit is not None and await self._waits(item, visit, self.shelf):
                raise DropItem(f"{visit.url}: waits until its site is known", log_level="DEBUG")
            article = await self._extract(item)
            if self.shelf is not None and not isinstance(visit, OwedVisit):
                await self.shelf.earlier(visit.site if visit else "")
            return item.with_article(article)
        except WorkerError as error:
            return item.with_problem(str(error))
        except AbandonedError:
            if visit is not None:
                visit.is_put_back = True
            raise DropItem("not extracted: the crawl is being stopped", log_level="INFO") from None

    async def _waits(self, page: Page, visit: Visit | OwedVisit, shelf: Shelf) -> bool:
        """Whether the page is put aside. One that is no story says nothing of its site, and does not wait."""
        site = visit.site
        if shelf.library.is_ready(site) or not shelf.takes(page):
            return False
        observed = await self.workers.run(observe_page, page.response.body, _content_type(page))
        if observed.story is None:
            return False
        shelf.library.observe(site, observed)
        is_ready = shelf.library.is_ready(site)
        if not is_ready:
            await shelf.put(page, _confirmed(page))
        if shelf.library.is_ready(site):
            shelf.release(site)
        return not is_ready

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
        await self.workers.close()


def _content_type(page: Page) -> str | None:
    value = page.response.headers.get("Content-Type")
    return value.decode("latin-1") if value else None


def _hints(page: Page) -> Hints:
    visit = page.visit
    has_date = visit is not None and visit.discovered.via == "feed" and visit.discovered.date is not None
    return Hints(_content_type(page), page.fetched_on, frozenset(_confirmed(page)), has_date=has_date)


def _confirmed(page: Page) -> tuple[int, ...]:
    keys = page.response.meta.get(CONFIRMED, ())
    return tuple(key for key in keys if isinstance(key, int)) if isinstance(keys, (list, tuple)) else ()
