"""The download handler that keeps the exact bytes of every exchange.

Owns the tee on Twisted's HTTP/1.1 client protocol, below which nothing has been changed and above which reason
phrases, header case, order, folds, interim answers and chunk framing are lost. Must not know what becomes of the
bytes: exchanges go to the visit in `request.meta`, or to the session where nobody leased the URL.

The names used here are private to Scrapy 2.19 and Twisted: tests/test_wiretap.py fails loudly when they change.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _ScrapyAgent,
)
from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadTimeoutError,
    ResponseDataLossError,
    StopDownload,
)
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.interfaces import IHandshakeListener, ISSLTransport
from twisted.internet.protocol import connectionDone
from twisted.web.http_headers import Headers as TxHeaders
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.session import ArchiveSession
from pipelines.exchange import Exchange
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.python.failure import Failure
    from twisted.web._newclient import HTTP11ClientProtocol
    from twisted.web.client import Agent
    from twisted.web.iweb import IResponse

_TRUNCATED = (
    (DownloadTimeoutError, "time"),
    (DownloadCancelledError, "length"),
    (ResponseDataLossError, "disconnect"),
)


class Recording:
    """One exchange while it goes on."""

    def __init__(self, ip: str | None, *, is_on_the_wire: bool) -> None:
        self.ip = ip
        self.is_on_the_wire = is_on_the_wire  # over TLS, nothing is before the handshake has ended
        self.started_at = datetime.now(UTC)
        self.finished_at: datetime | None = None
        self._sent: list[bytes] = []
        self._received: list[bytes] = []

    def sent(self, data: bytes) -> None:
        self._sent.append(data)

    def received(self, data: bytes) -> None:
        if self.finished_at is None:
            self._received.append(data)

    def end(self, surplus: int = 0) -> None:
        """The answer is over; the last `surplus` bytes that came are not part of it."""
        if self.finished_at is None:
            self.finished_at = datetime.now(UTC)
            if surplus and self._received:
                self._received[-1] = self._received[-1][:-surplus]

    @property
    def request(self) -> bytes:
        return b"".join(self._sent)

    @property
    def response(self) -> bytes:
        return b"".join(self._received)


class Tap:
    """The recordings of one download. Twisted may send a request twice, when a kept-alive connection proves dead."""

    def __init__(self) -> None:
        self._recordings: list[Recording] = []

    def begin(self, ip: str | None, *, is_on_the_wire: bool) -> Recording:
        recording = Recording(ip, is_on_the_wire=is_on_the_wire)
        self._recordings.append(recording)
        return recording

    def exchanges(self, request: Request, failure: BaseException | None) -> Iterable[Exchange]:
        """What was recorded; `failure` is how the last one ended. Those before it got no usable answer."""
        recordings = [recording for recording in self._recordings if recording.is_on_the_wire]
        last = len(recordings) - 1
        for number, recording in enumerate(recordings):
            recording.end()
            is_last = number == last
            yield Exchange(
                url=request.url.partition("#")[0], method=request.method, request=recording.request,
                response=recording.response, started_at=recording.started_at,
                finished_at=recording.finished_at or recording.started_at, ip=recording.ip,
                truncated=_truncated(failure, recording) if is_last else _broken_off(recording),
                error=_describe(failure) if is_last else "the connection was closed before an answer came",
            )


class _TappedHeaders(TxHeaders):
    """Carries the tap to the protocol: of all that Twisted's agent hands down, the headers arrive as given."""

    tap: Tap

    @classmethod
    def of(cls, headers: TxHeaders, tap: Tap) -> _TappedHeaders:
        tapped = cls()
        for name, values in headers.getAllRawHeaders():
            tapped.setRawHeaders(name, list(values))
        tapped.tap = tap
        return tapped

    def copy(self) -> _TappedHeaders:
        return self.of(self, self.tap)


