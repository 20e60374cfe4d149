"""The thread that publishes the files of a crawl while it runs, and what earlier runs left.

Owns when a file is sent and tried again. Must not hold up whoever hands it files, nor end the crawl: what could not be
sent stays on disk, and the next crawl or `scrapy publish` sends it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError
from pipelines.objectstore.runs import FOLDER, ended_runs, manifest_path, run_files
from pipelines.objectstore.sender import Sender
from pipelines.objectstore.target import OtherContentError, TargetDownError, TargetRefusedError
from pipelines.objectstore.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipelines.objectstore.target import Target
    from pipelines.records import SealedFile

logger = logging.getLogger(__name__)

PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
_TURN_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Published:
    """What a crawl's publishing came to. `left_files` of `left_bytes` are on disk alone; `reason` says why."""

    target: str
    sent_files: int
    sent_bytes: int
    left_files: int
    left_bytes: int
    reason: str | None

    @property
    def is_complete(self) -> bool:
        return not self.left_files and self.reason is None


class Publisher:
    """Give it what is sealed with `add`, from any thread; `end` once the archive is closed."""

    def __init__(self, root: Path, target: Target, pauses_seconds: Sequence[float] = PAUSES_SECONDS) -> None:
        self._root, self._target, self._pauses = root, target, pauses_seconds
        self._sender = Sender(root, target)
        self._changed = threading.Condition()
        self._files: deque[SealedFile] = deque()
        self._runs: deque[str] = deque()
        self._must_look, self._must_hurry, self._is_ending, self._is_stopped = True, False, False, False
        self._earlier = frozenset(ended_runs(root))
        self._faults: list[str] = []
        self._trouble: str | None = None
        self._done: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)  # a kill does not wait for it

    def start(self) -> None:
        self._thread.start()

    def add(self, file: SealedFile) -> None:
        """A file was sealed; returns at once."""
        with self._changed:
            self._files.append(file)
            self._changed.notify()

    def end(self) -> Future[None]:
        """The archive is closed: done once everything was sent that can be."""
        with self._changed:
            self._is_ending = self._must_look = self._must_hurry = True
            self._changed.notify()
        return self._done

    def stop(self) -> Published:
        """Begin nothing more; what it came to. What is being sent at this moment is not waited for."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()
            left = self._left()
        reason = self._faults[0] if self._faults else self._trouble if left else None
        if reason is None and left:
            reason = "there was no time"
        return Published(self._target.name, self._sender.sent_files, self._sender.sent_bytes, len(left),
                         sum(file.bytes for file in left), reason)

    def _left(self) -> list[SealedFile]:
        """Files of this crawl, and of earlier runs as far as it was found out that the target lacks them."""
        left = {file.path: file for file in self._files}
        for run_id in {*self._runs, *(set(ended_runs(self._root)) - self._earlier)}:
            try:
                left.update((file.path, file) for file in run_files(self._root, run_id).all)
            except ArchiveDamagedError as error:
                self._faults.append(str(error))
        return [file for file in left.values() if not self._sender.is_there(file)]

    def _work(self) -> None:
        try:
            self._take_turns()
        except Exception as error:  # an error of ours: the crawl goes on, and its end tells
            logger.exception("Publishing to %s has stopped", self._target.name)
            self._faults.append(f"an error of ours: {error!r}")
        finally:
            self._done.set_result(None)

    def _take_turns(self) -> None:
        turn = Turn(self._root)
        try:
            while not turn.take():
                self._trouble = "another process publishes this archive"
                if self._is_over(_TURN_PAUSE_SECONDS):
                    return
            self._trouble = None
            self._send_all()
        finally:
            turn.give_back()

    def _send_all(self) -> None:
        tries = 0
        while self._wait_for_work():
            try:
                self._step()
            except (TargetDownError, TargetRefusedError) as error:
                self._tell_trouble(error)
                self._put_last()
                tries = self._pause(tries)
                continue
            except (ArchiveDamagedError, OtherContentError, OSError) as error:
                logger.error("Not published: %s", error)  # noqa: TRY400  # its line says all
                self._faults.append(str(error))
                self._pass_over()
                continue
            if self._trouble is not None:
                logger.info("%s answers again: publishing goes on", self._target.name)
            self._trouble, tries = None, 0

    def _wait_for_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or self._is_ending or self._must_look or self._files
                                   or self._runs)
            return not self._is_stopped and bool(self._must_look or self._files or self._runs)

    def _step(self) -> None:
        """One file that was sealed, or a look for runs that have ended, or one of them. What is done is taken off the
        list only then."""
        if self._files:
            self._sender.send(self._files[0])
            self._pass_over()
        elif self._must_look:
            self._look()
        else:
            self._sender.send_run(run_files(self._root, self._runs[0]))
            self._pass_over()

    def _look(self) -> None:
        self._must_look = False  # before the look: who asks meanwhile wants another
        try:
            there = self._target.sizes(FOLDER)
        except Exception:
            self._must_look = True
            raise
        missing = [run_id for run_id in reversed(ended_runs(self._root)) if manifest_path(run_id) not in there]
        with self._changed:
            self._runs = deque(missing)

    def _pass_over(self) -> None:
        """The next, please. A run of which a file cannot be sent gets no manifest there."""
        with self._changed:
            if self._files:
                self._files.popleft()
            elif self._runs:
                self._runs.popleft()

    def _put_last(self) -> None:
        """What fails by itself must not keep the others from going."""
        with self._changed:
            (self._files or self._runs).rotate(-1)

    def _pause(self, tries: int) -> int:
        """Before it is tried again; how often it has been. The crawl's end cuts it short: the store may be back."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or self._must_hurry,
                                   self._pauses[min(tries, len(self._pauses) - 1)])
            was_cut, self._must_hurry = self._must_hurry, False
            return 0 if was_cut else tries + 1

    def _is_over(self, pause_seconds: float) -> bool:
        """Whether the crawl stops while this waits."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_stopped, pause_seconds)

    def _tell_trouble(self, error: Exception) -> None:
        if self._trouble is None:
            logger.warning("Publishing is tried again until the crawl has ended: %s", error)
        self._trouble = str(error)
