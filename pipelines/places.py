"""Where files are read from: a folder of this machine, or one in an object store.

Owns how a file is listed, opened and read in each. Must not know what the files hold. fsspec is imported only where an
address asks for it, and comes with an extra.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK_BYTES = 4 << 20      # of a remote file, fetched ahead


class Place(Protocol):
    """A folder. Paths are relative to it, with `/` on every system."""

    @property
    def name(self) -> str:
        """As the user wrote it, for messages."""

    def paths(self, folder: str = "") -> Iterator[str]:
        """Every file below `folder`, sorted by path; nothing if there is no such folder."""

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
    return RemotePlace.at(address)


class LocalPlace:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def name(self) -> str:
        return str(self.root)

    def paths(self, folder: str = "") -> Iterator[str]:
        found = (self.root / folder).rglob("*")
        yield from sorted(path.relative_to(self.root).as_posix() for path in found if path.is_file())

    def size(self, path: str) -> int:
        return (self.root / path).stat().st_size

    def open(self, path: str) -> BinaryIO:
        return (self.root / path).open("rb")

    def read(self, path: str, offset: int, length: int) -> bytes:
        with self.open(path) as file:
            file.seek(offset)
            return file.read(length)


class RemotePlace:
    """A folder of an object store, by fsspec. Credentials are found by the usual means of the store's own library."""

    def __init__(self, address: str, files: Any, root: str) -> None:
        self._address, self._files, self._root = address.rstrip("/"), files, root.rstrip("/")

    @classmethod
    def at(cls, address: str) -> RemotePlace:
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415

            files, root = url_to_fs(address, use_listings_cache=False)
        except ImportError as error:
            scheme = address.partition("://")[0]
            raise ConfigurationError(
                f"{address}: nothing is installed that reads {scheme}:// ({error}): install broadsheet[s3], or fsspec "
                "and what it needs for this scheme") from error
        except ValueError as error:
            raise ConfigurationError(f"{address}: not an address of a folder ({error})") from error
        return cls(address, files, root)

    @property
    def name(self) -> str:
        return self._address

    def paths(self, folder: str = "") -> Iterator[str]:
        self._files.invalidate_cache()
        start = len(self._root) + 1
        yield from sorted(path[start:] for path in self._files.find(self._at(folder)))

    def size(self, path: str) -> int:
        return int(self._files.size(self._at(path)))

    def open(self, path: str) -> BinaryIO:
        return cast("BinaryIO", self._files.open(self._at(path), "rb", block_size=_BLOCK_BYTES))

    def read(self, path: str, offset: int, length: int) -> bytes:
        return bytes(self._files.cat_file(self._at(path), start=offset, end=offset + length))

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root
