"""The files of lines in an archive, and their lines block by block.

Owns which files count, and that each line is read once while others seal the files. Must not know what a line says.
"""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipelines.errors import ArchiveDamagedError, ConfigurationError
from pipelines.inflate import plain_blocks
from pipelines.jsonl import LineFileError, copies, iter_committed_lines, views, whole_lines
from pipelines.layout import FOLDERS, OPEN_SUFFIX, STATE
from pipelines.places import LocalPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from pipelines.places import Place
    from pipelines.store import Mark, OutboxLine

    OpenFile = tuple[Mark, list[OutboxLine]]

_Part = TypeVar("_Part", bytes, memoryview)

Batch = tuple[str, int, list[bytes]]
"""A file's path in the archive, and lines of it that follow each other, with the offset of the first in its text."""

Views = tuple[str, int, "Sequence[bytes | memoryview]"]
"""The same where lines lie as they were read, not copied: enough to decode them."""

Days = tuple[str, str]
"""The first and the last, both included, as YYYY-MM-DD."""

EVER: Days = ("", "9999-99-99")
_REMEDY = "name one with -s ARCHIVE_DIR=…, or crawl first"


class LineFiles:
    """Those at a place. Damage is told to `on_damage` and the next file read on; without it, it is raised."""

    def __init__(self, place: Place, on_damage: Callable[[ArchiveDamagedError], object] | None = None) -> None:
        self.place, self._on_damage = place, on_damage

    def sealed(self, of: str, days: Days = EVER) -> list[str]:
        """Files of a kind (`articles`, `fetches`, `warc`) that have their final name, by day and name."""
        folder = f"{of}/dt={days[0]}" if days[0] == days[1] else of     # far less to list, where a day is all
        return [path for path in self.place.paths(folder) if _is_sealed(path) and days[0] <= day_of(path) <= days[1]]

    def batches(self, of: str, days: Days, *, include_open: bool, files: Iterable[str] | None = None,
                wanted: Callable[[str], bool] | None = None) -> Iterator[Batch]:
        """Every line of the files of these days (both included), or of just these `files`; `wanted` picks by path."""
        for name, growing in self._chosen(of, days, include_open=include_open, files=files):
            if wanted is None or wanted(name):
                yield from self.read(name, growing, copies)

    def views(self, of: str, days: Days, *, include_open: bool, files: Iterable[str] | None = None) -> Iterator[Views]:
        """The same."""
        for name, growing in self._chosen(of, days, include_open=include_open, files=files):
            yield from self.read(name, growing, views)

    def _chosen(self, of: str, days: Days, *, include_open: bool,
                files: Iterable[str] | None) -> Iterator[tuple[str, OpenFile | None]]:
        if files is not None:
            files = _named(of, files)
        # The store is asked first: a file sealed in between is then in both lists, and read once, by its final name.
        growing = self.growing(of) if include_open and files is None else {}
        sealed = set(self.sealed(of, days) if files is None else files)
        for name in sorted({*sealed, *growing}):
            if days[0] <= day_of(name) <= days[1]:
                yield name, None if name in sealed else growing[name]

    def read(self, name: str, growing: OpenFile | None,
             split: Callable[[bytes], list[_Part]]) -> Iterator[tuple[str, int, list[bytes | _Part]]]:
        """The lines of one file; `growing` is what the store says of one that is being written."""
        try:
            if growing:
                for offset, line in iter_committed_lines(Path(self.place.name), *growing):
                    yield name, offset, [line]
            else:
                yield from self._whole(name, split)
        except LineFileError as error:
            self.tell(error)
        except FileNotFoundError:
            self.tell(LineFileError(self.where(name), 0, "it is missing"))

    def tell(self, error: ArchiveDamagedError) -> None:
        if self._on_damage is None:
            raise error
        self._on_damage(error)

    def where(self, name: str) -> str:
        """The whole address of a file, for messages."""
        return posixpath.join(self.place.name, name)

    def growing(self, of: str) -> dict[str, OpenFile]:
        """What a crawl is writing now, or was when it was killed; only on this machine is there anything.

        Where no file is open the state is not asked: it may be of another version, or of another user."""
        if not isinstance(self.place, LocalPlace) or not _has_open(self.place.root, of):
            return {}
        try:
            return self._committed_files(self.place.root / STATE, of)
        except ArchiveDamagedError as error:
            self.tell(error)
            return {}

    @staticmethod
    def _committed_files(state: Path, of: str) -> dict[str, OpenFile]:
        if not state.exists():
            return {}
        from pipelines.sqlite import SqliteStore  # noqa: PLC0415  # sealed files need none

        store = SqliteStore.open_to_read(state)
        try:
            marks = [mark for _, mark in store.open_segments() if mark.segment.kind == of]
            return {mark.segment.path: (mark, store.outbox(mark.segment.path)) for mark in marks}
        finally:
            store.close()

    def _whole(self, name: str,
               split: Callable[[bytes], list[_Part]]) -> Iterator[tuple[str, int, list[bytes | _Part]]]:
        with self.place.open(name) as file:
            blocks = _unshared(plain_blocks(file, posixpath.splitext(name)[1]))
            for offset, lines in whole_lines(blocks, self.where(name), split):
                yield name, offset, lines


def _has_open(root: Path, of: str) -> bool:
    """A file keeps this name until it has the final one too."""
    return any(root.glob(f"{of}/*/*{OPEN_SUFFIX}"))


def _unshared(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same; RuntimeError in a process that was forked meanwhile: it would read the file on for its parent too."""
    process = os.getpid()
    while True:
        if process != os.getpid():
            raise RuntimeError(
                f"this iterator was begun in process {process}, which forked this one: begin another here")
        block = next(blocks, None)
        if block is None:
            return
        yield block


def day_of(name: str) -> str:
    """The day of a file, by its folder: `articles/dt=2026-11-22/…`."""
    return name.split("/")[1].removeprefix("dt=")


def _is_sealed(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 3 and parts[1].startswith("dt=") and not parts[2].endswith(OPEN_SUFFIX) \
        and not parts[2].startswith(".")


def _named(of: str, files: Iterable[str]) -> list[str]:
    """The paths that a caller gave. ConfigurationError for one that leads elsewhere."""
    if isinstance(files, str):
        raise ConfigurationError(f"files: one path and no list of them: {files!r}: write [{files!r}]")
    paths = list(files)
    for path in paths:
        if not _is_sealed(path) or not path.startswith(f"{of}/") or ".." in path.split("/"):
            raise ConfigurationError(f"files: no sealed file of {of}: {path!r}: take them from files({of!r})")
    return paths


def sealed_paths(root: Path, kind: str) -> list[Path]:
    """Files of a kind that have their final name, by day and name."""
    return [root / path for path in LineFiles(LocalPlace(root)).sealed(kind)]


def require_archive(root: Path) -> None:
    """ConfigurationError unless there is an archive at `root`."""
    if not root.is_dir():
        raise ConfigurationError(f"ARCHIVE_DIR: no folder there: {root}: {_REMEDY}")
    if not (root / STATE).exists() and not any((root / folder).is_dir() for folder in FOLDERS):
        raise ConfigurationError(f"ARCHIVE_DIR: holds no archive: {root}: {_REMEDY}")


def require_archive_at(place: Place, folders: Collection[str] = FOLDERS) -> None:
    """The same of any place."""
    if isinstance(place, LocalPlace):
        require_archive(place.root)
    elif not any(next(iter(place.paths(folder)), None) for folder in folders):
        raise ConfigurationError(f"{place.name}: holds no archive: name the address that a crawl publishes to")
