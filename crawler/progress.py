"""Progress of a crawl while it runs: a bar on a terminal, a log line now and then elsewhere.

Owns what is shown before the end; `crawler.summary` shows the end.
"""

from __future__ import annotations

import logging
import sys
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.log import get_scrapy_root_handler

from crawler.session import ArchiveSession
from crawler.sitecounts import SiteCounts

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

_TERMINAL_INTERVAL = 0.5


class Progress:
    _session: ArchiveSession
    _counts: SiteCounts

    def __init__(self, crawler: Crawler, interval_seconds: float, console: Console) -> None:
        self._crawler, self._console = crawler, console
        self._interval = _TERMINAL_INTERVAL if console.is_terminal else interval_seconds
        self._bar: Bar | None = None
        self._last = (monotonic(), 0)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler, crawler.settings.getfloat("PROGRESS_INTERVAL"), Console(stderr=True))
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        session, counts = self._crawler.get_extension(ArchiveSession), self._crawler.get_extension(SiteCounts)
        if session is None or counts is None:
            raise NotConfigured("crawler.progress needs crawler.session and crawler.sitecounts")
        self._session, self._counts = session, counts
        if self._console.is_terminal:
            self._start_bar()
        self._loop = create_looping_call(self._show)
        self._loop.start(self._interval, now=False)

    def spider_closed(self, spider: Spider) -> None:
        if self._loop.running:
            self._loop.stop()
        if self._bar:
            self._show()
            self._bar.stop()
            _log_to_stderr()

    def _start_bar(self) -> None:
        columns = (SpinnerColumn(), TextColumn("[bold]{task.description}"), BarColumn(bar_width=20),
                   TaskProgressColumn(), TextColumn("{task.fields[counts]}"), TimeElapsedColumn())
        self._bar = Bar(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("crawling", total=None, counts="")
        self._bar.start()
        _log_to_stderr()

    def _show(self) -> None:
        found = sum(self._counts.links.values()) - sum(self._counts.known.values())
        rate = self._rate()
        sites = len(self._session.sites)
        text = (f"{sites} sites · {self._session.pages}/{found} pages · {self._session.articles} articles · "
                f"{rate:.1f} pages/s · {self._session.errors} errors")
        if self._bar:
            self._bar.update(self._task, total=found or None, completed=self._session.pages, counts=text)
        else:
            logger.info("Progress: %s", text)

    def _rate(self) -> float:
        then, pages = self._last
        now = monotonic()
        if now - then >= 1:
            self._last = (now, self._session.pages)
        return (self._session.pages - pages) / (now - then) if now > then else 0.0


def _log_to_stderr() -> None:
    """Log lines go above the bar: rich has put its own stream in place of stderr, or has just taken it away."""
    handler = get_scrapy_root_handler()
    if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
        handler.setStream(sys.stderr)
