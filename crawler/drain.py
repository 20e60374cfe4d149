"""Stopping in order: nothing new is sent, what is out may end, and after a while is put back.

Owns what happens between the first Ctrl-C or SIGTERM (or any other early end) and the closing of the archive. Scrapy by
itself waits for whatever is queued or under way, however long a server stalls.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from crawler.outcomes import PutBackError
from pipelines.extract import ExtractPipeline

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)

_SHARE_FOR_DOWNLOADS = 2 / 3  # of the time; the rest is for what has come to be committed, and files to be sealed
_SWEEP_SECONDS = 0.2
_STOPPING = "the crawl is being stopped"


class Drain:
    """Once it `has_begun`, nothing is sent; downloads that are not over after two thirds of `deadline_seconds` are
    cut, and when they are over `on_overdue` is called."""

    def __init__(self, crawler: Crawler, deadline_seconds: float) -> None:
        self.has_begun = False
        self.on_overdue: Callable[[], None] = lambda: None
        self._begun = asyncio.Event()
        self._crawler, self._deadline_seconds = crawler, deadline_seconds
        self._ends_at: float | None = None
        self._under_way: set[Deferred[Any]] = set()

    def watch(self) -> None:
        """Begin when the spider is closed before its work is done."""
        engine = self._crawler.engine
        engine.close_spider_async = self._first(engine.close_spider_async)  # type: ignore[method-assign,assignment]

    def download(self, deferred: Deferred[Any]) -> Deferred[Any]:
        """Take part in the drain: the same Deferred, cancelled when time is up."""
        self._under_way.add(deferred)
        deferred.addBoth(self._over, deferred)
        return deferred

    def _over(self, result: Any, deferred: Deferred[Any]) -> Any:
        self._under_way.discard(deferred)
        return result

    def _first(self, close: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Awaitable[None]]:
        async def closing(*, reason: str = "cancelled") -> None:
            if reason != "finished":
                self.begin()
            await close(reason=reason)

        return closing

    def begin(self) -> None:
        if self.has_begun:
            return
        self.has_begun = True
        self._begun.set()
        self._sweep()
        loop = asyncio.get_running_loop()
        self._ends_at = loop.time() + self._deadline_seconds
        loop.call_later(self._deadline_seconds * _SHARE_FOR_DOWNLOADS, self._cut)
        loop.call_later(self._deadline_seconds, self.on_overdue)

    @property
    def seconds_left(self) -> float | None:
        """Until the crawl is to be over; None while nobody stops it."""
        return None if self._ends_at is None else max(0.0, self._ends_at - asyncio.get_running_loop().time())

    def _sweep(self) -> None:
        """Now and then: what waited for robots.txt comes into a queue later."""
        self._put_back_queued()
        asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)

    async def sleep(self, seconds: float) -> None:
        """Wait before something is sent; PutBackError as soon as the crawl is being stopped."""
        self.refuse()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._begun.wait(), seconds)
        self.refuse()

    def _put_back_queued(self) -> None:
        """What waits in the downloader for its turn at a host."""
        for slot in self._crawler.engine.downloader.slots.values():
            while slot.queue:
                _, waiting = slot.queue.popleft()
                waiting.errback(PutBackError(_STOPPING))

    def _cut(self) -> None:
        if self._under_way:
            logger.warning("%d downloads did not end in time: their URLs are put back", len(self._under_way))
        for deferred in tuple(self._under_way):
            deferred.cancel()
        pipeline = self._crawler.get_item_pipeline(ExtractPipeline)
        if pipeline is not None:
            pipeline.workers.abandon()

    def refuse(self) -> None:
        """Called before anything is sent: PutBackError while the crawl is being stopped."""
        if self.has_begun:
            raise PutBackError(_STOPPING)
