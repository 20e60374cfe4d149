"""A write that fails: what was committed stands, nothing else is left, and nothing is written afterwards."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import DiskFullError
from pipelines.segments import Segment
from pipelines.sqlite import SqliteStore
from tests.builders import assert_sound, found, open_files, sealed_lines, settle_together
from tests.desk import desk, recovered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Break = Callable[[pytest.MonkeyPatch, Exception], None]

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
QUOTA = OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
BROKEN = OSError(errno.EIO, os.strerror(errno.EIO))


def raising(error: Exception) -> Callable[..., None]:
    def fail(*args: object) -> None:
        raise error

    return fail


def break_append(patch: pytest.MonkeyPatch, error: Exception) -> None:
    """A part fits, the rest does not."""

    def append(segment: Segment, data: bytes) -> None:
        segment._file.write(data[:len(data) // 2])
        raise error

    patch.setattr(Segment, "append", append)


def break_sync(patch: pytest.MonkeyPatch, error: Exception) -> None:
    patch.setattr(Segment, "sync", raising(error))


def break_commit(patch: pytest.MonkeyPatch, error: Exception) -> None:
    patch.setattr(SqliteStore, "commit", raising(error))


def assert_stands(before: dict[str, bytes], after: dict[str, bytes], *, exact: bool) -> None:
    """What was committed is there. Once the transaction was begun the rest is for recovery to cut: it may count."""
    assert all(after[name].startswith(data) for name, data in before.items())
    assert not exact or after == before


STEPS = {"append": break_append, "sync": break_sync, "commit": break_commit}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("before", [0, 2], ids=["at first", "later"])
def test_a_failure_before_the_commit_leaves_no_trace_of_the_visits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: Break, before: int
) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            for number in range(before):
                await at.settle(at.page(number))
            files = at.files()
            step(monkeypatch, BROKEN)
            results = await settle_together(at.committer, [at.page(7), at.page(8)])
            monkeypatch.undo()
            assert results == [BROKEN, BROKEN]
            assert_stands(files, at.files(), exact=step is not break_commit)
            for late in (
                at.committer.settle(at.page(9)),
                at.committer.lease({}, 1, 1),
                at.committer.release([]),
            ):
                with pytest.raises(OSError, match="Input/output error"):
                    await late
            with pytest.raises(OSError, match="Input/output error"):
                at.committer.add(found("https://news.example/x"))
            assert at.committer.failure is BROKEN
            await at.committer.close()
            assert_stands(files, at.files(), exact=step is not break_commit)
            assert at.store.tallies("run") == ({"osmere-courier": {"article": before}} if before else {})

    asyncio.run(run())
    recovered(tmp_path).close()
    assert [line["url"] for line in sealed_lines(tmp_path, "articles")] == [
        f"https://news.example/{number}" for number in range(before)]
    assert len(sealed_lines(tmp_path, "fetches")) == before
    assert open_files(tmp_path) == []
    assert_sound(tmp_path)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("error", [FULL, QUOTA], ids=["disk", "quota"])
def test_a_full_disk_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: Break, error: OSError
) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            step(monkeypatch, error)
            [result] = await settle_together(at.committer, [at.page(0)])
            monkeypatch.undo()
            assert isinstance(result, DiskFullError)
            assert "make room and run the same command again" in str(result)
            assert at.committer.failure is result

    asyncio.run(run())


def test_a_full_disk_that_the_database_meets_is_called_so_too(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            await at.settle(at.page(0))
            files = at.files()
            pages = at.store._db.execute("PRAGMA page_count").fetchone()[0]
            at.store._db.execute(f"PRAGMA max_page_count = {pages}")
            results = await settle_together(at.committer, [at.page(number) for number in range(1, 60)])
            assert len(results) == 59
            assert {type(result) for result in results} == {DiskFullError}
            assert_stands(files, at.files(), exact=False)

    asyncio.run(run())
    recovered(tmp_path).close()
    assert len(sealed_lines(tmp_path, "articles")) == 1


def test_a_line_that_does_not_fit_after_the_commit_is_there_after_recovery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Segment.append

    def half(segment: Segment, data: bytes) -> None:
        if segment.name.kind == "warc":
            append(segment, data)
        else:
            break_append(monkeypatch, FULL)
            segment.append(data)

    async def run() -> None:
        async with desk(tmp_path) as at:
            await at.settle(at.page(0))
            monkeypatch.setattr(Segment, "append", half)
            results = await settle_together(at.committer, [at.page(1), at.page(2)])
            assert {type(result) for result in results} == {DiskFullError}
            monkeypatch.undo()

    asyncio.run(run())
    recovered(tmp_path).close()
    assert [line["url"] for line in sealed_lines(tmp_path, "articles")] == [
        f"https://news.example/{number}" for number in range(3)]
    assert_sound(tmp_path)


def test_found_urls_of_a_failed_commit_are_not_there_and_those_before_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            at.committer.add(found("https://news.example/before"))
            await at.committer.flush()
            break_commit(monkeypatch, BROKEN)
            at.committer.add(found("https://news.example/after"))
            with pytest.raises(OSError, match="Input/output error"):
                await at.committer.flush()
            monkeypatch.undo()
            assert at.store.is_known("news.example/before", "run")
            assert not at.store.is_known("news.example/after", "run")

    asyncio.run(run())


def test_a_file_that_cannot_be_sealed_is_sealed_by_recovery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            await at.settle(at.page(0), at.page(1))
            monkeypatch.setattr(os, "fsync", raising(BROKEN))
            with pytest.raises(OSError, match="Input/output error"):
                await at.committer.close()
            monkeypatch.undo()
            assert at.committer.failure is BROKEN
            assert len(open_files(tmp_path)) == 3

    asyncio.run(run())
    recovered(tmp_path).close()
    assert len(sealed_lines(tmp_path, "articles")) == 2
    assert_sound(tmp_path)


def test_a_failure_is_not_its_own_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            break_commit(monkeypatch, error)
            [result] = await settle_together(at.committer, [at.page(0)])
            assert result is error
            assert result.__cause__ is not result

    asyncio.run(run())


def test_a_visit_that_is_settled_while_a_commit_fails_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            entered, settled = threading.Event(), threading.Event()

            def fail(*_: object) -> None:
                entered.set()
                settled.wait(30)
                raise OSError(errno.EIO, "Input/output error")

            monkeypatch.setattr(at.store, "commit", fail)
            first = asyncio.ensure_future(at.committer.settle(at.page(0)))
            await asyncio.to_thread(entered.wait, 30)
            second = asyncio.ensure_future(at.committer.settle(at.page(1)))
            await asyncio.sleep(0)
            settled.set()
            async with asyncio.timeout(30):
                errors = await asyncio.gather(first, second, return_exceptions=True)
            assert [type(error) for error in errors] == [OSError, OSError]

    asyncio.run(story())
