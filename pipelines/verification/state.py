"""What the state says at one moment, read beside a crawl that may be going on.

Owns reading `state.sqlite` for a verification, and telling whether a crawl is at work. Must not know the
files that the state speaks of.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pipelines.errors import ArchiveDamagedError
from pipelines.layout import STATE
from pipelines.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.records import SealedFile
    from pipelines.store import Mark, OutboxLine, Run

Tallies = dict[str, dict[str, int]]
"""Outcomes by site."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being written: whose, how far it counts, and its lines that may not be on disk yet."""

    run_id: str
    mark: Mark
    outbox: list[OutboxLine]


@dataclass(frozen=True, slots=True)
class State:
    """All of one moment. Paths are final ones, relative to the archive. `owed` are fetches that have no line yet."""

    runs: dict[str, Run] = field(default_factory=dict)
    sealed: dict[str, tuple[str, SealedFile]] = field(default_factory=dict)
    growing: dict[str, OpenFile] = field(default_factory=dict)
    article_ids: frozenset[str] = frozenset()
    tallies: dict[str, Tallies] = field(default_factory=dict)
    owed: tuple[dict[str, Any], ...] = ()

    @property
    def unfinished(self) -> list[str]:
        return [run_id for run_id, run in self.runs.items() if run.finish_reason is None]


class _Snapshot(SqliteStore):
    """A store that is only read, and says of everything what was true at one moment."""

    def begin(self) -> None:
        self._db.execute("BEGIN")

    def defects(self) -> list[str]:
        """What SQLite finds wrong with its own file."""
        found = [str(row[0]) for row in self._db.execute("PRAGMA quick_check(10)")]
        return [] if found == ["ok"] else found


def read_state(root: Path) -> State:
    """ArchiveDamagedError if the file is missing or cannot be read."""
    path = root / STATE
    if not path.exists():
        raise ArchiveDamagedError("missing: what the archive should hold is known from its manifests alone")
    try:
        with closing(cast("_Snapshot", _Snapshot.open_to_read(path))) as store:
            store.begin()
            if defects := store.defects():
                raise ArchiveDamagedError(f"SQLite finds it damaged: {'; '.join(defects)}")
            return _state(store)
    except sqlite3.Error as error:
        raise ArchiveDamagedError(f"cannot be read ({error})") from error


def _state(store: SqliteStore) -> State:
    runs = {run.run_id: run for run in store.runs()}
    return State(
        runs=runs,
        sealed={file.path: (run_id, file) for run_id in runs for file in store.sealed_files(run_id)},
        growing={mark.segment.path: OpenFile(run_id, mark, store.outbox(mark.segment.path))
                 for run_id, mark in store.open_segments()},
        article_ids=frozenset(store.article_ids()),
        tallies={run_id: store.tallies(run_id) for run_id in runs},
        owed=tuple(json.loads(owed.fetch) for owed in store.owed()),
    )


def is_running(root: Path, state: State) -> bool:
    """Whether a crawl is at work in the archive, or was while `state` was read."""
    if not state.unfinished:
        return False
    if is_held(root):
        return True
    return _have_ended(root, state.unfinished)


def is_held(root: Path) -> bool:
    """Whether a crawl holds the archive's lock.

    It is tried, for microseconds: a crawl that begins in them would find it held, so ask only where it
    matters.
    """
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _have_ended(root: Path, run_ids: list[str]) -> bool:
    with closing(SqliteStore.open_to_read(root / STATE)) as store:
        unfinished = {run.run_id for run in store.unfinished_runs()}
    return not unfinished.intersection(run_ids)
