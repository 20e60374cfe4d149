"""The lock that one crawl at a time holds on an archive.

Owns the lock alone; light to import, so that a crawl that may not run ends at once.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveHeldError, BroadsheetError, ConfigurationError
from pipelines.layout import STATE
from pipelines.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

_LOCK_PAUSES_SECONDS = (0.02, 0.05, 0.0)


def refuse_if_held(root: Path) -> None:
    """ArchiveHeldError if another process holds the archive now; nothing is changed, and a new place is fine."""
    if root.is_dir():
        os.close(hold(root))


def hold(root: Path) -> int:
    """The descriptor of a lock on the folder itself: the kernel drops it with the process, however that ends.

    ArchiveHeldError, naming the run that holds it, if another process has it.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY)
    except OSError as error:
        raise ConfigurationError(
            f"ARCHIVE_DIR: cannot be read: {root} ({error.strerror}): choose a folder of your own") from error
    for pause in _LOCK_PAUSES_SECONDS:  # `scrapy verify` holds it for an instant, to see whether a crawl is there
        if _try_lock(descriptor):
            break
        time.sleep(pause)
    else:
        os.close(descriptor)
        raise ArchiveHeldError(
            f"{root}: another crawl{_holder(root)} holds this archive: wait for it, stop it, "
            "or give another ARCHIVE_DIR"
        )
    return descriptor


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(root: Path) -> str:
    try:
        store = SqliteStore.open_to_read(root / STATE)
    except (sqlite3.Error, BroadsheetError):  # of another version, or not there yet
        return ""
    try:
        runs = store.unfinished_runs()
    except sqlite3.Error:
        return ""
    finally:
        store.close()
    return f" (run {runs[-1].run_id}, process {runs[-1].pid})" if runs else ""
