"""Is what lies at a target what the manifests say?

Owns the comparison: missing, other size, other digest. Where the store keeps the digest that was put beside a file,
that is compared; elsewhere, or when asked to, the bytes are read. Must not know how files got there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError
from pipelines.objectstore.runs import FOLDER, RunFiles, ended_runs, manifest_path, run_files, run_files_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipelines.objectstore.patience import Patience
    from pipelines.objectstore.target import Target
    from pipelines.records import SealedFile


_NAMED = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not at the target as its run's manifest says."""

    path: str
    fact: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`unlisted` counts files there that no manifest names: of a run that is going on, or that nobody ended yet, or
    somebody else's; `unlisted_files` names the first of them."""

    runs: int
    files: int
    bytes: int
    read_bytes: int
    unlisted: int
    unlisted_files: tuple[str, ...]
    differences: tuple[Difference, ...]


class Check:
    """Of the runs whose manifests are in the archive at `root`, and those that other machines published."""

    def __init__(self, root: Path, target: Target, patience: Patience, tell: Callable[[SealedFile], object], *,
                 reads_all: bool) -> None:
        self._root, self._target, self._patience, self._tell = root, target, patience, tell
        self._reads_all = reads_all
        self._sizes = patience.keep_trying(lambda: target.sizes(""))
        self._read_bytes = 0
        self._unreadable: list[Difference] = []

    def compare(self) -> Comparison:
        runs = list(self._runs())
        files = [file for run in runs for file in run.all]
        differences = [found for file in files if (found := self._difference(file))]
        listed = {file.path for file in files} | {each.path for each in self._unreadable}
        unlisted = sorted(self._sizes.keys() - listed)
        return Comparison(len(runs), len(files), sum(file.bytes for file in files), self._read_bytes, len(unlisted),
                          tuple(unlisted[:_NAMED]), (*self._unreadable, *differences))

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
                data = self._patience.keep_trying(partial(self._content, path))
                yield run_files_of(data, path, f"{self._target.name}/{path}")
            except ArchiveDamagedError as error:
                self._unreadable.append(Difference(path, f"other content: {error}"))

    def _content(self, path: str) -> bytes:
        return b"".join(self._target.blocks(path))

    def _difference(self, file: SealedFile) -> Difference | None:
        self._tell(file)
        size = self._sizes.get(file.path)
        if size is None:
            return Difference(file.path, "missing")
        if size != file.bytes:
            return Difference(file.path, f"other size: {size:,} bytes, not {file.bytes:,}")
        digest = self._patience.keep_trying(lambda: self._digest_of(file))
        return None if digest == file.sha256 else Difference(file.path, f"other digest: {digest}, not {file.sha256}")

    def _digest_of(self, file: SealedFile) -> str:
        held = None if self._reads_all else self._target.held(file.path)
        if held and held.sha256:
            return held.sha256
        digest, size = hashlib.sha256(), 0
        for block in self._target.blocks(file.path):
            digest.update(block)
            size += len(block)
        self._read_bytes += size
        return digest.hexdigest()
