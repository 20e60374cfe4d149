"""Strict reading of WARC files: what is whole is read, and what is not is named with its place."""

from __future__ import annotations

import gzip
import itertools
import random
from typing import TYPE_CHECKING

import pytest

from pipelines.exchange import digest
from pipelines.warcread import (
    CorruptMemberError,
    MalformedRecordError,
    NotGzipError,
    RecordCountError,
    RecordTooLargeError,
    TruncatedMemberError,
    WarcReadError,
    iter_records,
    read_record,
)
from tests.archives import make_archive

if TYPE_CHECKING:
    from pathlib import Path


def record(block: bytes = b"hello", **headers: str) -> bytes:
    fields = {"WARC-Type": "resource", "WARC-Record-ID": "<urn:uuid:1>", "WARC-Date": "2026-11-22T14:15:00Z",
              "WARC-Target-URI": "https://news.example/", "Content-Length": str(len(block)), **headers}
    head = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode() + b"\r\n" + block + b"\r\n\r\n"


def member(*records: bytes) -> bytes:
    return gzip.compress(b"".join(records), mtime=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.warc.gz"


def error_of(path: Path, data: bytes, **options: int) -> WarcReadError:
    path.write_bytes(data)
    with pytest.raises(WarcReadError) as caught:
        list(iter_records(path, **options))
    assert caught.value.path == path
    assert str(path) in str(caught.value)
    return caught.value


def test_members_are_read_in_order_with_the_place_that_each_has(path: Path) -> None:
    members = [member(record(bytes([65 + n]) * n * 9000)) for n in range(30)]
    path.write_bytes(b"".join(members))
    placed = list(iter_records(path))
    assert [one.length for one in placed] == [len(data) for data in members]
    assert [one.offset for one in placed] == [0, *itertools.accumulate(map(len, members[:-1]))]
    assert [one.record.block for one in placed] == [bytes([65 + n]) * n * 9000 for n in range(30)]


def test_a_record_larger_than_a_block_is_read_whole(path: Path) -> None:
    block = random.Random(1).randbytes(3_000_000)
    path.write_bytes(member(record(block)) + member(record()))
    assert [one.record.block for one in iter_records(path)] == [block, b"hello"]


def test_a_record_tells_its_headers_whatever_their_case(path: Path) -> None:
    path.write_bytes(member(record(**{"warc-block-digest": digest(b"hello"), "X": "a\r\n b"})))
    [placed] = iter_records(path)
    assert (placed.record.type, placed.record.id) == ("resource", "<urn:uuid:1>")
    assert (placed.record.target_uri, placed.record.date) == ("https://news.example/", "2026-11-22T14:15:00Z")
    assert placed.record.header("WARC-Block-Digest") == digest(b"hello")
    assert placed.record.header("x") == "a b"
    assert placed.record.header("WARC-Truncated") is None


def test_an_empty_file_holds_no_record(path: Path) -> None:
    path.write_bytes(b"")
    assert list(iter_records(path)) == []


def test_a_file_that_ends_within_a_member_is_truncated_wherever_it_ends(path: Path) -> None:
    first, last = member(record()), member(record(b"x" * 100))
    for cut in range(1, len(last)):
        error = error_of(path, first + last[:cut])
        assert isinstance(error, TruncatedMemberError)
        assert error.offset == len(first)


@pytest.mark.parametrize("garbage", [b"\0" * 64, b"garbage", record(), b"\x1f\x8c"])
def test_what_follows_the_last_member_is_not_passed_over(path: Path, garbage: bytes) -> None:
    error = error_of(path, member(record()) + garbage)
    assert isinstance(error, NotGzipError)
    assert error.offset == len(member(record()))


def test_a_flipped_byte_within_a_member_is_found(path: Path) -> None:
    data = member(record(b"some text that is compressed, some text, some text"))
    seen = set()
    for position in range(10, len(data)):
        flipped = data[:position] + bytes([data[position] ^ 0x10]) + data[position + 1:]
        seen.add(type(error_of(path, flipped)))
    assert CorruptMemberError in seen


@pytest.mark.parametrize(("content", "kind"), [
    (b"", RecordCountError),
    (record() + record(), RecordCountError),
    (b"not WARC\r\n\r\n", MalformedRecordError),
    (b"WARC/1.1\r\nWARC-Type: resource", MalformedRecordError),
    (record() + b"more", MalformedRecordError),
    (record()[:-1], MalformedRecordError),
    (record(**{"Content-Length": "6"}), MalformedRecordError),
    (record(**{"Content-Length": "4"}), MalformedRecordError),
    (record(**{"Content-Length": "-1"}), MalformedRecordError),
    (record(**{"Content-Length": "9" * 5000}), MalformedRecordError),
    (record(**{"content-length": "5"}), MalformedRecordError),
    (record(**{"bad name": "x"}), MalformedRecordError),
    (record().replace(b"WARC-Date", b"X-Date"), MalformedRecordError),
    (record().replace(b"WARC-Date: 2", b"WARC-Date: \xff"), MalformedRecordError),
])
def test_a_member_is_one_record_exactly(path: Path, content: bytes, kind: type[WarcReadError]) -> None:
    error = error_of(path, member(record()) + member(content))
    assert type(error) is kind
    assert error.offset == len(member(record()))


def test_a_member_that_inflates_beyond_the_limit_is_refused(path: Path) -> None:
    bomb = member(record(bytes(50_000_000)))
    assert len(bomb) < 100_000
    assert isinstance(error_of(path, bomb, max_record_bytes=1_000_000), RecordTooLargeError)


def test_reading_goes_on_behind_damage_when_it_is_only_told(path: Path) -> None:
    good, bad = member(record(b"x" * 200_000)), bytearray(member(record(random.Random(2).randbytes(300_000))))
    bad[len(bad) // 2] ^= 0xFF
    path.write_bytes(good + bad + good + member(record() + record()) + good + good[:50])
    told: list[WarcReadError] = []
    blocks: list[bytes] = []
    placed = list(iter_records(path, on_damage=told.append, on_bytes=blocks.append))
    assert [one.offset for one in placed] == [
        0, len(good) + len(bad), 2 * len(good) + len(bad) + len(member(record() + record()))]
    assert [type(error) for error in told] == [CorruptMemberError, RecordCountError, TruncatedMemberError]
    assert b"".join(blocks) == path.read_bytes()


def test_only_the_part_that_counts_is_read(path: Path) -> None:
    path.write_bytes(member(record()) * 2 + b"half a member that was never committed")
    assert len(list(iter_records(path, end=2 * len(member(record()))))) == 2


def test_one_record_is_read_by_its_place(path: Path) -> None:
    first, second = member(record(b"one")), member(record(b"two"))
    path.write_bytes(first + second)
    assert read_record(path, len(first), len(second)).block == b"two"


@pytest.mark.parametrize(("offset", "length"), [(0, 1), (1, 100), (0, 400), (10_000, 10), (5, 0)])
def test_a_place_that_is_not_one_member_is_an_error(path: Path, offset: int, length: int) -> None:
    path.write_bytes(member(record()) + member(record()))
    with pytest.raises(WarcReadError):
        read_record(path, offset, length)


def test_the_records_of_a_real_archive_are_read_as_they_were_written(tmp_path: Path) -> None:
    [warc] = make_archive(tmp_path).glob("warc/*/*")
    records = [placed.record for placed in iter_records(warc)]
    assert records[0].type == "warcinfo"
    assert {one.type for one in records[1:]} == {"request", "response", "metadata"}
    assert all(one.header("WARC-Block-Digest") == digest(one.block) for one in records)
