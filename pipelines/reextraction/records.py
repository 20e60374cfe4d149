"""Records of anyone's WARC files, by FastWARC: one after the other, or one by its place.

Owns what is tolerated: every version of the format, a tail that broke off, and damage, behind which reading goes on.
Must not know what the records mean, nor how files are compressed (`forms`).
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

from fastwarc.warc import ArchiveIterator

from pipelines.errors import ArchiveDamagedError
from pipelines.places import kept_place, place_of
from pipelines.reextraction.forms import ZSTD, Form, SharedMemberError
from pipelines.zstd import ZstdDecompressor, ZstdDict, ZstdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipelines.reextraction.pages import Source

MAX_BLOCK_BYTES = 256 << 20
"""Of a larger record nothing is read but its header."""

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """`headers` have names in lower case. `length` reaches to the next record. `is_cut`: the file holds less than
    Content-Length says."""

    headers: Mapping[str, str]
    block: bytes
    offset: int
    length: int
    is_cut: bool

    @property
    def type(self) -> str:
        return self.headers.get("warc-type", "").lower()

    @property
    def id(self) -> str:
        return self.headers.get("warc-record-id", "")

    @property
    def target_uri(self) -> str:
        """Without the angle brackets that WARC 1.0 had around it (wget writes them)."""
        return self.headers.get("warc-target-uri", "").strip().removeprefix("<").removesuffix(">")


def iter_foreign(
    file: BinaryIO, path: str, size: int, kinds: frozenset[str], on_damage: Callable[[int, str], object],
) -> Iterator[ForeignRecord]:
    """The records of these kinds, in order. SharedMemberError if they do not lie each by itself. `on_damage` is told
    where something is no record, once each place; reading goes on at the next place where one begins."""
    form = Form.of(file, path)
    form.refuse_shared(file)
    start: int | None = 0
    while start is not None:
        reached = start
        for record in _whole_run(file, start, size, form, on_damage):
            reached = record.offset
            if record.type in kinds:
                yield record
            if record.is_cut:
                break
        else:
            if form.ended_well:
                return
        start = form.next_record(file, reached + 1 if form.has_begun else start + 1)


def read_at(source: Source) -> bytes:
    """The block of the record there. ArchiveDamagedError if none begins there."""
    return record_at(source).block


def record_at(source: Source) -> ForeignRecord:
    """The record there. ArchiveDamagedError if none begins there."""
    data = kept_place(source.address).read(source.path, source.offset, source.length)
    if data.startswith(ZSTD):
        data = _sound_frames(data, _dictionary_of(source.address, source.path))
    try:
        for record in ArchiveIterator(io.BytesIO(data), parse_http=False):
            return _with_end(_read(record, source.offset), source.offset + source.length)
    except (OSError, ValueError) as error:
        raise ArchiveDamagedError(f"{source.path}: at byte {source.offset}: {error}") from error
    raise ArchiveDamagedError(f"{source.path}: at byte {source.offset}: no record begins here")


def _sound_frames(data: bytes, dictionary: bytes | None) -> bytes:
    """What the frames hold, up to what is none: FastWARC reads ahead, and damage behind a record would cost it."""
    known, parts = ZstdDict(dictionary) if dictionary else None, []
    while data:
        inflater = ZstdDecompressor(zstd_dict=known)
        try:
            parts.append(inflater.decompress(data, 2 * MAX_BLOCK_BYTES))
        except ZstdError:
            break
        data = inflater.unused_data
    return b"".join(parts)


@lru_cache(maxsize=16)
def _dictionary_of(address: str, path: str) -> bytes | None:
    with place_of(address).open(path) as file:
        return Form.of(file, path).dictionary


def inflate_into(plain: BinaryIO, file: BinaryIO, path: str, on_damage: Callable[[int, str], object]) -> None:
    """Write what a compressed file holds. What does not inflate is told by its place, and left behind. OSError if
    `plain` cannot be written."""
    form = Form.of(file, path)
    next_start = form.next_record(file, 0)
    while (start := next_start) is not None:
        try:
            next_start = form.inflate_member(plain, file, start)
        except (zlib.error, ZstdError, EOFError) as error:
            on_damage(start, str(error))
            next_start = form.next_record(file, start + 1)


def _whole_run(
    file: BinaryIO, start: int, size: int, form: Form, on_damage: Callable[[int, str], object],
) -> Iterator[ForeignRecord]:
    """The records from `start` on, up to where FastWARC cannot go on. One is given when the next has been begun, for
    only then its length is known."""
    form.has_begun = form.ended_well = False
    held: ForeignRecord | None = None
    reached = start
    try:
        for record in ArchiveIterator(form.stream(file, start), parse_http=False):
            reached = start + record.stream_pos
            form.has_begun = True
            if form.magic and (reached >= size or (held is not None and held.offset == reached)):
                raise SharedMemberError
            if held is not None:
                yield _with_end(held, reached)
            held = _read(record, reached)
            if held.is_cut:
                on_damage(reached, "a record that breaks off")
                yield _with_end(held, size)
                return
    except (OSError, ValueError, EOFError) as error:
        on_damage(reached, str(error))
        if held is not None:
            yield _with_end(held, form.next_record(file, held.offset + 1) or size)
        return
    form.ended_well = True
    if held is not None:
        yield _with_end(held, size)


def _read(record: Any, offset: int) -> ForeignRecord:
    headers: dict[str, str] = {}
    for name, value in record.headers.items():
        headers.setdefault(name.lower(), value)
    length = record.content_length
    if length > MAX_BLOCK_BYTES:
        return ForeignRecord(headers, b"", offset, 0, _passed_bytes(record.reader) < length)
    block = bytes(record.reader.read())
    return ForeignRecord(headers, block, offset, 0, len(block) < length)


def _passed_bytes(reader: Any) -> int:
    """How much there is of a block that is not kept. A length that lies is told by it, and costs no other record."""
    return sum(map(len, iter(lambda: reader.read(_BLOCK), b"")))


def _with_end(record: ForeignRecord, end: int) -> ForeignRecord:
    return replace(record, length=end - record.offset)
