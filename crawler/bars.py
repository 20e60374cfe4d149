"""How far long work is: a bar on a terminal, elsewhere a line on stderr every half a minute.

Owns both. Must not know what is done.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

_LINE_SECONDS = 30.0


class Bar(Progress):
    """A bar of one task, which goes when it is over; where no one looks at a terminal, what it would show is said in a
    line now and then."""

    def __init__(self, *columns: Any, unit: str = "", file: TextIO | None = None,
                 now: Callable[[], float] = time.monotonic) -> None:
        self._file, self._unit, self._now = file or sys.stderr, unit, now
        self._said_at = now()
        self._is_seen = self._file.isatty()
        super().__init__(TextColumn("{task.description}"), BarColumn(), *columns, console=Console(file=self._file),
                         disable=not self._is_seen, transient=True, get_time=now)

    def update(self, task_id: TaskID, **fields: Any) -> None:
        super().update(task_id, **fields)
        if not self._is_seen and self._now() - self._said_at >= _LINE_SECONDS:
            self._said_at = self._now()
            self._file.write(f"{_said(self._tasks[task_id], self._unit)}\n")
            self._file.flush()


def byte_bar() -> Bar:
    """Of bytes."""
    return Bar(DownloadColumn(), TimeRemainingColumn(), unit=" bytes")


def count_bar() -> Bar:
    """Of things, with the time that it took so far."""
    return Bar(MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())


def _said(task: Task, unit: str) -> str:
    of = f" of {task.total:,.0f}" if task.total else ""
    left = task.time_remaining
    estimate = f", about {_spoken(left)} left" if left is not None and task.total else ""
    return f"{task.description}: {task.completed:,.0f}{of}{unit}, {_spoken(task.elapsed or 0.0)} so far{estimate}"


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
