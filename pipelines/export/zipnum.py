"""Sorted CDXJ lines as a ZipNum cluster: gzip members of some hundred lines, and an index of those.

Owns that form, as pywb and ReplayWeb.page read it (WACZ 1.1.1, `indexes/`; wiki of pywb, "CDX Index Format"). Must not
know where it is written.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LINES_A_BLOCK = 1024
_GZIP = 16 + zlib.MAX_WBITS


def write_zipnum(lines: Iterable[bytes], file_name: str, append: Callable[[bytes], object]) -> Iterator[bytes]:
    """Hand the members to `append`, which goes to the file of that name; gives the lines of its index, in order."""
    meta = {"format": "cdxj-gzip-1.0", "filename": file_name}
    yield b"!meta 0 " + json.dumps(meta).encode() + b"\n"
    offset = 0
    for block in _blocks(lines):
        member = _compressed(b"".join(block))
        append(member)
        key = b" ".join(block[0].split(b" ", 2)[:2])  # a key may hold a brace
        yield key + b" " + json.dumps({"offset": offset, "length": len(member)}).encode() + b"\n"
        offset += len(member)


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for line in lines:
        block.append(line)
        if len(block) == LINES_A_BLOCK:
            yield block
            block = []
    if block:
        yield block


def _compressed(data: bytes) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return compressor.compress(data) + compressor.flush()
