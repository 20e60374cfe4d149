"""How much memory the main process has, each time that a thousand pages more have gone through the pipelines.

Owns an extension for any Scrapy crawl: EXTENSIONS names it, MEMORY_FILE where it writes JSON at the end.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

STEP_PAGES = 1_000


class Memory:
    """`samples` are pages, MiB resident, and seconds since the first page."""

    def __init__(self, path: Path) -> None:
        self._path, self._pages, self._began = path, 0, 0.0
        self.samples: list[tuple[int, float, float]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        memory = cls(Path(crawler.settings["MEMORY_FILE"]))
        crawler.signals.connect(memory.page_ended, signal=signals.item_scraped)
        crawler.signals.connect(memory.page_ended, signal=signals.item_dropped)
        crawler.signals.connect(memory.engine_stopped, signal=signals.engine_stopped)
        return memory

    def page_ended(self) -> None:
        self._pages += 1
        self._began = self._began or time.monotonic()
        if self._pages % STEP_PAGES == 0:
            self.samples.append((self._pages, resident_mib(), round(time.monotonic() - self._began, 1)))

    def engine_stopped(self) -> None:
        self._path.write_text(json.dumps(self.samples), "utf-8")


def resident_mib() -> float:
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError("/proc/self/status has no VmRSS")
