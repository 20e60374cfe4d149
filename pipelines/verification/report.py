"""What a verification has found.

Owns the shape of the result. Must not know how anything is checked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_KEPT = 10_000
"""Problems beyond these are counted, not kept: a lost file makes one for each record."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `file` is relative to the archive; `offset` in bytes, of a JSONL file's
    plain text.

    What is no damage is a warning: the archive is sound, but someone should know.
    """

    file: str
    offset: int | None
    fact: str
    is_damage: bool = True

    def __str__(self) -> str:
        place = "" if self.offset is None else f": at byte {self.offset}"
        return f"{self.file}{place}: {self.fact}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, counted, and everything that is wrong. `bytes` are those read from disk.

    `damaged` counts all damage, `problems` may hold less (MAX_KEPT). `is_running`: a crawl was at work.
    """

    runs: int
    manifests: int
    warc_files: int
    warc_records: int
    article_files: int
    articles: int
    fetch_files: int
    fetches: int
    pointers: int
    bytes: int
    is_running: bool
    damaged: int
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        return self.damaged == 0


@dataclass(slots=True)
class Findings:
    """Collects while checks run; `counts` is keyed by the fields of Report."""

    problems: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def damage(self, file: str, fact: str, offset: int | None = None) -> None:
        self.counts["damaged"] += 1
        self._keep(Problem(file, offset, fact))

    def warn(self, file: str, fact: str) -> None:
        self._keep(Problem(file, None, fact, is_damage=False))

    def _keep(self, problem: Problem) -> None:
        if len(self.problems) < MAX_KEPT:
            self.problems.append(problem)

    def report(self, *, is_running: bool) -> Report:
        counts: Mapping[str, int] = self.counts
        names = ("runs", "manifests", "warc_files", "warc_records", "article_files", "articles", "fetch_files",
                 "fetches", "pointers", "bytes", "damaged")
        return Report(**{name: counts.get(name, 0) for name in names}, is_running=is_running,
                      problems=tuple(self.problems))
