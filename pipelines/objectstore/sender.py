"""Files sent to a target, each once, and a run's manifest behind all of its files.

Owns the order, and what counts as sent. Must not know when it is tried again (`publisher`, `catchup`), nor where the
files of a run are found.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError
from pipelines.objectstore.target import OtherContentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pipelines.objectstore.runs import RunFiles
    from pipelines.objectstore.target import Target
    from pipelines.records import SealedFile

_AT_ONCE = 4


class Sender:
    """`tell` is called with each file that is there now. Used by one thread, which may wait for its own helpers."""

    def __init__(self, root: Path, target: Target, tell: Callable[[SealedFile], object] = lambda file: None) -> None:
        self.target = target
        self.sent_files = 0
        self.sent_bytes = 0
        self._root, self._tell = root, tell
        self._there: set[str] = set()

    def is_there(self, file: SealedFile) -> bool:
        """As far as it is known here; the target is not asked."""
        return file.path in self._there

    def believe(self, files: Iterable[SealedFile]) -> None:
        """These are there, as somebody has found out."""
        for file in files:
            self._there.add(file.path)
            self._tell(file)

    def send(self, file: SealedFile) -> None:
        """Return once the target holds it. OtherContentError if it holds another file of that name; what `Target.put`
        raises."""
        if self.is_there(file):
            return
        held = self.target.held(file.path)
        if held is None:
            self.target.put(self._root / file.path, file)
            self.sent_files += 1
            self.sent_bytes += file.bytes
        elif not held.is_that_of(file):
            raise OtherContentError(
                f"{self.target.name}/{file.path}: holds another file ({held.bytes:,} bytes where the run's manifest "
                f"says {file.bytes:,}, or another SHA-256): see what it is, remove it there, and publish again")
        self.believe([file])

    def send_run(self, run: RunFiles) -> None:
        """All files of a run, some at a time, and only then its manifest. A file that is damaged here, or another
        there, does not keep the rest from going; then the first such error is raised, and the manifest stays here."""
        faults = self._send_together([file for file in run.files if not self.is_there(file)])
        if faults:
            raise faults[0]
        self.send(run.manifest)

    def _send_together(self, files: list[SealedFile]) -> list[Exception]:
        """Faults of single files; what concerns the whole target is raised once nothing is on its way any more.

        The threads are daemons, which those of concurrent.futures are not: a process that ends does not wait for a
        store that stalls.
        """
        waiting, faults, troubles = iter(files), list[Exception](), list[Exception]()

        def work() -> None:
            while not troubles and (file := next(waiting, None)):
                try:
                    self.send(file)
                except (ArchiveDamagedError, OtherContentError) as error:
                    faults.append(error)
                except Exception as error:  # raised below
                    troubles.append(error)

        threads = [threading.Thread(target=work, name="publish", daemon=True) for _ in files[:_AT_ONCE]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if troubles:
            raise troubles[0]
        return faults
