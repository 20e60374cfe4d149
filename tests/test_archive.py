"""An archive is held by one crawl at a time, says why it cannot be opened, and its manifests are true."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.archive import Archive, ArchiveConfig
from pipelines.errors import (
    ArchiveDamagedError,
    ArchiveHeldError,
    ConfigurationError,
    DiskFullError,
    ExitCode,
)
from pipelines.layout import STATE
from pipelines.segments import Segment
from tests.archives import WARCINFO, Clock, fill, make_archive, page
from tests.builders import (
    found,
    in_child,
    lines_of,
    open_files,
    page_of,
    plain,
    sealed,
    sealed_lines,
    settle_together,
    warc_records,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

HOLDS = """
import asyncio, sys
from pathlib import Path
from pipelines.archive import Archive, ArchiveConfig
async def hold():
    archive = Archive.open(ArchiveConfig(Path(sys.argv[1])), "news")
    print(archive.run.run_id, flush=True)
    sys.stdin.readline()
    await archive.close("finished")
asyncio.run(hold())
"""


def opened(root: Path, work: Callable[[Archive], Awaitable[Any]] | None = None, **config: Any) -> Archive:
    """Opened, used and closed."""

    async def run() -> Archive:
        archive = Archive.open(ArchiveConfig(root, warcinfo=WARCINFO, **config), "news", Clock())
        if work:
            await work(archive)
        await archive.close("finished")
        return archive

    return asyncio.run(run())


def manifest_of(archive: Archive) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((archive.root / "runs" / f"{archive.run.run_id}.json").read_text())
    return content


def test_a_second_crawl_is_turned_away_with_the_name_of_the_first(tmp_path: Path) -> None:
    with in_child(HOLDS, tmp_path / "archive") as child:
        assert child.stdout is not None
        run_id = child.stdout.readline().strip()
        with pytest.raises(ArchiveHeldError) as raised:
            opened(tmp_path / "archive")
        assert f"run {run_id}, process {child.pid}" in str(raised.value)
        assert str(tmp_path / "archive") in str(raised.value)
        assert raised.value.exit_code == ExitCode.ARCHIVE_HELD == 75
        assert child.communicate("\n", timeout=60) == ("", "")
    assert child.returncode == 0
    opened(tmp_path / "archive")


def test_so_is_one_by_a_crawl_of_another_version(tmp_path: Path) -> None:
    with in_child(HOLDS, tmp_path / "archive") as child:
        assert child.stdout is not None
        child.stdout.readline()
        with closing(sqlite3.connect(tmp_path / "archive" / STATE)) as database:
            database.execute("PRAGMA user_version = 1")
        with pytest.raises(ArchiveHeldError, match="another crawl holds this archive"):
            opened(tmp_path / "archive")
        child.communicate("\n", timeout=60)


def test_a_crawl_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with in_child(HOLDS, tmp_path / "archive") as child:
        assert child.stdout is not None
        run_id = child.stdout.readline().strip()
        child.kill()
        child.wait(60)
    opened(tmp_path / "archive")
    assert (
        json.loads((tmp_path / f"archive/runs/{run_id}.json").read_text())["finish_reason"] == "interrupted"
    )


def test_an_archive_that_could_not_be_opened_is_not_held(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    opened(root)
    (root / "state.sqlite").write_bytes(b"not a database" * 100)
    for _ in range(2):
        with pytest.raises(ArchiveDamagedError, match=re.escape(str(root / "state.sqlite"))):
            opened(root)
    (root / "state.sqlite").unlink()
    opened(root)


@pytest.mark.parametrize("below", ["", "deep/er"])
def test_a_file_where_the_archive_should_be_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(ConfigurationError, match="not a folder") as raised:
        opened(tmp_path / "file" / below)
    assert str(tmp_path / "file" / below) in str(raised.value)
    assert (tmp_path / "file").read_text() == "precious"


NOT_ALLOWED = """
import asyncio, os, sys
from pathlib import Path
from pipelines.archive import Archive, ArchiveConfig
from pipelines.errors import ConfigurationError
os.chdir(sys.argv[1])
if os.getuid() == 0:
    os.setuid(65534)        # root may write anywhere
try:
    Archive.open(ArchiveConfig(Path(sys.argv[2])), "news")
except ConfigurationError as error:
    print(error)
