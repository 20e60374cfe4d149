"""The bytes of one side of an exchange: in memory while they are few, in a file without a name when they are many.

Owns where they are until they are archived. Must not know HTTP, nor who sent them. Appended by one thread, and read by
another only once nothing more comes.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEMORY_BYTES = 1 << 20
"""A capture that grows beyond this goes to disk: Scrapy holds the body as well, and again when it is decoded."""

_BLOCK = 1 << 16


class Capture:
    """Grows by `append`. OSError from `append` and the reading methods if the disk fails or is full.

    The file lies in `folder` (None: where temporary files go), has no name, and is gone with the capture.
    """

    def __init__(self, data: bytes = b"", *, folder: Path | None = None, memory_bytes: int = MEMORY_BYTES) -> None:
        self.size = len(data)
        self._parts = [data] if data else []
        self._folder, self._memory_bytes = folder, memory_bytes
        self._descriptor: int | None = None

    def append(self, data: bytes) -> None:
        if self._descriptor is None and self.size + len(data) > self._memory_bytes:
            self._move_to_disk()
        if self._descriptor is None:
            self._parts.append(data)
        else:
            _write(self._descriptor, data)
        self.size += len(data)

    def cut(self, surplus: int) -> None:
        """Take the last `surplus` bytes away."""
        if not surplus:
            return
        self.size = max(0, self.size - surplus)
        if self._descriptor is None:
            self._parts = [self._in_memory()[:self.size]]
        else:
            os.ftruncate(self._descriptor, self.size)
            os.lseek(self._descriptor, self.size, os.SEEK_SET)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to `end` (None: the last)."""
        end = self.size if end is None else min(end, self.size)
        if self._descriptor is None:
            return self._in_memory()[start:end]
        return b"".join(self.blocks(start, end))

    def blocks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The same piece by piece, so that what lies on disk stays there."""
        end = self.size if end is None else min(end, self.size)
        if self._descriptor is None:
            if start < end:
                yield self._in_memory()[start:end]
            return
        while start < end:
            block = os.pread(self._descriptor, min(_BLOCK, end - start), start)
            if not block:
                raise OSError(f"a spooled answer of {self.size} bytes ends at {start}")
            start += len(block)
            yield block

    def _in_memory(self) -> bytes:
        if len(self._parts) > 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0] if self._parts else b""

    def _move_to_disk(self) -> None:
        with tempfile.TemporaryFile(dir=self._folder, buffering=0) as file:
            descriptor = os.dup(file.fileno())
        try:
            _write(descriptor, self._in_memory())
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor, self._parts = descriptor, []

    def __del__(self) -> None:
        if getattr(self, "_descriptor", None) is not None:
            os.close(self._descriptor)  # type: ignore[arg-type]


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]
