"""What a re-extraction under way, or one that has ended, is asked: its time, its files, its processes.

Owns the reading of /proc and of OUT. Must not know what is measured.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import resource
from pathlib import Path

_BE_SUBREAPER = 36              # PR_SET_CHILD_SUBREAPER of Linux prctl(2)


def processor_seconds() -> float:
    """Of everything that was started from here and has ended, orphans too: they become this process's children."""
    ctypes.CDLL(None).prctl(_BE_SUBREAPER, 1)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tree(out: Path) -> dict[str, str]:
    """Every file of OUT but what was needed on the way."""
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(out.rglob("*")) if path.is_file() and ".work" not in path.parts}


def stage_of(out: Path) -> str:
    """What was under way when it was killed, by what lies there."""
    if not (out / ".work" / "state.sqlite").exists():
        return "starting"
    if any(out.glob("articles/*/*")):
        return "writing"
    if any((out / ".work").glob("parts/*")):
        return "extracting"
    return "learning" if any(out.glob("models/*")) else "reading"


def processes_below(temporary: str) -> list[tuple[int, str]]:
    """Processes of the Ray cluster that has that folder, and no others: those that name it, and their children."""
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            commands[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
    own = {pid for pid, command in commands.items() if temporary in command}
    return [(pid, command.partition("(")[0].split(" ")[0]) for pid, command in commands.items()
            if pid in own or parents[pid] in own]
