"""What the crawl knows: URLs and their leases, articles held, files and how far they are committed.

Owns the protocol of the store and the values that pass through it. Must not know a database: `sqlite.py` is the
default behind it. Nothing here assumes one process, one file or one clock: leases carry a token and a deadline.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from pipelines.records import Discovered
    from pipelines.segments import SealedFile, SegmentName


@dataclass(frozen=True, slots=True)
class Found:
    """A URL to fetch. `force` asks for it again though it is known; `request` is the Scrapy request as JSON.

    Higher `priority` goes first. `request` is None where it could not be written down: then only the process that
    found it can fetch it.
    """

    url_key: str
    url: str
    host: str
    site: str
    role: str
    priority: int
    discovered: Discovered
    request: str | None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """A URL handed out to be fetched. It is this process's until `deadline`; `token` proves it in the commit."""

    url_key: str
    url: str
    host: str
    site: str
    role: str
    discovered: Discovered
    request: str | None
    token: str
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A lease that ended. `again` allows the URL to be fetched anew when a later run finds it."""

    url_key: str
    token: str
    outcome: str
    again: bool


@dataclass(frozen=True, slots=True)
class ArticleKeys:
    """By what an article is known again: its page, its canonical address with its title, its text, each in its site."""

    id: str
    site: str
    url_key: str
    canonical: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an open file is committed."""

    segment: SegmentName
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A JSONL line and where in its file it belongs: written again from here after a crash."""

    path: str
    offset: int
    line: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction makes true. Leases end before URLs are added, so that a URL may be asked for again.

    `synced` maps open JSONL files to the offset below which their lines are on disk and leave the outbox;
    `tally` counts outcomes by site.
    """

    done: tuple[Done, ...] = ()
    found: tuple[Found, ...] = ()
    articles: tuple[ArticleKeys, ...] = ()
    marks: tuple[Mark, ...] = ()
    outbox: tuple[OutboxLine, ...] = ()
    synced: Mapping[str, int] = field(default_factory=dict)
    tally: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One run over the archive. `finish_reason` is None while it goes on, `interrupted` if it was found dead."""

    run_id: str
    spider: str
    pid: int
    started_at: datetime
    finished_at: datetime | None = None
    finish_reason: str | None = None


class Store(Protocol):
    """One conformance suite holds for every backend: tests/test_store.py."""

    def close(self) -> None: ...

    def begin_run(self, run: Run, sites: Collection[str] | None = None) -> None:
        """Open a run; leases, tallies and files that follow belong to it.

        What waits for another spider, or for other sites than `sites` (None: all), is parked until a run that is meant
        for it, unless this one finds it by itself.
        """

    def end_run(self, run_id: str, finished_at: datetime, reason: str) -> None: ...

    def unfinished_runs(self) -> list[Run]:
        """Runs that began and never ended: dead ones, for the caller that holds the archive."""

    def is_known(self, url_key: str, run_id: str) -> bool:
        """Whether a URL needs no fetch: it waits, is leased, or is done and not to be tried again in this run."""

    def lease(self, run_id: str, busy: Mapping[str, int], limit: int, per_host: int, now: datetime) -> list[Lease]:
        """Hand out up to `limit` waiting URLs, best first in each host, hosts in turn, and mark them leased.

        `busy` counts the leases that the caller holds a host; a host gets no more than `per_host` with those.
        """

    def release(self, leases: list[Lease]) -> None:
        """Put back what was handed out and not fetched."""

    def release_all(self) -> int:
        """Put back every lease: for a caller that knows no worker is alive. Forgets what cannot be resumed."""

    def commit(self, run_id: str, batch: Batch) -> None:
        """All of the batch or none of it, on disk when this returns."""

    def article_like(self, keys: ArticleKeys) -> str | None:
        """The id of an article of the same site with the same id, canonical address or text."""

    def open_segments(self) -> list[tuple[str, Mark]]:
        """Run id and mark of every file that is not sealed."""

    def outbox(self, path: str) -> list[OutboxLine]:
        """Lines not known to be on disk, in order of offset."""

    def seal(self, run_id: str, file: SealedFile) -> None:
        """The file has its final name; its outbox is emptied."""

    def forget_segment(self, path: str) -> None:
        """A file of which nothing was committed is gone."""

    def sealed_files(self, run_id: str) -> list[SealedFile]: ...

    def tallies(self, run_id: str) -> dict[str, dict[str, int]]:
        """Outcomes by site."""

    def waiting(self) -> int:
        """How many URLs wait to be fetched."""
