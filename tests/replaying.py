"""An exported archive replayed by pywb and opened in Chromium, neither of which is ours. No test itself.

Owns the two programs and what goes out of the browser to anywhere but pywb. Must not know what is in the archive.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[1]
READERS = ROOT / ".venv-readers" / "bin"
CHROMIUM = shutil.which("chromium")
NPM_WARCIO = ROOT / "node_modules" / ".bin" / "warcio"
COLLECTION = "paper"
_QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
          "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
          "--disable-default-apps", "--disable-extensions")
_START_SECONDS = 60


class Leaks:
    """A proxy that lets nothing through and counts who asks: what a page wanted from outside the archive."""

    def __enter__(self) -> Self:
        self.asked: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._refuse, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _refuse(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    self.asked.append(connection.recv(4096).partition(b"\r\n")[0])


class Pywb:
    """`wayback` over WARC files and an index; `url` is where it replays a page."""

    def __init__(self, folder: Path, warcs: Sequence[Path], index: Path) -> None:
        self._folder = folder
        collection = folder / "collections" / COLLECTION
        archive, indexes = collection / "archive", collection / "indexes"
        archive.mkdir(parents=True)
        indexes.mkdir()
        for warc in warcs:
            shutil.copy(warc, archive)
        shutil.copy(index, indexes / "index.cdxj")
        (folder / "config.yaml").write_text("framed_replay: false\nenable_auto_fetch: false\n")
        self.port = free_port()

    def __enter__(self) -> Self:
        self._log = (self._folder / "log").open("w")
        self._process = subprocess.Popen(
            [str(READERS / "wayback"), "-b", "127.0.0.1", "-p", str(self.port)], cwd=self._folder,
            stdout=self._log, stderr=subprocess.STDOUT)
        if not self._answers():
            self.__exit__()
            raise AssertionError(f"pywb does not start:\n{(self._folder / 'log').read_text()}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._log.close()

    def _answers(self) -> bool:
        for _ in _attempts(self._process):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        return False

    def url(self, timestamp: str, url: str, modifier: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/{COLLECTION}/{timestamp}{modifier}/{url}"

    def payload(self, timestamp: str, url: str) -> tuple[int, bytes]:
        """Status and body of the page as it was archived, nothing rewritten in it, and no redirect followed."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", self.url(timestamp, url, "id_").split(str(self.port), 1)[1])
            answer = connection.getresponse()
            return answer.status, answer.read()


def _attempts(process: subprocess.Popen[bytes]) -> Iterator[int]:
    """While the process lives, as often as may be needed: each attempt waits by itself."""
    for number in range(_START_SECONDS * 10):
        if process.poll() is not None:
            return
        yield number
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)


def rendered(url: str, leaks: Leaks, bypass: str, profile: Path) -> bytes:
    """The page as Chromium has it once it is loaded; everything but `bypass` goes through the proxy that refuses."""
    command = [str(CHROMIUM), *_QUIET, f"--user-data-dir={profile}", f"--proxy-server=127.0.0.1:{leaks.port}",
               f"--proxy-bypass-list=<-loopback>;{bypass}", "--virtual-time-budget=5000", "--dump-dom", url]
    return subprocess.run(command, capture_output=True, check=True, timeout=90).stdout
