"""Many hosts of this machine at one port, and a log of when each was asked for what. No test itself.

Owns sockets, threads and the log. Moments are those of time.monotonic(), which all processes of a machine share: a
request begins when its last byte is there, and ends just before the last of its answer is sent, so that a client which
says that it waited must have waited for at least as long as the log says. Must not know crawls.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Answer = Callable[[str, str, int], bytes]

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_RECEIVE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `status` is of its answer."""

    host: str
    target: str
    began_at: float
    ended_at: float
    status: int


class ManyHosts:
    """Answers as `routes` says, by host and target: whole responses, or what a callable makes of host, target and the
    number of times it was asked before. Each answer takes `latency_seconds`, as on a network."""

    def __init__(self, hosts: Iterable[str], latency_seconds: float = 0.0) -> None:
        self.hosts, self._latency_seconds = list(hosts), latency_seconds
        self.routes: dict[tuple[str, str], bytes | Answer] = {}
        self._log: list[Asked] = []
        self._times: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._connections: list[socket.socket] = []
        self._talks: list[threading.Thread] = []

    def __enter__(self) -> Self:
        first = socket.create_server((self.hosts[0], 0), backlog=128)
        self.port = first.getsockname()[1]
        self._listeners = [first] + [socket.create_server((host, self.port), backlog=128) for host in self.hosts[1:]]
        self._selector = selectors.DefaultSelector()
        for listener in self._listeners:
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ)
        self._wake, self._wakes = socket.socketpair()
        self._selector.register(self._wakes, selectors.EVENT_READ)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._wake.send(b"x")
        self._accepting.join()
        self._selector.close()
        for end in (*self._listeners, self._wake, self._wakes):
            end.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)
        for talk in self._talks:
            talk.join()

    def url(self, host: str, target: str = "/") -> str:
        return f"http://{host}:{self.port}{target}"

    def serve(self, host: str, routes: Mapping[str, bytes | Answer]) -> None:
        self.routes |= {(host, target): answer for target, answer in routes.items()}

    @property
    def log(self) -> list[Asked]:
        """In the order in which requests began."""
        with self._lock:
            return sorted(self._log, key=lambda asked: asked.began_at)

    def of(self, host: str) -> list[Asked]:
        return [asked for asked in self.log if asked.host == host]

    def _accept(self) -> None:
        while not self._ending.is_set():
            for key, _ in self._selector.select():
                with contextlib.suppress(OSError):
                    connection, _ = key.fileobj.accept()
                    connection.setblocking(True)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._connections.append(connection)
                    talk = threading.Thread(target=self._talk, args=(connection,), daemon=True)
                    self._talks.append(talk)
                    talk.start()

    def _talk(self, connection: socket.socket) -> None:
        host, received = connection.getsockname()[0], b""
        with connection, contextlib.suppress(OSError):
            while True:
                while b"\r\n\r\n" not in received:
                    more = connection.recv(_RECEIVE_BYTES)
                    if not more:
                        return
                    received += more
                head, _, received = received.partition(b"\r\n\r\n")
                self._exchange(connection, host, head.split(b" ", 2)[1].decode("latin-1"))

    def _exchange(self, connection: socket.socket, host: str, target: str) -> None:
        began_at = monotonic()
        with self._lock:
            times = self._times[host, target]
            self._times[host, target] += 1
        route = self.routes.get((host, target), NOT_FOUND)
        answer = route(host, target, times) if callable(route) else route
        self._ending.wait(self._latency_seconds)
        connection.sendall(answer[:-1])
        asked = Asked(host, target, began_at, monotonic(), int(answer.split(b" ", 2)[1]))
        with self._lock:
            self._log.append(asked)
        connection.sendall(answer[-1:])


def gaps(asked: Iterable[Asked]) -> list[float]:
    """Between the end of each and the beginning of the next; negative where two were under way at once."""
    return [later.began_at - earlier.ended_at for earlier, later in pairwise(asked)]


def most_at_once(asked: Iterable[Asked]) -> int:
    moments = sorted([(each.began_at, 1) for each in asked] + [(each.ended_at, -1) for each in asked])
    most = now = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most
