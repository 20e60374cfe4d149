"""A state of an older version is brought up to date with all that it held, or not touched at all."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from signal import SIGKILL
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import ArchiveDamagedError
from pipelines.records import SealedFile
from pipelines.segments import SegmentName
from pipelines.sqlite import SCHEMA_VERSION, SqliteStore, tables
from pipelines.store import ArticleKeys, Batch, KeptRights, Mark, OutboxLine, Owed, Run
from tests.builders import NOON, found, in_child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION_1 = """
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
PRAGMA user_version = 1;
"""
"""SQL_SCHEMA of pipelines/sqlite.py at d4603ba."""

PENDING, LEASED, DONE, PARKED = range(4)
FIRST = Run("run-1", "news", 11, NOON, NOON + timedelta(minutes=9), "finished")
SECOND = Run("run-2", "pages", 12, NOON + timedelta(hours=1))
THIRD = Run("run-3", "news", 13, NOON + timedelta(hours=3))
NEXT = Run("run-4", "news", 14, NOON + timedelta(hours=4))
OPEN_WARC = Mark(SegmentName("warc/dt=2026-11-22/broadsheet-1.warc.gz", "warc", "2026-11-22"), 99, 3)
OPEN_LINES = Mark(SegmentName("articles/dt=2026-11-22/run-3-00000.jsonl.gz", "articles", "2026-11-22"), 25, 2)
SEALED = SealedFile("fetches/dt=2026-11-22/run-1-00000.jsonl.gz", "fetches", "2026-11-22", 40, "ab" * 32, 2)
OUTBOX = [OutboxLine(OPEN_LINES.segment.path, 0, b"{}\n"),
          OutboxLine(OPEN_LINES.segment.path, 3, '{"title":"é"}\n'.encode())]
KEYS = ArticleKeys("0a" * 32, "osmere", "a.example/done", "c1" * 32, "d1" * 32)
PLAIN_KEYS = ArticleKeys("0b" * 32, "quern", "b.example/done", None, "d2" * 32)
TALLIES = {"osmere": {"article": 5, "timeout": 1}, "quern": {"duplicate": 2}}


def url(
    path: str, state: int, *, role: str = "page", site: str = "osmere", priority: int = 0, again: bool = False,
    run: str | None = None, spider: str = "news", request: str | None = '{"url": "…"}',
) -> tuple[object, ...]:
    """A row as version 1 wrote it."""
    asked = found(f"https://a.example/{path}")
    discovered = json.dumps({"via": "feed", "source_url": "https://a.example/feed", "title": "Ü", "date": None})
    lease = ("token-" + path, (NOON + timedelta(hours=1)).isoformat()) if state == LEASED else (None, None)
    outcome, request = ("article", None) if state == DONE else (None, request)
    return (asked.url_key, asked.url, asked.host, site, role, state, priority, discovered, request, *lease, outcome,
            again, run, spider)


URLS = [
    url("pending", PENDING, priority=5), url("later", PENDING, priority=1), url("live", PENDING, request=None),
    url("feed-pending", PENDING, role="feed", priority=9),
    url("leased", LEASED, run="run-3", priority=3),
    url("parked", PARKED, spider="pages", site="list"), url("parked-feed", PARKED, role="feed", site="quern"),
    url("done", DONE, run="run-1"), url("done-elsewhere", DONE, run="run-2", spider="pages"),
    url("again", DONE, run="run-1", again=True), url("again-now", DONE, run="run-3", again=True),
    url("feed", DONE, role="feed", run="run-1"), url("home", DONE, role="home", run="run-3", again=True),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state as a crawl of version 1 that was killed left it."""
    path = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(VERSION_1)
        database.executemany("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)", [
            (run.run_id, run.spider, run.pid, run.started_at.isoformat(),
             run.finished_at and run.finished_at.isoformat(), run.finish_reason) for run in (THIRD, SECOND, FIRST)])
        database.executemany(
            "INSERT INTO url (url_key, url, host, site, role, state, priority, discovered, request, token, deadline, "
            f"outcome, again, run_id, spider) VALUES ({', '.join('?' * 15)})", URLS)
        database.executemany("INSERT INTO article VALUES (?, ?, ?, ?, ?, 'run-1')", [
            (keys.id, keys.site, keys.url_key, keys.canonical, keys.text) for keys in (KEYS, PLAIN_KEYS)])
        database.executemany("INSERT INTO segment VALUES (?, ?, ?, 'run-3', ?, ?, 0, NULL, NULL)", [
            (mark.segment.path, mark.segment.kind, mark.segment.dt, mark.bytes, mark.rows)
            for mark in (OPEN_WARC, OPEN_LINES)])
        database.execute("INSERT INTO segment VALUES (?, ?, ?, 'run-1', 80, ?, 1, ?, ?)", (
            SEALED.path, SEALED.kind, SEALED.dt, SEALED.rows, SEALED.bytes, SEALED.sha256))
        database.executemany("INSERT INTO outbox VALUES (?, ?, ?)", [(o.path, o.offset, o.line) for o in OUTBOX])
        database.executemany("INSERT INTO tally VALUES ('run-1', ?, ?, ?)", [
            (site, outcome, count) for site, counts in TALLIES.items() for outcome, count in counts.items()])
        database.commit()
    return path


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore.open(path)) as store:
        yield store


