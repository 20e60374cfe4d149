"""A file's bytes and SHA-256, taken while it is read for other reasons, against what is known of it.

Owns that comparison. Must not know what is in the file.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipelines.verification.inventory import ArchiveFile
    from pipelines.verification.report import Findings

_BLOCK = 1 << 20


class Measured:
    """Pass it every block of the file, in order; `on_block` is told of each size."""

    def __init__(self, on_block: Callable[[int], object]) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._on_block = on_block

    def __call__(self, block: bytes) -> None:
        self.size += len(block)
        self._sha256.update(block)
        self._on_block(len(block))

    def read_rest(self, path: Path) -> None:
        """What was not read because reading for the other reasons broke off."""
        with path.open("rb") as file:
            file.seek(self.size)
            while block := file.read(_BLOCK):
                self(block)

    def compare(self, file: ArchiveFile, rows: int | None, findings: Findings) -> None:
        """Damage where a sealed file is not what its manifest says. `rows` is None where they could not be
        counted.
        """
        if file.expected is None:
            return
        figures, source = file.expected.figures, file.expected.source
        if self.size != figures.bytes:
            findings.damage(file.path, f"is {self.size} bytes long, by {source} {figures.bytes}")
        elif self._sha256.hexdigest() != figures.sha256:
            findings.damage(file.path, f"its SHA-256 is {self._sha256.hexdigest()}, by {source} {figures.sha256}")
        if rows is not None and rows != figures.rows:
            findings.damage(file.path, f"holds {rows} rows, by {source} {figures.rows}")
        if (file.kind, file.dt) != (figures.kind, figures.dt):
            findings.damage(file.path, f"is {figures.kind} of {figures.dt} by {source}")
