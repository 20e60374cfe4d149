"""`scrapy` in a process that is forked from one which has imported everything: a second of processor saved a start.

Owns the fork, and the way to it over a socket. What runs is Scrapy's own command line, in a process of its own that can
be killed like any; only how its imports came about differs. No test itself.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IMPORTED = ("scrapy.cmdline", "scrapy.crawler", "scrapy.core.engine", "scrapy.core.downloader.contextfactory",
            "scrapy.core.downloader.handlers.http11", "scrapy.core.scraper", "scrapy.spiders", "scrapy.utils.log",
            "twisted.internet.asyncioreactor", "twisted.web.client", "crawler.addon", "crawler.wiretap",
            "crawler.commands.crawl", "crawler.spiders.news", "pipelines.extract", "pipelines.publish",
            "tests.latercrawl", "scrapy.__main__")
_LARGEST = 1 << 16
_LEFT_OUT = ("LD_", "PYTHON", "LC_", "LANG")
"""Variables that count as a process begins, or as its first modules are loaded."""


def can_start(environment: Mapping[str, str]) -> bool:
    """Whether a process is no different with these variables than if they had been there from the start."""
    return not any(name.startswith(_LEFT_OUT) for name in environment)


class WarmProcess:
    """As much of subprocess.Popen as the tests need, with pipes to all three streams."""

    def __init__(self, args: Sequence[str], talk: socket.socket, streams: Sequence[BinaryIO]) -> None:
        self.args, self._talk = args, talk
        self.stdin, self.stdout, self.stderr = streams
        self.pid = int(talk.recv(_LARGEST))
        self.returncode: int | None = None
        self._read: dict[str, bytes] = {}
        self._threads: list[threading.Thread] = []

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._talk], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._talk.recv(_LARGEST))
            self._talk.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, given: bytes | None = None, timeout: float | None = None) -> tuple[bytes, bytes]:
        """To its end. After a TimeoutExpired it may be called again, and goes on."""
        until = None if timeout is None else monotonic() + timeout
        if not self._threads:
            work = ((self._feed, (given,)), (self._drain, ("stdout",)), (self._drain, ("stderr",)))
            self._threads = [threading.Thread(target=each, args=args, daemon=True) for each, args in work]
            for thread in self._threads:
                thread.start()
        for thread in self._threads:
            thread.join(None if until is None else max(until - monotonic(), 0))
            if thread.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(None if until is None else max(until - monotonic(), 0))
        return self._read["stdout"], self._read["stderr"]

    def _feed(self, given: bytes | None) -> None:
        with contextlib.suppress(BrokenPipeError), self.stdin as stdin:
            stdin.write(given or b"")

    def _drain(self, name: str) -> None:
        with getattr(self, name) as stream:
            self._read[name] = stream.read()


class Warm:
    """Starts processes; `close`, or the end of this process, ends what starts them."""

    def __init__(self) -> None:
        self._talk, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._forker = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(theirs.fileno())], cwd=Path(__file__).parents[1],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)

    def close(self) -> None:
        self._talk.close()
        self._forker.wait()

    def start(self, args: Sequence[str], environment: Mapping[str, str], later: float = 0.0) -> WarmProcess:
        """`scrapy ARGS` with this environment and no other, its clock `later` seconds ahead."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pipes = [os.pipe() for _ in range(3)]
        passed = [theirs.fileno(), pipes[0][0], pipes[1][1], pipes[2][1]]
        socket.send_fds(self._talk, [json.dumps([args, dict(environment), later]).encode()], passed)
        theirs.close()
        for fd in passed[1:]:
            os.close(fd)
        return WarmProcess(args, ours, [
            open(pipes[0][1], "wb"), open(pipes[1][0], "rb"), open(pipes[2][0], "rb")])  # noqa: PTH123


def _serve(talk: socket.socket) -> None:
    """Returns in each process that is asked for, with its work to do. One more between waits for its end, and tells."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)       # what waits is waited for by nobody
    while True:
        told, fds, _, _ = socket.recv_fds(talk, _LARGEST, 4)
        if not told:
            os._exit(0)
        if os.fork() == 0:
            talk.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            status = socket.socket(fileno=fds[0])
            if (pid := os.fork()) == 0:
                status.close()
                _become(*json.loads(told), fds[1:])
                return
            for fd in fds[1:]:
                os.close(fd)
            with contextlib.suppress(BrokenPipeError):      # nobody may want to know by then
                status.send(str(pid).encode())
                status.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
            os._exit(0)
        for fd in fds:
            os.close(fd)


def _become(args: list[str], environment: dict[str, str], later: float, streams: list[int]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    for target, fd in enumerate(streams):
        os.dup2(fd, target)
        os.close(fd)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    if later:
        sys.modules["tests.latercrawl"].put_forward(later)
    sys.argv = [str(sys.modules["scrapy.__main__"].__file__), *args]
    sys.modules["__main__"] = sys.modules["scrapy.__main__"]        # as the fork server of the workers asks for it


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    assert "twisted.internet.reactor" not in sys.modules, "a reactor does not survive a fork"
    assert "crawler.settings" not in sys.modules, "they look at the terminal as they are loaded"
    _serve(socket.socket(fileno=int(sys.argv[1])))
    sys.modules["scrapy.cmdline"].execute()
