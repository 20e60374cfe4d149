"""Verification: a sound archive is found sound, and damage is found, with its place."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.archive import Archive, ArchiveConfig
from pipelines.errors import ConfigurationError
from pipelines.verification import verify
from pipelines.warcread import iter_records
from tests.archives import Clock, fill, make_archive
from tests.spoiling import facts, files, make_sound

FLIPS, CUTS = 60, 15


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sound(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def root(sound: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    return Path(shutil.copytree(sound, tmp_path / "archive"))


def test_a_sound_archive_is_found_sound_and_counted(sound: Path) -> None:
    report = verify(sound)
    assert facts(report) == ""
    assert report.is_sound
    assert not report.is_running
    assert (report.runs, report.manifests) == (2, 2)
    assert (report.articles, report.fetches) == (30 + 1 + 12, 36 + 12)
    assert report.warc_files == len(files(sound, "warc")) > 2
    assert report.article_files == len(files(sound, "articles")) > 2
    assert report.bytes == sum(path.stat().st_size for kind in ("warc", "articles", "fetches", "runs")
                               for path in files(sound, kind))


def test_other_peoples_tools_find_the_same_archive_sound(sound: Path) -> None:
    tools = Path(sys.executable).parent
    for path in files(sound, "warc"):
        for command in ([tools / "warcio", "check"], [tools / "fastwarc", "check", "-p", "-q"], ["gzip", "-t"]):
            checked = subprocess.run([*command, path], check=False, capture_output=True, text=True)
            assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("kind", ["warc", "articles", "fetches", "runs"])
def test_every_flipped_byte_is_found_and_its_file_named(root: Path, kind: str) -> None:
    chance = random.Random(kind)
    for path in files(root, kind)[-2:]:
        data = path.read_bytes()
        header = range(min(10, len(data)))      # of gzip, which inflate hardly looks at
        for position in {*header, *chance.sample(range(len(data)), FLIPS)}:
            flip = chance.randrange(1, 256)
            path.write_bytes(data[:position] + bytes([data[position] ^ flip]) + data[position + 1:])
            report = verify(root)
            assert not report.is_sound, f"{path} at {position} ^ {flip}"
            assert str(path.relative_to(root)) in {problem.file for problem in report.problems}
        path.write_bytes(data)
    assert verify(root).is_sound


@pytest.mark.parametrize("kind", ["warc", "articles", "fetches", "runs"])
def test_every_truncation_is_found_and_its_file_named(root: Path, kind: str) -> None:
    chance = random.Random(kind)
    path = files(root, kind)[0]
    data = path.read_bytes()
    members = [placed.offset for placed in iter_records(path)] if kind == "warc" else []
    for cut in {0, 1, len(data) - 1, *members, *chance.sample(range(len(data)), CUTS)}:
        path.write_bytes(data[:cut])
        report = verify(root)
        assert not report.is_sound, f"{path} cut to {cut}"
        assert str(path.relative_to(root)) in {problem.file for problem in report.problems}


@pytest.mark.parametrize("kind", ["warc", "articles", "fetches", "runs"])
def test_a_missing_file_is_found(root: Path, kind: str) -> None:
    path = files(root, kind)[0]
    path.unlink()
    assert f"{path.relative_to(root)}: missing" in facts(verify(root))


def test_a_ledger_that_no_manifest_lists_is_found(root: Path) -> None:
    (root / "runs" / "other.hosts.jsonl").write_text('{"host": "news.example"}\n')
    assert facts(verify(root)) == "runs/other.hosts.jsonl: no manifest lists it"


def test_damage_is_told_with_its_place_and_costs_no_other_record(root: Path) -> None:
    path = files(root, "warc")[0]
    placed = list(iter_records(path))
    data = bytearray(path.read_bytes())
    data[placed[3].offset + placed[3].length // 2] ^= 0xFF
    path.write_bytes(data)
    report = verify(root)
    name = str(path.relative_to(root))
    assert f"{name}: at byte {placed[3].offset}: the gzip member is damaged" in facts(report)
    assert report.warc_records == verify_records(root) - 1
    assert {problem.offset for problem in report.problems if problem.file == name} == {
        None, *(placed[number].offset for number in (1, 2, 3))}  # the file's sum, the record, and those it belongs to


def verify_records(root: Path) -> int:
    manifests = [json.loads(path.read_bytes()) for path in files(root, "runs") if path.suffix == ".json"]
    return sum(entry["rows"] for content in manifests for entry in content["files"] if entry["kind"] == "warc")


def test_a_file_that_no_one_knows_is_found(root: Path) -> None:
    shutil.copy(files(root, "articles")[0], root / "articles/dt=2026-11-22/stray-00000.jsonl.gz")
    told = facts(verify(root))
    assert "stray-00000.jsonl.gz: no manifest lists it" in told
    assert "is there already" in told


def test_a_state_that_is_lost_or_unreadable_is_damage_and_the_rest_is_checked(root: Path) -> None:
    (root / "state.sqlite").write_bytes(b"not a database, but long enough to be one" * 100)
    report = verify(root)
    assert [problem.file for problem in report.problems] == ["state.sqlite"]
    assert report.articles == 43
    for path in root.glob("state.sqlite*"):
        path.unlink()
    report = verify(root)
    assert [(one.file, one.fact.split(":")[0]) for one in report.problems] == [("state.sqlite", "missing")]
    files(root, "warc")[0].unlink()
    assert verify(root).damaged > 1


def test_no_archive_is_a_configuration_error(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigurationError, match="ARCHIVE_DIR"):
            verify(place)


def test_progress_goes_from_nothing_to_all_of_it(sound: Path) -> None:
    told: list[tuple[int, int, str]] = []
    report = verify(sound, lambda *progress: told.append(progress))
    done = [one[0] for one in told]
    assert done == sorted(done)
    assert done[-1] == told[-1][1] == report.bytes
    assert {one[2].partition("/")[0] for one in told} == {"warc", "articles", "fetches"}


def test_an_archive_is_verified_while_a_crawl_is_writing_it(tmp_path: Path) -> None:
    async def crawl() -> None:
        archive = Archive.open(ArchiveConfig(tmp_path, max_warc_bytes=10_000), "news", clock := Clock())
        await fill(archive, clock, 25)
        verify_meanwhile(tmp_path)
        await archive.close("finished")

    asyncio.run(crawl())
    assert verify(tmp_path).is_sound


def verify_meanwhile(root: Path) -> None:
    articles, warc = next(root.glob("articles/*/*.open")), next(root.glob("warc/*/*.open"))
    lines, records = articles.read_bytes(), warc.read_bytes()
    articles.write_bytes(lines + b'{"appended, but never committed')
    warc.write_bytes(records + b"appended, but never committed")
    report = verify(root)
    assert facts(report) == ""
    assert report.is_running
    assert (report.articles, report.fetches) == (26, 31)
    articles.write_bytes(lines)
    warc.write_bytes(records[:-3])
    assert "the file ends within a gzip member" in facts(verify(root))
    warc.write_bytes(records)


def test_what_an_interrupted_run_left_is_a_warning_until_the_next_crawl_puts_it_right(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-m", "tests.archives", str(tmp_path)], check=False).returncode == -9
    with next(tmp_path.glob("warc/*/*.open")).open("ab") as file:
        file.write(b"half a record")
    report = verify(tmp_path)
    assert report.is_sound
    assert not report.is_running
    assert {problem.file.partition("/")[0] for problem in report.problems} == {"warc", "articles", "fetches", "runs"}
    assert all("left by an interrupted run: the next crawl puts it right" in one.fact for one in report.problems)
    assert (report.articles, report.fetches) == (7, 12)
    make_archive(tmp_path, 3, first=50)
    assert verify(tmp_path).problems == ()
    assert verify(tmp_path).articles == 10


def test_so_is_a_ledger_that_was_written_before_its_manifest(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-m", "tests.archives", str(tmp_path)], check=False).returncode == -9
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as state:
        [(run_id,)] = state.execute("SELECT run_id FROM run").fetchall()
    (tmp_path / "runs" / f"{run_id}.hosts.jsonl").write_text('{"host": "news.example"}\n')
    assert f"runs/{run_id}.hosts.jsonl: left by an interrupted run" in facts(verify(tmp_path))
    assert verify(tmp_path).is_sound


def test_committed_bytes_that_an_interrupted_run_lost_are_damage(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-m", "tests.archives", str(tmp_path)], check=False).returncode == -9
    path = next(tmp_path.glob("warc/*/*.open"))
    placed = list(iter_records(path))
    path.write_bytes(path.read_bytes()[: placed[-1].offset])
    assert f"holds {placed[-1].offset} bytes where" in facts(verify(tmp_path))


def test_verifying_changes_nothing(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and "sqlite" not in path.name}
    verify(root)
    assert {path: path.read_bytes() for path in before} == before
    assert {path for path in root.rglob("*") if path.is_file() and "sqlite" not in path.name} == before.keys()
