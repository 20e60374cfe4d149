"""A run writes one file a kind and day, and the next when it is full; what is not committed can be undone."""

from __future__ import annotations

import errno
import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pipelines.segment_set import Growing, SegmentSet
from pipelines.segments import Segment
from tests.builders import open_files, plain

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 14, 15, 0, 123_456, UTC)
DAY, NEXT = "2026-11-22", "2026-11-23"


def segments(
    root: Path, compression: str = "gzip", *, max_warc_bytes: int = 100, max_jsonl_bytes: int = 50,
    max_age: timedelta | None = None,
) -> SegmentSet:
    return SegmentSet(root, "run", max_warc_bytes=max_warc_bytes, max_jsonl_bytes=max_jsonl_bytes, max_age=max_age,
                      compression=compression, first_record=lambda name: (f"id of {name}", b"warcinfo"))


def commit(every: SegmentSet) -> None:
    """What the committer does once the store has the marks."""
    for growing in every.growing():
        growing.committed_bytes, growing.committed_rows = growing.segment.size, growing.rows


def close(every: SegmentSet) -> None:
    for growing in every.growing():
        growing.segment.close()


def append(growing: Growing, data: bytes) -> None:
    growing.segment.append(data)
    growing.rows += 1


def test_files_are_named_by_kind_day_run_and_serial(tmp_path: Path) -> None:
    every = segments(tmp_path)
    names = [every.room(kind, DAY, NOW).segment.name for kind in ("warc", "articles", "fetches")]
    close(every)
    assert [name.path for name in names] == [
        "warc/dt=2026-11-22/broadsheet-20261122141500123-00000-run.warc.gz",
        "articles/dt=2026-11-22/run-00000.jsonl.gz",
        "fetches/dt=2026-11-22/run-00000.jsonl.gz",
    ]
    assert [(name.kind, name.dt) for name in names] == [("warc", DAY), ("articles", DAY), ("fetches", DAY)]


@pytest.mark.parametrize(
    ("compression", "suffix"), [("gzip", ".jsonl.gz"), ("zstd", ".jsonl.zst"), ("none", ".jsonl")]
)
def test_the_compression_of_lines_shows_in_their_name(tmp_path: Path, compression: str, suffix: str) -> None:
    every = segments(tmp_path, compression)
    growing = every.room("fetches", DAY, NOW)
    append(growing, b"{}\n")
    [growing] = every.take_all()
    sealed = every.seal(growing)
    assert sealed.path == f"fetches/dt=2026-11-22/run-00000{suffix}"
    assert sealed.rows == 1
    assert plain(tmp_path / sealed.path) == b"{}\n"


def test_a_warc_begins_with_its_warcinfo_and_lines_with_nothing(tmp_path: Path) -> None:
    every = segments(tmp_path)
    warc, lines = every.room("warc", DAY, NOW), every.room("articles", DAY, NOW)
    close(every)
    assert (tmp_path / warc.segment.name.open_path).read_bytes() == b"warcinfo"
    assert (warc.rows, warc.segment.size, warc.context) == (
        1,
        8,
        f"id of {warc.segment.name.path.rpartition('/')[2]}",
    )
    assert (lines.rows, lines.segment.size) == (0, 0)


def test_there_is_one_file_a_kind_and_day_until_it_is_full(tmp_path: Path) -> None:
    every = segments(tmp_path)
    first = every.room("warc", DAY, NOW)
    append(first, b"x" * 91)
    assert every.room("warc", DAY, NOW) is first
    append(first, b"x")
    second = every.room("warc", DAY, NOW)
    other_day = every.room("warc", NEXT, NOW)
    assert [
        re.findall(r"-(\d{5})-", growing.segment.name.path) for growing in (first, second, other_day)
    ] == [["00000"], ["00001"], ["00002"]]
    assert "/dt=2026-11-23/" in other_day.segment.name.path
    assert every.growing() == [first, second, other_day]
    assert len(open_files(tmp_path)) == 3
    close(every)


def test_lines_have_a_limit_of_their_own(tmp_path: Path) -> None:
    every = segments(tmp_path)
    first = every.room("fetches", DAY, NOW)
    append(first, b"x" * 50)
    second = every.room("fetches", DAY, NOW)
    assert second.segment.name.path == "fetches/dt=2026-11-22/run-00001.jsonl.gz"
    assert every.room("articles", DAY, NOW).segment.name.path == "articles/dt=2026-11-22/run-00000.jsonl.gz"
    close(every)


