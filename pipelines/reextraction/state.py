"""What a re-extraction has come to: OUT/.work/state.sqlite, so that a second call goes on, and memory stays flat.

Owns every statement on it. Must not know what pages hold, nor the files of OUT.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipelines.draft import lookups
from pipelines.reextraction.pages import ArchivedPage
from pipelines.sqlite.transaction import immediate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pipelines.reextraction.pages import Learned
    from pipelines.store import ArticleKeys

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stage (segment INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS page (
    segment INTEGER NOT NULL, number INTEGER NOT NULL, site TEXT NOT NULL, day TEXT NOT NULL, rank BLOB NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (segment, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS page_of_site ON page (site, rank, segment, number);
CREATE TABLE IF NOT EXISTS revisit (
    segment INTEGER NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL, keys TEXT NOT NULL,
    PRIMARY KEY (segment, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS original (key TEXT PRIMARY KEY, segment INTEGER NOT NULL, content TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS named (record_id TEXT PRIMARY KEY, model_id TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS paragraph (
    source TEXT NOT NULL, url_key TEXT NOT NULL, fetched_at TEXT NOT NULL, keys TEXT NOT NULL,
    PRIMARY KEY (source, url_key, fetched_at)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS site (name TEXT PRIMARY KEY, model_id TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS made (
    segment INTEGER NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (segment, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held (site TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (site, key))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (
    segment INTEGER NOT NULL, kind TEXT NOT NULL, site TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (segment, kind, site, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS damage (segment INTEGER NOT NULL, content TEXT NOT NULL);
"""

OUTCOME, PASSED = "outcome", "passed"
"""Kinds of a tally: pages that were tried by their outcome, other responses by the reason why they were passed over."""