"""


@pytest.mark.parametrize("exists", [False, True], ids=["new", "old"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, exists: bool) -> None:
    if exists:
        opened(tmp_path / "archive")
    read_only = [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]
    for path in read_only:
        path.chmod(0o555)
    try:
        with in_child(NOT_ALLOWED, tmp_path, "archive") as child:
            out, err = child.communicate(timeout=60)
    finally:
        for path in read_only:
            path.chmod(0o755)
    assert (err, child.returncode) == ("", 0)
    assert re.match(r"(ARCHIVE_DIR: cannot be made: )?archive\b.*(may write)", out)
    assert out.count("\n") == 1


def test_a_compression_that_does_not_exist_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"JSONL_COMPRESSION: not one of gzip, zstd, none: 'lzma'"):
        opened(tmp_path / "archive", jsonl_compression="lzma")
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_the_manifest_is_true_to_the_disk(tmp_path: Path, compression: str) -> None:
    root = make_archive(
        tmp_path / "archive", jsonl_compression=compression, max_warc_bytes=2000, max_jsonl_bytes=2000
    )
    [path] = (root / "runs").glob("*.json")
    manifest = json.loads(path.read_text())
    on_disk = [file for kind in ("warc", "articles", "fetches") for file in sealed(root, kind)]
    assert {file["path"] for file in manifest["files"]} == {str(file.relative_to(root)) for file in on_disk}
    for file in manifest["files"]:
        data = (root / file["path"]).read_bytes()
        rows = warc_records(data) if file["kind"] == "warc" else lines_of(plain(root / file["path"]))
        assert (file["bytes"], file["sha256"], file["rows"]) == (
            len(data),
            hashlib.sha256(data).hexdigest(),
            len(rows),
        )
        assert f"/dt={file['dt']}/" in file["path"]
    assert open_files(root) == []
    fetches = sealed_lines(root, "fetches")
    assert manifest["tried"] == sum(manifest["outcomes"].values()) == len(fetches)
    assert manifest["articles"] == len(sealed_lines(root, "articles")) == manifest["outcomes"]["article"]
    assert sum(site["tried"] for site in manifest["sites"].values()) == manifest["tried"]
    assert (manifest["run_id"], manifest["finish_reason"], manifest["spider"]) == (
        path.stem,
        "finished",
        "news",
    )
    assert {line["run_id"] for line in fetches} == {path.stem}
    body = {key: value for key, value in manifest.items() if key != "manifest_sha256"}
    text = json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"
    assert manifest["manifest_sha256"] == hashlib.sha256(text).hexdigest()


def test_every_warc_of_a_run_begins_with_the_warcinfo_that_its_records_name(tmp_path: Path) -> None:
    root = make_archive(tmp_path / "archive", max_warc_bytes=2000)
    assert len(sealed(root, "warc")) > 1
    for path in sealed(root, "warc"):
        info, *records = warc_records(path.read_bytes())
        assert info.headers["warc-type"] == "warcinfo"
        assert info.headers["warc-filename"] == path.name
        assert info.block.decode() == "".join(f"{name}: {value}\r\n" for name, value in WARCINFO.items())
        assert {record.headers["warc-warcinfo-id"] for record in records} == {info.headers["warc-record-id"]}


def test_a_run_that_did_nothing_leaves_a_manifest_and_no_file(tmp_path: Path) -> None:
    archive = opened(tmp_path / "archive")
    assert (manifest_of(archive)["tried"], manifest_of(archive)["files"]) == (0, [])
    assert [path for kind in ("warc", "articles", "fetches") for path in sealed(archive.root, kind)] == []


def test_leases_that_had_not_ended_are_counted_and_wait_for_the_next_run(tmp_path: Path) -> None:
    got: list[str] = []

    async def first(archive: Archive) -> None:
        for number in range(3):
            archive.committer.add(found(f"https://news.example/{number}"))
        ended, *_ = await archive.committer.lease({}, 3, 3)
        await settle_together(archive.committer, [page_of(Clock(), ended)])

    async def second(archive: Archive) -> None:
        leases = await archive.committer.lease({}, 3, 3)
        got.extend(lease.url for lease in leases)
        await settle_together(archive.committer, [page_of(Clock(), lease) for lease in leases])

    assert opened(tmp_path, first).unsettled == 2
    assert opened(tmp_path, second).unsettled == 0
    assert got == ["https://news.example/1", "https://news.example/2"]


def test_the_final_tallies_are_those_of_the_manifest(tmp_path: Path) -> None:
    archive = opened(tmp_path, lambda archive: fill(archive, Clock()))
    assert archive.final_tallies == {
        site: counts["outcomes"] for site, counts in manifest_of(archive)["sites"].items()
    }
    assert sum(archive.final_tallies["osmere-courier"].values()) == 12


def full(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_after_a_write_that_failed_there_is_no_manifest_until_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> Archive:
        archive = Archive.open(ArchiveConfig(tmp_path), "news", Clock())
        with monkeypatch.context() as patched:
            patched.setattr(Segment, "sync", full)
            [result] = await settle_together(archive.committer, [page(Clock(), 0)])
        assert isinstance(result, DiskFullError)
        assert await archive.close("finished") is None
        return archive

    archive = asyncio.run(run())
    assert list((tmp_path / "runs").iterdir()) == []
    opened(tmp_path)
    assert (manifest_of(archive)["finish_reason"], manifest_of(archive)["tried"]) == ("interrupted", 0)


def test_a_disk_that_is_full_during_recovery_is_called_so_and_the_next_run_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_child(HOLDS, tmp_path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.kill()
        child.wait(60)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError) as raised:
        opened(tmp_path)
    monkeypatch.undo()
    assert raised.value.exit_code == ExitCode.DISK_FULL == 3
    assert len(list(opened(tmp_path).root.glob("runs/*.json"))) == 2
