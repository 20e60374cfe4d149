"""The archive of this crawl, as Scrapy's components see it.

Owns when the archive is opened and closed, and what the end of a visit does. Must not know files or SQL
(`pipelines.archive`), how URLs are ordered (`crawler.frontier`), nor how Scrapy tells that a request has ended
(`crawler.endings`).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import NotConfigured

from crawler.consequences import Consequences
from crawler.drain import Drain
from crawler.endings import Endings
from crawler.followed import followed_by
from crawler.hosts import Hosts
from crawler.identity import warcinfo_fields
from crawler.outcomes import PutBackError, outcome_of_failure, outcome_of_status
from crawler.politeness import Politeness
from crawler.publication import Publication
from pipelines.archive import Archive, ArchiveConfig
from pipelines.boilerplate.library import SiteLibrary
from pipelines.errors import BroadsheetError, ExitCode, StaleLeaseError
from pipelines.records import Discovered, Outcome, Role
from pipelines.urlkey import host_of
from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler

    from pipelines.draft import Committed
    from pipelines.exchange import Exchange
    from pipelines.visit import Payment, Settlement

logger = logging.getLogger(__name__)


class ArchiveSession:
    """Its archive is opened as the crawl is put together, and closed by the frontier after the last request."""

    hosts: Hosts
    library: SiteLibrary
    _consequences: Consequences

    def __init__(self, config: ArchiveConfig, crawler: Crawler, drain: Drain, wait_seconds: float,
                 publication: Publication) -> None:
        self.config, self.drain, self._wait_seconds, self.publication = config, drain, wait_seconds, publication
        self.manifest_path: Path | None = None
        self.tallies: dict[str, dict[str, int]] = {}
        self.failure: Exception | None = None
        self.is_closed = False
        self.waiting: int | None = None
        self.owed = 0
        self.articles = 0
        self.errors = 0
        self.pages = 0
        self.under_way: dict[str, Visit] = {}
        self.sites: set[str] = set()
        self.read_sites: set[str] = set()
        self._crawler = crawler
        self._archive: Archive | None = None
        self._endings = Endings(crawler, self)
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
            max_age_seconds=settings.getfloat("SEGMENT_MAX_AGE"),
            jsonl_compression=settings["JSONL_COMPRESSION"], durability=settings["DURABILITY"],
            dechunk=settings.getbool("WARC_DECHUNK"),
            revisit_min_bytes=settings.getint("REVISIT_MIN_BYTES") if settings.getbool("WARC_REVISITS") else None,
            warcinfo=warcinfo_fields(settings),
        )
        session = cls(config, crawler, Drain(crawler, settings.getfloat("DRAIN_SECONDS")),
                      settings.getfloat("CRAWL_WAIT"), Publication.of(settings))
        sites = getattr(crawler.spider, "site_names", None)
        session._archive = Archive.open(  # an error ends the crawl cleanly
            config, crawler.spidercls.name, sites=sites, on_sealed=session.publication.sealed)
        session.publication.begin(config.root)
        session.hosts = Hosts(session._archive.reader.hosts())
        session._consequences = Consequences(crawler, session.hosts)
        session.library = SiteLibrary(session._archive.reader.knowledge, session._archive.committer.keep)
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
        self._endings.begin()
        self.drain.on_overdue = self._end_overdue
        self.drain.watch()

    async def close(self, reason: str, *, waits: bool = True) -> None:
        """Seal the files and write the manifest; once. `waits`, if there is time, until they are published."""
        if self.is_closed:
            return
        self.is_closed = True
        archive = self.archive
        await asyncio.gather(*self._unleased)
        try:
            if archive.committer.failure is None:
                self.library.close()
            politeness = self._crawler.get_extension(Politeness)
            self.manifest_path = await archive.close(reason, politeness.ledger.lines() if politeness else ())
            self._check_every_visit_ended(reason, archive.unsettled)
        except Exception as error:
            self.fail(error)
        self.tallies, self.waiting, self.owed = archive.final_tallies, archive.final_waiting, archive.final_owed
        if waits:
            await self.publication.end(self.drain.seconds_left)

    def _end_overdue(self) -> None:
        """A callback or pipeline of the user's own does not return: the archive is closed, and the process ended."""
        if not self.is_closed:
            logger.error("The crawl does not end in time: something in the spider or its pipelines does not return")
            self._overdue = asyncio.get_running_loop().create_task(self._end_process())

    async def _end_process(self) -> None:
        await self.close("shutdown")
        logging.shutdown()
        os._exit(getattr(self.failure, "exit_code", ExitCode.FAILED) if self.failure else ExitCode.STOPPED)

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

    def note_found(self, url_key: str, discovered: Discovered) -> None:
        """A page that is known was found in one more way: kept if it is not done yet."""
        committer, visit = self.archive.committer, self.under_way.get(url_key)
        if visit is not None:
            visit.found_again(discovered)
        elif committer.failure is None and (
                committer.is_about_to_add(url_key) or self.archive.reader.waits(url_key)):
            committer.note_found(url_key, discovered)

    def begin_site(self, url: str, site: str) -> None:
        """What is fetched without a lease (robots.txt) from the host and port of this URL belongs to the site."""
        self._site_of_netloc[urlsplit(url).netloc] = site

    async def admit(self, request: Request) -> None:
        """Called before anything is sent. PutBackError if its host is to be left alone, or the crawl is stopping. A
        visit that has come half its way, over a redirect or a retry, waits for a short rest."""
        self.drain.refuse()
        now = self.archive.now()
        until = self.hosts.rests_until(host_of(request.url), now)
        if until is None:
            return
        visit, seconds = request.meta.get(VISIT), (until - now).total_seconds()
        if not isinstance(visit, Visit) or not visit.exchanges or seconds > self._wait_seconds:
            raise PutBackError(f"the host is left alone until {until:%Y-%m-%d %H:%M:%S} UTC")
        await self.drain.sleep(seconds)

    async def commit(self, visit: Visit, settlement: Settlement) -> Committed:
        """`pipelines.visit.Commit`: returns once the end of the visit is durable."""
        committed = await self._settled(self._consequences.of_visit(visit, settlement))
        fetch = committed.fetch
        if followed := followed_by(self._crawler.spider):
            followed.visit_ended(fetch)
        self.sites.add(fetch.site)
        if fetch.outcome in READ and fetch.role not in {Role.ROBOTS, Role.RIGHTS}:
            self.read_sites.add(fetch.site)
        self.pages += fetch.role == Role.PAGE
        if committed.owed is None:
            self._count(committed)
        return committed

    async def pay(self, payment: Payment) -> Committed:
        """`pipelines.visit.Pay`: returns once the end of a page that was owed its article is durable."""
        committed = await self._settled(self._consequences.wanted(payment, payment.owed.site))
        if followed := followed_by(self._crawler.spider):
            followed.visit_ended(committed.fetch)
        self._count(committed)
        return committed

    async def _settled(self, settlement: Settlement | Payment) -> Committed:
        try:
            return await self.archive.committer.settle(settlement)
        except StaleLeaseError:
            raise
        except Exception as error:
            self.fail(error)
            raise

    def _count(self, committed: Committed) -> None:
        fetch = committed.fetch
        self.articles += committed.article is not None
        self.errors += fetch.outcome in _ERRORS
        self._crawler.stats.inc_value("archive/tried")
        self._crawler.stats.inc_value(f"archive/outcome/{fetch.outcome}")

    async def settle(self, visit: Visit, outcome: Outcome, reason: str | None) -> None:
        """End a visit that nobody waits for; what fails is told."""
        try:
            await visit.settle(outcome, reason)
        except StaleLeaseError as error:
            logger.warning("%s: not written: %s", visit.url, error)
        except Exception:
            self._tell_uncommitted(visit)

    async def put_back(self, visit: Visit) -> None:
        """End a visit without an outcome: its URL waits again. Nothing of it is archived."""
        visit.settled = True
        if visit.lease is None or self.failure is not None:
            return
        try:
            await self.archive.committer.release([visit.lease])
        except Exception as error:
            self.fail(error)

    def unleased_visit(self, url: str, role: Role, of: Request | None = None) -> Visit:
        """For what no one found: robots.txt, or a spider's own `download_async`. Of a host that no site is known to
        have, it belongs to the site of the visit that needs it, `of` which it is asked for."""
        visit = of.meta.get(VISIT) if of is not None else None
        site = self._site_of_netloc.get(urlsplit(url).netloc) or (visit.site if visit else host_of(url))
        return Visit(url=url, site=site, role=role, discovered=Discovered(via=role), commit=self.commit,
                     started_at=self.archive.now(), now=self.archive.now)

    def record_unleased(
        self, request: Request, exchange: Exchange | None, failure: BaseException | None
    ) -> None:
        """Archive a download that came past the frontier, and of which nobody says when it ends: each by itself."""
        visit = self.unleased_visit(exchange.url if exchange else request.url, Role.OTHER)
        visit.exchanges.extend([exchange] if exchange else [])
        if failure is not None:
            self.end_unleased(visit, *outcome_of_failure(failure))
        else:
            self.end_unleased(visit, *outcome_of_status(visit.status, is_leased=False))

    def end_unleased(self, visit: Visit, outcome: Outcome, reason: str | None) -> None:
        """Settle in the background; the archive is not closed before that is done."""
        task = asyncio.get_running_loop().create_task(self.settle(visit, outcome, reason))
        self._unleased.add(task)
        task.add_done_callback(self._unleased.discard)

    def _tell_uncommitted(self, visit: Visit) -> None:
        """A failed write is told once, by `fail`; anything else is an error of ours, with its stack."""
        level = logging.DEBUG if self.failure else logging.ERROR
        logger.log(level, "%s was fetched and could not be committed", visit.url, exc_info=True)

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


READ = frozenset({Outcome.ARTICLE, Outcome.DUPLICATE, Outcome.NO_ARTICLE, Outcome.WITHHELD, Outcome.SOURCE,
                  Outcome.NOT_MODIFIED, Outcome.FETCHED})
"""Outcomes of what could be read."""
_ERRORS = frozenset(Outcome) - {
    *READ, Outcome.ABSENT, Outcome.REDIRECTED, Outcome.ROBOTS_DENIED, Outcome.DROPPED,
}

