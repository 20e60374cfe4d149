"""A small crawl that is killed at its n-th step, for every n. No test itself.

`python -m tests.crashing WHAT HOW ROOT`: WHAT is `crawl` or an archive to recover, HOW `before` or `torn`.

Owns what a step is: whatever changes a file or makes a change last. Each crawl runs in a fork of its own,
has an archive of its own in ROOT, and ends by SIGKILL: nothing in it gets a chance to tidy up.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import shutil
import signal
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.archive import Archive, ArchiveConfig
from tests.archives import WARCINFO, Clock
from tests.builders import found, page_of, settle_together

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = 5
SITE = "https://news.example"
URLS = [f"{SITE}/{number}" for number in range(PAGES)]
LATER = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
CHANGES = ("INSERT", "UPDATE", "DELETE", "COMMIT")


def open_archive(root: Path, clock: Clock) -> Archive:
    """Files so small that some are sealed on the way."""
    return Archive.open(
        ArchiveConfig(root, max_warc_bytes=4000, max_jsonl_bytes=2500, warcinfo=WARCINFO), "news", clock
    )


async def crawl(
    archive: Archive, clock: Clock, acknowledge: Callable[[str], None], *, close: bool = True
) -> None:
    """Page 0 is known from the start; each page leads to the next two. Two are fetched at a time."""
    _find(archive, 0)
    while leases := await archive.committer.lease({}, 2, 2):
        for lease in leases:
            number = int(lease.url.rpartition("/")[2])
            _find(archive, number + 1, number + 2)
        for result in await settle_together(archive.committer, [page_of(clock, lease) for lease in leases]):
            if isinstance(result, BaseException):
                raise result
            acknowledge(result.fetch.url)
    if close:
        await archive.close("finished")


def _find(archive: Archive, *numbers: int) -> None:
    for number in numbers:
        url = f"{SITE}/{number}"
        key = url.removeprefix("https://")
        if number < PAGES and not archive.reader.is_known(key, archive.run.run_id):
            archive.committer.add(found(url))


class Killer:
    """Counts steps; at the n-th it kills the process, `torn` with half of a write done."""

    def __init__(self, root: Path, at: int, *, torn: bool) -> None:
        self.root, self.at, self.torn, self.count = root, at, torn, 0

    def step(self, name: str, half: Callable[[], object] | None = None) -> None:
        if self.torn and half is None:
            return
        self.count += 1
        if self.count < self.at:
            return
        if self.torn and half:
            half()
        os.write(os.open(self.root.with_suffix(".step"), os.O_WRONLY | os.O_CREAT), name.encode())
        os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        for name in ("fsync", "fdatasync", "rename", "unlink", "mkdir"):
            setattr(os, name, self._counted(name, getattr(os, name)))
        plain_open = io.open
        io.open = lambda path, mode="r", *args, **kwargs: (  # type: ignore[assignment]
            self._open(path, mode, *args, **kwargs)
            if set(mode) & set("xwa+")
            else plain_open(path, mode, *args, **kwargs)
        )
        killer = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                if sql.lstrip().startswith(CHANGES) and (sql == "COMMIT" or not self.in_transaction):
                    killer.step("commit")
                return super().execute(sql, *args)

            def executescript(self, sql: str) -> sqlite3.Cursor:
                killer.step("commit")
                return super().executescript(sql)

        connect = sqlite3.connect
        sqlite3.connect = lambda *args, **kwargs: connect(  # type: ignore[assignment]
            *args, **{**kwargs, "factory": Connection})

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.step(name)
            return function(*args, **kwargs)

        return counted

    def _open(self, path: Path, mode: str, buffering: int = -1, *args: Any) -> Any:
        killer = self

        class File(io.FileIO):
            def write(self, data: Any) -> int:
                killer.step("write", lambda: io.FileIO.write(self, bytes(data)[:len(data) // 2]))
                return super().write(data)

            def truncate(self, size: int | None = None) -> int:
                killer.step("truncate")
                return super().truncate(size)

        raw = File(path, mode.replace("b", ""))
        return raw if buffering == 0 else io.BufferedWriter(raw)


def _run(root: Path, killer: Killer, *, only_recover: bool) -> None:
    """In the fork. What was acknowledged is in a file before anything else happens."""
    clock = Clock(LATER) if only_recover else Clock()
    killer.install()
    descriptor = os.open(root.with_suffix(".acknowledged"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def work() -> None:
        archive = open_archive(root, clock)
        if only_recover:
            await archive.close("finished")
        else:
            await crawl(archive, clock, lambda url: os.write(descriptor, url.encode() + b"\n"))  # type: ignore[arg-type,return-value]

    asyncio.run(work())


def kill_at_every_step(base: Path, how: str, left: Path | None) -> None:
    """Until a crawl gets through; tell of each what it was at. `left` is an archive to recover instead."""
    for step in range(1, 1000):
        root = base / f"{step:03}"
        if left:
            shutil.copytree(left, root)
        pid = os.fork()
        if pid == 0:
            try:
                _run(root, Killer(root, step, torn=how == "torn"), only_recover=left is not None)
            except BaseException as error:
                sys.stderr.write(f"{root}: {error!r}\n")
                os._exit(1)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        at = root.with_suffix(".step").read_text() if status == -signal.SIGKILL else None
        print(json.dumps({"root": str(root), "status": status, "at": at}), flush=True)
        if status != -signal.SIGKILL:
            return


if __name__ == "__main__":
    logging.disable(logging.WARNING)        # that a run was interrupted is no news here
    what, how, base = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    base.mkdir(parents=True)
    kill_at_every_step(base, how, None if what == "crawl" else Path(what))
