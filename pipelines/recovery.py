"""What a run that died left behind, put right before the next one begins.

Owns the way back to the last commit: files cut to what the store says, JSONL written again from the outbox, leases
returned, the dead run closed. Must run under the archive's lock, and may be killed and run again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError
from pipelines.hostsfile import hosts_path
from pipelines.layout import FOLDERS, OPEN_SUFFIX
from pipelines.manifest import manifest, write_manifest
from pipelines.segments import Segment, sealed_file, sync_directory

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.store import Mark, OutboxLine, Run
    from pipelines.storeprotocol import Store

logger = logging.getLogger(__name__)

INTERRUPTED = "interrupted"


def recover(root: Path, store: Store, now: datetime) -> int:
    """Bring the archive back to its last commit; returns how many URLs went back to be fetched again.

    ArchiveDamagedError if a file holds less than was committed: then something other than a crash has happened, and
    nothing is changed.
    """
    left = [_checked(root, store, run_id, mark) for run_id, mark in store.open_segments()]
    for file in left:
        _finish(root, store, file)
    _remove_strays(root)
    released = store.release_all()
    for run in store.unfinished_runs():
        _end(root, store, run, now)
        logger.warning("Run %s was interrupted: %d URLs go back to be fetched", run.run_id, released)
    return released


def _end(root: Path, store: Store, run: Run, now: datetime) -> None:
    """A manifest that is there stands, for it may have been read: then only the store had not heard of the end."""
    path = root / "runs" / f"{run.run_id}.json"
    if path.exists():
        sync_directory(path.parent)
        content = json.loads(path.read_bytes())
        store.end_run(run.run_id, datetime.fromisoformat(content["finished_at"]), content["finish_reason"])
        return
    (root / hosts_path(run.run_id)).unlink(missing_ok=True)  # killed between the two: no manifest vouches for it
    ended = replace(run, finished_at=now, finish_reason=INTERRUPTED)
    write_manifest(root, manifest(ended, store.sealed_files(run.run_id), store.tallies(run.run_id)))
    store.end_run(run.run_id, now, INTERRUPTED)


@dataclass(frozen=True, slots=True)
class _Left:
    """A file that a dead run was writing. `lines` belong behind its first `safe` bytes; final: it has been renamed."""

    run_id: str
    mark: Mark
    lines: list[OutboxLine]
    safe: int
    is_final: bool


def _checked(root: Path, store: Store, run_id: str, mark: Mark) -> _Left:
    lines = store.outbox(mark.segment.path)
    is_final = (root / mark.segment.path).exists()
    safe = min([mark.bytes, *(line.offset for line in lines[:1])])
    if not is_final:
        _check_size(root / mark.segment.open_path, safe)
        _check_outbox(root / mark.segment.open_path, mark, safe, lines)
    elif mark.segment.kind == "warc":
        _check_size(root / mark.segment.path, mark.bytes)
    return _Left(run_id, mark, lines, safe, is_final)


def _check_size(path: Path, safe: int) -> None:
    size = path.stat().st_size if path.exists() else -1
    if size < safe:
        raise ArchiveDamagedError(
            f"{path}: holds {max(size, 0)} bytes where {safe} were committed: restore the file from a copy, "
            "or move the whole archive away and crawl into a new one"
        )


def _check_outbox(path: Path, mark: Mark, safe: int, lines: list[OutboxLine]) -> None:
    end = safe + sum(len(line.line) for line in lines)
    if end != mark.bytes:
        raise ArchiveDamagedError(f"{path}: the outbox ends at {end}, the commit at {mark.bytes} bytes")


def _finish(root: Path, store: Store, left: _Left) -> None:
    """Seal a left file at its mark. Its name may be final already: then only the store had not heard of it, nor perhaps
    the disk, for the run may have died before it could sync the folder."""
    name, rows = left.mark.segment, left.mark.rows
    if left.is_final:
        sync_directory((root / name.path).parent)
        if name.kind != "warc":
            (root / name.open_path).unlink(missing_ok=True)
        store.seal(left.run_id, sealed_file(root, name, rows))
        return
    segment = Segment.reopen(root, name, left.safe)
    for line in left.lines:
        segment.append(line.line)
    store.seal(left.run_id, segment.seal(rows))


def _remove_strays(root: Path) -> None:
    """Files of which nothing was committed, and half-made copies."""
    for folder in FOLDERS:
        for path in (root / folder).rglob("*" + OPEN_SUFFIX):
            path.unlink()