def test_full_files_and_those_of_a_day_that_is_over_are_finished(tmp_path: Path) -> None:
    every = segments(tmp_path)
    full = every.room("warc", DAY, NOW)
    append(full, b"x" * 100)
    growing, lines = every.room("warc", DAY, NOW), every.room("fetches", DAY, NOW)
    assert every.take_finished(NOW) == [full]
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    tomorrow = every.room("warc", NEXT, midnight)
    assert every.take_finished(midnight + timedelta(minutes=59)) == []
    assert every.take_finished(midnight + timedelta(hours=1)) == [growing, lines]
    assert every.growing() == [tomorrow]
    for left in (full, growing, lines, tomorrow):
        left.segment.close()


def test_old_files_are_finished_and_the_next_bytes_get_a_new_one(tmp_path: Path) -> None:
    every = segments(tmp_path, max_age=timedelta(minutes=10))
    old = every.room("warc", DAY, NOW)
    younger = every.room("fetches", DAY, NOW + timedelta(minutes=5))
    assert every.take_finished(NOW + timedelta(minutes=9, seconds=59)) == []
    assert every.take_finished(NOW + timedelta(minutes=10)) == [old]
    assert every.room("warc", DAY, NOW + timedelta(minutes=10)) is not old
    assert younger in every.growing()
    old.segment.close()
    close(every)


def test_a_page_of_a_day_that_was_sealed_gets_a_new_file(tmp_path: Path) -> None:
    every = segments(tmp_path)
    every.room("fetches", DAY, NOW)
    late = NOW + timedelta(days=1)
    [finished] = every.take_finished(late)
    sealed = every.seal(finished)
    again = every.room("fetches", DAY, late)
    close(every)
    assert sealed.path != again.segment.name.path
    assert again.segment.name.dt == DAY


def test_sealed_files_are_those_that_were_open(tmp_path: Path) -> None:
    every = segments(tmp_path)
    append(every.room("warc", DAY, NOW), b"x" * 100)
    append(every.room("warc", DAY, NOW), b"y")
    append(every.room("articles", DAY, NOW), b"{}\n")
    sealed = [every.seal(growing) for growing in every.take_all()]
    assert [(file.kind, file.rows) for file in sealed] == [("warc", 2), ("warc", 2), ("articles", 1)]
    assert every.growing() == []
    assert open_files(tmp_path) == []
    assert all((tmp_path / file.path).stat().st_size == file.bytes for file in sealed)


def test_cutting_back_leaves_what_was_committed_and_no_file_besides(tmp_path: Path) -> None:
    every = segments(tmp_path)
    warc, lines = every.room("warc", DAY, NOW), every.room("articles", DAY, NOW)
    append(lines, b"line\n")
    commit(every)
    append(warc, b"x" * 200)
    append(lines, b"lost\n")
    full = every.room("warc", DAY, NOW)
    append(full, b"x" * 200)
    every.room("warc", DAY, NOW)
    every.room("fetches", DAY, NOW)
    every.cut_back()
    assert every.growing() == [warc, lines]
    assert open_files(tmp_path) == sorted([warc.segment.name.open_path, lines.segment.name.open_path])
    assert (tmp_path / warc.segment.name.open_path).read_bytes() == b"warcinfo"
    assert (tmp_path / lines.segment.name.open_path).read_bytes() == b"line\n"
    assert [(growing.rows, growing.mark.rows, growing.mark.bytes) for growing in every.growing()] == [
        (1, 1, 8),
        (1, 1, 5),
    ]
    close(every)


def fill_disk_after(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """From now on an append writes `size` bytes of what it is given, and fails."""

    def append(segment: Segment, data: bytes) -> None:
        segment._file.write(data[:size])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Segment, "append", append)


def test_a_first_record_that_fitted_only_in_part_is_cut_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = segments(tmp_path)
    warc = every.room("warc", DAY, NOW)
    commit(every)
    fill_disk_after(monkeypatch, 3)
    with pytest.raises(OSError, match="No space left"):
        append(warc, b"record")
    every.cut_back()
    close(every)
    assert (tmp_path / warc.segment.name.open_path).read_bytes() == b"warcinfo"


def test_a_file_whose_warcinfo_did_not_fit_goes_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = segments(tmp_path)
    fill_disk_after(monkeypatch, 3)
    with pytest.raises(OSError, match="No space left"):
        every.room("warc", DAY, NOW)
    every.cut_back()
    assert every.growing() == []
    assert open_files(tmp_path) == []