def content(path: Path) -> list[str]:
    """All that a database holds, as SQL, and its version."""
    with closing(sqlite3.connect(path)) as database:
        return [*database.iterdump(), str(database.execute("PRAGMA user_version").fetchone())]


def schema(path: Path) -> set[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        things = database.execute("SELECT type, name, tbl_name FROM sqlite_master").fetchall()
        columns = [(table, *column) for kind, _, table in things if kind == "table"
                   for column in database.execute(f"PRAGMA table_info({table})")]
        return {*things, *columns}


def handed_out(store: SqliteStore, run: str) -> list[str]:
    return [lease.url.rpartition("/")[2] for lease in store.lease(run, {}, 99, 99, NEXT.started_at)]


def test_what_waited_or_was_leased_is_handed_out_the_best_first(store: SqliteStore) -> None:
    store.begin_run(NEXT)
    assert handed_out(store, "run-4") == ["feed-pending", "pending", "leased", "later", "live", "parked-feed"]


def test_a_lease_is_what_it_would_have_been(store: SqliteStore) -> None:
    store.begin_run(NEXT)
    [lease] = [each for each in store.lease("run-4", {}, 99, 99, NEXT.started_at) if each.url.endswith("/leased")]
    assert (lease.url_key, lease.host, lease.site, lease.role, lease.request, lease.attempts) == (
        "a.example/leased", "a.example", "osmere", "page", '{"url": "…"}', 0)
    assert (lease.discovered.via, lease.discovered.title) == ("feed", "Ü")
    assert lease.token != "token-leased"


def test_what_was_parked_waits_for_the_run_that_is_meant_for_it(store: SqliteStore) -> None:
    store.begin_run(Run("run-4", "pages", 14, NEXT.started_at))
    assert handed_out(store, "run-4") == ["parked"]


def test_as_many_wait_as_did_and_what_cannot_be_resumed_is_forgotten_as_ever(store: SqliteStore) -> None:
    assert store.waiting() == sum(row[5] != DONE for row in URLS)
    assert store.release_all() == 0
    assert store.waiting() == sum(row[5] != DONE for row in URLS) - 1
    assert not store.is_known("a.example/live", "run-4")


@pytest.mark.parametrize("run", ["run-1", "run-3", "run-4"])
@pytest.mark.parametrize("name", ["done", "done-elsewhere", "pending", "leased"])
def test_what_was_done_or_waits_is_known_to_every_run(store: SqliteStore, name: str, run: str) -> None:
    store.begin_run(NEXT)
    assert store.is_known(f"a.example/{name}", run)


def test_and_is_not_fetched_again_unless_that_is_asked_for(store: SqliteStore) -> None:
    store.begin_run(NEXT)
    before = store.waiting()
    store.commit("run-4", Batch(found=(found("https://a.example/done"), found("https://a.example/pending"))))
    assert store.waiting() == before
    store.commit("run-4", Batch(found=(found("https://a.example/done", force=True),)))
    assert store.waiting() == before + 1


def test_what_may_be_tried_again_is_known_to_its_own_run_alone(store: SqliteStore) -> None:
    store.begin_run(NEXT)
    known = {(name, run) for name in ("again", "again-now") for run in ("run-1", "run-2", "run-3", "run-4")
             if store.is_known(f"a.example/{name}", run)}
    assert known == {("again", "run-1"), ("again-now", "run-3")}
    store.commit("run-4", Batch(found=(found("https://a.example/again"),)))
    assert "again" in handed_out(store, "run-4")


@pytest.mark.parametrize("name", ["feed", "home", "parked", "parked-feed", "never-seen"])
def test_a_source_that_was_read_is_no_page_that_is_known_nor_is_what_is_parked(store: SqliteStore, name: str) -> None:
    for run in ("run-1", "run-3"):
        assert not store.is_known(f"a.example/{name}", run)


def test_articles_are_recognised(store: SqliteStore) -> None:
    assert store.article_like(KEYS) == KEYS.id
    assert store.article_like(ArticleKeys("0c" * 32, "osmere", "x", KEYS.canonical, None)) == KEYS.id
    assert store.article_like(ArticleKeys("0c" * 32, "osmere", "x", None, KEYS.text)) == KEYS.id
    assert store.article_like(ArticleKeys("0c" * 32, "quern", "x", None, PLAIN_KEYS.text)) == PLAIN_KEYS.id
    assert store.article_like(ArticleKeys("0c" * 32, "quern", "x", KEYS.canonical, KEYS.text)) is None
    assert sorted(store.article_ids()) == [KEYS.id, PLAIN_KEYS.id]


def test_runs_files_lines_and_tallies_are_what_they_were(store: SqliteStore) -> None:
    assert store.runs() == [FIRST, SECOND, THIRD]
    assert store.unfinished_runs() == [SECOND, THIRD]
    assert sorted(store.open_segments(), key=str) == sorted([("run-3", OPEN_WARC), ("run-3", OPEN_LINES)], key=str)
    assert (store.sealed_files("run-1"), store.sealed_files("run-3")) == ([SEALED], [])
    assert store.outbox(OPEN_LINES.segment.path) == OUTBOX
    assert (store.tallies("run-1"), store.tallies("run-3")) == (TALLIES, {})
    assert (store.sources("osmere"), store.hosts()) == ([], [])


def test_it_looks_like_a_state_that_was_never_any_other(path: Path, tmp_path: Path) -> None:
    SqliteStore.open(path).close()
    SqliteStore.open(tmp_path / "new.sqlite").close()
    assert schema(path) == schema(tmp_path / "new.sqlite")
    assert content(path)[-1] == f"({SCHEMA_VERSION},)"


def test_it_is_brought_up_to_date_once(path: Path) -> None:
    SqliteStore.open(path).close()
    once = content(path)
    SqliteStore.open(path).close()
    assert content(path) == once


def test_a_state_of_version_1_in_which_nothing_is_becomes_one_of_this_version(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as database:
        database.executescript(VERSION_1)
    with closing(SqliteStore.open(tmp_path / "state.sqlite")) as store:
        assert (store.runs(), store.waiting()) == ([], 0)


STATEMENTS = tables._FROM_1.count(";")


@pytest.mark.parametrize("number", range(1, STATEMENTS + 1))
def test_an_error_on_the_way_leaves_version_1_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = content(path)
    steps = tables._FROM_1.split(";")
    with monkeypatch.context() as broken:
        broken.setattr(tables, "_FROM_1", ";".join([*steps[:number], " SELECT no_such_thing()", *steps[number:]]))
        with pytest.raises(ArchiveDamagedError, match="no_such_thing"):
            SqliteStore.open(path)
    assert content(path) == before
    with closing(SqliteStore.open(path)) as store:
        assert store.runs() == [FIRST, SECOND, THIRD]


def test_a_state_of_version_3_keeps_all_and_learns_of_rights(tmp_path: Path) -> None:
    path, owed = tmp_path / "state.sqlite", Owed("<urn:uuid:1>", "osmere", "{}", (1,))
    with closing(SqliteStore.open(path)) as store:
        store.begin_run(FIRST)
        store.commit("run-1", Batch(owed=(owed,)))
    with closing(sqlite3.connect(path)) as database:
        database.executescript("DROP TABLE rights; PRAGMA user_version = 3")
    with closing(SqliteStore.open(path)) as store:
        assert store.owed() == [owed]
        store.commit("run-1", Batch(rights=(KeptRights("site osmere", "[]"),)))
        assert store.rights("site osmere") == "[]"


KILLED_ON_THE_WAY = """
import os, sys
from pathlib import Path
from pipelines.sqlite import SqliteStore, tables

def from_hex(digest):
    os.kill(os.getpid(), 9)

tables.from_hex = from_hex
SqliteStore.open(Path(sys.argv[1]))
"""


def test_so_does_a_kill_on_the_way(path: Path) -> None:
    before = content(path)
    child = in_child(KILLED_ON_THE_WAY, path)
    child.communicate()
    assert child.returncode == -SIGKILL
    assert content(path) == before
    with closing(SqliteStore.open(path)) as store:
        assert sorted(store.article_ids()) == [KEYS.id, PLAIN_KEYS.id]


def test_who_only_reads_is_told_what_brings_it_up_to_date_and_changes_nothing(path: Path) -> None:
    before = content(path)
    with pytest.raises(ArchiveDamagedError) as raised:
        SqliteStore.open_to_read(path)
    assert str(raised.value) == (
        f"{path}: written by an older Broadsheet (state version 1, this one reads {SCHEMA_VERSION}): "
        "the next crawl into this archive brings it up to date")
    assert content(path) == before
