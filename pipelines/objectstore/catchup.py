"""All runs of an archive that have ended, brought to a target in one go.

Owns the order of the runs, and how long a store that does not answer is waited for. Must not know who looks on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import BroadsheetError, ConfigurationError
from pipelines.objectstore.runs import RunFiles, ended_runs, run_files
from pipelines.objectstore.sender import Sender
from pipelines.objectstore.target import TargetDownError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pipelines.objectstore.target import Target
    from pipelines.records import SealedFile

PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """`files` of `runs` are to be there; those `left` are not, for the reasons in `errors`."""

    target: str
    runs: int
    files: int
    sent_files: int
    sent_bytes: int
    left_files: int
    left_bytes: int
    errors: tuple[str, ...]


class CatchUp:
    """`tell` is called with each file that is there now, and the bytes of all. A store from which nothing comes for
    `wait_seconds` is given up."""

    def __init__(
        self, root: Path, target: Target, wait_seconds: float, tell: Callable[[SealedFile, int], object],
        pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self._target, self._wait_seconds, self._pauses = target, wait_seconds, pauses_seconds
        self._errors: list[str] = []
        self._runs = list(self._readable_runs(root))
        self._files = {file.path: file for run in self._runs for file in run.all}
        total = sum(file.bytes for file in self._files.values())
        self._sender = Sender(root, target, lambda file: tell(file, total))

    def run(self) -> CaughtUp:
        """Oldest run first. TargetRefusedError if the target says no; what else went wrong is in the result."""
        there = self._target.sizes("")
        self._sender.believe(file for file in self._files.values() if there.get(file.path) == file.bytes)
        for run in self._runs:
            try:
                self._send(run)
            except ConfigurationError:
                raise
            except BroadsheetError as error:
                self._errors.append(str(error))
                if isinstance(error, TargetDownError):
                    break
        return self._result()

    def _readable_runs(self, root: Path) -> list[RunFiles]:
        runs = []
        for run_id in ended_runs(root):
            try:
                runs.append(run_files(root, run_id))
            except BroadsheetError as error:
                self._errors.append(str(error))
        return runs

    def _send(self, run: RunFiles) -> None:
        tries, sent, since = 0, self._sender.sent_files, time.monotonic()
        while True:
            try:
                self._sender.send_run(run)
            except TargetDownError:
                if self._sender.sent_files > sent:
                    tries, sent, since = 0, self._sender.sent_files, time.monotonic()
                pause = self._pauses[min(tries, len(self._pauses) - 1)]
                if time.monotonic() - since + pause > self._wait_seconds:
                    raise
                time.sleep(pause)
                tries += 1
            else:
                return

    def _result(self) -> CaughtUp:
        left = [file for file in self._files.values() if not self._sender.is_there(file)]
        return CaughtUp(self._target.name, len(self._runs), len(self._files), self._sender.sent_files,
                        self._sender.sent_bytes, len(left), sum(file.bytes for file in left), tuple(self._errors))
