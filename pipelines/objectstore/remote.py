"""Any other store that fsspec reaches, as a target.

Owns how a file there becomes whole: put under another name, moved. Must not know S3 (`bucket`), whose puts are whole by
themselves. fsspec is imported only where an address asks for it.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pipelines.errors import BroadsheetError
from pipelines.layout import OPEN_SUFFIX
from pipelines.objectstore.target import (
    Held,
    TargetDownError,
    TargetRefusedError,
    check_arrived,
    checked_blocks,
)
from pipelines.remoteplace import file_system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.records import SealedFile

_BLOCK_BYTES = 4 << 20


class RemoteTarget:
    def __init__(self, address: str, files: Any, root: str) -> None:
        self.name, self._files, self._root = address.rstrip("/"), files, root.rstrip("/")

    @classmethod
    def at(cls, address: str) -> RemoteTarget:
        return cls(address, *file_system(address))

    def probe(self) -> None:
        """The bucket must be there, or the folder where folders are real: one that is made by mistake fills up."""
        probe = self._at(".broadsheet-probe" + OPEN_SUFFIX)
        with self._told():
            self._require_anchor()
            self._files.pipe_file(probe, b"")
            with suppress(FileNotFoundError):  # others publish there too
                self._files.rm_file(probe)

    def sizes(self, folder: str) -> dict[str, int]:
        start = len(self._root) + 1
        with self._told(folder):
            self._files.invalidate_cache()
            try:
                found = self._files.find(self._at(folder), detail=True)
            except FileNotFoundError:
                self._require_anchor()
                return {}
        return {path[start:]: int(info["size"]) for path, info in found.items() if not path.endswith(OPEN_SUFFIX)}

    def held(self, path: str) -> Held | None:
        with self._told(path):
            self._files.invalidate_cache()
            try:
                return Held(int(self._files.info(self._at(path))["size"]))
            except FileNotFoundError:
                return None

    def blocks(self, path: str) -> Iterator[bytes]:
        with self._told(path), self._files.open(self._at(path), "rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block

    def put(self, source: Path, file: SealedFile) -> None:
        final = self._at(file.path)
        copy = final + OPEN_SUFFIX
        with self._told(file.path):
            self._files.makedirs(self._files._parent(final), exist_ok=True)
            try:
                with self._files.open(copy, "wb") as out:
                    for block in checked_blocks(source, file, _BLOCK_BYTES):
                        out.write(block)
                self._files.mv(copy, final)
            except BaseException:
                with suppress(Exception):  # what was wrong is told already
                    self._files.rm_file(copy)
                raise
        check_arrived(self, file)

    def _require_anchor(self) -> None:
        anchor = self._root if self._root.startswith("/") else self._root.partition("/")[0]
        if anchor and not self._files.exists(anchor):
            raise TargetRefusedError(f"{self.name}: nothing there: make it, or name another")

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    @contextmanager
    def _told(self, path: str = "") -> Iterator[None]:
        place = f"{self.name}/{path}".rstrip("/")
        try:
            yield
        except BroadsheetError:
            raise
        except (PermissionError, FileNotFoundError, NotADirectoryError, NotImplementedError) as error:
            raise TargetRefusedError(f"{place}: cannot be written ({error}): name a place that you may write to") \
                from error
        except Exception as error:  # each store's library has errors of its own
            raise TargetDownError(f"{place}: does not answer ({error})") from error
