"""Files of lines that are there whole or not at all, and whose bytes follow from their lines alone.

Owns compression without a time or a name, the temporary name and the order of syncs. Must not know what the lines say.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from pipelines.layout import OPEN_SUFFIX
from pipelines.segments import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_LEVEL = 6


class LineFile:
    """Use as a context: the file has its name once that is left without an error. `rows` counts its lines."""

    def __init__(self, path: Path, level: int = _LEVEL) -> None:
        self.path, self.rows = path, 0
        self._temporary = path.with_name(path.name + OPEN_SUFFIX)
        self._level = level

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._raw = self._temporary.open("wb")
        self._begin()
        return self

    def _begin(self) -> None:
        self._packed = gzip.GzipFile("", "wb", self._level, self._raw, mtime=0)

    def restart(self) -> None:
        """Forget what was written."""
        self._packed.close()
        self._raw.seek(0)
        self._raw.truncate()
        self.rows = 0
        self._begin()

    def write(self, line: bytes) -> None:
        """A line with its newline."""
        self._packed.write(line)
        self.rows += 1

    def add(self, value: Any) -> None:
        """A value as a line of JSON in ASCII."""
        self.write(json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        with self._raw:
            self._packed.close()
            self._raw.flush()
            if kind is None:
                os.fsync(self._raw.fileno())
        if kind is None:
            self._temporary.rename(self.path)
            sync_directory(self.path.parent)
        else:
            self._temporary.unlink(missing_ok=True)


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of such a file, without their newlines."""
    with gzip.open(path, "rb") as file:
        for line in file:
            yield line[:-1]


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
