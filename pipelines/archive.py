"""One archive, open for one run: lock, recovery, store, files and committer put together.

Owns the beginning and the end of a run. The composition root of `pipelines`: stages never import each other, this
wires them. Must not know Scrapy.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from pipelines.clock import utc_now
from pipelines.commit import Committer, named, raise_named
from pipelines.errors import ConfigurationError, DiskFullError
from pipelines.hostsfile import write_hosts
from pipelines.layout import FOLDERS, STATE
from pipelines.lock import hold
from pipelines.manifest import manifest, write_manifest
from pipelines.originals import Revisits
from pipelines.recovery import recover
from pipelines.segment_set import SegmentSet
from pipelines.segments import COMPRESSIONS, sync_names_above
from pipelines.sqlite import SqliteStore
from pipelines.store import Run
from pipelines.warc import new_record_id, warcinfo_member, written
from pipelines.warcrecords import exchange_records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from pipelines.records import SealedFile

DURABILITIES = ("power", "process")


@dataclass(frozen=True, slots=True)
class ArchiveConfig:
    """Where the archive is and how its files are cut. Sizes in bytes; a file is written to for `max_age_seconds` (0:
    for as long as it is not full). `warcinfo` goes into every WARC file.

    `durability` is `power`, where what is committed survives a loss of power, or `process`, where it survives whatever
    befalls the crawl but not the machine. Payloads of `revisit_min_bytes` or more that are archived already become
    revisit records; None: every payload is written again. With `dechunk` blocks lose the framing of chunks.
    """

    root: Path
    max_warc_bytes: int = 1_000_000_000
    max_jsonl_bytes: int = 512_000_000
    max_age_seconds: float = 0.0
    jsonl_compression: str = "gzip"
    durability: str = "power"
    revisit_min_bytes: int | None = None
    dechunk: bool = False
    warcinfo: Mapping[str, str] = field(default_factory=dict)


class Archive:
    """Open one with `Archive.open`; `committer` takes what is to last, `reader` answers while it does.

    Once it is closed, `final_tallies` are the outcomes of the run by site as committed, `final_waiting` is how many
    URLs wait for another run, `final_owed` how many pages their article, and `unsettled` counts the leases that had
    not ended.
    """

    def __init__(
        self, config: ArchiveConfig, lock: int, store: SqliteStore, run: Run, now: Callable[[], datetime],
        on_sealed: Callable[[SealedFile], object] = lambda file: None,
    ) -> None:
        self.root, self.run, self.now = config.root, run, now
        self._lock, self._store = lock, store
        self.reader = SqliteStore.open_to_read(config.root / STATE)
        segments = SegmentSet(
            config.root, run.run_id, max_warc_bytes=config.max_warc_bytes, max_jsonl_bytes=config.max_jsonl_bytes,
            compression=config.jsonl_compression, first_record=lambda name: self._warcinfo(name, config.warcinfo),
            max_age=timedelta(seconds=config.max_age_seconds) if config.max_age_seconds else None,
        )
        self.final_tallies: dict[str, dict[str, int]] = {}
        self.final_waiting = 0
        self.final_owed = 0
        self.unsettled = 0
        self.committer = Committer(
            run.run_id, store, segments, partial(exchange_records, dechunk=config.dechunk), now,
            survives_power_loss=_survives_power_loss(config),
            revisits=Revisits(config.revisit_min_bytes, dechunked=config.dechunk), on_sealed=on_sealed)

    @classmethod
    def open(
        cls, config: ArchiveConfig, spider: str, now: Callable[[], datetime] = utc_now,
        sites: Collection[str] | None = None, on_sealed: Callable[[SealedFile], object] = lambda file: None,
    ) -> Archive:
        """Lock the archive, put right what an earlier run left, begin a run of this spider over these sites (all). The
        thread that writes calls `on_sealed` with each file that will not change any more.

        ConfigurationError if the place cannot hold an archive, ArchiveHeldError if another crawl is in it,
        ArchiveDamagedError if recovery finds less than was committed, DiskFullError if it finds no room.
        """
        _check(config)
        with ExitStack() as undo:
            lock = hold(config.root)
            undo.callback(os.close, lock)
            store = SqliteStore.open(config.root / STATE, survives_power_loss=_survives_power_loss(config))
            undo.callback(store.close)
            try:
                recover(config.root, store, now())
                run = _begun(store, spider, now(), sites)
            except (OSError, sqlite3.Error) as error:
                raise_named(error)
            archive = cls(config, lock, store, run, now, on_sealed)
            undo.pop_all()
        return archive

    async def close(self, reason: str, hosts: Iterable[Mapping[str, Any]] = ()) -> Path | None:
        """Seal the files and write the manifest, whose path is returned; None if a write had failed before. `hosts`
        are the accounts of the ledger by host.

        After a failure the next run recovers. DiskFullError if the end itself finds no room.
        """
        try:
            await self.committer.close()
            if self.committer.failure:
                return None
            return self._end(reason, hosts)
        except (OSError, sqlite3.Error) as error:
            raise_named(error)
        finally:
            self.final_tallies = self._store.tallies(self.run.run_id)
            self.final_waiting = self._store.waiting()
            self.final_owed = self._store.owed_count()
            self.reader.close()
            self._store.close()
            os.close(self._lock)

    def _end(self, reason: str, accounts: Iterable[Mapping[str, Any]]) -> Path:
        finished_at = self.now()
        hosts = write_hosts(self.root, self.run.run_id, accounts, finished_at)
        ended = replace(self.run, finished_at=finished_at, finish_reason=reason)
        content = manifest(ended, self._store.sealed_files(ended.run_id), self._store.tallies(ended.run_id), hosts)
        path = write_manifest(self.root, content)
        self.unsettled = self._store.release_all()
        self._store.end_run(ended.run_id, finished_at, reason)
        return path

    def _warcinfo(self, file_name: str, info: Mapping[str, str]) -> tuple[str, bytes]:
        record_id = new_record_id()
        return record_id, written(warcinfo_member(file_name, record_id, self.now(), info))


def _begun(store: SqliteStore, spider: str, started_at: datetime, sites: Collection[str] | None) -> Run:
    run_id = f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    run = Run(run_id, spider, os.getpid(), started_at)
    store.begin_run(run, sites)
    return run


def _survives_power_loss(config: ArchiveConfig) -> bool:
    return config.durability == "power"


def _check(config: ArchiveConfig) -> None:
    if config.durability not in DURABILITIES:
        raise ConfigurationError(f"DURABILITY: not one of {', '.join(DURABILITIES)}: {config.durability!r}: "
                                 "leave it out to survive a loss of power")
    if config.jsonl_compression not in COMPRESSIONS:
        raise ConfigurationError(
            f"JSONL_COMPRESSION: not one of {', '.join(COMPRESSIONS)}: {config.jsonl_compression!r}")
    try:
        _make_folders(config.root)
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigurationError(
            f"ARCHIVE_DIR: not a folder: {config.root}: name a folder that is new, or one of Broadsheet's archives"
        ) from error
    except OSError as error:
        if isinstance(full := named(error), DiskFullError):
            raise full from error
        raise ConfigurationError(
            f"ARCHIVE_DIR: cannot be made: {config.root} ({error.strerror}): choose a place that you may write to"
        ) from error


def _make_folders(root: Path) -> None:
    """A new archive's own name must outlast a power failure too, before the store is there to say that it does."""
    is_new = not (root / STATE).exists()
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    if is_new:
        sync_names_above(root)
