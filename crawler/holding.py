"""The pages that wait until it is known what their site repeats, and how they go on.

Owns when they do: once their site is known, once there is nothing else to fetch, or after a while. Each is in the
archive, owed its article (`pipelines.store.Owed`), so that a crawl that is killed loses none: the next one makes it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import DontCloseSpider, DropItem
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes

from crawler.session import ArchiveSession
from pipelines.errors import ArchiveDamagedError, BroadsheetError
from pipelines.extract import CONFIRMED, ExtractPipeline
from pipelines.items import Page
from pipelines.reader import ArchiveReader
from pipelines.recordlines import from_fields
from pipelines.records import FetchRecord, Outcome
from pipelines.visit import VISIT, OwedVisit, Visit

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from pipelines.boilerplate.library import SiteLibrary
    from pipelines.store import Owed

logger = logging.getLogger(__name__)

_MEMORY_BYTES = 32 << 20    # of pages that are kept at hand; others are read from the archive again
_AT_ONCE = 64             # most of them wait for a commit that they share


class Holding:
    """`pipelines.extract.Shelf` for one crawl. Pages of a site wait for `wait_seconds` at most."""

    def __init__(self, crawler: Crawler, wait_seconds: float) -> None:
        self._crawler, self._wait_seconds = crawler, wait_seconds
        self._waiting: defaultdict[str, list[Owed]] = defaultdict(list)
        self._observed: set[str] = set()
        self._released: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._at_hand: dict[str, Response] = {}
        self._bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._is_over = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        holding = cls(crawler, crawler.settings.getfloat("EXTRACT_WAIT"))
        crawler.signals.connect(holding.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(holding.spider_idle, signal=signals.spider_idle)
        crawler.signals.connect(holding.spider_closed, signal=signals.spider_closed)
        return holding

    @property
    def library(self) -> SiteLibrary:
        return self._session.library

    def spider_opened(self, spider: Spider) -> None:
        session = self._crawler.get_extension(ArchiveSession)
        pipeline = self._crawler.get_item_pipeline(ExtractPipeline)
        if session is None or pipeline is None:  # a crawl that extracts nothing has nothing to wait for
            self._is_over = True
            return
        self._session, self._reader = session, ArchiveReader(session.archive.root)
        pipeline.shelf = self
        left = session.archive.reader.owed()
        if left:
            logger.info("%d pages of earlier crawls are owed their articles: they are made now", len(left))
            self._start(self._go_on_with(left))

    def spider_idle(self) -> None:
        """There is nothing left to fetch: what is known of the sites must do."""
        if self._is_over or self._session.drain.has_begun:
            return
        for site in tuple(self._waiting):
            self.release(site)
        if self._tasks:
            raise DontCloseSpider

    def spider_closed(self) -> None:
        self._is_over = True
        for timer in self._timers.values():
            timer.cancel()

    def takes(self, page: Page) -> bool:
        """Not one whose body a user's own component has changed: the archive has another."""
        visit = page.visit
        if self._is_over or self._wait_seconds <= 0:
            return False
        return isinstance(visit, OwedVisit) or (
            isinstance(visit, Visit) and visit.last_answer is not None and visit.body_hash == hash(page.response.body))

    async def put(self, page: Page, confirmed: tuple[int, ...]) -> None:
        visit = page.visit
        if isinstance(visit, OwedVisit):
            visit.is_put_aside = True
            self._wait(visit.owed, page.response)
        elif visit is not None:
            try:
                await visit.take_page()
                committed = await visit.owe(confirmed)
            except (OSError, sqlite3.Error, BroadsheetError, RuntimeError) as error:  # the session has said it, or does
                raise DropItem(f"not committed: {error}", log_level="DEBUG") from error
            if committed.owed is not None:  # None: an error of ours has become its outcome
                self._wait(committed.owed, page.response)

    def _wait(self, owed: Owed, response: Response) -> None:
        self._observed.add(owed.id)
        self._waiting[owed.site].append(owed)
        if self._bytes + len(response.body) <= _MEMORY_BYTES:
            self._bytes += len(response.body)
            self._at_hand[owed.id] = response
        if owed.site not in self._timers:
            self._timers[owed.site] = asyncio.get_running_loop().call_later(
                self._wait_seconds, self.release, owed.site)

    def release(self, site: str) -> None:
        timer = self._timers.pop(site, None)
        if timer:
            timer.cancel()
        self.library.conclude(site)
        pages = self._waiting.pop(site, [])
        if pages:
            self._released[site].add(self._start(self._go_on_with(pages)))

    async def earlier(self, site: str) -> None:
        tasks = {task for task in self._released.get(site, ()) if not task.done()}
        if tasks:
            await asyncio.wait(tasks)
            self._released[site] -= tasks

    def _start(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._session.fail(error if isinstance(error, Exception) else RuntimeError(str(error)))
        slot = self._crawler.engine._slot
        if not self._tasks and slot is not None:
            slot.nextcall.schedule()  # it would find out by itself after five seconds

    async def _go_on_with(self, pages: list[Owed]) -> None:
        """In the order in which they were fetched."""
        visits = sorted((OwedVisit(owed, from_fields(FetchRecord, json.loads(owed.fetch)), self._session.pay)
                         for owed in pages), key=lambda visit: visit.fetched_at)
        for visit in visits:
            visit.is_observed = visit.owed.id in self._observed
        for earlier, later in pairwise(visits):
            later.before = earlier.is_over
        await asyncio.gather(*map(self._go_on, visits))

    async def _go_on(self, visit: OwedVisit) -> None:
        """Through the item pipelines once more, as if it had come this moment. What a pipeline makes of it is its
        outcome; if the crawl is being stopped it stays owed."""
        try:
            async with self._turns:
                await self._process(visit)
        finally:
            visit.is_over.set()

    async def _process(self, visit: OwedVisit) -> None:
        owed = visit.owed
        if self._is_stopping:
            return
        try:
            response = await self._response(owed, visit)
        except (ArchiveDamagedError, OSError) as error:  # which may pass, or be mended: it stays owed
            logger.error("%s is owed its article, and cannot be read from the archive: %s", visit.url, error)  # noqa: TRY400  # the stack says nothing
            return
        except ValueError as error:
            await visit.settle(Outcome.ERROR, f"owed its article, and cannot be decoded: {error}"[:500])
            return
        if self._is_stopping:
            return
        await self._crawler.engine.scraper.start_itemproc_async(Page(response), response=response)
        if not (visit.settled or visit.is_put_back or visit.is_put_aside or self._is_stopping):
            outcome, reason = visit.note or (Outcome.DROPPED, "not said why")
            await visit.settle(outcome, reason)

    @property
    def _is_stopping(self) -> bool:
        return self._session.drain.has_begun or self._session.failure is not None

    async def _response(self, owed: Owed, visit: OwedVisit) -> Response:
        """The response that it was, from memory or from the archive."""
        response = self._at_hand.pop(owed.id, None)
        if response is not None:
            self._bytes -= len(response.body)
            meta = {**response.meta, VISIT: visit, CONFIRMED: list(owed.confirmed)}
        else:
            response = await asyncio.to_thread(self._from_archive, owed)
            meta = {VISIT: visit, CONFIRMED: list(owed.confirmed)}
        request = response.request or Request(response.url)
        response.request = request.replace(meta=meta)
        return response

    def _from_archive(self, owed: Owed) -> Response:
        fields = json.loads(owed.fetch)
        exchange = fields["exchanges"][-1]
        pointer = exchange["refers_to"] or exchange["response"]
        body = self._reader.payload({"warc": pointer})
        headers = Headers({"Content-Type": fields["http"]["content_type"]} if fields["http"]["content_type"] else {})
        kind = responsetypes.from_args(headers=headers, url=fields["final_url"], body=body)
        return kind(url=fields["final_url"], status=fields["http"]["status"], headers=headers, body=body,
                    request=Request(fields["final_url"]))
