"""The file `state.sqlite`: opened, guarded, and changed one transaction at a time.

Owns the connection and what each change consists of. WAL with synchronous=FULL: a commit is on disk when it returns,
unless durability against power loss is given up for speed. A second connection may read at any moment.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

from pipelines.errors import (
    ArchiveDamagedError,
    ArchiveHeldError,
    BroadsheetError,
    ConfigurationError,
    DiskFullError,
)
from pipelines.sqlite.ledger import Ledger
from pipelines.sqlite.queue import UrlQueue
from pipelines.sqlite.shelf import Shelf
from pipelines.sqlite.tables import SCHEMA_VERSION, upgrade
from pipelines.sqlite.transaction import immediate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from pipelines.records import SealedFile
    from pipelines.store import Batch, Lease, Run

_OF_THE_DISK = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_CACHE_KIB = 16_384  # the inner pages of five million keys, and what one group commit touches
_CHECKPOINT_PAGES = 4_000  # of 4 KiB: keys are scattered, and each page is then written once for many commits


class SqliteStore(UrlQueue, Ledger, Shelf):
    """`pipelines.store.Store` over SQLite. One instance belongs to one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        UrlQueue.__init__(self, connection)
        Ledger.__init__(self, connection)
        Shelf.__init__(self, connection)

    @classmethod
    def open(cls, path: Path, *, survives_power_loss: bool = True) -> SqliteStore:
        """The store at `path`, made if it is not there. ArchiveDamagedError if the file is something else,
        ConfigurationError if it cannot be written, DiskFullError if there is no room."""
        try:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
        except sqlite3.OperationalError as error:
            raise _unusable(path, error) from error
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if survives_power_loss else 'OFF'}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            upgrade(connection, cls._checked_version(connection, path))
        except sqlite3.DatabaseError as error:
            connection.close()
            raise _unusable(path, error) from error
        return cls(connection)

    @classmethod
    def open_to_read(cls, path: Path) -> SqliteStore:
        """The store of an archive that another process may be writing; nothing can be changed through it."""
        try:
            connection = _opened_to_read(path)
        except sqlite3.DatabaseError as error:
            raise _unusable(path, error) from error
        version = cls._checked_version(connection, path)
        if version < SCHEMA_VERSION:
            connection.close()
            raise ArchiveDamagedError(
                f"{path}: written by an older Broadsheet (state version {version}, this one reads {SCHEMA_VERSION}): "
                "the next crawl into this archive brings it up to date")
        return cls(connection)

    @staticmethod
    def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            connection.close()
            raise ArchiveDamagedError(
                f"{path}: written by a newer Broadsheet (state version {version}, this one reads {SCHEMA_VERSION}): "
                "upgrade Broadsheet, or choose another ARCHIVE_DIR"
            )
        return version

    def close(self) -> None:
        self._db.close()

    def begin_run(self, run: Run, sites: Collection[str] | None = None) -> None:
        with self._transaction():
            self._begin(run)
            self._park(run, sites)

    def end_run(self, run_id: str, finished_at: datetime, reason: str) -> None:
        with self._transaction():
            self._end_run(run_id, finished_at, reason)

    def lease(
        self, run_id: str, busy: Mapping[str, int], limit: int, per_host: int, now: datetime,
        without: Collection[str] = (),
    ) -> list[Lease]:
        with self._transaction():
            return self._lease(run_id, busy, limit, per_host, now, without)

    def release(self, leases: list[Lease]) -> None:
        with self._transaction():
            self._release(leases)

    def release_all(self) -> int:
        with self._transaction():
            return self._release_all()

    def commit(self, run_id: str, batch: Batch) -> None:
        with self._transaction():
            self._end(run_id, batch.done)
            self._reopen(run_id, batch.again)
            self._add(run_id, batch.found)
            self._note(batch.also)
            self._keep(batch.sources, batch.hosts)
            self._write_down(run_id, batch)
            self._shelve(batch.knowledge, batch.rights)

    def seal(self, run_id: str, file: SealedFile) -> None:
        with self._transaction():
            self._seal(file)

    def _transaction(self) -> AbstractContextManager[None]:
        return immediate(self._db)


def _opened_to_read(path: Path) -> sqlite3.Connection:
    """WAL wants a file beside the state, which cannot be made on a disk that is read-only or in a folder of someone
    else's. Where there is no log either, no one has the state open, and all is in the one file."""
    try:
        return _probed(path, "mode=ro")
    except sqlite3.OperationalError:
        if path.with_name(path.name + "-wal").exists() or not os.access(path, os.R_OK):
            raise
        return _probed(path, "mode=ro&immutable=1")


def _probed(path: Path, how: str) -> sqlite3.Connection:
    """Opened, and read from once: until then SQLite does not say what it cannot do."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, isolation_level=None,
                                 check_same_thread=False, timeout=60)
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _unusable(path: Path, error: sqlite3.Error) -> BroadsheetError:
    reason = error.sqlite_errorcode & 0xFF  # the primary code: https://www.sqlite.org/rescode.html
    if reason == sqlite3.SQLITE_FULL or (reason in _OF_THE_DISK and shutil.disk_usage(path.parent).free == 0):
        return DiskFullError(f"the disk is full ({path}): make room and run the same command again")
    if reason in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return ConfigurationError(
            f"{path}: cannot be opened ({error}): choose an ARCHIVE_DIR whose files you may write")
    if reason == sqlite3.SQLITE_BUSY:
        return ArchiveHeldError(f"{path}: another program holds it locked ({error}): close that and run this again")
    if reason == sqlite3.SQLITE_IOERR:
        return BroadsheetError(
            f"{path}: the disk fails ({error}): see the system's log, and run this again once it is well")
    return ArchiveDamagedError(
        f"{path}: cannot be read as Broadsheet's state ({error}): move it away to start anew, or restore it"
    )
