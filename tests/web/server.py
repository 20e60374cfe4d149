"""The test web behind one HTTP proxy on loopback, which logs every request it answers. No test itself.

Owns the sockets and the log. Must not know what a site says: it asks the site.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from tests.web.site import Answer, Asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.web.site import Site

NOWHERE = Answer(b"no such host in the test web\n", "text/plain", 502)


@dataclass(frozen=True, slots=True)
class Logged:
    """One request that was answered; times are those of time.monotonic()."""

    host: str
    target: str
    status: int
    started: float
    ended: float


class WebProxy:
    """Answers `GET http://host/path` for the hosts of the sites, and 502 for all others, tunnels among them.

        with WebProxy(all_sites(now)) as web:
            crawl(environment=web.environment)
    """

    def __init__(self, sites: Iterable[Site], port: int = 0) -> None:
        self.log: list[Logged] = []
        self._asked = 0
        self._lock = threading.Lock()
        self._by_host = {host: site for site in sites for host in site.hosts}
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.end()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to see this web and no other."""
        return {"http_proxy": self.url, "https_proxy": self.url, "no_proxy": ""}

    def requests_of(self, site: Site) -> list[Logged]:
        return [logged for logged in list(self.log) if logged.host in site.hosts]

    def answer(self, url: str, started: float) -> Answer:
        parts = urlsplit(url)
        host, target = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with self._lock:
            self._asked += 1
            number = self._asked
        site = self._by_host.get(host)
        answer = site.answer(Asked(host, target, number)) if site else NOWHERE
        with self._lock:
            self.log.append(Logged(host, target, answer.status, started, time.monotonic()))
        return answer


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "TestWeb", ""
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        answer = self.server.web.answer(self.path, time.monotonic())
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, text in answer.headers:
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET        # noqa: N815  the base class looks for methods of these names

    def do_CONNECT(self) -> None:
        """Nobody in this web speaks TLS."""
        self.send_error(502)

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal: `WebProxy.log` has it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], web: WebProxy) -> None:
        self.web = web
        self._clients: list[Any] = []
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._clients.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may go at any moment."""

    def end(self) -> None:
        """Break off what clients keep alive."""
        self.server_close()
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.shutdown(2)
