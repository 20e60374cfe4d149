"""Small crawls on a disk that is watched, or that fails. No test itself; runs with the shim loaded.

`python -m tests.disk.recorded crawl TOP` crawls into TOP/new/archive, once.
`python -m tests.disk.recorded recover BASE TRACES` recovers the archive in each folder of BASE, each in a fork with a
trace of its own.
`python -m tests.disk.recorded fail TOP ERRNO CALLS once|full EVERY FIRST` crawls into TOP/0001/archive and so on, in a
fork each, the first with its FIRST-th call failing, the next EVERY later, until a crawl meets no failure.
What was acknowledged is in TOP/acknowledged, or beside the archives' folders, before anything else happens.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.archives import Clock
from tests.crashing import LATER, crawl, open_archive
from tests.disk import shim
from tests.disk.story import ACKNOWLEDGED
from tests.disk.trace import FAULT, read_trace

if TYPE_CHECKING:
    from collections.abc import Callable

ARCHIVE = "new/archive"


def acknowledging(path: Path) -> Callable[[str], object]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return lambda url: os.write(descriptor, url.encode() + b"\n")


async def run(root: Path, acknowledge: Callable[[str], object]) -> None:
    clock = Clock()
    await crawl(open_archive(root, clock), clock, acknowledge)  # type: ignore[arg-type]


async def recover(root: Path) -> None:
    await open_archive(root, Clock(LATER)).close("finished")


def recover_each(base: Path, traces: Path) -> None:
    for top in sorted(base.iterdir()):
        pid = os.fork()
        if pid == 0:
            shim.begin(traces / f"{top.name}.trace", shim.NO_FAULT)
            asyncio.run(recover(top / ARCHIVE))
            os._exit(0)
        if os.waitpid(pid, 0)[1]:
            raise SystemExit(f"{top}: the recovery failed")


async def run_on_a_bad_disk(root: Path, acknowledge: Callable[[str], object]) -> None:
    """As a crawl process does: whatever fails, the archive is closed, once, and the first failure is told."""
    clock = Clock()
    archive = open_archive(root, clock)
    try:
        await crawl(archive, clock, acknowledge, close=False)  # type: ignore[arg-type]
    finally:
        await archive.close("finished")
    if archive.committer.failure:
        raise archive.committer.failure


def fail_at(top: Path, number: int, fault: shim.Fault) -> bool:
    """One crawl in a fork; tells on stdout how it ended. False if it met no failure."""
    root = top / f"{number:04}" / "archive"
    root.parent.mkdir()
    trace, told = (top.parent / f"{number:04}{suffix}" for suffix in (".trace", ".json"))
    pid = os.fork()
    if pid == 0:
        shim.begin(trace, fault)
        error = None
        try:
            asyncio.run(run_on_a_bad_disk(root, acknowledging(top.parent / f"{number:04}.acknowledged")))
        except BaseException as raised:
            error = [type(raised).__name__, str(raised)]
        told.write_text(json.dumps({"root": str(root), "error": error}))
        os._exit(0)
    os.waitpid(pid, 0)
    met = [(call.to, call.path) for call in read_trace(trace) if call.kind == FAULT]
    print(json.dumps({**json.loads(told.read_text()), "number": number, "met": met[0] if met else None}), flush=True)
    return bool(met)


def fail_at_every_call(top: Path, error: int, calls: str, mode: str, every: int, first: int) -> None:
    number = first
    while fail_at(top, number, shim.Fault(number, error, calls, mode == "full")):
        number += every


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    what, folder, *rest = sys.argv[1:]
    if what == "fail":
        fail_at_every_call(Path(folder), int(rest[0]), rest[1], rest[2], int(rest[3]), int(rest[4]))
    elif what == "recover":
        recover_each(Path(folder), Path(rest[0]))
    else:
        asyncio.run(run(Path(folder) / ARCHIVE, acknowledging(Path(folder) / ACKNOWLEDGED)))
