"""One crawl from start to its exit code, for commands.

Owns what happens when it cannot begin, and how the figures of its end are collected. Must not know how they look.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scrapy import signals

from crawler.followed import followed_by
from crawler.session import ArchiveSession
from crawler.sitecounts import SiteCounts
from crawler.summary import CrawlEnd
from pipelines.extract import ExtractPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler, CrawlerProcessBase


def run_crawl(process: CrawlerProcessBase, crawler: Crawler, arguments: dict[str, Any]) -> CrawlEnd | None:
    """Crawl until it ends; None if the project's settings leave the archive out. Whatever kept it from beginning is
    raised: a BroadsheetError is meant to be shown as it is. SIGINT and SIGTERM stop it in order from then on."""
    reasons: list[str] = []
    kills = _watch_kill(process)

    def spider_closed(reason: str) -> None:
        reasons.append(reason)

    crawler.signals.connect(spider_closed, signal=signals.spider_closed)
    task: Any = process.crawl(crawler, **arguments)
    process.start()
    if task.done() and not task.cancelled() and task.exception() is not None:
        raise task.exception()
    if not reasons and not kills:
        reasons += _closed_late(crawler)
    return _end(crawler, reasons[-1] if reasons else "killed")


def _watch_kill(process: CrawlerProcessBase) -> list[int]:
    """The signal by which the crawl was told a second time to stop: it then ends at once, and the next one recovers."""
    kills: list[int] = []
    kill = process._signal_kill

    def killed(signum: int, frame: Any) -> None:
        kills.append(signum)
        kill(signum, frame)

    process._signal_kill = killed  # type: ignore[method-assign,assignment]
    return kills


def _closed_late(crawler: Crawler) -> list[str]:
    """Stopped so early that Scrapy had no engine to close: the archive, if it was opened by then, is closed here.
    Nothing is waited for: while the loop turns, the engine goes on beginning, and would write to an archive that is
    closed."""
    from twisted.internet import reactor  # noqa: PLC0415  # Scrapy has installed the right one by now

    session = None
    with suppress(RuntimeError):  # before Scrapy has any extensions
        session = crawler.get_extension(ArchiveSession)
    if session is None or session.is_closed:
        return []
    reactor._asyncioEventloop.run_until_complete(session.close("shutdown", waits=False))
    return ["shutdown"]


def _end(crawler: Crawler, reason: str) -> CrawlEnd | None:
    session, counts = crawler.get_extension(ArchiveSession), crawler.get_extension(SiteCounts)
    if session is None:
        return None
    counts, pipeline = counts or SiteCounts(), crawler.get_item_pipeline(ExtractPipeline)
    followed = followed_by(crawler.spider)
    return CrawlEnd(
        finish_reason=reason, failure=session.failure or (pipeline.failure if pipeline else None),
        tallies=session.tallies, links=counts.links, known=counts.known,
        skipped=counts.skipped, read_sites=frozenset(session.read_sites), not_due=counts.not_due,
        asked_sites=frozenset(counts.asked) if hasattr(crawler.spider, "site_names") else None,
        next_due=counts.next_due, started_at=session.archive.run.started_at, finished_at=session.archive.now(),
        waiting=session.waiting, owed=session.owed, resting_hosts=session.hosts.resting(session.archive.now()),
        last_new=followed.last_new() if followed else {}, root=session.config.root,
        manifest=session.manifest_path, published=session.publication.stop(),
    )
