"""`scrapy` in a process that is forked from one which has imported everything: a second of processor saved a start.

Owns the fork, and the way to it over a socket. What runs is Scrapy's own command line, in a process of its own that can
be killed like any; only how its imports came about differs. No test itself.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, BinaryIO

from tests.crawls import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IMPORTED = ("scrapy.cmdline", "scrapy.crawler", "scrapy.core.engine", "scrapy.core.downloader.contextfactory",
            "scrapy.core.downloader.handlers.http11", "scrapy.core.scraper", "scrapy.spiders", "scrapy.utils.log",
            "twisted.internet.asyncioreactor", "twisted.web.client", "crawler.addon", "crawler.commands.crawl",
            "crawler.spiders.news", "pipelines.extract", "pipelines.publish", "scrapy.__main__")
_LARGEST = 1 << 16


class WarmProcess:
    """As much of subprocess.Popen as the tests of kills need."""

    def __init__(self, args: Sequence[str], pid: int, talk: socket.socket, stderr: BinaryIO) -> None:
        self.args, self.pid, self.stderr = args, pid, stderr
        self.returncode: int | None = None
        self._talk = talk

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._talk.settimeout(timeout)
            try:
                self.returncode = int(self._talk.recv(_LARGEST))
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
        return self.returncode

    def kill(self) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


class Warm:
    """Starts one process at a time; `with` ends what starts them."""

    def __enter__(self) -> Warm:
        self._talk, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._forker = subprocess.Popen([sys.executable, "-m", "tests.warm", str(theirs.fileno())], cwd=REPOSITORY,
                                            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *_: object) -> None:
        self._talk.close()
        self._forker.wait()

    def start(self, args: Sequence[str], environment: Mapping[str, str]) -> WarmProcess:
        reading, writing = os.pipe()
        socket.send_fds(self._talk, [json.dumps([args, environment]).encode()], [writing])
        os.close(writing)
        self._talk.settimeout(None)
        return WarmProcess(args, int(self._talk.recv(_LARGEST)), self._talk, open(reading, "rb"))  # noqa: PTH123


def _serve(talk: socket.socket) -> None:
    """Returns in each fork, with its work to do."""
    while True:
        told, fds, _, _ = socket.recv_fds(talk, _LARGEST, 1)
        if not told:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            talk.close()
            _become(json.loads(told), fds[0])
            return
        os.close(fds[0])
        talk.send(str(pid).encode())
        talk.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _become(work: tuple[list[str], dict[str, str]], log: int) -> None:
    args, environment = work
    os.environ.update(environment)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    sys.stdout, sys.stderr = (open(fd, "w", buffering=1, closefd=False) for fd in (1, 2))  # noqa: SIM115
    sys.argv = [str(sys.modules["scrapy.__main__"].__file__), *args]
    sys.modules["__main__"] = sys.modules["scrapy.__main__"]        # as the fork server of the workers asks for it


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    assert "twisted.internet.reactor" not in sys.modules, "a reactor does not survive a fork"
    _serve(socket.socket(fileno=int(sys.argv[1])))
    sys.modules["scrapy.cmdline"].execute()
