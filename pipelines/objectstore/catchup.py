"""All runs of an archive that have ended, brought to a target in one go.

Owns the order of the runs, and what is believed to be there. Must not know who looks on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError, BroadsheetError
from pipelines.objectstore.runs import RunFiles, ended_runs, run_files
from pipelines.objectstore.sender import Sender
from pipelines.objectstore.target import OtherContentError, TargetDownError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pipelines.objectstore.patience import Patience
    from pipelines.objectstore.target import Target
    from pipelines.records import SealedFile


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
    """`tell` is called with each file that is there now, and the bytes of all."""

    def __init__(
        self, root: Path, target: Target, patience: Patience, tell: Callable[[SealedFile, int], object],
    ) -> None:
        self._target, self._patience = target, patience
        self._errors: list[str] = []
        self._runs = list(self._readable_runs(root))
        self._files = {file.path: file for run in self._runs for file in run.all}
        total = sum(file.bytes for file in self._files.values())
        self._sender = Sender(root, target, lambda file: tell(file, total))

    def run(self) -> CaughtUp:
        """Oldest run first. TargetRefusedError if the target says no; what else went wrong is in the result."""
        try:
            self._patience.keep_trying(self._target.probe)
            self._believe(self._patience.keep_trying(lambda: self._target.sizes("")))
            for run in self._runs:
                self._send(run)
        except TargetDownError as error:
            self._errors.append(str(error))
        return self._result()

    def _believe(self, there: Mapping[str, int]) -> None:
        """Files of the right size, of runs whose manifest is there: whoever put that has looked at them."""
        for run in self._runs:
            if run.manifest.path in there:
                self._sender.believe(file for file in run.all if there.get(file.path) == file.bytes)

    def _readable_runs(self, root: Path) -> list[RunFiles]:
        runs = []
        for run_id in ended_runs(root):
            try:
                runs.append(run_files(root, run_id))
            except BroadsheetError as error:
                self._errors.append(str(error))
        return runs

    def _send(self, run: RunFiles) -> None:
        """A file that is damaged here or another there keeps nothing else from going."""
        try:
            self._patience.keep_trying(lambda: self._sender.send_run(run), lambda: self._sender.sent_files)
        except (ArchiveDamagedError, OtherContentError) as error:
            self._errors.append(str(error))

    def _result(self) -> CaughtUp:
        left = [file for file in self._files.values() if not self._sender.is_there(file)]
        return CaughtUp(self._target.name, len(self._runs), len(self._files), self._sender.sent_files,
                        self._sender.sent_bytes, len(left), sum(file.bytes for file in left), tuple(self._errors))
