"""What the tests of workers have done in them. No test itself, and light: each worker loads it."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.reextraction.heavy import Watch
    from pipelines.reextraction.pages import ArchivedPage


def double(number: int) -> int:
    return 2 * number


def told(*args: object, **kwargs: object) -> tuple[object, ...]:
    return (args, kwargs)


def pid() -> int:
    return os.getpid()


def hang() -> NoReturn:
    while True:
        signal.pause()


def spin() -> NoReturn:
    while True:
        pass


def leave(code: int) -> NoReturn:
    os._exit(code)


def leave_at_once(memory_bytes: int) -> NoReturn:
    os._exit(1)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def eat(size: int) -> int:
    return len(bytearray(size))


def fail() -> NoReturn:
    raise KeyError("no such thing")


class TwoReasonsError(Exception):
    """An error that pickles and does not unpickle: lxml's and others' are like that."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def fail_oddly() -> NoReturn:
    raise TwoReasonsError("one", "two")


def unpicklable() -> Any:
    return lambda: None


def tell_and_hang(pipe: str) -> NoReturn:
    with Path(pipe).open("w") as out:
        out.write(f"{os.getpid()} {os.getppid()}\n")
    hang()


def tell_and_wait(told: str, go: str) -> str:
    with Path(told).open("w") as out:
        out.write("ready\n")
    return Path(go).read_text().strip()


def read_watched(pages: Sequence[ArchivedPage], watch: Watch, told: Path, what: str) -> list[int]:
    """Page 2 is too much: always, or the first time only."""
    with watch:
        for place, page in enumerate(pages):
            watch.at(place)
            with told.open("a") as file:
                file.write(f"{page.number}")
            if page.number == 2 and (what != "dies once" or told.read_text().count("2") == 1):
                _fail(what)
    return [page.number for page in pages]


def _fail(what: str) -> None:
    if what == "hangs":
        while True:
            pass
    if what.startswith("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "full":
        raise OSError(errno.ENOSPC, "No space left on device")
    from pipelines.reextraction.heavy import UnreadableError

    raise UnreadableError("the store is down")
