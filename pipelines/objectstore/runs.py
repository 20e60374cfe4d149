"""The runs of an archive that have ended, and the files that their manifests vouch for.

Owns what is to be published of a run. Must not know targets. A run that is going on, or was interrupted and not
recovered yet, has no manifest and is not listed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError
from pipelines.records import SealedFile

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "runs"


@dataclass(frozen=True, slots=True)
class RunFiles:
    """`files` come first, `manifest` last: with it a run is said to be there."""

    run_id: str
    files: tuple[SealedFile, ...]
    manifest: SealedFile

    @property
    def all(self) -> tuple[SealedFile, ...]:
        return *self.files, self.manifest


def ended_runs(root: Path) -> list[str]:
    """The ids of the runs that have ended, oldest first."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.json"))


def manifest_path(run_id: str) -> str:
    return f"{FOLDER}/{run_id}.json"


def run_files(root: Path, run_id: str) -> RunFiles:
    """What the manifest of a run lists; ArchiveDamagedError if it cannot be read."""
    path = manifest_path(run_id)
    return run_files_of((root / path).read_bytes(), path, f"{root / path}")


def run_files_of(data: bytes, path: str, name: str) -> RunFiles:
    """The same from the bytes of a manifest; `name` is for the error."""
    try:
        content = json.loads(data)
        files = [*content["files"], *([content["hosts"]] if content.get("hosts") else [])]
        listed = tuple(SealedFile(**{key: entry[key] for key in SealedFile.__slots__}) for entry in files)
        day = str(content["finished_at"])[:10]
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveDamagedError(f"{name}: not a manifest ({error!r}): restore it from a copy") from error
    whole = SealedFile(path, "manifest", day, len(data), hashlib.sha256(data).hexdigest(), 1)
    return RunFiles(path.rpartition("/")[2].removesuffix(".json"), listed, whole)
