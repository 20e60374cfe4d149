"""One archive, open for one run: lock, recovery, store, files and committer put together.

Owns the beginning and the end of a run. The composition root of `pipelines`: stages never import each other, this
wires them. Must not know Scrapy.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipelines.commit import Committer, named
from pipelines.errors import ArchiveHeldError, ConfigurationError
from pipelines.manifest import manifest, write_manifest
from pipelines.recovery import FOLDERS, recover
from pipelines.segment_set import SegmentSet
from pipelines.segments import COMPRESSIONS
from pipelines.sqlite import SqliteStore
from pipelines.store import Run
from pipelines.warc import exchange_members, new_record_id, warcinfo_member

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

STATE = "state.sqlite"
_LOCK_PAUSES_SECONDS = (0.02, 0.05, 0.0)


@dataclass(frozen=True, slots=True)
class ArchiveConfig:
    """Where the archive is and how its files are cut. Sizes in bytes; `warcinfo` goes into every WARC file."""

    root: Path
    max_warc_bytes: int = 1_000_000_000
    max_jsonl_bytes: int = 512_000_000
    jsonl_compression: str = "gzip"
    warcinfo: Mapping[str, str] = field(default_factory=dict)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Archive:
    """Open one with `Archive.open`; `committer` takes what is to last, `reader` answers while it does.

    Once it is closed, `final_tallies` are the outcomes of the run by site as committed, and `unsettled` counts the
    leases that had not ended.
    """

    def __init__(
        self, config: ArchiveConfig, lock: int, store: SqliteStore, run: Run, now: Callable[[], datetime]
    ) -> None:
        self.root, self.run, self.now = config.root, run, now
        self._lock, self._store = lock, store
        self.reader = SqliteStore.open_to_read(config.root / STATE)
        segments = SegmentSet(
            config.root, run.run_id, max_warc_bytes=config.max_warc_bytes, max_jsonl_bytes=config.max_jsonl_bytes,
            compression=config.jsonl_compression, first_record=lambda name: self._warcinfo(name, config.warcinfo),
        )
        self.final_tallies: dict[str, dict[str, int]] = {}
        self.unsettled = 0
        self.committer = Committer(run.run_id, store, segments, exchange_members, now)

    @classmethod
    def open(
        cls, config: ArchiveConfig, spider: str, now: Callable[[], datetime] = utc_now,
        sites: Collection[str] | None = None,
    ) -> Archive:
        """Lock the archive, put right what an earlier run left, begin a run of this spider over these sites (all).

        ConfigurationError if the place cannot hold an archive, ArchiveHeldError if another crawl is in it,
        ArchiveDamagedError if recovery finds less than was committed, DiskFullError if it finds no room.
        """
        _check(config)
        with ExitStack() as undo:
            lock = _locked(config.root)
            undo.callback(os.close, lock)
            store = SqliteStore.open(config.root / STATE)
            undo.callback(store.close)
            try:
                recover(config.root, store, now())
                run = _begun(store, spider, now(), sites)
            except (OSError, sqlite3.Error) as error:
                if (told := named(error)) is error:
                    raise
                raise told from error
            archive = cls(config, lock, store, run, now)
            undo.pop_all()
        return archive

    async def close(self, reason: str) -> Path | None:
        """Seal the files and write the manifest, whose path is returned; None if a write had failed before.

        After a failure the next run recovers.
        """
        try:
            await self.committer.close()
            if self.committer.failure:
                return None
            return self._end(reason)
        finally:
            self.final_tallies = self._store.tallies(self.run.run_id)
            self.reader.close()
            self._store.close()
            os.close(self._lock)

    def _end(self, reason: str) -> Path:
        finished_at = self.now()
        ended = replace(self.run, finished_at=finished_at, finish_reason=reason)
        content = manifest(ended, self._store.sealed_files(ended.run_id), self._store.tallies(ended.run_id))
        path = write_manifest(self.root, content)
        self.unsettled = self._store.release_all()
        self._store.end_run(ended.run_id, finished_at, reason)
        return path

    def _warcinfo(self, file_name: str, info: Mapping[str, str]) -> tuple[str, bytes]:
        record_id = new_record_id()
        return record_id, warcinfo_member(file_name, record_id, self.now(), info).data


def _begun(store: SqliteStore, spider: str, started_at: datetime, sites: Collection[str] | None) -> Run:
    run_id = f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    run = Run(run_id, spider, os.getpid(), started_at)
    store.begin_run(run, sites)
    return run


def _check(config: ArchiveConfig) -> None:
    if config.jsonl_compression not in COMPRESSIONS:
        raise ConfigurationError(
            f"JSONL_COMPRESSION: not one of {', '.join(COMPRESSIONS)}: {config.jsonl_compression!r}")
    try:
        for folder in FOLDERS:
            (config.root / folder).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ConfigurationError(
            f"ARCHIVE_DIR: not a folder: {config.root}: name a folder that is new, or one of Broadsheet's archives"
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"ARCHIVE_DIR: cannot be made: {config.root} ({error.strerror}): choose a place that you may write to"
        ) from error


def _locked(root: Path) -> int:
    """A lock on the folder itself: the kernel drops it with the process, however that ends."""
    descriptor = os.open(root, os.O_RDONLY)
    for pause in _LOCK_PAUSES_SECONDS:  # `scrapy verify` holds it for an instant, to see whether a crawl is there
        if _try_lock(descriptor):
            break
        time.sleep(pause)
    else:
        os.close(descriptor)
        raise ArchiveHeldError(
            f"{root}: another crawl{_holder(root)} holds this archive: wait for it, stop it, "
            "or give another ARCHIVE_DIR"
        )
    return descriptor


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(root: Path) -> str:
    try:
        store = SqliteStore.open_to_read(root / STATE)
    except sqlite3.Error:
        return ""
    try:
        runs = store.unfinished_runs()
    except sqlite3.Error:
        return ""
    finally:
        store.close()
    return f" (run {runs[-1].run_id}, process {runs[-1].pid})" if runs else ""
