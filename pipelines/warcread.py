"""WARC files read strictly: every record proved to be one whole gzip member.

Owns finding members in a file and taking one record apart. Must not know the archive, its state or its lines, and
repairs nothing: what is not exactly as WARC 1.1 section 4 and its annex D say is an error with file and offset.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

MAX_RECORD_BYTES = 1 << 30
"""The largest record that is read: a member that inflates further is an error, not a full memory."""

_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b\x08"
_BLOCK = 1 << 16                # what is left of a block is copied for each member: a larger one costs more
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION = re.compile(r"WARC/\d+\.\d+")
_REPEATABLE = frozenset({"warc-concurrent-to", "warc-protocol"})    # section 5.7; the proposal for the other
_ONE_EACH = ("warc-type", "warc-record-id", "warc-date", "content-length")
_RECORD_END = b"\r\n\r\n"


class WarcReadError(ArchiveDamagedError):
    """A place in a WARC file that is not one whole record. `path` and `offset` say where, `fact` what."""

    def __init__(self, path: Path | str, offset: int, fact: str) -> None:
        super().__init__(f"{path}: at byte {offset}: {fact}: restore the file from a copy")
        self.path, self.offset, self.fact = path, offset, fact


class TruncatedMemberError(WarcReadError):
    """The file ends within a gzip member."""


class NotGzipError(WarcReadError):
    """Where a gzip member should begin, or after the last one, lies something else."""


class CorruptMemberError(WarcReadError):
    """A gzip member does not inflate, or its CRC or length does not hold."""


class RecordCountError(WarcReadError):
    """A gzip member holds no record, or more than one."""


class MalformedRecordError(WarcReadError):
    """A member's content is not a WARC record: its header, its Content-Length or its end."""


class RecordTooLargeError(WarcReadError):
    """A gzip member inflates beyond the limit."""


@dataclass(frozen=True, slots=True)
class Record:
    """A WARC record. Header names are as written; `block` is Content-Length bytes; empty text: no such header."""

    type: str
    id: str
    target_uri: str
    date: str
    headers: tuple[tuple[str, str], ...]
    block: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


@dataclass(frozen=True, slots=True)
class PlacedRecord:
    """A record and its gzip member: `offset` and `length` in bytes of the file."""

    offset: int
    length: int
    record: Record


def iter_records(
    path: Path, *, end: int | None = None, max_record_bytes: int = MAX_RECORD_BYTES,
    on_bytes: Callable[[bytes], object] | None = None, on_damage: Callable[[WarcReadError], object] | None = None,
) -> Iterator[PlacedRecord]:
    """Every record of a file, in order, up to byte `end`; memory holds one record at a time.

    `on_bytes` is given each block of the file once, in order, and the whole file if it is read to its end.
    The first damage raises its WarcReadError; with `on_damage` it is told instead, and reading goes on at the next
    place where a record begins. OSError if the file cannot be read.
    """
    with path.open("rb") as file:
        source = _Source(path, file, end, on_bytes)
        while source.fill():
            offset = source.offset
            try:
                record = parse_record(_inflate(source, max_record_bytes), path, offset)
            except WarcReadError as error:
                if on_damage is None:
                    raise
                on_damage(error)
                if not isinstance(error, (RecordCountError, MalformedRecordError)):
                    _skip_to_next_member(source, offset + 1)
            else:
                yield PlacedRecord(offset, source.offset - offset, record)


def read_record(path: Path, offset: int, length: int) -> Record:
    """The record whose gzip member is exactly those bytes. WarcReadError if it is not, OSError as it comes."""
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(min(length, MAX_RECORD_BYTES))
    return exact_record(data, path, offset, length)


def exact_record(data: bytes, path: Path | str, offset: int, length: int) -> Record:
    """The record whose gzip member `data` is, which was read from `offset` on."""
    placed = first_record(data, path, offset)
    if placed.length != length:
        raise MalformedRecordError(path, offset, f"the gzip member is {placed.length} bytes long, not {length}")
    return placed.record


def first_record(data: bytes, path: Path | str, offset: int) -> PlacedRecord:
    """The record whose gzip member begins `data`, which was read from `offset` on. WarcReadError if it is not one."""
    if not data:
        raise TruncatedMemberError(path, offset, "the file ends before this record begins")
    source = _Source(path, io.BytesIO(data), None, None)
    try:
        record = parse_record(_inflate(source, MAX_RECORD_BYTES), path, offset)
    except WarcReadError as error:      # which counts from the beginning of the data
        raise type(error)(path, offset, error.fact) from None
    return PlacedRecord(offset, source.offset, record)


