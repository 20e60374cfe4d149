"""An iterator that runs ahead of whoever takes from it, in a thread of its own.

Owns the thread, and how far ahead it may be. Worth it where the work is done without the interpreter's lock, as
decompression is; must not know what is made.
"""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_T = TypeVar("_T")
_END = object()


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def ahead(source: Iterator[_T], most: int = 2) -> Iterator[_T]:
    """The same items in the same order, at most `most` of them made and not yet taken. An error comes where it would
    have come. When this returns, or is closed, the thread has ended. RuntimeError in a process that was forked
    meanwhile: the thread is not in it."""
    process = os.getpid()
    made: SimpleQueue[object] = SimpleQueue()
    room, is_over = threading.Semaphore(most), threading.Event()
    thread = threading.Thread(target=_make, args=(source, made, room, is_over), name="ahead", daemon=True)
    thread.start()
    try:
        while (item := _taken(made, process)) is not _END:
            if isinstance(item, _Failed):
                raise item.error
            yield item  # type: ignore[misc]  # what is neither end nor failure came from the source
            room.release()
    finally:
        if process == os.getpid():
            is_over.set()
            room.release()
            thread.join()


def _taken(made: SimpleQueue[object], process: int) -> object:
    if process != os.getpid():
        raise RuntimeError(f"this iterator was begun in process {process}, which forked this one: begin another here")
    return made.get()


def _make(
    source: Iterator[_T], made: SimpleQueue[object], room: threading.Semaphore, is_over: threading.Event
) -> None:
    try:
        for item in source:
            room.acquire()
            if is_over.is_set():
                return
            made.put(item)
    except BaseException as error:  # raised where the items are taken
        made.put(_Failed(error))
    else:
        made.put(_END)
