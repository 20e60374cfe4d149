"""The store's file: what it refuses to be, and that no statement of a crawl reads a whole table."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import ArchiveDamagedError, BroadsheetError
from pipelines.sqlite import SCHEMA_VERSION, SqliteStore
from pipelines.store import Batch, Run
from tests.builders import NOON, found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state.sqlite"
    with closing(SqliteStore.open(path)) as store:
        store.begin_run(Run("run-1", "news", 1, NOON))
        store.commit("run-1", Batch(found=(found("https://a.example/1"),)))
    return path


OPEN: list[Callable[[Path], SqliteStore]] = [SqliteStore.open, SqliteStore.open_to_read]


@pytest.mark.parametrize("open_store", OPEN)
def test_a_state_of_a_newer_version_is_refused_and_left_alone(
    path: Path, open_store: Callable[[Path], SqliteStore]
) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(ArchiveDamagedError) as raised:
        open_store(path)
    assert str(path) in str(raised.value)
    assert f"state version {SCHEMA_VERSION + 1}" in str(raised.value)
    assert "upgrade Broadsheet" in str(raised.value)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)


@pytest.mark.parametrize("open_store", OPEN)
@pytest.mark.parametrize("content", [b"not a database at all" * 300, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_file_that_is_something_else_is_refused_by_name_and_left_alone(
    tmp_path: Path, content: bytes, open_store: Callable[[Path], SqliteStore]
) -> None:
    path = tmp_path / "state.sqlite"
    path.write_bytes(content)
    with pytest.raises(ArchiveDamagedError, match="move it away") as raised:
        open_store(path)
    assert str(path) in str(raised.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("open_store", OPEN)
def test_a_folder_in_its_place_is_an_error_of_one_clear_line(
    tmp_path: Path, open_store: Callable[[Path], SqliteStore]
) -> None:
    (tmp_path / "state.sqlite").mkdir()
    with pytest.raises(BroadsheetError, match=r"state\.sqlite"):
        open_store(tmp_path / "state.sqlite")


def test_a_commit_is_on_the_disk_when_it_returns(path: Path) -> None:
    with closing(SqliteStore.open(path)) as store:
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_reader_sees_each_commit_and_can_change_nothing(path: Path) -> None:
    with closing(SqliteStore.open(path)) as store, closing(SqliteStore.open_to_read(path)) as reader:
        assert not reader.is_known("a.example/2", "run-1")
        store.commit("run-1", Batch(found=(found("https://a.example/2"),)))
        assert reader.is_known("a.example/2", "run-1")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.commit("run-1", Batch(found=(found("https://a.example/3"),)))
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.release_all()


def test_a_state_at_rest_is_read_where_nothing_can_be_written_beside_it(path: Path) -> None:
    (path.parent / "state.sqlite-shm").mkdir()      # SQLite cannot make its file of this name, as on a read-only disk
    with closing(SqliteStore.open_to_read(path)) as reader:
        assert reader.is_known("a.example/1", "run-1")


@pytest.mark.parametrize("statement", [
    "SQL_ADD", "SQL_KNOWN", "SQL_RENEW", "SQL_EXPIRE", "SQL_WAKE", "SQL_HOSTS", "SQL_NEXT", "SQL_LEASE", "SQL_NEXT_DUE",
    "SQL_REST", "SQL_GIVE_BACK", "SQL_DONE", "SQL_RELEASE", "SQL_RELEASE_ALL", "SQL_FORGET_LIVE", "SQL_LIKE",
])
def test_no_statement_of_a_crawl_reads_a_whole_table(path: Path, statement: str) -> None:
    sql = getattr(SqliteStore, statement)
    with closing(sqlite3.connect(path)) as database:
        values = dict.fromkeys(re.findall(r":(\w+)", sql)) or [None] * sql.count("?")
        plan = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + sql, values)]
    reads = [step for step in plan if re.match(r"(SCAN|SEARCH) (queue|known|article|host)", step)]
    assert reads
    for step in reads:  # an index that holds only what is leased, rests or cannot be resumed is short
        assert step.startswith("SEARCH") or re.search(r"INDEX queue_(leased|resting|live)", step)


def test_a_file_of_no_bytes_becomes_a_new_state(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.touch()
    with closing(SqliteStore.open(path)) as store:
        assert store.waiting() == 0
