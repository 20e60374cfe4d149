"""A disk that is full, or broken, at any call of a crawl: the crawl ends loudly, what was committed stands, and once
there is room the next run completes it.

Every create, write, sync, rename, mkdir and truncate fails in its turn, SQLite's own among them (tests/disk/shim.c).
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.aftermath import assert_complete, assert_final_files_are_whole, assert_nothing_is_lost_or_doubled
from tests.builders import ROOT, assert_sound
from tests.crashing import URLS
from tests.disk.shim import ROOM, environment, why_not
from tests.disk.trace import CREATE, MKDIR, RENAME, SYNC, TRUNCATE, WRITE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

EVERY_NTH_WAL_WRITE = 5
"""SQLite writes its log in hundreds of pieces, which leave nearly the same: so many are finished only in part."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A crawl of which one call failed: its letter, its file, and the name and text of the error that was raised."""

    number: int
    root: Path
    call: str
    path: str
    error: tuple[str, str] | None

    @property
    def acknowledged(self) -> list[str]:
        path = self.root.parents[1].with_name(f"{self.number:04}.acknowledged")
        return path.read_text().split() if path.exists() else []

    @property
    def is_of_sqlite(self) -> bool:
        """The archive's own folder is synced by SQLite alone, for its journals' sake."""
        return "state.sqlite" in self.path or self.path == str(self.root)

    @property
    def is_wal_write(self) -> bool:
        return self.call == WRITE and self.path.endswith("-wal")


def endings(error: int, calls: str, mode: str) -> Iterator[Ending]:
    """Of one crawl for each such call; the crawl that met no failure is not among them."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None, prefix="broadsheet-") as name:
        top = Path(name) / "disk"
        top.mkdir()
        told = subprocess.run(
            [sys.executable, "-m", "tests.disk.recorded", "fail", str(top), str(error), calls, mode, "1", "1"],
            cwd=ROOT, env={**os.environ, **environment(top)}, check=True, stdout=subprocess.PIPE, text=True)
        *failed, last = map(json.loads, told.stdout.splitlines())
        assert (last["met"], last["error"]) == (None, None)
        for line in failed:
            yield Ending(line["number"], Path(line["root"]), *line["met"], line["error"] and tuple(line["error"]))


def assert_loud(ending: Ending) -> None:
    """Silence is for what harmed nothing: then the crawl is complete, and nothing of ours can have failed."""
    if ending.error is not None:
        return
    assert ending.is_of_sqlite, f"no word of it: {ending}"
    assert len(ending.acknowledged) == len(URLS)
    assert_complete(ending.root)


def assert_told_as_a_full_disk(ending: Ending) -> None:
    """SQLite says "disk I/O error" or "unable to open" of what it cannot make, size or sync, whatever the reason."""
    if ending.error is not None and (ending.is_wal_write or not ending.is_of_sqlite):
        assert ending.error[0] == "DiskFullError", ending


def assert_resumes(ending: Ending) -> None:
    try:
        if ending.root.exists():
            assert_final_files_are_whole(ending.root)
            assert_sound(ending.root)
        assert_nothing_is_lost_or_doubled(ending.root, ending.acknowledged)
    except BaseException as error:
        error.add_note(str(ending))
        raise


def test_a_disk_that_is_full_from_any_call_on_ends_the_crawl_and_loses_nothing() -> None:
    calls: Counter[str] = Counter()
    for ending in endings(errno.ENOSPC, ROOM, "full"):
        calls[ending.call] += 1
        assert_loud(ending)
        assert_told_as_a_full_disk(ending)
        if not ending.is_wal_write or ending.number % EVERY_NTH_WAL_WRITE == 0:
            assert_resumes(ending)
    assert set(calls) == {CREATE, WRITE, MKDIR, RENAME, SYNC, TRUNCATE}
    assert sum(calls.values()) > 300


def test_a_sync_that_fails_once_ends_the_crawl_and_loses_nothing() -> None:
    kinds: Counter[str] = Counter()
    for ending in endings(errno.EIO, SYNC, "once"):
        kinds[Path(ending.path).suffix] += 1
        assert_loud(ending)
        assert_resumes(ending)
    assert set(kinds) == {"", ".open", ".sqlite", ".sqlite-journal", ".sqlite-wal"}
