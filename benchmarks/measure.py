"""What a command costs: wall time, processor time and memory, of its process and of all that it starts.

Owns one run of one command. Must not know what the command does. Linux only: it reads /proc, and adopts the
grandchildren that outlive their parents (prctl(2), PR_SET_CHILD_SUBREAPER) so that their time is counted too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SAMPLE_SECONDS = 0.2
_SUBREAPER = 36
_TICKS = os.sysconf("SC_CLK_TCK")


class CommandFailedError(RuntimeError):
    """A command that was to be measured did not end well; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and MiB. `cpu_seconds` is user and system time of the whole tree, `main_cpu_seconds` of the process that
    was started; the peaks are its largest resident size, and the largest sum over the tree of proportional sizes."""

    exit_code: int
    wall_seconds: float
    cpu_seconds: float
    main_cpu_seconds: float
    main_peak_mib: float
    tree_peak_mib: float


def measure(command: Sequence[str], *, cwd: Path, log: Path, env: Mapping[str, str] | None = None,
            deadline_seconds: float = 900, good_codes: Sequence[int] = (0,)) -> Cost:
    """Run it to its end, output to `log`. CommandFailedError for another exit code, or at the deadline."""
    with log.open("wb") as out, _adopting():
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   start_new_session=True)
        watch = _Watch(process.pid, began + deadline_seconds)
        try:
            with watch:
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            wall, main_cpu = time.monotonic() - began, _cpu_seconds(process.pid)
            cpu = _reap(process)
        finally:
            _end(process)
    if process.returncode not in good_codes:
        raise CommandFailedError(f"{_shown(command)}: exit code {process.returncode}; the end of {log}:\n{_tail(log)}")
    return Cost(process.returncode, round(wall, 3), round(cpu, 2), round(main_cpu, 2),
                round(watch.main_peak / 1024, 1), round(watch.tree_peak / 1024, 1))


class _Watch:
    """Looks at the tree now and then, in a thread, and ends it at the deadline. Peaks are in KiB."""

    def __init__(self, pid: int, deadline: float) -> None:
        self.main_peak = self.tree_peak = 0
        self._pid, self._deadline = pid, deadline
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.main_peak = max(self.main_peak, _kib(self._pid, "status", "VmHWM:"))
            self.tree_peak = max(self.tree_peak, sum(_kib(pid, "smaps_rollup", "Pss:") for pid in _tree(self._pid)))
            if time.monotonic() > self._deadline:
                _kill(self._pid)


@contextlib.contextmanager
def _adopting() -> Iterator[None]:
    """Orphans of the tree become ours, not init's, so that they can be waited for."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER): benchmarks need Linux 3.4 or later")
    try:
        yield
    finally:
        prctl(_SUBREAPER, 0, 0, 0, 0)


def _reap(process: subprocess.Popen[bytes]) -> float:
    """Wait for every process of the session; the sum of what they used."""
    seconds = 0.0
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status, usage = os.wait4(-process.pid, 0)
            seconds += usage.ru_utime + usage.ru_stime
            if pid == process.pid:
                process.returncode = os.waitstatus_to_exitcode(status)
    return seconds


def _end(process: subprocess.Popen[bytes]) -> None:
    """Whatever happened, nothing that was started stays behind."""
    if process.returncode is None:
        _kill(process.pid)
        _reap(process)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _cpu_seconds(pid: int) -> float:
    """Of the process alone, all threads; it may have ended, if no one has waited for it."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text("utf-8").split():
                yield from _tree(int(child))


def _kib(pid: int, file: str, key: str) -> int:
    """0 for a process that is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text("utf-8").splitlines():
            if line.startswith(key):
                return int(line.split()[1])
    return 0


def _shown(command: Sequence[str]) -> str:
    return " ".join(Path(command[0]).name if n == 0 else part for n, part in enumerate(command))


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
