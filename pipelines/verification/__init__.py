"""Is every byte and every pointer of an archive sound?

Owns the order of the checks; what is checked lies in the files beside this one, one kind of evidence each.
Must not know commands. Reads only, needs no lock, and may run beside a crawl: it then checks what was
committed when it began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.reader import require_archive
from pipelines.verification.hosts import check_hosts
from pipelines.verification.inventory import ArchiveFile, Inventory, take_inventory
from pipelines.verification.lines import checked_lines
from pipelines.verification.manifests import check_against_lines, check_against_state
from pipelines.verification.pointers import Pointers
from pipelines.verification.report import Findings, Problem, Report
from pipelines.verification.warcs import check_warc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Progress = Callable[[int, int, str], object]

__all__ = ["Problem", "Report", "verify"]


def verify(root: Path, progress: Progress | None = None) -> Report:
    """Check the whole archive, and tell all that is wrong rather than the first of it.

    `progress` is called with bytes read, bytes to read, and the file at hand, for every block. One WARC
    record or line is in memory at a time, and some 20 bytes a record and 150 an article. ConfigurationError
    if there is no archive at `root`; OSError if a file cannot be read.
    """
    require_archive(root)
    findings = Findings()
    inventory = take_inventory(root, findings)
    _check_files(root, inventory, findings, _Meter(root, inventory, findings, progress))
    return findings.report(is_running=inventory.is_running)


def _check_files(root: Path, inventory: Inventory, findings: Findings, meter: _Meter) -> None:
    """Records, then articles, then fetches: each is held against those before it."""
    pointers = Pointers(findings)
    for file in meter.files("warc"):
        check_warc(root, file, pointers.records, pointers.references, findings, meter)
    for file in meter.files("articles"):
        findings.counts["article_files"] += 1
        for offset, article in checked_lines(root, file, findings, meter):
            pointers.add_article(article, file.path, offset)
    for file in meter.files("fetches"):
        findings.counts["fetch_files"] += 1
        for offset, fetch in checked_lines(root, file, findings, meter):
            pointers.add_fetch(fetch, file.path, offset)
    check_hosts(root, inventory, findings, meter)
    pointers.finish(inventory.state)
    if inventory.state is not None:
        check_against_state(inventory.manifests, inventory.state, findings)
    check_against_lines(inventory.manifests, inventory.state, pointers.lines, findings)


class _Meter:
    """Counts the bytes that are read, and tells whoever wants to know."""

    def __init__(self, root: Path, inventory: Inventory, findings: Findings, progress: Progress | None) -> None:
        self._inventory, self._counts, self._progress = inventory, findings.counts, progress
        paths = [*(file.on_disk(root) for file in inventory.files), *(root / path for path in inventory.ledgers)]
        sizes = map(_size, paths) if progress else ()
        self._total = findings.counts["bytes"] + sum(sizes)
        self._path = ""

    def files(self, kind: str) -> Iterator[ArchiveFile]:
        for file in self._inventory.of_kind(kind):
            self._path = file.path
            yield file

    def __call__(self, size: int) -> None:
        self._counts["bytes"] += size
        if self._progress:
            self._progress(min(self._counts["bytes"], self._total), self._total, self._path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:       # sealed at this moment, under its final name: progress is no proof
        return 0
