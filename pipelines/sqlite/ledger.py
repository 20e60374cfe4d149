"""What was written: runs, files and how far they count, lines on their way, articles, outcomes.

Owns every statement on the tables run, segment, payload, owed, outbox, article and tally. Must not know
files or what a line says.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipelines.records import SealedFile
from pipelines.segments import SegmentName
from pipelines.sqlite.tables import from_hex, page_key, site_key
from pipelines.store import ArticleKeys, Batch, Mark, OutboxLine, Owed, Place, Run

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


class Ledger:
    """Part of `pipelines.sqlite.backend.SqliteStore`; its callers hold the transaction."""

    SQL_RUN = "INSERT INTO run (run_id, spider, pid, started_at) VALUES (?, ?, ?, ?)"
    SQL_RUNS = "SELECT run_id, spider, pid, started_at, finished_at, finish_reason FROM run"
    SQL_LIKE = """
    SELECT id FROM article WHERE id = ?
    UNION ALL SELECT id FROM article WHERE canonical = ?
    UNION ALL SELECT id FROM article WHERE text = ? LIMIT 1
    """
    SQL_MARK = """
    INSERT INTO segment (path, kind, dt, run_id, committed_bytes, rows) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (path) DO UPDATE SET committed_bytes = excluded.committed_bytes, rows = excluded.rows
    """
    SQL_HELD = """
    INSERT OR REPLACE INTO payload (key, segment, offset, length)
    VALUES (?, (SELECT number FROM segment WHERE path = ?), ?, ?)
    """
    SQL_PLACE = """
    SELECT path, offset, length FROM payload JOIN segment ON segment.number = payload.segment WHERE key = ?
    """
    SQL_TALLY = """
    INSERT INTO tally (run_id, site, outcome, count) VALUES (?, ?, ?, ?)
    ON CONFLICT (run_id, site, outcome) DO UPDATE SET count = count + excluded.count
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def runs(self) -> list[Run]:
        """Every run, oldest first."""
        return [_run(row) for row in self._db.execute(f"{self.SQL_RUNS} ORDER BY started_at, run_id")]

    def unfinished_runs(self) -> list[Run]:
        return [_run(row) for row in self._db.execute(f"{self.SQL_RUNS} WHERE finish_reason IS NULL ORDER BY number")]

    def article_like(self, keys: ArticleKeys) -> str | None:
        row = self._db.execute(self.SQL_LIKE, _article_row(keys)).fetchone()
        return row[0].hex() if row else None

    def article_ids(self) -> Iterator[str]:
        """The id of every article that was written."""
        return (row[0].hex() for row in self._db.execute("SELECT id FROM article"))

    def place_of(self, key: str) -> Place | None:
        row = self._db.execute(self.SQL_PLACE, (page_key(key),)).fetchone()
        return Place(*row) if row else None

    def owed(self) -> list[Owed]:
        rows = self._db.execute("SELECT id, site, fetch, confirmed FROM owed ORDER BY number")
        return [Owed(row[0], row[1], row[2], tuple(json.loads(row[3]))) for row in rows]

    def owed_count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM owed").fetchone()[0])

    def open_segments(self) -> list[tuple[str, Mark]]:
        rows = self._db.execute("SELECT run_id, path, kind, dt, committed_bytes, rows FROM segment WHERE sealed = 0")
        return [(row[0], Mark(SegmentName(row[1], row[2], row[3]), row[4], row[5])) for row in rows]

    def outbox(self, path: str) -> list[OutboxLine]:
        rows = self._db.execute("SELECT path, offset, line FROM outbox WHERE path = ? ORDER BY offset", (path,))
        return [OutboxLine(*row) for row in rows]

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

    def _begin(self, run: Run) -> None:
        self._db.execute(self.SQL_RUN, (run.run_id, run.spider, run.pid, run.started_at.isoformat()))

    def _end_run(self, run_id: str, finished_at: datetime, reason: str) -> None:
        self._db.execute("UPDATE run SET finished_at = ?, finish_reason = ? WHERE run_id = ?",
                         (finished_at.isoformat(), reason, run_id))

    def _seal(self, file: SealedFile) -> None:
        self._db.execute("UPDATE segment SET sealed = 1, bytes = ?, sha256 = ?, rows = ? WHERE path = ?",
                         (file.bytes, file.sha256, file.rows, file.path))
        self._db.execute("DELETE FROM outbox WHERE path = ?", (file.path,))

    def _write_down(self, run_id: str, batch: Batch) -> None:
        self._db.executemany("INSERT INTO article VALUES (?, ?, ?)", [_article_row(keys) for keys in batch.articles])
        self._db.executemany(self.SQL_MARK, [
            (mark.segment.path, mark.segment.kind, mark.segment.dt, run_id, mark.bytes, mark.rows)
            for mark in batch.marks])
        self._db.executemany(self.SQL_HELD, [
            (page_key(held.key), held.place.path, held.place.offset, held.place.length) for held in batch.held])
        self._db.executemany("INSERT INTO owed (id, site, fetch, confirmed) VALUES (?, ?, ?, ?)", [
            (owed.id, owed.site, owed.fetch, json.dumps(owed.confirmed)) for owed in batch.owed])
        self._db.executemany("DELETE FROM owed WHERE id = ?", [(each,) for each in batch.paid])
        self._db.executemany("DELETE FROM outbox WHERE path = ? AND offset < ?", list(batch.synced.items()))
        self._db.executemany("INSERT INTO outbox VALUES (?, ?, ?)",
                             [(line.path, line.offset, line.line) for line in batch.outbox])
        self._db.executemany(self.SQL_TALLY, [
            (run_id, site, outcome, count) for (site, outcome), count in batch.tally.items()])


def _article_row(keys: ArticleKeys) -> tuple[bytes, bytes | None, bytes | None]:
    return from_hex(keys.id), site_key(keys.site, keys.canonical), site_key(keys.site, keys.text)


def _run(row: tuple[str, str, int, str, str | None, str | None]) -> Run:
    return Run(row[0], row[1], row[2], _moment(row[3]), _moment(row[4]) if row[4] else None, row[5])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
