"""The trace that the shim leaves: every call that changed a file below its folder, in order.

Owns the layout of the trace (`struct head` in shim.c). Must not know what the calls mean.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD = struct.Struct("=c3xII4xQQQ")
CREATE, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, FAULT = "c", "w", "t", "s", "r", "u", "m", "!"


@dataclass(frozen=True, slots=True)
class Call:
    """One call that succeeded; `offset` is the new size of a truncated file. A FAULT is one that was made to fail, `to`
    being its letter."""

    kind: str
    path: str
    to: str
    inode: int
    offset: int
    data: bytes = field(repr=False)


def read_trace(path: Path) -> list[Call]:
    return list(_calls(path.read_bytes()))


def _calls(data: bytes) -> Iterator[Call]:
    at = 0
    while at < len(data):
        kind, path_size, to_size, inode, offset, size = _HEAD.unpack_from(data, at)
        ends = [at + _HEAD.size]
        for length in (path_size, to_size, size):
            ends.append(ends[-1] + length)
        path, to, content = (data[begin:end] for begin, end in pairwise(ends))
        yield Call(kind.decode(), path.decode(), to.decode(), inode, offset, content)
        at = ends[-1]
