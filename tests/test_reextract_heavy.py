"""Pages that are too much for a worker, in real ones."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import ArchiveDamagedError
from pipelines.reextraction.extracting import read_source
from pipelines.reextraction.heavy import HeavyPages, UnreadableError, spared
from pipelines.reextraction.inputs import find_segments
from pipelines.reextraction.pages import ArchivedPage, Source
from pipelines.workers import WorkerError, Workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES = [ArchivedPage(number, None, None, Source("/in", "a.warc.gz", number, 1))  # type: ignore[arg-type]  # not looked at
         for number in range(5)]
SECONDS = 0.4
READ = "tests.workertasks:read_watched"


async def tried(folder: Path, what: str) -> tuple[list[int] | None, dict[int, str]]:
    workers = Workers(1, SECONDS, 0, ())
    try:
        return await spared(workers, HeavyPages(folder / "heavy"), PAGES, READ, folder / "told", what)
    finally:
        await workers.close()


@pytest.mark.parametrize(("what", "reason", "times"), [
    ("hangs", "took longer than 0.4 s", 1), ("dies", "the worker died (exit code -9)", 2)])
def test_a_page_that_is_too_much_costs_itself_alone_and_is_remembered(
    tmp_path: Path, what: str, reason: str, times: int,
) -> None:
    for _ in range(2):
        assert asyncio.run(tried(tmp_path, what)) == ([0, 1, 3, 4], {2: reason})
    assert (tmp_path / "told").read_text().count("2") == times


def test_a_worker_that_dies_by_chance_costs_its_page_nothing(tmp_path: Path) -> None:
    assert asyncio.run(tried(tmp_path, "dies once")) == ([0, 1, 2, 3, 4], {})


@pytest.mark.parametrize(("what", "is_meant"), [
    ("full", lambda error: error.errno == errno.ENOSPC), ("unreadable", lambda error: type(error) is UnreadableError)])
def test_what_is_no_fault_of_the_page_is_not_put_on_it(
    tmp_path: Path, what: str, is_meant: Callable[[WorkerError], bool],
) -> None:
    with pytest.raises(WorkerError) as raised:
        asyncio.run(tried(tmp_path, what))
    assert is_meant(raised.value)
    assert not list((tmp_path / "heavy").iterdir())


def test_a_file_that_is_gone_is_not_put_on_its_pages(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        read_source(Source(str(tmp_path), "none.warc.gz", 0, 10))
    (tmp_path / "none.warc.gz").write_bytes(b"no record")
    with pytest.raises(ArchiveDamagedError):
        read_source(Source(str(tmp_path), "none.warc.gz", 0, 10))


def test_what_lies_in_the_work_folder_of_an_out_below_is_no_input(tmp_path: Path) -> None:
    for path in ("a.warc", "out/.work/surveys/000000.plain.warc"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert [segment.path for segment in find_segments([str(tmp_path)], tmp_path / "out")] == ["a.warc"]