class _TeeTransport:
    """Passes everything on to the connection, and the bytes written to the recording as well."""

    def __init__(self, transport: Any, recording: Recording) -> None:
        self._transport, self._recording = transport, recording

    def write(self, data: bytes) -> None:
        self._recording.sent(data)
        self._transport.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        self.write(b"".join(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


@implementer(IHandshakeListener)
class _WiretapProtocol(_LenientHTTP11ClientProtocol):
    _recording: Recording | None = None
    _has_shaken_hands = False

    def request(self, request: Any) -> Deferred[IResponse]:
        tap = getattr(request.headers, "tap", None)
        if tap is not None:
            is_open = self._has_shaken_hands or not ISSLTransport.providedBy(self.transport)
            recording = self._recording = tap.begin(_peer_ip(self.transport), is_on_the_wire=is_open)
            write_to = type(request).writeTo  # not the request's own: Twisted sends one twice, and it was wrapped then
            request.writeTo = lambda transport: write_to(request, _TeeTransport(transport, recording))
        return super().request(request)

    def handshakeCompleted(self) -> None:
        """The connection's TLS stands: what was written before that goes out now."""
        self._has_shaken_hands = True
        if self._recording:
            self._recording.is_on_the_wire = True

    def dataReceived(self, data: bytes) -> None:
        if self._recording:
            self._recording.received(data)
        super().dataReceived(data)  # type: ignore[no-untyped-call]

    def _finishResponse(self, rest: bytes) -> None:
        if self._recording:
            self._recording.end(surplus=len(rest or b""))
        super()._finishResponse(rest)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._recording:
            self._recording.end()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


class _WiretapFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:
        return _WiretapProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _WiretapAgent(_ScrapyAgent):
    def __init__(self, *, tap: Tap, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tap = tap

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        agent = super()._get_agent(request, timeout)
        agent.request = partial(_request_tapped, agent.request, self._tap)  # type: ignore[method-assign]
        return agent


class WiretapDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler with the tee in it; settings and results are the same."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _WiretapFactory
        self._session = crawler.get_extension(ArchiveSession)

    async def download_request(self, request: Request) -> Response:
        tap = Tap()
        failure: BaseException | None = None
        try:
            with wrap_twisted_exceptions():
                return await maybe_deferred_to_future(self._agent(tap).download_request(request))
        except BaseException as error:
            failure = error
            raise
        finally:
            self._hand_on(request, tuple(tap.exchanges(request, failure)), failure)

    def _hand_on(self, request: Request, exchanges: tuple[Exchange, ...], failure: BaseException | None) -> None:
        visit = request.meta.get(VISIT)
        if visit is not None and visit.in_download:
            visit.exchanges.extend(exchanges)
        elif self._session is not None:
            self._session.record_unleased(request, exchanges, failure)

    def _agent(self, tap: Tap) -> _WiretapAgent:
        return _WiretapAgent(
            tap=tap, contextFactory=self._contextFactory, bindAddress=self._bind_address, pool=self._pool,
            maxsize=self._default_maxsize, warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss, crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )


def _request_tapped(send: Any, tap: Tap, method: bytes, uri: bytes, headers: TxHeaders, body: Any) -> Any:
    return send(method, uri, _TappedHeaders.of(headers, tap), body)


def _peer_ip(transport: Any) -> str | None:
    return getattr(transport.getPeer(), "host", None)


def _truncated(failure: BaseException | None, recording: Recording) -> str | None:
    """The reason of WARC 1.1 section 5.13; an answer that came whole and was refused for other reasons is not cut."""
    if failure is None or not recording.response:
        return None
    if isinstance(failure, StopDownload):
        return "unspecified"
    return next((reason for kind, reason in _TRUNCATED if isinstance(failure, kind)), None)


def _broken_off(recording: Recording) -> str | None:
    return "disconnect" if recording.response else None


def _describe(failure: BaseException | None) -> str | None:
    return f"{type(failure).__name__}: {failure}".rstrip(": ") if failure else None
