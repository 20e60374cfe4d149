"""One crawl from start to its exit code, for commands.

Owns what happens when it cannot begin, and how the figures of its end are collected. Must not know how they look.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from scrapy import signals

from crawler.session import ArchiveSession
from crawler.sitecounts import SiteCounts
from crawler.summary import CrawlEnd

if TYPE_CHECKING:
    from scrapy.crawler import Crawler, CrawlerProcessBase

logger = logging.getLogger(__name__)


def run_crawl(process: CrawlerProcessBase, crawler: Crawler, arguments: dict[str, Any]) -> CrawlEnd | None:
    """Crawl until it ends; None if the project's settings leave the archive out. Whatever kept it from beginning is
    raised: a BroadsheetError is meant to be shown as it is."""
    reasons: list[str] = []

    def spider_closed(reason: str) -> None:
        reasons.append(reason)

    crawler.signals.connect(spider_closed, signal=signals.spider_closed)
    task: Any = process.crawl(crawler, **arguments)
    process.start()
    if task.done() and not task.cancelled() and task.exception() is not None:
        raise task.exception()
    return _end(crawler, reasons[-1] if reasons else "killed")


def _end(crawler: Crawler, reason: str) -> CrawlEnd | None:
    session, counts = crawler.get_extension(ArchiveSession), crawler.get_extension(SiteCounts)
    if session is None:
        return None
    return CrawlEnd(
        finish_reason=reason, failure=session.failure, tallies=session.tallies,
        links=counts.links if counts else Counter(), known=counts.known if counts else Counter(),
        skipped=counts.skipped if counts else Counter(), root=session.config.root, manifest=session.manifest_path,
    )
