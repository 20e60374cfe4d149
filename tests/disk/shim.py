"""The shim of `shim.c`: compiled once, and loaded into a process by its environment.

Owns the compiler and the environment. Must not know what the process does.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
ROOM = "cwmrst"
"""Calls that a full disk may refuse: create, write, mkdir, rename, sync, truncate."""
COMPILE = ("-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror")


def why_not() -> str | None:
    """What keeps the shim from being used on this machine, if anything."""
    if sys.platform != "linux":
        return f"LD_PRELOAD as the shim uses it is Linux's, this is {sys.platform}"
    return None if _compiler() else "no C compiler: install gcc and libc6-dev"


def shim(folder: Path | None = None) -> Path:
    """The compiled shim: one for all processes of a test session, made anew where its source has changed."""
    name = f"broadsheet-shim-{os.getuid()}-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"
    path = (folder or Path(tempfile.gettempdir())) / name
    if not path.exists():
        making = path.with_name(f"{path.name}.{os.getpid()}")
        subprocess.run([_compiler() or "cc", *COMPILE, "-o", making, SOURCE, "-ldl", "-lpthread"], check=True)
        making.rename(path)
    return path


@dataclass(frozen=True, slots=True)
class Fault:
    """The `at`-th call of those in `calls` fails with `error`; if `for_good`, so does all that needs room from then on,
    and a write does half of its work first."""

    at: int
    error: int = errno.ENOSPC
    calls: str = ROOM
    for_good: bool = True


NO_FAULT = Fault(0, 0, "", for_good=False)


def environment(root: Path, trace: Path | None = None, fault: Fault | None = None) -> dict[str, str]:
    """For a process whose files below `root` are watched."""
    watched = {"LD_PRELOAD": str(shim()), "DISK_ROOT": str(root)}
    if trace:
        watched["DISK_TRACE"] = str(trace)
    if fault:
        mode = "full" if fault.for_good else "once"
        watched["DISK_FAIL"] = f"{fault.at} {fault.error} {fault.calls} {mode}"
    return watched


def begin(trace: Path | None, fault: Fault) -> None:
    """From now on in this process, into which the shim was loaded as it started."""
    loaded = ctypes.CDLL(None)
    loaded.disk_begin(
        os.fsencode(trace) if trace else None, ctypes.c_long(fault.at), fault.error, fault.calls.encode(),
        int(fault.for_good))


def _compiler() -> str | None:
    return next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
