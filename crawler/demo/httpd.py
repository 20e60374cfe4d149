"""The HTTP/1.1 server of one demo site: keep-alive, HEAD, gzip, validators, and an end that leaves no thread.

Owns the sockets and the log of what was asked. Must not know what a site says: it is given the answers.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import socket
import sys
from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from crawler.demo.documents import Document

LOOPBACK = "127.0.0.1"
SHUTDOWN_POLL_SECONDS = 0.02


class Asked(NamedTuple):
    """One request that was answered. `path` is the request target, with its query."""

    site: str
    method: str
    path: str
    status: int


class SiteHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD out of the server's `answer`."""

    server: SiteServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "BroadsheetDemo", ""
    disable_nagle_algorithm = True
    wbufsize = -1       # head and body leave in one piece: two small ones would wait for each other's ACK

    def do_GET(self) -> None:
        document = self.server.answer(self.path)
        body, described = self._encoded(document)
        if document.location is not None:
            described["Location"] = document.location
        if document.status != 200:
            self._send(document.status, described, body)
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        validators = {"ETag": etag, "Last-Modified": format_datetime(document.last_modified, usegmt=True)}
        if self._is_held(etag, document.last_modified):
            self._send(304, validators)
        else:
            self._send(200, validators | described, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.server.log.append(Asked(self.server.site, self.command, self.path, status))
        self.send_response(status)
        self.send_header("Vary", "Accept-Encoding")     # on a 304 too (RFC 9110, 15.4.5)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _encoded(self, document: Document) -> tuple[bytes, dict[str, str]]:
        """The body as this client takes it, and the headers that describe it."""
        body, described = document.body, {"Content-Type": document.content_type}
        taken = self.headers.get("Accept-Encoding", "").replace(" ", "").lower().split(",")
        if document.body and document.content_type.startswith("text/html") and "gzip" in taken:
            body, described["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
        return body, described | {"Content-Length": str(len(body))}

    def _is_held(self, etag: str, last_modified: datetime) -> bool:
        """Does the client have this? If-None-Match decides alone where it is sent (RFC 9110, 13.2.2)."""
        held = self.headers.get("If-None-Match")
        if held is not None:
            return held.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in held.split(",")]
        since = _http_date(self.headers.get("If-Modified-Since"))
        return since is not None and last_modified <= since

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal: `SiteServer.log` has it."""


class SiteServer(ThreadingHTTPServer):
    """Serves `answer` on loopback, at `preferred_port` if that is free and at any other port if not."""

    daemon_threads = True

    def __init__(self, site: str, preferred_port: int, log: list[Asked]) -> None:
        self.site = site
        self.log = log
        self.answer: Callable[[str], Document]
        self._open: dict[Thread, socket.socket] = {}
        self._accepting: Thread | None = None
        try:
            super().__init__((LOOPBACK, preferred_port), SiteHandler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            super().__init__((LOOPBACK, 0), SiteHandler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of our own name, which may ask the network."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}/"

    def start(self, answer: Callable[[str], Document]) -> None:
        self.answer = answer
        self._accepting = Thread(target=self.serve_forever, args=(SHUTDOWN_POLL_SECONDS,), daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Accept no more, break off what clients keep alive, and wait for every thread."""
        if self._accepting is not None:
            self.shutdown()
            self._accepting.join()
        self.server_close()
        for thread, connection in self._open.items():
            with contextlib.suppress(OSError):      # its thread has closed it already
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open = {thread: held for thread, held in self._open.items() if thread.is_alive()}
        thread = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        thread.start()
        self._open[thread] = request

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may go at any moment; anything else is an error of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
