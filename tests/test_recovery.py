"""Kill a crawl at any step, and again as it recovers: no acknowledged article is lost, and none doubled."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.errors import ArchiveDamagedError
from tests.aftermath import assert_nothing_is_lost_or_doubled
from tests.archives import Clock
from tests.builders import ROOT, assert_sound, open_files, open_lines, sealed_lines
from tests.crashing import LATER, URLS, open_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

HOWS = ("before", "torn")


@dataclass(frozen=True, slots=True)
class Crash:
    """A crawl that was killed, or got through: then `at` is None."""

    root: Path
    status: int
    at: str | None

    @property
    def acknowledged(self) -> list[str]:
        path = self.root.with_suffix(".acknowledged")
        return path.read_text().split() if path.exists() else []


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """In memory where that can be: a killed process loses nothing there either, and hundreds are killed."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None, prefix="broadsheet-") as name:
        yield Path(name)


def start(what: Path | str, how: str, base: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crashing", str(what), how, str(base)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def crashes_of(child: subprocess.Popen[str]) -> list[Crash]:
    out, err = child.communicate(timeout=120)
    assert err == ""
    crashes = [
        Crash(Path(line["root"]), line["status"], line["at"]) for line in map(json.loads, out.splitlines())
    ]
    assert [crash.status for crash in crashes] == [-signal.SIGKILL] * (len(crashes) - 1) + [0]
    return crashes


@pytest.fixture(scope="module")
def crashes(memory: Path) -> dict[str, list[Crash]]:
    children = {how: start("crawl", how, memory / how) for how in HOWS}
    return {how: crashes_of(child) for how, child in children.items()}


@pytest.mark.parametrize("how", HOWS)
def test_a_crawl_killed_at_any_step_loses_and_doubles_nothing(
    crashes: dict[str, list[Crash]], how: str
) -> None:
    for crash in crashes[how]:
        root = crash.root.with_suffix(".finished")
        if crash.root.exists():
            shutil.copytree(crash.root, root)
        assert_sound(root)                  # as it was left: no line is there before its record
        standing = {line["warc"]["record_id"] for line in open_lines(root, "articles")}
        assert_nothing_is_lost_or_doubled(root, crash.acknowledged)
        assert standing <= {line["warc"]["record_id"] for line in sealed_lines(root, "articles")}


def test_every_kind_of_step_was_the_last_of_some_crawl(crashes: dict[str, list[Crash]]) -> None:
    steps = Counter(crash.at for crash in crashes["before"])
    assert set(steps) == {"mkdir", "commit", "write", "fdatasync", "fsync", "rename", "unlink", None}
    assert min(steps["commit"], steps["write"], steps["fsync"], steps["rename"]) >= 5
    assert {crash.at for crash in crashes["torn"]} == {"write", None}
    acknowledged = [len(crash.acknowledged) for crash in crashes["before"]]
    assert acknowledged == sorted(acknowledged)
    assert set(acknowledged) == {0, 1, 3, len(URLS)}


def test_a_recovery_killed_at_any_step_is_recovered_by_the_next(
    crashes: dict[str, list[Crash]], memory: Path
) -> None:
    left = [crash for crash in crashes["before"] if crash.root.exists() and len(open_files(crash.root)) >= 3]
    chosen = left[::len(left) // 2]
    children = [(crash, start(crash.root, how, memory / f"{crash.root.name}-{how}-recovery"))
                for crash, how in [*((crash, "before") for crash in chosen), (chosen[-1], "torn")]]
    steps: Counter[str | None] = Counter()
    for crash, recoveries in [(crash, crashes_of(child)) for crash, child in children]:
        for recovery in recoveries:
            steps[recovery.at] += 1
            assert_sound(recovery.root)
            assert_nothing_is_lost_or_doubled(recovery.root, crash.acknowledged)
    assert len(chosen) >= 2
    assert set(steps) >= {"commit", "write", "truncate", "fsync", "rename", "unlink", None}


def a_crash(crashes: dict[str, list[Crash]], root: Path) -> Path:
    """A copy of an archive left with committed records in an open WARC and lines in the outbox."""
    crash = next(
        crash for crash in crashes["before"] if len(crash.acknowledged) == 1 and crash.at == "fdatasync"
    )
    return Path(shutil.copytree(crash.root, root))


def recover(root: Path, **_: Any) -> None:
    async def work() -> None:
        archive = open_archive(root, Clock(LATER))
        await archive.close("finished")

    asyncio.run(work())


def test_lines_that_were_lost_are_written_again(crashes: dict[str, list[Crash]], tmp_path: Path) -> None:
    root = a_crash(crashes, tmp_path / "archive")
    [lines] = (root / "articles").rglob("*.open")
    text = lines.read_bytes()
    assert text.count(b"\n") == 1
    lines.write_bytes(b"")
    recover(root)
    assert [line["url"] for line in sealed_lines(root, "articles")] == URLS[:1]
    assert_sound(root)


def test_a_torn_line_is_cut_and_written_whole(crashes: dict[str, list[Crash]], tmp_path: Path) -> None:
    root = a_crash(crashes, tmp_path / "archive")
    [lines] = (root / "articles").rglob("*.open")
    lines.write_bytes(lines.read_bytes()[:-20] + b"\xff" * 100)
    recover(root)
    assert [line["url"] for line in sealed_lines(root, "articles")] == URLS[:1]


def test_what_was_appended_to_a_warc_and_never_committed_is_cut_off(
    crashes: dict[str, list[Crash]], tmp_path: Path
) -> None:
    root = a_crash(crashes, tmp_path / "archive")
    [warc] = (root / "warc").rglob("*.open")
    warc.write_bytes(warc.read_bytes() + b"half a record")
    recover(root)
    assert_sound(root)
    assert open_files(root) == []


def test_stray_files_of_an_open_run_go(crashes: dict[str, list[Crash]], tmp_path: Path) -> None:
    root = a_crash(crashes, tmp_path / "archive")
    day = root / "articles" / "dt=2026-11-22"
    strays = [day / "run-00009.jsonl.open", day / "run-00000.jsonl.gz.open", root / "runs" / "run.json.open",
              root / "warc" / "dt=2020-01-01" / "x.warc.gz.open"]
    for stray in strays:
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"half")
    recover(root)
    assert not any(stray.exists() for stray in strays)
    assert len(sealed_lines(root, "articles")) == 1


def test_a_ledger_whose_manifest_was_not_written_any_more_goes(crashes: dict[str, list[Crash]], tmp_path: Path) -> None:
    root = a_crash(crashes, tmp_path / "archive")
    with closing(sqlite3.connect(root / "state.sqlite")) as state:
        [(run_id,)] = state.execute("SELECT run_id FROM run").fetchall()
    ledger = root / "runs" / f"{run_id}.hosts.jsonl"
    ledger.write_text('{"host": "news.example"}\n')
    recover(root)
    assert not ledger.exists()
    assert_sound(root)


@pytest.mark.parametrize("kind", ["warc", "articles", "fetches"])
@pytest.mark.parametrize("damage", ["shorter", "missing"])
def test_a_file_that_holds_less_than_was_committed_is_named_and_nothing_is_changed(
    crashes: dict[str, list[Crash]], tmp_path: Path, kind: str, damage: str
) -> None:
    root = a_crash(crashes, tmp_path / "archive")
    if kind != "warc":          # the outbox holds every line of a young file: let it hold none
        with closing(sqlite3.connect(root / "state.sqlite")) as database, database:
            database.execute("DELETE FROM outbox")
    [path] = (root / kind).rglob("*.open")
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:40])
    left = {name: (root / name).read_bytes() for name in open_files(root)}
    with pytest.raises(ArchiveDamagedError, match="restore the file from a copy") as raised:
        recover(root)
    assert str(path) in str(raised.value)
    assert {name: (root / name).read_bytes() for name in open_files(root)} == left
    with pytest.raises(ArchiveDamagedError):
        recover(root)           # and the lock is free
