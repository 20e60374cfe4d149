"""What goes over the wire in one download, while it goes on.

Owns the bytes of both sides, when they came, and what an exchange is called that ended badly. Secrets are taken out
here, before anything else sees them. Must not know Twisted, nor what becomes of the exchanges.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadTimeoutError,
    ResponseDataLossError,
    StopDownload,
)

from crawler.addresses import without_credentials
from crawler.outcomes import DeadConnectionError, outcome_of_failure
from pipelines.capture import Capture
from pipelines.exchange import Answer, Exchange
from pipelines.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scrapy import Request
    from scrapy.settings import BaseSettings

    from pipelines.exchange import Tls

_OF_FLAG = {"dataloss": "disconnect", "download_stopped": "unspecified"}
ALWAYS_SECRET = ("Authorization", "Proxy-Authorization")
REDACTED = b"[redacted]"
"""Stands in a request record for the value of a header that is a secret."""

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_TRUNCATED = (
    (DownloadTimeoutError, "time"),
    (DownloadCancelledError, "length"),
    (ResponseDataLossError, "disconnect"),
)


class Recording:
    """One exchange while it goes on. `problem` is the error of a disk that does not take what comes; over a connection
    that `is_reused` another exchange went before."""

    def __init__(self, ip: str | None, folder: Path | None, *, is_on_the_wire: bool, is_reused: bool = False) -> None:
        self.ip, self.is_reused = ip, is_reused
        self.is_on_the_wire = is_on_the_wire  # over TLS, nothing is before the handshake has ended
        self.is_too_long = False  # and was not read to its end
        self.tls: Tls | None = None
        self.problem: OSError | None = None
        self.is_over = False
        self.started_at = datetime.now(UTC)
        self.first_byte_at: datetime | None = None
        self.finished_at: datetime | None = None
        self._sent: list[bytes] = []
        self.received = Capture(folder=folder)

    def sent(self, data: bytes) -> None:
        self._sent.append(data)

    def receive(self, data: bytes) -> None:
        if self.finished_at is None and self.problem is None:
            self.first_byte_at = self.first_byte_at or datetime.now(UTC)
            try:
                self.received.append(data)
            except OSError as error:
                self.problem = error

    def end(self, surplus: int = 0) -> None:
        """The answer is over; the last `surplus` bytes that came are not part of it."""
        if self.finished_at is None:
            self.is_over = True
            self.received.cut(surplus)
        self.stop()

    def stop(self) -> None:
        """Nothing more is recorded, whether the answer is over or not."""
        self.finished_at = self.finished_at or datetime.now(UTC)

    @property
    def request(self) -> bytes:
        return b"".join(self._sent)


class Tap:
    """The recording of one download, in which a request is sent once; large answers are spooled in `folder`, the values
    of headers in `secret` are not kept."""

    def __init__(self, folder: Path | None = None, secret: Iterable[str] = ()) -> None:
        self._folder, self._secret = folder, tuple(secret)
        self._recording: Recording | None = None

    def begin(self, ip: str | None, *, is_on_the_wire: bool, is_reused: bool = False) -> Recording:
        if self._recording is not None:
            raise RuntimeError("a request was sent twice in one download, past its host's delay")
        self._recording = Recording(ip, self._folder, is_on_the_wire=is_on_the_wire, is_reused=is_reused)
        return self._recording

    @property
    def problem(self) -> OSError | None:
        """Why what came could not be kept."""
        return self._recording.problem if self._recording else None

    @property
    def fell_on_a_used_connection(self) -> bool:
        """Whether nothing came over a connection that an exchange had gone over before."""
        return self._recording is not None and self._recording.is_reused and not self._recording.received.size

    def exchange(
        self, request: Request, failure: BaseException | None, flags: Iterable[str] = ()
    ) -> Exchange | None:
        """What was recorded; `failure` is how it ended, or `flags` are those of the response that it became. None if
        nothing went over the wire."""
        recording = self._recording
        if recording is None or not recording.is_on_the_wire:
            return None
        return self._exchange(request, recording, _truncated(failure, flags, recording), _describe(failure))

    def _exchange(self, request: Request, recording: Recording, truncated: str | None, error: str | None) -> Exchange:
        recording.stop()
        sent, redacted = without_secrets(recording.request, self._secret)
        is_proxied = bool(request.meta.get("proxy"))
        return Exchange(
            url=request.url.partition("#")[0], method=request.method, request=sent,
            response=Answer(recording.received), started_at=recording.started_at,
            finished_at=recording.finished_at or recording.started_at, ip=None if is_proxied else recording.ip,
            truncated=truncated, error=error, first_byte_at=recording.first_byte_at, tls=recording.tls,
            is_proxied=is_proxied, redacted=redacted)


def secret_headers(settings: BaseSettings) -> tuple[str, ...]:
    """Names of the headers of requests whose values are kept nowhere: two always, and those of WARC_SECRET_HEADERS."""
    return tuple(dict.fromkeys((*ALWAYS_SECRET, *settings.getlist("WARC_SECRET_HEADERS"))))


def without_secrets(request: bytes, names: Iterable[str]) -> tuple[bytes, tuple[str, ...]]:
    """The request with the values of these headers replaced, and the names of those that were there, as they came."""
    end = _HEAD_END.search(request)
    head, body = (request[:end.end()], request[end.end():]) if end else (request, b"")
    found: list[str] = []

    def replaced(header: re.Match[bytes]) -> bytes:
        found.append(header[2].decode("latin-1"))
        return header[1] + header[2] + b": " + REDACTED

    joined = b"|".join(re.escape(name.encode("latin-1")) for name in names)
    if joined:
        head = re.sub(rb"(?i)(\n)(" + joined + rb")[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", replaced, head)
    return head + body, tuple(found)


def _truncated(failure: BaseException | None, flags: Iterable[str], recording: Recording) -> str | None:
    """The reason of WARC 1.1 section 5.13. Whatever the error was, an answer of which all came is not cut; Scrapy's
    flag `partial` is of answers that end with their connection, and says nothing."""
    if not recording.received.size:
        return None
    if recording.is_too_long:
        return "length"
    if failure is None:
        return next((_OF_FLAG[flag] for flag in flags if flag in _OF_FLAG), None)
    if isinstance(failure, StopDownload):
        return "unspecified"
    reason = next((reason for kind, reason in _TRUNCATED if isinstance(failure, kind)), None)
    if reason is None and not recording.is_over and not Answer(recording.received).is_whole:
        lost = outcome_of_failure(failure)[0] is Outcome.CONNECTION_FAILED
        return "disconnect" if lost else "unspecified"  # refused: what was to come was not waited for
    return reason


def _describe(failure: BaseException | None) -> str | None:
    if isinstance(failure, DeadConnectionError):
        return str(failure)
    return without_credentials(f"{type(failure).__name__}: {failure}".rstrip(": ")) if failure else None
