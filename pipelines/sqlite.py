"""The store in one SQLite file, for one machine.

Owns `state.sqlite`: its tables and every statement on them. Must not know Scrapy or what the values mean. WAL with
synchronous=FULL: a commit is on disk when it returns. A second connection may read at any moment.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.errors import (
    ArchiveDamagedError,
    ArchiveHeldError,
    BroadsheetError,
    ConfigurationError,
    DiskFullError,
)
from pipelines.records import Discovered
from pipelines.segments import SealedFile, SegmentName
from pipelines.store import ArticleKeys, Batch, Found, Lease, Mark, OutboxLine, Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

SCHEMA_VERSION = 1
LEASE_SECONDS = 3600
_PENDING, _LEASED, _DONE, _PARKED = 0, 1, 2, 3


class SqliteStore:
    """`pipelines.store.Store` over SQLite. One instance belongs to one thread at a time."""

    SQL_SCHEMA = """
    CREATE TABLE IF NOT EXISTS url (
        id INTEGER PRIMARY KEY, url_key TEXT NOT NULL UNIQUE, url TEXT NOT NULL, host TEXT NOT NULL,
        site TEXT NOT NULL, role TEXT NOT NULL, state INTEGER NOT NULL, priority INTEGER NOT NULL,
        discovered TEXT NOT NULL, request TEXT, token TEXT, deadline TEXT, outcome TEXT,
        again INTEGER NOT NULL DEFAULT 0, run_id TEXT, spider TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS url_pending ON url (host, priority DESC, id) WHERE state = 0;
    CREATE INDEX IF NOT EXISTS url_leased ON url (token) WHERE state = 1;
    CREATE TABLE IF NOT EXISTS article (
        id TEXT PRIMARY KEY, site TEXT NOT NULL, url_key TEXT NOT NULL, canonical TEXT, text TEXT NOT NULL,
        run_id TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS article_canonical ON article (site, canonical) WHERE canonical IS NOT NULL;
    CREATE INDEX IF NOT EXISTS article_text ON article (site, text);
    CREATE TABLE IF NOT EXISTS segment (
        path TEXT PRIMARY KEY, kind TEXT NOT NULL, dt TEXT NOT NULL, run_id TEXT NOT NULL,
        committed_bytes INTEGER NOT NULL, rows INTEGER NOT NULL, sealed INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER, sha256 TEXT);
    CREATE TABLE IF NOT EXISTS outbox (
        path TEXT NOT NULL, offset INTEGER NOT NULL, line BLOB NOT NULL, PRIMARY KEY (path, offset)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS run (
        run_id TEXT PRIMARY KEY, spider TEXT NOT NULL, pid INTEGER NOT NULL, started_at TEXT NOT NULL,
        finished_at TEXT, finish_reason TEXT);
    CREATE TABLE IF NOT EXISTS tally (
        run_id TEXT NOT NULL, site TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (run_id, site, outcome)) WITHOUT ROWID;
    """
    SQL_ADD = """
    INSERT INTO url (url_key, url, host, site, role, state, priority, discovered, request, spider)
    VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, (SELECT spider FROM run WHERE run_id = ?))
    ON CONFLICT (url_key) DO UPDATE SET url = excluded.url, host = excluded.host, site = excluded.site,
        role = excluded.role, state = 0, priority = excluded.priority, discovered = excluded.discovered,
        request = excluded.request, token = NULL, spider = excluded.spider
    WHERE url.state = 3 OR (url.state = 2 AND (? OR (url.again AND url.run_id IS NOT ?)))
    """
    SQL_PARK_SITES = """
    UPDATE url SET state = 3 WHERE state = 0 AND site NOT IN (SELECT value FROM json_each(?))
    """
    SQL_HOSTS = """
    WITH RECURSIVE waiting (host) AS (
        SELECT min(host) FROM url WHERE state = 0
        UNION ALL
        SELECT (SELECT min(host) FROM url WHERE state = 0 AND host > waiting.host) FROM waiting WHERE host IS NOT NULL)
    SELECT host FROM waiting WHERE host IS NOT NULL
    """
    SQL_NEXT = """
    SELECT id, url_key, url, host, site, role, discovered, request FROM url
    WHERE state = 0 AND host = ? ORDER BY priority DESC, id LIMIT ?
    """
    SQL_LEASE = "UPDATE url SET state = 1, token = ?, deadline = ?, run_id = ? WHERE id = ?"
    SQL_DONE = """
    UPDATE url SET state = 2, outcome = ?, again = ?, request = NULL, token = NULL, deadline = NULL, run_id = ?
    WHERE url_key = ? AND token = ?
    """
    SQL_RELEASE = "UPDATE url SET state = 0, token = NULL, deadline = NULL WHERE state = 1 AND token = ?"
    SQL_KNOWN = "SELECT state, again, run_id FROM url WHERE url_key = ?"
    SQL_LIKE = """
    SELECT id FROM article WHERE id = ?
    UNION ALL SELECT id FROM article WHERE site = ? AND canonical = ?
    UNION ALL SELECT id FROM article WHERE site = ? AND text = ? LIMIT 1
    """
    SQL_MARK = """
    INSERT INTO segment (path, kind, dt, run_id, committed_bytes, rows) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (path) DO UPDATE SET committed_bytes = excluded.committed_bytes, rows = excluded.rows
    """
    SQL_TALLY = """
    INSERT INTO tally (run_id, site, outcome, count) VALUES (?, ?, ?, ?)
    ON CONFLICT (run_id, site, outcome) DO UPDATE SET count = count + excluded.count
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._last_host = ""

    @classmethod
    def open(cls, path: Path) -> SqliteStore:
        """The store at `path`, made if it is not there. ArchiveDamagedError if the file is something else,
        ConfigurationError if it cannot be written, DiskFullError if there is no room."""
        try:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
        except sqlite3.OperationalError as error:
            raise _unusable(path, error) from error
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            cls._check_version(connection, path)
            connection.executescript(
                f"BEGIN IMMEDIATE; {cls.SQL_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")
        except sqlite3.DatabaseError as error:
            connection.close()
            raise _unusable(path, error) from error
        return cls(connection)

    @classmethod
    def open_to_read(cls, path: Path) -> SqliteStore:
        """The store of an archive that another process may be writing; nothing can be changed through it."""
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None,
                                     check_same_thread=False, timeout=60)
        try:
            cls._check_version(connection, path)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise _unusable(path, error) from error
        return cls(connection)

    @staticmethod
    def _check_version(connection: sqlite3.Connection, path: Path) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            connection.close()
            raise ArchiveDamagedError(
                f"{path}: written by a newer Broadsheet (state version {version}, this one reads {SCHEMA_VERSION}): "
                "upgrade Broadsheet, or choose another ARCHIVE_DIR"
            )

    def close(self) -> None:
        self._db.close()

    def begin_run(self, run: Run, sites: Collection[str] | None = None) -> None:
        with self._transaction():
            self._db.execute("INSERT INTO run (run_id, spider, pid, started_at) VALUES (?, ?, ?, ?)",
                             (run.run_id, run.spider, run.pid, run.started_at.isoformat()))
            self._db.execute("UPDATE url SET state = 0 WHERE state = 3")
            self._db.execute("UPDATE url SET state = 3 WHERE state = 0 AND spider != ?", (run.spider,))
            if sites is not None:
                self._db.execute(self.SQL_PARK_SITES, (json.dumps(sorted(sites)),))

    def end_run(self, run_id: str, finished_at: datetime, reason: str) -> None:
        self._db.execute("UPDATE run SET finished_at = ?, finish_reason = ? WHERE run_id = ?",
                         (finished_at.isoformat(), reason, run_id))

    def runs(self) -> list[Run]:
        """Every run, oldest first."""
        rows = self._db.execute("SELECT run_id, spider, pid, started_at, finished_at, finish_reason FROM run "
                                "ORDER BY started_at, run_id")
        return [Run(row[0], row[1], row[2], _moment(row[3]), _moment(row[4]) if row[4] else None, row[5])
                for row in rows]

    def unfinished_runs(self) -> list[Run]:
        return [run for run in self.runs() if run.finish_reason is None]

    def is_known(self, url_key: str, run_id: str) -> bool:
        row = self._db.execute(self.SQL_KNOWN, (url_key,)).fetchone()
        if row is None or row[0] == _PARKED:
            return False
        return not (row[0] == _DONE and row[1] and row[2] != run_id)

    def lease(self, run_id: str, busy: Mapping[str, int], limit: int, per_host: int, now: datetime) -> list[Lease]:
        deadline = now + timedelta(seconds=LEASE_SECONDS)
        leases: list[Lease] = []
        with self._transaction():
            for host in self._hosts_in_turn():
                room = min(per_host - busy.get(host, 0), limit - len(leases))
                if room > 0:
                    leases += self._lease_host(run_id, host, room, deadline)
                    self._last_host = host
                if len(leases) >= limit:
                    break
        return leases

    def _hosts_in_turn(self) -> list[str]:
        hosts = [row[0] for row in self._db.execute(self.SQL_HOSTS)]
        return [h for h in hosts if h > self._last_host] + [h for h in hosts if h <= self._last_host]

    def _lease_host(self, run_id: str, host: str, room: int, deadline: datetime) -> list[Lease]:
        leases = []
        for row in self._db.execute(self.SQL_NEXT, (host, room)).fetchall():
            token = secrets.token_hex(8)
            self._db.execute(self.SQL_LEASE, (token, deadline.isoformat(), run_id, row[0]))
            _, key, url, host, site, role, discovered, request = row
            leases.append(Lease(key, url, host, site, role, Discovered(**json.loads(discovered)), request, token,
                                deadline))
        return leases

    def release(self, leases: list[Lease]) -> None:
        with self._transaction():
            self._db.executemany(self.SQL_RELEASE, [(lease.token,) for lease in leases])

    def release_all(self) -> int:
        """Requests that could not be written down live in one process: the next run must be free to find them anew."""
        with self._transaction():
            released = self._db.execute("UPDATE url SET state = 0, token = NULL, deadline = NULL WHERE state = 1")
            self._db.execute("DELETE FROM url WHERE state = 0 AND request IS NULL")
        return released.rowcount

    def commit(self, run_id: str, batch: Batch) -> None:
        with self._transaction():
            for done in batch.done:
                self._db.execute(self.SQL_DONE, (done.outcome, done.again, run_id, done.url_key, done.token))
            self._db.executemany(self.SQL_ADD, [_found_row(found, run_id) for found in batch.found])
            self._db.executemany("INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)",
                                 [(a.id, a.site, a.url_key, a.canonical, a.text, run_id) for a in batch.articles])
            self._db.executemany(self.SQL_MARK, [
                (m.segment.path, m.segment.kind, m.segment.dt, run_id, m.bytes, m.rows) for m in batch.marks])
            self._db.executemany("DELETE FROM outbox WHERE path = ? AND offset < ?", list(batch.synced.items()))
            self._db.executemany("INSERT INTO outbox VALUES (?, ?, ?)",
                                 [(o.path, o.offset, o.line) for o in batch.outbox])
            self._db.executemany(self.SQL_TALLY, [
                (run_id, site, outcome, count) for (site, outcome), count in batch.tally.items()])

    def article_like(self, keys: ArticleKeys) -> str | None:
        row = self._db.execute(self.SQL_LIKE, (keys.id, keys.site, keys.canonical, keys.site, keys.text)).fetchone()
        return row[0] if row else None

    def open_segments(self) -> list[tuple[str, Mark]]:
        rows = self._db.execute("SELECT run_id, path, kind, dt, committed_bytes, rows FROM segment WHERE sealed = 0")
        return [(row[0], Mark(SegmentName(row[1], row[2], row[3]), row[4], row[5])) for row in rows]

    def outbox(self, path: str) -> list[OutboxLine]:
        rows = self._db.execute("SELECT path, offset, line FROM outbox WHERE path = ? ORDER BY offset", (path,))
        return [OutboxLine(*row) for row in rows]

    def seal(self, run_id: str, file: SealedFile) -> None:
        with self._transaction():
            self._db.execute("UPDATE segment SET sealed = 1, bytes = ?, sha256 = ?, rows = ? WHERE path = ?",
                             (file.bytes, file.sha256, file.rows, file.path))
            self._db.execute("DELETE FROM outbox WHERE path = ?", (file.path,))

    def forget_segment(self, path: str) -> None:
        self._db.execute("DELETE FROM segment WHERE path = ?", (path,))

    def sealed_files(self, run_id: str) -> list[SealedFile]:
        rows = self._db.execute("SELECT path, kind, dt, bytes, sha256, rows FROM segment "
                                "WHERE run_id = ? AND sealed = 1 ORDER BY path", (run_id,))
        return [SealedFile(*row) for row in rows]

    def tallies(self, run_id: str) -> dict[str, dict[str, int]]:
        sites: dict[str, dict[str, int]] = {}
        for site, outcome, count in self._db.execute(
                "SELECT site, outcome, count FROM tally WHERE run_id = ? ORDER BY site, outcome", (run_id,)):
            sites.setdefault(site, {})[outcome] = count
        return sites

    def waiting(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM url WHERE state IN (0, 3)").fetchone()[0])

    def article_ids(self) -> Iterator[str]:
        """The id of every article that was written."""
        return (row[0] for row in self._db.execute("SELECT id FROM article"))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def _found_row(found: Found, run_id: str) -> tuple[object, ...]:
    return (found.url_key, found.url, found.host, found.site, found.role, found.priority,
            json.dumps(asdict(found.discovered)), found.request, run_id, found.force, run_id)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _unusable(path: Path, error: sqlite3.Error) -> BroadsheetError:
    reason = error.sqlite_errorcode & 0xFF  # the primary code: https://www.sqlite.org/rescode.html
    if reason == sqlite3.SQLITE_FULL:
        return DiskFullError(f"the disk is full ({path}): make room and run the same command again")
    if reason in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return ConfigurationError(
            f"{path}: cannot be opened ({error}): choose an ARCHIVE_DIR whose files you may write")
    if reason == sqlite3.SQLITE_BUSY:
        return ArchiveHeldError(f"{path}: another program holds it locked ({error}): close that and run this again")
    return ArchiveDamagedError(
        f"{path}: cannot be read as Broadsheet's state ({error}): move it away to start anew, or restore it"
    )
