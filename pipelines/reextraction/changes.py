"""What a re-extraction changed: its articles beside those that the archives have.

Owns which keys are facts of a run and not of an article, and how many examples are kept. Memory is that of the
examples: what is compared lies in a database of its own.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.places import place_of
from pipelines.reextraction.archive import lines_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MAX_EXAMPLES = 10
"""Of each kind of change."""

OF_THE_RUN = frozenset({
    "run_id", "schema_version", "warc.file", "extraction.tool_version", "extraction.pipeline_version",
    "extraction.model_id", "boilerplate.model_id", "boilerplate.stories"})
"""Paths of facts that are not of the article: of the run, its versions, which model it had, where its archive lies."""

_Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """An article before and after; None where there was or is none."""

    before: _Line | None
    after: _Line | None


@dataclass(frozen=True, slots=True)
class Changes:
    """How many articles are gained, lost, the same and different; of the different ones, by the keys that are. Texts
    that differ are counted by themselves."""

    counts: Mapping[str, int]
    keys: Mapping[str, int]
    examples: Mapping[str, Sequence[Example]]

    def to_json(self) -> dict[str, Any]:
        return {**self.counts, "keys": dict(self.keys)}


def compare(archives: Sequence[str], out: Path, work: Path) -> Changes:
    """The articles of OUT beside those of the archives at these addresses."""
    work.unlink(missing_ok=True)
    database = sqlite3.connect(work, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE before (id TEXT PRIMARY KEY, facts TEXT NOT NULL, seen INT NOT NULL DEFAULT 0) "
                         "WITHOUT ROWID")
        database.execute("BEGIN")
        for line in _articles(archives):
            database.execute("INSERT OR IGNORE INTO before (id, facts) VALUES (?, ?)",
                             (line["id"], json.dumps(_digests(line))))
        found = _Found(database)
        for line in lines_below(place_of(out), "articles"):
            found.add(line)
        found.lose()
        return Changes(dict(found.counts), dict(sorted(found.keys.items())), found.examples(archives, out))
    finally:
        database.close()
        work.unlink(missing_ok=True)


class _Found:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._db = database
        self.counts: Counter[str] = Counter(dict.fromkeys(("same", "different", "text", "gained", "lost"), 0))
        self.keys: Counter[str] = Counter()
        self._wanted: dict[str, str] = {}
        self._taken: Counter[str] = Counter()

    def add(self, line: _Line) -> None:
        row = self._db.execute("SELECT facts FROM before WHERE id = ?", (line["id"],)).fetchone()
        if row is None:
            self._note("gained", line["id"])
            return
        self._db.execute("UPDATE before SET seen = 1 WHERE id = ?", (line["id"],))
        before, after = json.loads(row[0]), _digests(line)
        changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        self.keys.update(changed)
        if not changed:
            self.counts["same"] += 1
            return
        self.counts["different"] += 1
        if "text" in changed:
            self._note("text", line["id"])
        else:
            self._keep("different", line["id"])

    def lose(self) -> None:
        for (article_id,) in self._db.execute("SELECT id FROM before WHERE seen = 0 ORDER BY id"):
            self._note("lost", article_id)

    def _note(self, kind: str, article_id: str) -> None:
        self.counts[kind] += 1
        self._keep(kind, article_id)

    def _keep(self, kind: str, article_id: str) -> None:
        if self._taken[kind] < MAX_EXAMPLES:
            self._taken[kind] += 1
            self._wanted[article_id] = kind

    def examples(self, archives: Sequence[str], out: Path) -> dict[str, list[Example]]:
        before = _of_ids(_articles(archives), self._wanted)
        after = _of_ids(lines_below(place_of(out), "articles"), self._wanted)
        told: dict[str, list[Example]] = {}
        for article_id, kind in self._wanted.items():
            told.setdefault(kind, []).append(Example(before.get(article_id), after.get(article_id)))
        return told


def _of_ids(lines: Iterable[_Line], wanted: Mapping[str, str]) -> dict[str, _Line]:
    found: dict[str, _Line] = {}
    for line in lines if wanted else ():
        if line["id"] in wanted:
            found.setdefault(line["id"], line)
    return found


def _articles(archives: Sequence[str]) -> Iterator[_Line]:
    for address in archives:
        yield from lines_below(place_of(address), "articles")


def _digests(line: _Line) -> dict[str, str]:
    """A digest of each key, without the facts of the run."""
    return {key: hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=6).hexdigest()
            for key, value in without_run_facts(line).items()}


def without_run_facts(line: _Line) -> _Line:
    """The record as it is of the article."""
    return {key: {name: each for name, each in value.items() if f"{key}.{name}" not in OF_THE_RUN}
            if isinstance(value, dict) else value for key, value in line.items() if key not in OF_THE_RUN}
