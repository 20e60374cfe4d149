"""Whose turn it is to publish an archive: one process at a time.

Owns that lock alone. It is not the archive's: a crawl may begin while what the last one left is still being sent.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from pipelines.errors import ConfigurationError
from pipelines.objectstore.runs import FOLDER

if TYPE_CHECKING:
    from pathlib import Path


class Turn:
    """Taken on the folder of manifests; the kernel gives it back with the process, however that ends."""

    def __init__(self, root: Path) -> None:
        try:
            self._descriptor = os.open(root / FOLDER, os.O_RDONLY)
        except FileNotFoundError:
            raise ConfigurationError(f"{root}: has no {FOLDER}/, and so no run to publish: name the archive of a "
                                     "crawl; what a re-extraction made is copied by other means") from None

    def take(self) -> bool:
        """Whether it is ours now."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_back(self) -> None:
        os.close(self._descriptor)
