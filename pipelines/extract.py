"""The stage that turns a page into an article, in worker processes.

Owns the workers of a crawl. Must not know how an article is found in a page (`pipelines.extraction`), nor what
becomes of it.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from pipelines.errors import BroadsheetError
from pipelines.extraction import extract_article
from pipelines.items import Page
from pipelines.workers import AbandonedError, WorkerError, Workers

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from pipelines.records import Article
    from pipelines.workers import WorkersBrokenError

MIB = 1 << 20


class ExtractPipeline:
    """Puts the article into each Page. A page on which the parser fails goes on with its problem, and alone."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
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
        try:
            return item.with_article(await self._extract(item))
        except WorkerError as error:
            return item.with_problem(str(error))
        except AbandonedError:
            if item.visit is not None:
                item.visit.is_put_back = True
            raise DropItem("not extracted: the crawl is being stopped", log_level="INFO") from None

    async def _extract(self, page: Page) -> Article:
        response = page.response
        content_type = response.headers.get("Content-Type")
        return await self.workers.run(
            extract_article, response.body, response.url,
            content_type=content_type.decode("latin-1") if content_type else None,
            fetched_at=page.fetched_on,
        )

    async def close_spider(self) -> None:
        await self.workers.close()
