"""WARC 1.1 records as gzip members.

Owns how a record is written: header lines, digests, compression. Must not know what the records of an exchange are
(`pipelines.warcrecords`), nor files and offsets: where a member lands is the segment's business.
"""

from __future__ import annotations

import re
import struct
import uuid
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from pipelines.exchange import digest, digest_of
from pipelines.records import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

_LEVEL = 6
_PIECE_BYTES = 1 << 18
_GZIP_HEADER = b"\x1f\x8b\x08" + bytes(6) + b"\x03"  # RFC 1952 section 2.3: no name, no time, made on Unix
_MAX_STORED_BYTES = 0xFFFF
_CONTROL = re.compile("[\x00-\x1f\x7f]")
WARC_FIELDS = "application/warc-fields"


@dataclass(frozen=True, slots=True)
class Block:
    """What a record holds: `head` as it is, then `body_size` bytes that `body` gives anew at each call. A body that
    came compressed (`is_compressed`) is not compressed again: that takes milliseconds a page and gains nothing."""

    head: bytes
    body: Callable[[], Iterator[bytes]] = lambda: iter(())
    body_size: int = 0
    is_compressed: bool = False

    @property
    def digest(self) -> str:
        return digest_of(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        yield self.head
        yield from self.body()


@dataclass(frozen=True, slots=True)
class Member:
    """One record that is to become one whole gzip member; `fields` are its WARC header but for type and length."""

    kind: str
    record_id: str
    payload_digest: str
    date: str
    fields: tuple[tuple[str, str], ...]
    block: Block
    content_type: str

    def write_to(self, append: Callable[[bytes], object]) -> None:
        """Hand the bytes to `append`, piece by piece: a large body is never in memory as a whole."""
        out = _GzipMember(append)
        body = self.block.body()
        writer = _Writer(out, gzip=False, warc_version="1.1")
        headers = StatusAndHeaders("", [("WARC-Type", self.kind), *self.fields], protocol="WARC/1.1")
        record = writer.create_warc_record(
            None, self.kind, payload=_Stream(out.storing(body) if self.block.is_compressed else body),
            length=self.block.body_size, warc_headers=headers,
            warc_content_type=self.content_type, http_headers=_RawHead(self.block.head),
        )
        writer.write_record(record)
        out.end()


class _RawHead(StatusAndHeaders):  # type: ignore[misc]
    """A head that is written as it came: warcio re-serialises headers and so changes them (warcio issue 128)."""

    def __init__(self, head: bytes) -> None:
        super().__init__("", [])
        self._head = head

    def compute_headers_buffer(self, header_filter: Any = None) -> None:
        self.headers_buff = self._head

    def __bool__(self) -> bool:
        return True


class _Writer(WARCWriter):  # type: ignore[misc]
    """warcio's writer, but for digests: it would hash the framing of a chunked answer (warcio issue 74), and copy each
    body into a file of its own to hash it."""

    def ensure_digest(self, record: Any, block: bool = True, payload: bool = True) -> None:
        """They are among the fields."""


class _Stream:
    """Pieces as the readable file that warcio takes a body from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int = -1) -> bytes:
        return next(self._pieces, b"")


class _GzipMember:
    """The writable file that warcio gets: one gzip member is handed on, in one piece if it is small."""

    def __init__(self, append: Callable[[bytes], object]) -> None:
        self._append = append
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._buffer = bytearray(_GZIP_HEADER)
        self._crc, self._size, self._is_storing = 0, 0, False

    def storing(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same pieces; what is written from the first to the last of them is stored as it is."""
        self._buffer += self._compressor.flush(zlib.Z_FULL_FLUSH)  # ends on a whole byte
        self._is_storing = True
        yield from pieces
        self._is_storing = False

    def write(self, data: bytes) -> None:
        self._crc, self._size = zlib.crc32(data, self._crc), self._size + len(data)
        if self._is_storing:
            self._store(memoryview(data))
        else:
            self._buffer += self._compressor.compress(data)
        if len(self._buffer) >= _PIECE_BYTES:
            self._append(bytes(self._buffer))
            self._buffer.clear()

    def _store(self, data: memoryview) -> None:
        """RFC 1951 section 3.2.4."""
        for at in range(0, len(data), _MAX_STORED_BYTES):
            piece = data[at : at + _MAX_STORED_BYTES]
            self._buffer += struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF)
            self._buffer += piece

    def flush(self) -> None:
        """Not before the end of the member."""

    def end(self) -> None:
        self._buffer += self._compressor.flush()
        self._buffer += struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)
        self._append(bytes(self._buffer))


def new_record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def record(
    kind: str, block: Block, content_type: str, payload_digest: str, record_id: str, date: str,
    fields: Iterable[tuple[str, str | None]],
) -> Member:
    """A record with the fields that every one has, and these, but for those that are None.

    ValueError for a value that would break the header.
    """
    given = [("WARC-Record-ID", record_id), ("WARC-Date", date), *fields, ("WARC-Block-Digest", block.digest)]
    kept = tuple((name, _one_line(value)) for name, value in given if value is not None)
    return Member(kind, record_id, payload_digest, date, kept, block, content_type)


def warc_fields(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Lines of application/warc-fields (WARC 1.1 section 4); control characters in values become spaces."""
    return "".join(f"{name}: {_without_controls(value)}\r\n" for name, value in pairs).encode("utf-8", "replace")


def warcinfo_member(filename: str, record_id: str, written_at: datetime, info: Mapping[str, str]) -> Member:
    """The first record of a file (WARC 1.1 section 6.2)."""
    block = Block(warc_fields(info.items()))
    return record("warcinfo", block, WARC_FIELDS, digest(block.head), record_id, rfc3339(written_at),
                  [("WARC-Filename", filename)])


def written(member: Member) -> bytes:
    """The member in memory, for a small one."""
    out = BytesIO()
    member.write_to(out.write)
    return out.getvalue()


def _without_controls(value: str) -> str:
    return _CONTROL.sub(" ", value)


def _one_line(value: str) -> str:
    """warcio writes what it gets: a line break in a value would begin a header of the page's choosing."""
    if _CONTROL.search(value):
        raise ValueError(f"a WARC header value must not hold control characters: {value!r}")
    return value
