"""How late the event loop of a crawl runs.

Owns one clock: a tick is due every 5 ms, and what is kept is how late each was. Ticks that fell due while the loop
was busy count too, each with its own lateness: so the percentiles say how long an event that comes at any moment
waits, not how often the loop was asked. Must not know which crawl it is in: any Scrapy project takes it.
"""

from __future__ import annotations

import asyncio
import json
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from scrapy.crawler import Crawler

INTERVAL_SECONDS = 0.005


class Stalls:
    """A Scrapy extension, on if STALLS_FILE is set: writes the lateness in milliseconds there when the engine stops."""

    _loop: asyncio.AbstractEventLoop

    def __init__(self, path: Path) -> None:
        self._path = path
        self._late = array("d")
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        path = crawler.settings["STALLS_FILE"]
        if not path:
            raise NotConfigured
        extension = cls(Path(path))
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.engine_stopped, signal=signals.engine_stopped)
        return extension

    def spider_opened(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._arm(self._loop.time() + INTERVAL_SECONDS)

    def engine_stopped(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._path.write_text(json.dumps(summary(self._late)) + "\n", "utf-8")

    def _arm(self, due: float) -> None:
        self._due = due
        self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        late, now = ticks(self._due, self._loop.time())
        self._late.extend(late)
        self._arm(now)


def ticks(due: float, now: float) -> tuple[list[float], float]:
    """How late the ticks from `due` until `now` are, in seconds, and when the next is due."""
    late = []
    while due <= now:
        late.append(now - due)
        due += INTERVAL_SECONDS
    return late, due


def summary(late_seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles and the longest, in milliseconds; zeros if nothing was measured."""
    ordered = sorted(late_seconds)
    figures = {f"p{percent}_ms": _percentile(ordered, percent) for percent in (50, 95, 99)}
    return {"ticks": len(ordered), **figures, "longest_ms": _percentile(ordered, 100)}


def _percentile(ordered: Sequence[float], percent: int) -> float:
    if not ordered:
        return 0.0
    place = min(len(ordered) - 1, len(ordered) * percent // 100)
    return round(ordered[place] * 1000, 3)