class _Source:
    """A file read forward in blocks. `data` are the bytes from `offset` on that have been read and not used."""

    def __init__(
        self, path: Path | str, file: BinaryIO, end: int | None, on_bytes: Callable[[bytes], object] | None
    ) -> None:
        self.path, self._told = path, 0
        self._file, self._end, self._on_bytes = file, end, on_bytes
        self.seek(0)

    def seek(self, offset: int) -> None:
        self._file.seek(offset)
        self._position, self.data = offset, b""

    @property
    def offset(self) -> int:
        return self._position - len(self.data)

    def fill(self) -> bool:
        """Whether there is more: reads a block if all is used."""
        if not self.data:
            self.data = self._read()
        return bool(self.data)

    def extend(self) -> bool:
        """Read a block more behind what is there; whether there was one."""
        block = self._read()
        self.data += block
        return bool(block)

    def _read(self) -> bytes:
        size = _BLOCK if self._end is None else max(0, min(_BLOCK, self._end - self._position))
        block = self._file.read(size)
        self._position += len(block)
        if self._on_bytes and self._position > self._told:  # after a seek back, what was told is not told again
            self._on_bytes(block[len(block) - (self._position - self._told):])
            self._told = self._position
        return block


def _inflate(source: _Source, limit: int) -> bytes:
    """The content of the member that begins at the source's offset, which is then behind it."""
    offset = source.offset
    while len(source.data) < len(_MAGIC) and source.extend():
        pass
    if not source.data.startswith(_MAGIC):
        if _MAGIC.startswith(source.data):
            raise TruncatedMemberError(source.path, offset, "the file ends within a gzip member")
        raise NotGzipError(source.path, offset, f"no gzip member begins here, but {source.data[:16]!r}")
    inflater, parts, size = zlib.decompressobj(_GZIP), [], 0
    while not inflater.eof:
        if not source.fill():
            raise TruncatedMemberError(source.path, offset, "the file ends within a gzip member")
        try:
            part = inflater.decompress(source.data, limit - size + 1)
        except zlib.error as error:
            raise CorruptMemberError(source.path, offset, f"the gzip member is damaged ({error})") from None
        size += len(part)
        if size > limit:
            raise RecordTooLargeError(source.path, offset, f"the gzip member inflates to more than {limit} bytes")
        parts.append(part)
        source.data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    return b"".join(parts)


def _skip_to_next_member(source: _Source, offset: int) -> None:
    """To the next place where gzip begins and a WARC header comes out of it; to the end if there is none."""
    source.seek(offset)
    while source.fill():
        at = source.data.find(_MAGIC)
        if at < 0:
            source.data = source.data[1 - len(_MAGIC):]     # the magic may lie across two blocks
            if not source.extend():
                source.data = b""
            continue
        source.data = source.data[at:]
        if len(source.data) < 1024:
            source.extend()
        if _begins_a_record(source.data):
            return
        source.data = source.data[1:]


def _begins_a_record(data: bytes) -> bool:
    try:
        return zlib.decompressobj(_GZIP).decompress(data, 5) == b"WARC/"
    except zlib.error:
        return False


def parse_record(content: bytes, path: Path | str, offset: int) -> Record:
    """The one record that `content` is, exactly. `path` and `offset` are for the error's sake."""
    if not content:
        raise RecordCountError(path, offset, "the gzip member is empty: it should hold one record")
    end = content.find(_RECORD_END)
    if end < 0:
        raise MalformedRecordError(path, offset, "no empty line ends the WARC header")
    try:
        headers = _headers(content[:end].decode("utf-8"))
        length = _number(_one_each(headers)["content-length"])
    except ValueError as error:
        raise MalformedRecordError(path, offset, f"the WARC header is malformed: {error}") from None
    begin = end + len(_RECORD_END)
    block, rest = content[begin : begin + length], content[begin + length:]
    if len(block) < length or rest != _RECORD_END:
        raise _wrong_end(path, offset, length, len(content) - begin - len(_RECORD_END), rest)
    first = {name.lower(): value for name, value in reversed(headers)}
    return Record(first["warc-type"], first["warc-record-id"], first.get("warc-target-uri", ""), first["warc-date"],
                  headers, block)


def _headers(head: str) -> tuple[tuple[str, str], ...]:
    version, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    if not _VERSION.fullmatch(version):
        raise ValueError(f"it begins with {version[:40]!r}")
    pairs = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise ValueError(f"not a header: {line[:80]!r}")
        pairs.append((name, value.strip(" \t")))
    return tuple(pairs)


def _one_each(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The mandatory fields (section 5), each of which must be there exactly once."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if key in found and key not in _REPEATABLE:
            raise ValueError(f"{name} occurs twice")
        if key in _ONE_EACH:
            found[key] = value
    missing = [name for name in _ONE_EACH if name not in found]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ValueError(f"Content-Length is not a number: {text!r}")
    return int(text)


def _wrong_end(path: Path | str, offset: int, length: int, actual: int, rest: bytes) -> WarcReadError:
    if rest.startswith(_RECORD_END + b"WARC/"):
        return RecordCountError(path, offset, "the gzip member holds more than one record")
    return MalformedRecordError(
        path, offset, f"Content-Length is {length}, but the block and its two line ends would make {max(actual, 0)}")
