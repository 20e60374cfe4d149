"""What a file holds, decompressed block by block as its name says: `.gz`, `.zst`, or plain.

Owns when a compressed file counts as whole: its last member ends where the file does, and every check holds (RFC 1952,
RFC 8878). Must not know what the bytes mean.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from isal import isal_zlib

from pipelines.zstd import ZstdDecompressor, ZstdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    Tell = Callable[[bytes], object]

_GZIP_ERROR: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stubs take the class for an instance
BROKEN = (OSError, EOFError, _GZIP_ERROR, ZstdError)
"""What `plain_blocks` raises where a file does not decompress or cannot be read."""

BLOCK_BYTES = 1 << 16        # larger ones come from the system page by page, which takes as long as to inflate them
_READ_BYTES = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS


def plain_blocks(file: BinaryIO, suffix: str, on_bytes: Tell | None = None) -> Iterator[bytes]:
    """The text of a file from its beginning, at most BLOCK_BYTES at a time.

    `on_bytes` is given the file as it lies on disk, as it is read. EOFError where it breaks off within a member; one of
    BROKEN for other damage.
    """
    if suffix == ".gz":
        yield from _gunzipped(_read(file, on_bytes))
    elif suffix == ".zst":
        yield from _unzstd(_read(file, on_bytes))
    else:
        yield from _read(file, on_bytes)


def _read(file: BinaryIO, on_bytes: Tell | None) -> Iterator[bytes]:
    while block := file.read(_READ_BYTES):
        if on_bytes:
            on_bytes(block)
        yield block


def _gunzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    inflater = isal_zlib.decompressobj(_GZIP)
    is_within = True        # a file of no bytes holds no member
    for block in blocks:
        data = block
        while data:
            if inflater.eof:
                inflater = isal_zlib.decompressobj(_GZIP)
            text = inflater.decompress(data, BLOCK_BYTES)
            is_within = not inflater.eof
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if text:
                yield text
    if is_within:
        yield from _rest(inflater)


def _rest(inflater: isal_zlib.Decompress) -> Iterator[bytes]:
    """What the inflater still holds back once all is read: a block that was exactly full may have more behind it."""
    while text := inflater.decompress(b"", BLOCK_BYTES):
        yield text
    if not inflater.eof:
        raise EOFError("the file ends within a gzip member")


def _unzstd(blocks: Iterator[bytes]) -> Iterator[bytes]:
    inflater = ZstdDecompressor()
    is_within = True        # a file of no bytes holds no member
    for block in blocks:
        data = block
        while data or not (inflater.eof or inflater.needs_input):
            if inflater.eof:
                inflater = ZstdDecompressor()
            text = inflater.decompress(data, BLOCK_BYTES)
            is_within = not inflater.eof
            data = inflater.unused_data if inflater.eof else b""
            if text:
                yield text
    if is_within:
        raise EOFError("the file ends within a zstd frame")
