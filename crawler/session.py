"""The archive of this crawl, as Scrapy's components see it.

Owns when the archive is opened and closed, and the one way by which a visit ends. Must not know files or SQL
(`pipelines.archive`), nor how URLs are ordered (`crawler.frontier`).
"""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.utils.defer import deferred_from_coro, maybe_deferred_to_future
from twisted.python.failure import Failure

from crawler.identity import warcinfo_fields
from crawler.outcomes import outcome_of_failure, outcome_of_status
from pipelines.archive import Archive, ArchiveConfig
from pipelines.errors import BroadsheetError
from pipelines.exchange import Answer
from pipelines.items import Page
from pipelines.records import Discovered, Outcome, Role
from pipelines.urlkey import host_of
from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

    from pipelines.draft import Committed
    from pipelines.exchange import Exchange
    from pipelines.records import Article

logger = logging.getLogger(__name__)

MIB = 1 << 20


class ArchiveSession:
    """Its archive is opened as the crawl is put together, and closed by the frontier after the last request."""

    def __init__(self, config: ArchiveConfig, crawler: Crawler) -> None:
        self.config = config
        self.manifest_path: Path | None = None
        self.tallies: dict[str, dict[str, int]] = {}
        self.failure: Exception | None = None
        self.articles = 0
        self.errors = 0
        self.pages = 0
        self.sites: set[str] = set()
        self._crawler = crawler
        self._archive: Archive | None = None
        self._unleased: set[asyncio.Task[None]] = set()
        self._site_of_netloc: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        if not settings.getbool("ARCHIVE_ENABLED", True):
            raise NotConfigured
        config = ArchiveConfig(
            root=Path(settings["ARCHIVE_DIR"]),
            max_warc_bytes=settings.getint("WARC_MAX_BYTES"), max_jsonl_bytes=settings.getint("JSONL_MAX_BYTES"),
            jsonl_compression=settings["JSONL_COMPRESSION"], warcinfo=warcinfo_fields(settings),
        )
        session = cls(config, crawler)
        sites = getattr(crawler.spider, "site_names", None)
        session._archive = Archive.open(config, crawler.spidercls.name, sites=sites)  # an error ends the crawl cleanly
        crawler.signals.connect(session.item_dropped, signal=signals.item_dropped)
        crawler.signals.connect(session.item_error, signal=signals.item_error)
        crawler.signals.connect(session.spider_error, signal=signals.spider_error)
        return session

    @property
    def archive(self) -> Archive:
        if self._archive is None:
            raise RuntimeError("the archive is not open: make the session with from_crawler")
        return self._archive

    def open(self) -> None:
        """End every request's visit from now on."""
        gc.collect()
        gc.freeze()  # what is imported by now stays: to walk it again in each full collection stops the loop for 0.1 s
        scraper = self._crawler.engine.scraper
        scraper.enqueue_scrape = self._ending_visits(scraper.enqueue_scrape)  # type: ignore[assignment,method-assign]

    async def close(self, reason: str) -> None:
        archive = self.archive
        await asyncio.gather(*self._unleased)
        try:
            self.manifest_path = await archive.close(reason)
            self._check_every_visit_ended(reason, archive.unsettled)
        except Exception as error:
            self.fail(error)
        self.tallies = archive.final_tallies

    @staticmethod
    def _check_every_visit_ended(reason: str, unsettled: int) -> None:
        """A crawl that ran to its end has an outcome for every URL that it sent; anything else is an error of ours."""
        if unsettled and reason == "finished":
            raise BroadsheetError(f"{unsettled} URLs were fetched and have no outcome: see the log for the error, and "
                                  "run the same command again: they are fetched anew")

    def is_known(self, url_key: str) -> bool:
        """Whether a URL needs no fetch in this run, as far as it is known now."""
        archive = self.archive
        return archive.committer.is_about_to_add(url_key) or archive.reader.is_known(url_key, archive.run.run_id)

    def begin_site(self, url: str, site: str) -> None:
        """What is fetched without a lease (robots.txt) from the host and port of this URL belongs to the site."""
        self._site_of_netloc[urlsplit(url).netloc] = site

    def item_dropped(self, item: Any, exception: BaseException) -> None:
        """A pipeline of the user's own dropped a page; the stages of ours have settled it when they do."""
        if isinstance(item, Page):
            _note(item.response, Outcome.DROPPED, str(exception) or type(exception).__name__)

    def item_error(self, item: Any, failure: Failure) -> None:
        if isinstance(item, Page):
            _note(item.response, Outcome.ERROR, _in_words(_error_of(failure)))

    def spider_error(self, failure: Failure, response: Response | Failure) -> None:
        """A callback raised: the page counts as an error, to be tried again, unless it was settled before that."""
        if isinstance(response, Response):
            _note(response, Outcome.ERROR, _in_words(_error_of(failure)))

    async def commit(
        self, visit: Visit, outcome: Outcome, reason: str | None, article: Article | None
    ) -> Committed:
        """`pipelines.visit.Commit`: returns once the end of the visit is durable."""
        archive = self.archive
        try:
            committed = await archive.committer.settle(visit.settlement(outcome, reason, article, archive.now()))
        except Exception as error:
            self.fail(error)
            raise
        self._count(committed)
        return committed

    def _count(self, committed: Committed) -> None:
        outcome = committed.fetch.outcome
        self.sites.add(committed.fetch.site)
        self.pages += committed.fetch.role == Role.PAGE
        self.articles += committed.article is not None
        self.errors += outcome in _ERRORS
        self._crawler.stats.inc_value("archive/tried")
        self._crawler.stats.inc_value(f"archive/outcome/{outcome}")

    def unleased_visit(self, url: str, role: Role) -> Visit:
        """For what no one found: robots.txt, or a spider's own `download_async`."""
        site = self._site_of_netloc.get(urlsplit(url).netloc) or host_of(url)
        return Visit(url=url, site=site, role=role, discovered=Discovered(via=role), commit=self.commit,
                     started_at=self.archive.now())

    def record_unleased(
        self, request: Request, exchanges: tuple[Exchange, ...], failure: BaseException | None
    ) -> None:
        """Archive a download that came past the frontier, and of which nobody says when it ends: each by itself."""
        visit = self.unleased_visit(exchanges[-1].url if exchanges else request.url, Role.OTHER)
        visit.exchanges.extend(exchanges)
        if failure is not None:
            self.end_unleased(visit, *outcome_of_failure(failure))
        else:
            status = Answer(exchanges[-1].response).status
            self.end_unleased(visit, *outcome_of_status(status, is_leased=False))

    def end_unleased(self, visit: Visit, outcome: Outcome, reason: str | None) -> None:
        """Settle in the background; the archive is not closed before that is done."""
        task = asyncio.get_running_loop().create_task(self._settle_unleased(visit, outcome, reason))
        self._unleased.add(task)
        task.add_done_callback(self._unleased.discard)

    async def _settle_unleased(self, visit: Visit, outcome: Outcome, reason: str | None) -> None:
        try:
            await visit.settle(outcome, reason)
        except Exception:
            self._tell_uncommitted(visit)

    def _tell_uncommitted(self, visit: Visit) -> None:
        """A failed write is told once, by `fail`; anything else is an error of ours, with its stack."""
        level = logging.DEBUG if self.failure else logging.ERROR
        logger.log(level, "%s was fetched and could not be committed", visit.url, exc_info=True)

    def _ending_visits(
        self, enqueue_scrape: Callable[[Response | Failure, Request], Deferred[Any]]
    ) -> Callable[[Response | Failure, Request], Deferred[Any]]:
        """Scrapy has no hook for "this request is over, whichever way". Its scraper's queue is the one place that every
        answer and every failure passes, and that is done only when callback and pipelines are."""

        def wrapped(result: Response | Failure, request: Request) -> Deferred[Any]:
            return deferred_from_coro(self._scrape(enqueue_scrape, result, request))

        return wrapped

    async def _scrape(
        self, enqueue_scrape: Callable[[Response | Failure, Request], Deferred[Any]],
        result: Response | Failure, request: Request,
    ) -> None:
        visit: Visit | None = request.meta.get(VISIT)
        if visit is not None:
            visit.in_download = False
            if isinstance(result, Failure):  # no spider middleware sees the output of an errback
                visit.callback_ended.set()
        await maybe_deferred_to_future(enqueue_scrape(result, request))
        if visit is not None and not visit.settled:
            await self._end(visit, result)

    async def _end(self, visit: Visit, result: Response | Failure) -> None:
        """Settle what no page settled."""
        if visit.note is not None:
            outcome, reason = visit.note
        elif isinstance(result, Failure):
            outcome, reason = outcome_of_failure(_error_of(result))
        else:
            outcome, reason = outcome_of_status(result.status, is_leased=True)
        try:
            await visit.settle(outcome, reason)
        except Exception:
            self._tell_uncommitted(visit)

    def fail(self, error: Exception) -> None:
        """A write failed: what is committed stands, nothing more can be. Stop, loudly, once."""
        if self.failure is not None:
            return
        self.failure = error
        logger.error("The archive cannot be written any more: %s", error)
        engine = self._crawler.engine
        if engine.spider is not None:
            self._closing = asyncio.get_running_loop().create_task(
                engine.close_spider_async(reason="archive_failed"))


def _note(response: Response, outcome: Outcome, reason: str) -> None:
    """Say how its visit ends if nothing settles it."""
    visit: Visit | None = response.meta.get(VISIT)
    if visit is not None:
        visit.note = (outcome, reason)


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _error_of(failure: Failure) -> BaseException:
    if failure.value is None:
        raise RuntimeError(f"a failure without an error: {failure!r}")
    return failure.value


_ERRORS = frozenset(Outcome) - {
    Outcome.ARTICLE, Outcome.DUPLICATE, Outcome.NO_ARTICLE, Outcome.SOURCE, Outcome.FETCHED, Outcome.REDIRECTED,
    Outcome.ROBOTS_DENIED, Outcome.DROPPED,
}

