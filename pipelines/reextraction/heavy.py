"""Pages that are too much for a worker: each is found out once, and then left alone.

Owns how the page is known that a worker was at as it ended, and the folder in which such pages are remembered, so that
neither another step nor a later call pays for one again. Must not know what is done with pages.
"""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pipelines.reextraction.named import call
from pipelines.segments import write_durably
from pipelines.workers import TooLongError, WorkerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from pipelines.reextraction.pages import ArchivedPage
    from pipelines.workers import Workers

_MAX_DEATHS = 2                 # at a page: one alone may be of something else's doing
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class UnreadableError(WorkerError):
    """What pages are read from does not answer: that says nothing of a page."""


@dataclass(frozen=True, slots=True)
class Watch:
    """In a worker, as a context: a page that takes `seconds` ends the process, and `mark` tells which it was. By the
    signal itself: a handler of Python's would wait until the parser returns."""

    mark: Path
    seconds: float

    def at(self, number: int) -> None:
        """That page is under way from now on."""
        self.mark.write_bytes(b"%d" % number)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def over(self, pages: Sequence[ArchivedPage]) -> Iterator[ArchivedPage]:
        """One after the other, each with a time of its own."""
        for number, page in enumerate(pages):
            self.at(number)
            yield page

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    @property
    def reached(self) -> int:
        """The page that was under way last; the first if none was."""
        try:
            return int(self.mark.read_bytes() or b"0")
        except FileNotFoundError:
            return 0


class HeavyPages:
    """Those that a folder remembers, and why."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def among(self, pages: Sequence[ArchivedPage]) -> dict[int, str]:
        """By their places in the sequence."""
        known = set(os.listdir(self._folder))  # noqa: PTH208  # names alone
        names = enumerate(map(_name, pages))
        return {number: (self._folder / name).read_text("utf-8") for number, name in names if name in known}

    def remember(self, page: ArchivedPage, reason: str) -> None:
        write_durably(self._folder / _name(page), reason.encode("utf-8", "replace"))

    @contextmanager
    def watch(self, seconds: float) -> Iterator[Watch]:
        mark = self._folder / f"{os.urandom(8).hex()}.mark"
        try:
            yield Watch(mark, seconds)
        finally:
            mark.unlink(missing_ok=True)


async def spared(
    workers: Workers, heavy: HeavyPages, pages: Sequence[ArchivedPage],
    function: str, *args: Any,
) -> tuple[Any, dict[int, str]]:
    """The function of that dotted name, called with pages, a watch and `args` in a worker: without the pages that are
    too much for it, which are told by their places with the reason; None if none is left. WorkerError where pages are
    not to blame."""
    failed, deaths = heavy.among(pages), Counter[int]()
    while left := [number for number in range(len(pages)) if number not in failed]:
        with heavy.watch(workers.deadline_seconds) as watch:
            most_seconds = workers.deadline_seconds * (len(left) + 1)
            try:
                return await workers.run_within(
                    most_seconds, call, function, [pages[number] for number in left], watch, *args), failed
            except WorkerError as error:
                if isinstance(error, UnreadableError) or error.errno in NO_ROOM:
                    raise
                culprit = left[watch.reached]
                deaths[culprit] += 1
                if isinstance(error, TooLongError) or deaths[culprit] == _MAX_DEATHS:
                    failed[culprit] = str(error)
                    heavy.remember(pages[culprit], str(error))
    return None, failed


def _name(page: ArchivedPage) -> str:
    source = page.source
    place = f"{source.address}\n{source.path}\n{source.offset}"
    return sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]
