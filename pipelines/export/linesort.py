"""Lines sorted by their bytes, however many there are.

Owns the runs that are laid down on disk when memory is full. Must not know what the lines say.
"""

from __future__ import annotations

import heapq
import tempfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

MAX_BYTES = 16 << 20


class LineSort:
    """Add lines, each with its newline, then iterate. At most `max_bytes` of them are in memory; the rest lies in
    `folder`, in files without names that go with this."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._lines: list[bytes] = []
        self._bytes = 0
        self._runs: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for run in self._runs:
            run.close()

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self._bytes += len(line)
        if self._bytes >= self._max_bytes:
            self._lay_down()

    def __iter__(self) -> Iterator[bytes]:
        self._lines.sort()
        for run in self._runs:
            run.seek(0)
        return heapq.merge(*self._runs, self._lines)

    def _lay_down(self) -> None:
        run = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # closed by __exit__
        self._runs.append(run)
        run.writelines(sorted(self._lines))
        self._lines, self._bytes = [], 0
