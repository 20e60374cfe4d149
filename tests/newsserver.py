"""A server of exact bytes on loopback, which logs exactly what went over the wire. No test itself.

Owns sockets and threads. Must not know Scrapy or anything of ours: what it sends is written as it was given,
right or wrong, so that a test can serve what no well-behaved server would.

    with RawServer({"/": page("<p>Hello</p>")}) as server:
        fetch(server.url("/"))
        assert server.log[0].response_bytes == page("<p>Hello</p>")

A route is a whole response as bytes; a `Reply` (`close_after`, `reset_after`, `stall_after`), which also says
what becomes of the connection; or a callable that is given the request's bytes and returns either, or an
iterable of bytes that are sent one by one. Nothing sleeps: a stall lasts until `release()` or the end.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tests.newspages import article_html, chunked, feed, page, prose, redirect, response, sitemap
from tests.replies import After, Reply, Route, close_after, keeps_open, reset_after, stall_after
from tests.selfsigned import SelfSigned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["After", "RawServer", "Reply", "Route", "WireExchange", "article_html", "chunked", "close_after",
           "feed", "page", "prose", "redirect", "reset_after", "response", "sitemap", "stall_after"]

NOT_FOUND = response(b"Not found\n", status=404, Content_Type="text/plain")
RECEIVE_BYTES = 65536
RESET = struct.pack("ii", 1, 0)         # SO_LINGER, on, for no time: close() sends RST
LOG_WAIT_SECONDS = 2.0                  # for a reply whose end the client saw before its thread could log it

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d+)")


@dataclass(frozen=True, slots=True)
class WireExchange:
    """One request and what was sent for it, before TLS. Exchanges with one `peer` shared one connection."""

    target: str
    request_bytes: bytes
    response_bytes: bytes
    peer: tuple[str, int]


class RawServer:
    """Serves `routes`, request target with its query to route, on `host`: at a free port unless one is given.

    Routes may change while it runs; what has none is a plain 404. With `tls`, `ca_pem` is what to trust.
    """

    def __init__(self, routes: Mapping[str, Route] | None = None, *,
                 host: str = "127.0.0.1", port: int = 0, tls: bool = False) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.host, self.port = host, port
        self.connections = 0
        self.let_go = threading.Event()
        self._certificate = SelfSigned(host) if tls else None
        self._log: list[WireExchange] = []
        self._under_way = 0
        self._changed = threading.Condition()
        self._talks: list[_Talk] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self.host, self.port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True, name=f"RawServer-{self.port}")
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything; only when no thread is left does this return."""
        self.release()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)       # wakes accept(), which close() would not
        self._accepting.join()
        self._listener.close()
        for talk in self._talks:
            talk.stop()

    @property
    def log(self) -> list[WireExchange]:
        """The exchanges as they ended: with the last byte handed to the system, or with the client gone.

        Reading it waits a moment for replies under way, so that what a client has received is always in it.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, LOG_WAIT_SECONDS)
            return list(self._log)

    @property
    def targets(self) -> list[str]:
        return [exchange.target for exchange in self.log]

    @property
    def ca_pem(self) -> str:
        if self._certificate is None:
            raise ValueError("only a RawServer(tls=True) has a certificate")
        return self._certificate.pem

    def url(self, target: str = "/") -> str:
        return f"{'https' if self._certificate else 'http'}://{self.host}:{self.port}{target}"

    def release(self) -> None:
        """Let what stalls, now or later, go on to close."""
        self.let_go.set()

    def reply_to(self, target: str, request: bytes) -> Reply:
        route = self.routes.get(target, NOT_FOUND)
        answer = route(request) if callable(route) else route
        return answer if isinstance(answer, Reply) else Reply(answer)

    @contextlib.contextmanager
    def logging(self, target: str, request: bytes, peer: tuple[str, int]) -> Iterator[bytearray]:
        """Log an exchange as it ends, however it does. The sender adds what it sends to the bytes given."""
        sent = bytearray()
        with self._changed:
            self._under_way += 1
        try:
            yield sent
        finally:
            with self._changed:
                self._under_way -= 1
                self._log.append(WireExchange(target, request, bytes(sent), peer))
                self._changed.notify_all()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):      # how __exit__ ends this
            while True:
                connection, peer = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._certificate is not None:
                    connection = self._certificate.wrap(connection)
                self.connections += 1
                self._talks.append(_Talk(self, connection, peer))


class _Talk:
    """One connection and its thread."""

    def __init__(self, server: RawServer, connection: socket.socket, peer: tuple[str, int]) -> None:
        self._server, self._connection, self._peer = server, connection, peer
        self._received = b""
        name = f"RawServer-{server.port}-{peer[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True, name=name)
        self._thread.start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):      # closed already
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)      # beneath TLS: its thread reads
        self._thread.join()

    def _run(self) -> None:
        with self._connection, contextlib.suppress(OSError):      # a client may go at any moment
            if isinstance(self._connection, ssl.SSLSocket):
                self._connection.do_handshake()
            while (request := self._request()) and self._exchange(request):
                pass
            if isinstance(self._connection, ssl.SSLSocket):
                self._connection.settimeout(0)      # say goodbye, and do not wait to hear it
                self._connection.unwrap()

    def _exchange(self, request: bytes) -> bool:
        """Answer one request. False: the connection ends here."""
        target = request.split(b" ", 2)[1].decode("latin-1")
        with self._server.logging(target, request, self._peer) as sent:
            reply = self._server.reply_to(target, request)
            for piece in [reply.answer] if isinstance(reply.answer, bytes) else reply.answer:
                self._send(piece, sent)
        if reply.after is After.AS_HEAD_SAYS:
            return keeps_open(request, bytes(sent))
        if reply.after is After.RESET:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._connection.close()
        elif reply.after is After.STALL:
            self._server.let_go.wait()
        return False

    def _send(self, piece: bytes, sent: bytearray) -> None:
        while piece:
            count = self._connection.send(piece)
            sent += piece[:count]
            piece = piece[count:]

    def _request(self) -> bytes:
        """The next request's bytes, body and all; empty once the client has ended."""
        while not (head_end := _HEAD_END.search(self._received)):
            if not self._receive():
                return b""
        length = _LENGTH.search(self._received, 0, head_end.end())
        end = head_end.end() + (int(length[1]) if length else 0)
        while len(self._received) < end:
            if not self._receive():
                return b""
        request, self._received = self._received[:end], self._received[end:]
        return request

    def _receive(self) -> bool:
        more = self._connection.recv(RECEIVE_BYTES)
        self._received += more
        return bool(more)


def attribute_bomb() -> str:
    """One tag with a hundred thousand attributes: libxml2 compares each with all before it."""
    attributes = " ".join(f"a{number}=''" for number in range(120_000))
    return article_html("A bomb of attributes", above=f"<div {attributes}>", below="</div>")
