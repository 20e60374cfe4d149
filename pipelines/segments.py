"""Files that only grow, and are sealed: `.open` while written, renamed when whole, never changed afterwards.

Owns the life of one file of the archive: append, sync, cut back, seal. Must not know what is in it, nor which
part of it is committed: the store says that.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipelines.layout import OPEN_SUFFIX
from pipelines.records import SealedFile
from pipelines.zstd import CompressionParameter, ZstdCompressor

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPRESSIONS = {"gzip": ".gz", "zstd": ".zst", "none": ""}
_BLOCK = 1 << 20
_GZIP_LEVEL = 4     # of articles 4 % larger than at zlib's own 6, in half the time: the crawl waits for it at its end


@dataclass(frozen=True, slots=True)
class SegmentName:
    """Which file: its final path relative to the archive, what it holds (warc, articles, fetches), and its UTC day."""

    path: str
    kind: str
    dt: str

    @property
    def open_path(self) -> str:
        """Where it lies while it is written: JSONL is plain then."""
        path = Path(self.path)
        if self.kind != "warc":
            path = path.with_name(path.name.partition(".jsonl")[0] + ".jsonl")
        return str(path) + OPEN_SUFFIX


class Segment:
    """One open file under `root`. All errors are OSError with the path; after a failed sync it must not be used."""

    def __init__(self, root: Path, name: SegmentName, file: BinaryIO, size: int) -> None:
        self.name = name
        self.size = size
        self._root = root
        self._file = file

    @classmethod
    def create(cls, root: Path, name: SegmentName) -> Segment:
        """A new file; FileExistsError if the name is taken."""
        path = root / name.open_path
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb", buffering=0)
        sync_directory(path.parent)
        sync_directory(path.parent.parent)  # a day's folder may be new too
        return cls(root, name, file, 0)

    @classmethod
    def reopen(cls, root: Path, name: SegmentName, size: int) -> Segment:
        """A left file again, cut to `size`; FileNotFoundError if it is gone."""
        file = (root / name.open_path).open("r+b", buffering=0)
        segment = cls(root, name, file, size)
        segment.cut(size)
        return segment

    def append(self, data: bytes) -> None:
        """All of `data` at the end. After an OSError the file may hold a part of it: cut it back."""
        view = memoryview(data)
        while view:
            written = self._file.write(view)
            view = view[written:]
        self.size += len(data)

    def sync(self) -> None:
        """Return once every byte is on the disk."""
        os.fdatasync(self._file.fileno())

    def cut(self, size: int) -> None:
        """Take the file back to `size` bytes."""
        self._file.truncate(size)
        self._file.seek(size)
        self.size = size

    def close(self) -> None:
        self._file.close()

    def discard(self) -> None:
        """Remove a file of which nothing was committed."""
        self.close()
        path = self._root / self.name.open_path
        path.unlink(missing_ok=True)
        sync_directory(path.parent)

    def seal(self, rows: int) -> SealedFile:
        """Sync, give it its final name, sync the folder; only then may a plain file go whose copy has that name."""
        os.fsync(self._file.fileno())
        self.close()
        open_path, path = self._root / self.name.open_path, self._root / self.name.path
        if self.name.kind == "warc":
            open_path.rename(path)
        else:
            _compress(open_path, path)
        sync_directory(path.parent)
        if self.name.kind != "warc":
            open_path.unlink()  # back after a power failure? then the store knows that it is none of its files
        return sealed_file(self._root, self.name, rows)


def sealed_file(root: Path, name: SegmentName, rows: int) -> SealedFile:
    """The figures of a file that has its final name."""
    path = root / name.path
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return SealedFile(name.path, name.kind, name.dt, path.stat().st_size, digest.hexdigest(), rows)


def write_durably(path: Path, data: bytes) -> None:
    """The whole file or none of it, on the disk when this returns."""
    temporary = path.with_name(path.name + OPEN_SUFFIX)
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make a created, renamed or removed name last."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_names_above(path: Path) -> None:
    """Make the folder itself last, and those above it, as far up as its file system goes and may be opened."""
    path = path.absolute()
    for above in path.parents:
        if above.stat().st_dev != path.stat().st_dev:
            break
        with contextlib.suppress(PermissionError):  # it lay there before us, or we could not have made anything in it
            sync_directory(above)


def _compress(source: Path, target: Path) -> None:
    temporary = target.with_name(target.name + OPEN_SUFFIX)
    if temporary == source:  # compression "none": the name differs only by its suffix
        temporary = target.with_name(target.name + ".sealing" + OPEN_SUFFIX)
    with source.open("rb") as plain, temporary.open("wb") as out:
        for block in _encoded(plain, target.suffix):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    temporary.rename(target)


def _encoded(plain: BinaryIO, suffix: str) -> Iterator[bytes]:
    compressor = _compressor(suffix)
    while block := plain.read(_BLOCK):
        yield compressor.compress(block) if compressor else block
    if compressor:
        yield compressor.flush()


def _compressor(suffix: str) -> zlib._Compress | ZstdCompressor | None:
    if suffix == ".gz":
        return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    if suffix == ".zst":
        return ZstdCompressor(options={CompressionParameter.checksum_flag: 1})  # gzip has one always
    return None
