"""How anyone's WARC file is compressed: not at all, gzip, or zstd with or without its dictionary.

Owns where a record can begin in each form. Must not know what a record holds.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from pipelines.zstd import ZstdDecompressor, ZstdDict, ZstdError

if TYPE_CHECKING:
    from collections.abc import Iterator

ZSTD = b"\x28\xb5\x2f\xfd"
"""With which a frame begins."""

_MAX_DICTIONARY_BYTES = 64 << 20        # zstd itself makes them of 110 KiB; a length that lies must not fill the memory

_GZIP = b"\x1f\x8b\x08"
_DICTIONARY = b"\x5d\x2a\x4d\x18"       # the skippable frame of the zstd WARC specification (IIPC), section 3
_PLAIN_RECORD = re.compile(rb"(?:\A|(?<=\n))WARC/\d")
_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*(\d{1,9})\r\n", re.IGNORECASE)
_BLOCK = 1 << 20
_PROBE_BYTES = 4096
_READ_BYTES = 1 << 14           # inflated, a thousand times that at most


class SharedMemberError(Exception):
    """Several records lie in one gzip member or zstd frame, or FastWARC cannot tell where, so that none can be found by
    its place."""


def _dictionary_in(file: BinaryIO, size: int) -> bytes | None:
    """None if it is none: then nothing in the file can be read, which is told as damage."""
    held = file.read(min(size, _MAX_DICTIONARY_BYTES + 1))
    if len(held) != size:
        return None
    try:
        dictionary = ZstdDecompressor().decompress(held, _MAX_DICTIONARY_BYTES) if held.startswith(ZSTD) else held
        ZstdDict(dictionary)
    except (ZstdError, ValueError):
        return None
    return dictionary


class Form:
    """How a file is compressed; and of a run of records, whether it `has_begun` and `ended_well`."""

    def __init__(self, magic: bytes, dictionary: bytes | None = None) -> None:
        self.magic, self.dictionary = magic, dictionary
        self.has_begun = self.ended_well = False

    @classmethod
    def of(cls, file: BinaryIO, path: str) -> Form:
        file.seek(0)
        head = file.read(8)
        if head.startswith(_GZIP) or (path.endswith(".gz") and not head.startswith(b"WARC/")):
            return cls(_GZIP)
        if head.startswith(_DICTIONARY):
            return cls(ZSTD, _dictionary_in(file, int.from_bytes(head[4:8], "little")))
        is_zstd = head.startswith(ZSTD) or (path.endswith((".zst", ".zstd")) and not head.startswith(b"WARC/"))
        return cls(ZSTD if is_zstd else b"")

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
