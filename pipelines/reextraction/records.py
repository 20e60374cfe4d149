"""Records of anyone's WARC files, by FastWARC: one after the other, or one by its place.

Owns what is tolerated: every version of the format, plain, gzip or zstd with its dictionary, a tail that broke off, and
damage, behind which reading goes on. Must not know what the records mean.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

from fastwarc.warc import ArchiveIterator

from pipelines.errors import ArchiveDamagedError
from pipelines.places import kept_place, place_of
from pipelines.zstd import ZstdDecompressor, ZstdDict, ZstdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipelines.reextraction.pages import Source

MAX_BLOCK_BYTES = 256 << 20
"""Of a larger record nothing is read but its header."""

_MAX_DICTIONARY_BYTES = 64 << 20        # zstd itself makes them of 110 KiB; a length that lies must not fill the memory

_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_DICTIONARY = b"\x5d\x2a\x4d\x18"       # the skippable frame of the zstd WARC specification (IIPC), section 3
_PLAIN_RECORD = re.compile(rb"(?:\A|(?<=\n))WARC/\d")
_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*(\d{1,9})\r\n", re.IGNORECASE)
_BLOCK = 1 << 20
_PROBE_BYTES = 4096
_READ_BYTES = 1 << 14           # inflated, a thousand times that at most


class SharedMemberError(Exception):
    """Several records lie in one gzip member or zstd frame, or FastWARC cannot tell where, so that none can be found by
    its place."""


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
    form = _Form.of(file, path)
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
    if data.startswith(_ZSTD):
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
        return _Form.of(file, path).dictionary


def inflate_into(plain: BinaryIO, file: BinaryIO, path: str, on_damage: Callable[[int, str], object]) -> None:
    """Write what a compressed file holds. What does not inflate is told by its place, and left behind. OSError if
    `plain` cannot be written."""
    form = _Form.of(file, path)
    next_start = form.next_record(file, 0)
    while (start := next_start) is not None:
        try:
            next_start = form.inflate_member(plain, file, start)
        except (zlib.error, ZstdError, EOFError) as error:
            on_damage(start, str(error))
            next_start = form.next_record(file, start + 1)


def _dictionary_in(file: BinaryIO, size: int) -> bytes | None:
    """None if it is none: then nothing in the file can be read, which is told as damage."""
    held = file.read(min(size, _MAX_DICTIONARY_BYTES + 1))
    if len(held) != size:
        return None
    try:
        dictionary = ZstdDecompressor().decompress(held, _MAX_DICTIONARY_BYTES) if held.startswith(_ZSTD) else held
        ZstdDict(dictionary)
    except (ZstdError, ValueError):
        return None
    return dictionary


class _Form:
    """How a file is compressed; and of a run of records, whether it `has_begun` and `ended_well`."""

    def __init__(self, magic: bytes, dictionary: bytes | None = None) -> None:
        self.magic, self.dictionary = magic, dictionary
        self.has_begun = self.ended_well = False

    @classmethod
    def of(cls, file: BinaryIO, path: str) -> _Form:
        file.seek(0)
        head = file.read(8)
        if head.startswith(_GZIP) or (path.endswith(".gz") and not head.startswith(b"WARC/")):
            return cls(_GZIP)
        if head.startswith(_DICTIONARY):
            return cls(_ZSTD, _dictionary_in(file, int.from_bytes(head[4:8], "little")))
        is_zstd = head.startswith(_ZSTD) or (path.endswith((".zst", ".zstd")) and not head.startswith(b"WARC/"))
        return cls(_ZSTD if is_zstd else b"")

    def refuse_shared(self, file: BinaryIO) -> None:
        """By what is behind the first record in its member; FastWARC tells no place within one."""
        if not self.magic:
            return
        first = self.next_record(file, 0)
        file.seek(first or 0)
        content = self._inflated(file.read(_BLOCK), _BLOCK)
        end = content.find(b"\r\n\r\n")
        length = _LENGTH.search(content[:end + 2])
        if end > 0 and length and content[end + 4 + int(length[1]):].lstrip(b"\r\n").startswith(b"WARC/"):
            raise SharedMemberError

    def stream(self, file: BinaryIO, start: int) -> Any:
        if self.dictionary and start:       # FastWARC 2.0.1 tells wrong places there: those of the next frame
            raise SharedMemberError
        file.seek(start)
        return _From(file, start)

    def inflate_member(self, plain: BinaryIO, file: BinaryIO, start: int) -> int | None:
        """What is at `start`, as far as it inflates. Where it ends; None if the file does."""
        file.seek(start)
        inflater = self._inflater()
        while not inflater.eof:
            block = file.read(_READ_BYTES)
            if not block:
                raise EOFError("the file ends within a record")
            plain.write(inflater.decompress(block))
        end = file.tell() - len(inflater.unused_data)
        file.seek(end)
        return end if file.read(1) else None

    def _inflater(self) -> Any:
        if self.magic == _GZIP:
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        return ZstdDecompressor(zstd_dict=ZstdDict(self.dictionary) if self.dictionary else None)

    def next_record(self, file: BinaryIO, start: int) -> int | None:
        """The first place from `start` on where a record begins."""
        file.seek(start)
        data, at = b"", start
        while block := file.read(_BLOCK):
            data += block
            for found in self._places(data):
                if self._begins(data[found:found + _PROBE_BYTES]):
                    return at + found
            kept = data[-_PROBE_BYTES:] if len(data) > _PROBE_BYTES else data
            at, data = at + len(data) - len(kept), kept
        return None

    def _places(self, data: bytes) -> Iterator[int]:
        pattern = re.compile(re.escape(self.magic)) if self.magic else _PLAIN_RECORD
        return (match.start() for match in pattern.finditer(data))

    def _begins(self, data: bytes) -> bool:
        return not self.magic or self._inflated(data, 5) == b"WARC/"

    def _inflated(self, data: bytes, size: int) -> bytes:
        """The beginning of what the first member or frame of `data` holds; empty if it is none."""
        try:
            return bytes(self._inflater().decompress(data, size))
        except (zlib.error, ZstdError):
            return b""


def _whole_run(
    file: BinaryIO, start: int, size: int, form: _Form, on_damage: Callable[[int, str], object],
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


class _From:
    """A file from a place on, for FastWARC, which counts from where it begins."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def tell(self) -> int:
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(self._start + offset if whence == 0 else offset, whence) - self._start

    def close(self) -> None: ...       # the file is its owner's