class State:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def transaction(self) -> AbstractContextManager[None]:
        return immediate(self._db)

    def get(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def put(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def stage(self, segment: int) -> str | None:
        row = self._db.execute("SELECT name FROM stage WHERE segment = ?", (segment,)).fetchone()
        return str(row[0]) if row else None

    def reach(self, segment: int, stage: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO stage VALUES (?, ?)", (segment, stage))

    def add_page(self, segment: int, page: ArchivedPage, rank: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?)", (
            segment, page.number, page.fetch.site, page.fetch.started_at[:10], rank, zlib.compress(page.to_json(), 1)))

    def add_revisit(self, segment: int, page: ArchivedPage, keys: Sequence[str]) -> None:
        self._db.execute("INSERT OR REPLACE INTO revisit VALUES (?, ?, ?, ?)", (
            segment, page.number, zlib.compress(page.to_json(), 1), json.dumps(list(keys))))

    def revisits(self) -> Iterator[tuple[int, ArchivedPage, list[str]]]:
        for segment, content, keys in self._db.execute(
                "SELECT segment, content, keys FROM revisit ORDER BY segment, number"):
            yield segment, ArchivedPage.of_json(zlib.decompress(content)), json.loads(keys)

    def add_original(self, keys: Sequence[str], segment: int, original: Mapping[str, Any]) -> None:
        """The first of a key counts, in the order of the segments, whichever is read first."""
        content = json.dumps(original, separators=(",", ":"))
        self._db.executemany(
            "INSERT INTO original VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
            "SET segment = excluded.segment, content = excluded.content WHERE excluded.segment < segment",
            [(key, segment, content) for key in keys])

    def original(self, keys: Sequence[str]) -> dict[str, Any] | None:
        for key in keys:
            row = self._db.execute("SELECT content FROM original WHERE key = ?", (key,)).fetchone()
            if row:
                return dict(json.loads(row[0]))
        return None

    def add_paragraphs(self, source: str, fetched_at: str, paragraphs: Mapping[str, Sequence[int]]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO paragraph VALUES (?, ?, ?, ?)", [
            (source, key, fetched_at, json.dumps(list(keys))) for key, keys in paragraphs.items()])

    def paragraphs(self, source: str, url_key: str, before: str) -> tuple[int, ...]:
        """Those that the source had of the page when it was last read before that moment."""
        row = self._db.execute(
            "SELECT keys FROM paragraph WHERE source = ? AND url_key = ? AND fetched_at <= ? "
            "ORDER BY fetched_at DESC LIMIT 1", (source, url_key, before)).fetchone()
        return tuple(json.loads(row[0])) if row else ()

    def sites_to_learn(self) -> list[str]:
        return [row[0] for row in self._db.execute(
            "SELECT DISTINCT site FROM page WHERE site NOT IN (SELECT name FROM site) ORDER BY site")]

    def sample(self, site: str, size: int) -> list[tuple[int, ArchivedPage]]:
        """The pages of a site with the lowest ranks, in their order."""
        rows = self._db.execute("SELECT segment, number, content FROM page WHERE site = ? "
                                "ORDER BY rank, segment, number LIMIT ?", (site, size)).fetchall()
        return [(row[0], ArchivedPage.of_json(zlib.decompress(row[2]))) for row in sorted(rows)]

    def keep_site(self, site: str, model_id: str | None, sample: Sequence[tuple[int, ArchivedPage]],
                  learned: Learned) -> None:
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO site VALUES (?, ?)", (site, model_id))
            self._db.executemany("INSERT OR REPLACE INTO made VALUES (?, ?, ?)", [
                (segment, page.number, zlib.compress(made.to_json(), 1))
                for (segment, page), made in zip(sample, learned.made, strict=True) if made])

    def name_model(self, record_id: str, site: str, model_id: str | None) -> None:
        """The article of that record was made by that model, as the last of its site until now."""
        self._db.execute("INSERT OR REPLACE INTO named VALUES (?, ?)", (record_id, model_id))
        self._db.execute("INSERT OR REPLACE INTO site VALUES (?, ?)", (site, model_id))

    def model_named(self, record_id: str) -> tuple[str | None] | None:
        """By which model the article of that record was made; None if none is known."""
        row = self._db.execute("SELECT model_id FROM named WHERE record_id = ?", (record_id,)).fetchone()
        return (row[0],) if row else None

    def models_of_sites(self) -> dict[str, str | None]:
        return dict(self._db.execute("SELECT name, model_id FROM site"))

    def pages(self, segment: int) -> Iterator[tuple[ArchivedPage, bytes | None]]:
        """The pages of a segment in order, and what came of them already, as JSON."""
        for content, made in self._db.execute(
                "SELECT page.content, made.content FROM page LEFT JOIN made USING (segment, number) "
                "WHERE segment = ? ORDER BY number", (segment,)):
            yield ArchivedPage.of_json(zlib.decompress(content)), zlib.decompress(made) if made else None

    def page_count(self, segment: int | None = None) -> int:
        where, values = (" WHERE segment = ?", (segment,)) if segment is not None else ("", ())
        return int(self._db.execute(f"SELECT count(*) FROM page{where}", values).fetchone()[0])  # noqa: S608  # no input

    def first_day(self, segment: int) -> str | None:
        """The earliest day on which a page of the segment was fetched."""
        row = self._db.execute("SELECT min(day) FROM page WHERE segment = ?", (segment,)).fetchone()
        return row[0] if row else None

    def article_like(self, keys: ArticleKeys) -> str | None:
        """The id of the article that is held already, by the crawl's rules."""
        for site, key in lookups(keys):
            row = self._db.execute("SELECT id FROM held WHERE site = ? AND key = ?", (site, key)).fetchone()
            if row:
                return str(row[0])
        return None

    def hold(self, keys: ArticleKeys) -> None:
        self._db.executemany("INSERT OR IGNORE INTO held VALUES (?, ?, ?)", [
            (site, key, keys.id) for site, key in lookups(keys)])

    def count(self, segment: int, kind: str, counts: Mapping[tuple[str, str], int]) -> None:
        """By site and name, instead of what was counted of the segment before."""
        self._db.execute("DELETE FROM tally WHERE segment = ? AND kind = ?", (segment, kind))
        self._db.executemany("INSERT INTO tally VALUES (?, ?, ?, ?, ?)", [
            (segment, kind, site, name, count) for (site, name), count in sorted(counts.items())])

    def counts(self, kind: str, segment: int | None = None) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for number, site, name, count in self._db.execute(
                "SELECT segment, site, name, count FROM tally WHERE kind = ?", (kind,)):
            if segment is None or number == segment:
                found[site, name] += count
        return found

    def tell_damage(self, segment: int, damages: Sequence[Mapping[str, Any]]) -> None:
        self._db.execute("DELETE FROM damage WHERE segment = ?", (segment,))
        self._db.executemany("INSERT INTO damage VALUES (?, ?)", [(segment, json.dumps(each)) for each in damages])

    def damages(self) -> list[dict[str, Any]]:
        rows = self._db.execute("SELECT content FROM damage ORDER BY segment, rowid")
        return [json.loads(row[0]) for row in rows]
