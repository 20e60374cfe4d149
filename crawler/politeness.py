"""How long to wait between requests to a host.

Owns the delay of each host: the longest of the site's own and of the Crawl-delay that robots.txt asks for. Scrapy's
downloader keeps it, but applies no Crawl-delay by itself (scrapy issue 892).
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from scrapy import signals

from pipelines.urlkey import host_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser


_SHORTEST_DELAY_SECONDS = 0.001


class Politeness:
    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.robots_parsed, signal=signals.robots_parsed)
        return extension

    def set_delay(self, host: str, seconds: float) -> None:
        """The delay of a host, from its site's entry; of two sites on one host the longer."""
        settings = self._crawler.engine.downloader.per_slot_settings.setdefault(host, {})
        self._apply(host, max(seconds, settings.get("delay", 0.0)))

    def pause(self, host: str, seconds: float) -> None:
        """Send nothing to the host for a while, not even what is queued for it: it asked so by Retry-After."""
        slot = self._crawler.engine.downloader.slots.get(host)
        if slot is not None:
            slot.delay = max(slot.delay, _SHORTEST_DELAY_SECONDS)  # without a delay the downloader looks at no clock
            slot.lastseen = max(slot.lastseen, monotonic() + seconds - slot.delay)

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        asked = robotparser.crawl_delay(self._crawler.settings["USER_AGENT"])
        host = host_of(request.url)
        downloader = self._crawler.engine.downloader
        known = downloader.per_slot_settings.get(host, {}).get("delay", downloader._delay)
        if asked is not None and asked > known:
            self._apply(host, asked)

    def _apply(self, host: str, seconds: float) -> None:
        downloader = self._crawler.engine.downloader
        downloader.per_slot_settings.setdefault(host, {})["delay"] = seconds
        if host in downloader.slots:
            downloader.slots[host].delay = seconds
