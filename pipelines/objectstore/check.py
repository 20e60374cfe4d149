"""Is what lies at a target what the manifests say?

Owns the comparison: missing, other size, other digest. Where the store keeps the digest that was put beside a file,
that is compared; elsewhere, or when asked to, the bytes are read. Must not know how files got there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError
from pipelines.objectstore.runs import FOLDER, RunFiles, ended_runs, manifest_path, run_files, run_files_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipelines.objectstore.target import Target
    from pipelines.records import SealedFile


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not at the target as its run's manifest says."""

    path: str
    fact: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`unlisted` counts files there that no manifest names: of a run that is going on, or that nobody ended yet."""

    runs: int
    files: int
    bytes: int
    read_bytes: int
    unlisted: int
    differences: tuple[Difference, ...]


class Check:
    """Of the runs whose manifests are in the archive at `root`, and those that other machines published."""

    def __init__(self, root: Path, target: Target, tell: Callable[[SealedFile], object], *, reads_all: bool) -> None:
        self._root, self._target, self._tell, self._reads_all = root, target, tell, reads_all
        self._sizes = target.sizes("")
        self._read_bytes = 0
        self._unreadable: list[Difference] = []

    def compare(self) -> Comparison:
        runs = list(self._runs())
        files = [file for run in runs for file in run.all]
        differences = [found for file in files if (found := self._difference(file))]
        unlisted = self._sizes.keys() - {file.path for file in files} - {each.path for each in self._unreadable}
        return Comparison(len(runs), len(files), sum(file.bytes for file in files), self._read_bytes, len(unlisted),
                          (*self._unreadable, *differences))

    def _runs(self) -> Iterator[RunFiles]:
        """The archive's own manifest counts where there are two."""
        here = set(ended_runs(self._root))
        there = {path.rpartition("/")[2].removesuffix(".json") for path in self._sizes
                 if path.startswith(FOLDER + "/") and path.endswith(".json")}
        for run_id in sorted(here | there):
            if run_id in here:
                yield run_files(self._root, run_id)
                continue
            path = manifest_path(run_id)
            try:
                yield run_files_of(b"".join(self._target.blocks(path)), path, f"{self._target.name}/{path}")
            except ArchiveDamagedError as error:
                self._unreadable.append(Difference(path, f"other content: {error}"))

    def _difference(self, file: SealedFile) -> Difference | None:
        self._tell(file)
        size = self._sizes.get(file.path)
        if size is None:
            return Difference(file.path, "missing")
        if size != file.bytes:
            return Difference(file.path, f"other size: {size:,} bytes, not {file.bytes:,}")
        held = None if self._reads_all else self._target.held(file.path)
        digest = held.sha256 if held and held.sha256 else self._digest(file)
        return None if digest == file.sha256 else Difference(file.path, f"other digest: {digest}, not {file.sha256}")

    def _digest(self, file: SealedFile) -> str:
        digest = hashlib.sha256()
        for block in self._target.blocks(file.path):
            digest.update(block)
            self._read_bytes += len(block)
        return digest.hexdigest()
