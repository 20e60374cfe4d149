"""Where files are read from: a folder of this machine, or one in an object store.

Owns how a file is listed, opened and read in a folder; `remoteplace` does it elsewhere. Must not know what files hold.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Place(Protocol):
    """A folder. Paths are relative to it, with `/` on every system."""

    @property
    def name(self) -> str:
        """As the user wrote it, for messages."""

    def paths(self, folder: str = "") -> Iterator[str]:
        """Every file below `folder`, sorted by path; nothing if there is no such folder. OSError for one that is there
        and cannot be listed."""

    def size(self, path: str) -> int:
        """Bytes of a file; FileNotFoundError if there is none."""

    def open(self, path: str) -> BinaryIO:
        """A file from its beginning; FileNotFoundError if there is none."""

    def read(self, path: str, offset: int, length: int) -> bytes:
        """A part of a file, shorter only where the file ends; FileNotFoundError if there is none."""


def place_of(address: str | Path) -> Place:
    """The folder at a path, or at an address as `s3://bucket/prefix`. ConfigurationError if what reads such addresses
    is not installed, or there is nothing that does."""
    if isinstance(address, Path) or "://" not in address:
        return LocalPlace(Path(address))
    from pipelines.remoteplace import RemotePlace  # noqa: PLC0415  # few archives lie elsewhere

    return RemotePlace.at(address)


@lru_cache(maxsize=16)
def kept_place(address: str) -> Place:
    """The same one each time in a process: for who reads part after part, and would connect to a store for each."""
    return place_of(address)


class LocalPlace:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def name(self) -> str:
        return str(self.root)

    def paths(self, folder: str = "") -> Iterator[str]:
        """A folder that goes meanwhile held nothing; one that may not be read is no empty one."""
        found: list[str] = []
        for above, _, names in os.walk(self.root / folder, onerror=_unless_there_is_none):
            inside = Path(above).relative_to(self.root).as_posix()
            found += names if inside == "." else (f"{inside}/{name}" for name in names)
        yield from sorted(found)

    def size(self, path: str) -> int:
        return (self.root / path).stat().st_size

    def open(self, path: str) -> BinaryIO:
        return (self.root / path).open("rb")

    def read(self, path: str, offset: int, length: int) -> bytes:
        with self.open(path) as file:
            file.seek(offset)
            return file.read(length)


def _unless_there_is_none(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error
