"""What a store of the crawl's state can do, whichever database is behind it.

Owns the protocol; the values that pass through it are `pipelines.store`'s. `pipelines.sqlite` is the default. Nothing
here assumes one process, one file or one clock: every time is an argument, leases carry a token and a deadline, and a
host belongs to one worker at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from pipelines.records import SealedFile
    from pipelines.store import (
        ArticleKeys,
        Batch,
        HostHealth,
        Lease,
        Mark,
        OutboxLine,
        Owed,
        Place,
        Run,
        SiteKnowledge,
        Source,
    )


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

    def waits(self, url_key: str) -> bool:
        """Whether a page is to be fetched, and is not under way."""

    def lease(self, run_id: str, busy: Mapping[str, int], limit: int, per_host: int, now: datetime) -> list[Lease]:
        """Hand out up to `limit` URLs that are due, best first in each host, hosts in turn, and mark them leased.

        `busy` counts the leases that the caller holds a host; a host gets no more than `per_host` with those, and none
        while it rests or another run has a lease of it. Extends the caller's own leases; takes back those of others
        that are past their deadline.
        """

    def next_due(self, now: datetime) -> datetime | None:
        """When the first of the URLs that rest, or whose host rests, can be handed out. None: there are none."""

    def release(self, leases: list[Lease]) -> None:
        """Put back what was handed out and not fetched."""

    def release_all(self) -> int:
        """Put back every lease: for a caller that knows no worker is alive. Forgets what cannot be resumed."""

    def commit(self, run_id: str, batch: Batch) -> None:
        """All of the batch or none of it, on disk when this returns.

        StaleLeaseError, with the tokens, if leases in `done` are not the caller's any more: then nothing was done.
        """

    def sources(self, site: str) -> list[Source]:
        """Every source of the site that was ever visited, retired ones too."""

    def hosts(self) -> list[HostHealth]:
        """Hosts in trouble."""

    def article_like(self, keys: ArticleKeys) -> str | None:
        """The id of an article with the same id, or one of the same site with the same canonical address or text."""

    def place_of(self, key: str) -> Place | None:
        """Where the payload lies that was held last by this key."""

    def owed(self) -> list[Owed]:
        """Every page whose article is still to be made, in the order in which they came."""

    def knowledge(self, site: str) -> SiteKnowledge | None:
        """What was last known of the site."""

    def rights(self, name: str) -> str | None:
        """The content that was last kept under this name (`KeptRights`)."""

    def site_model(self, model_id: str) -> bytes | None:
        """The content of any model that was ever kept."""

    def open_segments(self) -> list[tuple[str, Mark]]:
        """Run id and mark of every file that is not sealed."""

    def outbox(self, path: str) -> list[OutboxLine]:
        """Lines not known to be on disk, in order of offset."""

    def seal(self, run_id: str, file: SealedFile) -> None:
        """The file has its final name; its outbox is emptied."""

    def sealed_files(self, run_id: str) -> list[SealedFile]: ...

    def tallies(self, run_id: str) -> dict[str, dict[str, int]]:
        """Outcomes by site."""

    def waiting(self) -> int:
        """How many URLs wait to be fetched, those that rest or are parked among them."""
