"""The pages that wait until it is known what their site repeats, and how they go on.

Owns when they do: once their site is known, once there is nothing else to fetch, or after a while. Each is in the
archive, owed its article (`pipelines.store.Owed`), so that a crawl that is killed loses none: the next one makes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import DontCloseSpider

from crawler.followed import followed_by
from crawler.owedpages import OwedPages, owe
from crawler.putoff import PutOff, is_undated
from crawler.readings import Readings
from crawler.session import ArchiveSession
from pipelines.errors import ArchiveDamagedError
from pipelines.extract import ExtractPipeline
from pipelines.recordlines import from_fields
from pipelines.records import Article, FetchRecord, Outcome
from pipelines.visit import OwedVisit, Visit
from pipelines.workers import AbandonedError, WorkerError

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from pipelines.boilerplate.library import SiteLibrary
    from pipelines.items import Page
    from pipelines.store import Owed

logger = logging.getLogger(__name__)

_AT_ONCE = 64             # most of them wait for a commit that they share
_MOST_WAITING = 48          # of one site, read: more pages of so few stories will not make it known
_READINGS_AT_ONCE = 16       # each has the bytes of several pages on their way to a worker


class Holding:
    """`pipelines.extract.Shelf` for one crawl. Pages of a site wait for `wait_seconds` at most."""

    def __init__(self, crawler: Crawler, wait_seconds: float) -> None:
        self._crawler, self._wait_seconds = crawler, wait_seconds
        self._waiting: defaultdict[str, list[Owed]] = defaultdict(list)
        self._put_off = PutOff(None)
        self._observed: set[str] = set()
        self._reading = Readings()
        self._overdue: set[str] = set()
        self._visits: dict[str, OwedVisit] = {}
        self._made: dict[str, Article | WorkerError] = {}
        self._released: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._turns, self._readings = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_READINGS_AT_ONCE)
        self._is_over = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        holding = cls(crawler, crawler.settings.getfloat("EXTRACT_WAIT"))
        crawler.signals.connect(holding.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(holding.spider_idle, signal=signals.spider_idle)
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
        self._session, self._pages = session, OwedPages(session.archive.root)
        pipeline.shelf, self._pipeline = self, pipeline
        self._put_off = PutOff(followed_by(spider))
        left = session.archive.reader.owed()
        if left:
            logger.info("%d pages of earlier crawls are owed their articles: they are made now", len(left))
            self._start(self._go_on_with(left))

    def spider_idle(self) -> None:
        """There is nothing left to fetch: what is known of the sites must do."""
        if self._is_over or self._session.drain.has_begun:
            return
        if not self._tasks:
            for site in tuple(self._waiting):
                self._release(site)
        if not self._tasks:
            for site, pages in self._put_off.end():
                self._released[site].add(self._start(self._go_on_with(pages)))
        if self._tasks:
            raise DontCloseSpider

    async def end(self) -> None:
        self._is_over = True
        for timer in self._timers.values():
            timer.cancel()
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def takes(self, page: Page) -> bool:
        """Not one whose body a user's own component has changed: the archive has another."""
        visit = page.visit
        if self._is_over or self._wait_seconds <= 0:
            return False
        return isinstance(visit, OwedVisit) or (
            isinstance(visit, Visit) and visit.last_answer is not None and visit.body_hash == hash(page.response.body))

    async def put(self, page: Page, confirmed: tuple[int, ...]) -> None:
        owed = await self._owe(page, confirmed)
        if owed is not None:
            self._wait(owed, page.response)

    async def _owe(self, page: Page, confirmed: tuple[int, ...]) -> Owed | None:
        visit = page.visit
        if isinstance(visit, OwedVisit):
            visit.is_put_aside = True
            return visit.owed
        owed = await owe(visit, confirmed, self._session.pay) if visit is not None else None
        if owed is not None:
            self._visits[owed.owed.id] = owed
        return owed.owed if owed is not None else None

    async def puts_off(self, page: Page, confirmed: tuple[int, ...], article: Article) -> bool:
        if page.visit is None or not self.takes(page) or not self._put_off.takes(page.visit, article):
            return False
        owed = await self._owe(page, confirmed)
        if owed is not None:
            self._put_off.keep(owed)
            self._pages.keep(owed, page.response)
            self._made[owed.id] = article
        return True

    async def until_read(self, site: str) -> None:
        await self._reading.until_over(site)

    def made(self, page: Page) -> Article | None:
        visit = page.visit
        made = self._made.pop(visit.owed.id, None) if isinstance(visit, OwedVisit) else None
        if isinstance(made, WorkerError):
            raise made
        return made

    def _wait(self, owed: Owed, response: Response) -> None:
        site = owed.site
        self._waiting[site].append(owed)
        self._pages.keep(owed, response)
        if self.library.is_ready(site):  # it was put here as its site became known
            self._release(site)
            return
        if site not in self._timers:
            self._timers[site] = asyncio.get_running_loop().call_later(self._wait_seconds, self._release, site)
        self._read_if_enough(site)

    def _read_if_enough(self, site: str) -> None:
        if site not in self._reading and len(self._unread(self._waiting[site])) >= max(self.library.missing(site), 1):
            self._reading.begin(site)
            self._start(self._read(site))

    def _unread(self, pages: list[Owed]) -> list[Owed]:
        return [owed for owed in pages if owed.id not in self._observed]

    async def _read(self, site: str) -> None:
        """Those that were not read yet; if there were too few stories among them, these wait for more."""
        try:
            await self._read_together(site, self._unread(self._waiting[site]), concludes=False)
        finally:
            self._reading.end(site)
        if self.library.is_ready(site) or site in self._overdue or len(self._waiting[site]) >= _MOST_WAITING:
            self._release(site)
            return
        no_stories = [owed for owed in self._waiting[site] if owed.id in self._made]
        if no_stories:
            self._waiting[site] = [owed for owed in self._waiting[site] if owed.id not in self._made]
            self._released[site].add(self._start(self._go_on_with(no_stories)))
        self._read_if_enough(site)

    async def _read_together(self, site: str, pages: list[Owed], *, concludes: bool) -> None:
        """In the order in which they were fetched. Pages that cannot be read from the archive are left out: that is
        said when it is their turn."""
        self._observed.update(owed.id for owed in pages)
        async with self._readings:
            if self._is_stopping or not pages:
                return
            readable: dict[str, Page] = {}
            for visit in self._visits_of(pages):
                self._visits[visit.owed.id] = visit
                with contextlib.suppress(ArchiveDamagedError, OSError, ValueError):
                    readable[visit.owed.id] = await self._pages.page(visit, keeps=True)
            try:
                made = await self._pipeline.read_together(site, [*readable.values()], self.library, concludes=concludes)
            except AbandonedError:
                return
        self._made.update((owed_id, each) for owed_id, each in zip(readable, made, strict=True) if each is not None)

    def _release(self, site: str) -> None:
        """Wait no longer: what is known of the site by then must do. Not while its pages are read: then right after."""
        if site in self._reading:
            self._overdue.add(site)
            return
        self._overdue.discard(site)
        timer = self._timers.pop(site, None)
        if timer:
            timer.cancel()
        pages = self._waiting.pop(site, [])
        if pages:
            self._released[site].add(self._start(self._conclude(site, pages)))

    async def _conclude(self, site: str, pages: list[Owed]) -> None:
        if not self.library.is_ready(site) and site not in self._reading:
            self._reading.begin(site)
            try:
                await self._read_together(site, self._unread(pages), concludes=True)
            finally:
                self._reading.end(site)
            self.library.conclude(site)
        self._release(site)  # those that came meanwhile
        await self._go_on_with(pages)

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
        """Those with a date first: what a page without one is, is told by whether the site's articles have one."""
        visits = sorted(self._visits_of(pages), key=lambda visit: is_undated(self._made.get(visit.owed.id)))
        for earlier, later in pairwise(visits):
            later.before = earlier.is_over
        await asyncio.gather(*map(self._go_on, visits))

    def _visits_of(self, pages: list[Owed]) -> list[OwedVisit]:
        """In the order in which they were fetched."""
        visits = [self._visits.pop(owed.id) if owed.id in self._visits else OwedVisit(
            owed, from_fields(FetchRecord, json.loads(owed.fetch)), self._session.pay) for owed in pages]
        for visit in visits:
            visit.is_observed = visit.owed.id in self._observed
        return sorted(visits, key=lambda visit: visit.fetched_at)

    async def _go_on(self, visit: OwedVisit) -> None:
        """Through the item pipelines once more, as if it had come this moment. What a pipeline makes of it is its
        outcome; if the crawl is being stopped it stays owed."""
        try:
            async with self._turns:
                await self._process(visit)
        finally:
            visit.is_over.set()

    async def _process(self, visit: OwedVisit) -> None:
        if self._is_left(visit):
            return
        try:
            page = await self._pages.page(visit)
        except (ArchiveDamagedError, OSError) as error:  # which may pass, or be mended: it stays owed
            logger.error("%s is owed its article, and cannot be read from the archive: %s", visit.url, error)  # noqa: TRY400  # the stack says nothing
            return
        except ValueError as error:
            await visit.settle(Outcome.ERROR, f"owed its article, and cannot be decoded: {error}"[:500])
            return
        if self._is_left(visit):
            return
        await self._crawler.engine.scraper.start_itemproc_async(page, response=page.response)
        if not (visit.settled or visit.is_put_back or visit.is_put_aside or self._is_stopping):
            outcome, reason = visit.note or (Outcome.DROPPED, "not said why")
            await visit.settle(outcome, reason)

    def _is_left(self, visit: OwedVisit) -> bool:
        """Whether it stays owed: the crawl is being stopped, and its article is not made yet, or cannot be written."""
        return self._is_stopping and (visit.owed.id not in self._made or self._session.failure is not None)

    @property
    def _is_stopping(self) -> bool:
        return self._is_over or self._session.drain.has_begun or self._session.failure is not None
