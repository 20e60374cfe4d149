"""A folder of this machine, or one that is mounted, as a target.

Owns how a copy there becomes whole: written under another name, synced, renamed. Must not know object stores.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.layout import OPEN_SUFFIX
from pipelines.objectstore.target import (
    Held,
    TargetDownError,
    TargetRefusedError,
    check_arrived,
    checked_blocks,
)
from pipelines.segments import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.records import SealedFile

_BLOCK_BYTES = 1 << 20
_REFUSALS = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS})


class FolderTarget:
    """The folder must be there: one that is made in place of a disk that is not mounted would fill the wrong disk."""

    def __init__(self, name: str, root: Path) -> None:
        self.name, self._root = name.rstrip("/"), root

    def probe(self) -> None:
        with self._told():
            self._require_root()
            probe = self._root / (".broadsheet-probe" + OPEN_SUFFIX)
            probe.touch()
            probe.unlink(missing_ok=True)  # others publish there too

    def sizes(self, folder: str) -> dict[str, int]:
        with self._told(folder):
            self._require_root()
            found = [path for path in (self._root / folder).rglob("*") if path.suffix != OPEN_SUFFIX and path.is_file()]
            return {path.relative_to(self._root).as_posix(): path.stat().st_size for path in found}

    def held(self, path: str) -> Held | None:
        with self._told(path):
            try:
                return Held((self._root / path).stat().st_size)
            except FileNotFoundError:
                return None

    def blocks(self, path: str) -> Iterator[bytes]:
        with self._told(path), (self._root / path).open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block

    def put(self, source: Path, file: SealedFile) -> None:
        final = self._root / file.path
        copy = final.with_name(final.name + OPEN_SUFFIX)
        with self._told(file.path):
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._copy(source, file, copy)
                copy.rename(final)
            except BaseException:
                copy.unlink(missing_ok=True)
                raise
            sync_directory(final.parent)
        check_arrived(self, file)

    def _require_root(self) -> None:
        if not self._root.is_dir():
            raise TargetRefusedError(f"{self.name}: no folder there: make it, mount it, or name another")

    @staticmethod
    def _copy(source: Path, file: SealedFile, copy: Path) -> None:
        with copy.open("wb") as out:
            for block in checked_blocks(source, file, _BLOCK_BYTES):
                out.write(block)
            out.flush()
            os.fsync(out.fileno())

    @contextmanager
    def _told(self, path: str = "") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            place, fact = f"{self.name}/{path}".rstrip("/"), error.strerror or error
            if error.errno in _REFUSALS:
                raise TargetRefusedError(f"{place}: cannot be written ({fact}): name a folder that you may write to") \
                    from error
            raise TargetDownError(f"{place}: cannot be written now ({fact})") from error
