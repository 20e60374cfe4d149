"""The download handler that keeps the exact bytes of every exchange.

Owns the tee on Twisted's HTTP/1.1 client protocol, below which nothing has been changed and above which reason
phrases, header case, order, folds, interim answers and chunk framing are lost. Must not know what becomes of the
bytes: exchanges go to the visit in `request.meta`, or to the session where nobody leased the URL.

The names used here are private to Scrapy 2.19 and Twisted: tests/test_wiretap.py fails loudly when they change.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.hashes import SHA256
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _ScrapyAgent,
)
from scrapy.exceptions import DownloadFailedError
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.interfaces import IHandshakeListener, ISSLTransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS
from twisted.web.http_headers import Headers as TxHeaders
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.followed import followed_by
from crawler.outcomes import DeadConnectionError, HeadTooLongError, PutBackError
from crawler.politeness import Politeness
from crawler.recording import Tap, secret_headers
from crawler.resending import OVER_A_NEW_CONNECTION
from crawler.retries import NOT_BEFORE
from crawler.session import ArchiveSession
from pipelines.commit import named
from pipelines.exchange import Tls
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.web._newclient import HTTP11ClientProtocol
    from twisted.web.client import Agent
    from twisted.web.iweb import IResponse

    from crawler.politeness import Turn
    from crawler.recording import Recording
    from pipelines.exchange import Exchange

MAX_HEAD_BYTES = 1 << 18
"""Of an answer's head, with interim answers before it: browsers end there too."""

_ASKED_TWICE = frozenset({"GET", "HEAD"})


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
    _tls: Tls | None = None

    def request(self, request: Any) -> Deferred[IResponse]:
        tap = getattr(request.headers, "tap", None)
        if tap is not None:
            is_open = self._tls is not None or not ISSLTransport.providedBy(self.transport)
            recording = self._recording = tap.begin(
                _peer_ip(self.transport), is_on_the_wire=is_open, is_reused=self._recording is not None)
            recording.tls = self._tls
            write_to = request.writeTo
            request.writeTo = lambda transport: write_to(_TeeTransport(transport, recording))
        return super().request(request)

    def handshakeCompleted(self) -> None:
        """The connection's TLS stands: what was written before that goes out now."""
        self._tls = _tls_of(self.transport)
        if self._recording:
            self._recording.is_on_the_wire, self._recording.tls = True, self._tls

    def dataReceived(self, data: bytes) -> None:
        if self._recording:
            self._recording.receive(data)
            if self._recording.problem and self.transport is not None:
                self.transport.abortConnection()
                return
            if self._recording.received.size > MAX_HEAD_BYTES and self._is_in_head:
                self._recording.is_too_long = True
                self._end_head()
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]

    @property
    def _is_in_head(self) -> bool:
        return self._parser is not None and self._parser.state in {STATUS, HEADER}

    def _end_head(self) -> None:
        """Hundreds of thousands of headers would hold up the crawl for minutes."""
        if self.transport is not None:
            self.transport.abortConnection()
        reason = Failure(HeadTooLongError(f"more than {MAX_HEAD_BYTES:,} bytes of head"))  # type: ignore[no-untyped-call]
        self._disconnectParser(reason)  # type: ignore[no-untyped-call]

    def _finishResponse(self, rest: bytes) -> None:
        if self._recording:
            self._recording.end(surplus=len(rest or b""))
        super()._finishResponse(rest)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._recording:
            self._recording.stop()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


class _WiretapFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:
        return _WiretapProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _NewConnections:
    """The pool, but for those of its connections that were used before."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def getConnection(self, key: Any, endpoint: Any) -> Any:
        return self._pool._newConnection(key, endpoint)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)


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
        self._pool.retryAutomatically = False  # it would at once, past the host's delay: crawler.resending does
        self._session = crawler.get_extension(ArchiveSession)
        self._politeness = crawler.get_extension(Politeness)
        self._spool_folder = self._session.config.root if self._session is not None else None
        self._secret_headers = secret_headers(crawler.settings)

    async def download_request(self, request: Request) -> Response:
        await self._keep_back(request)
        if self._politeness is None:
            await self._admit(request)
            return await self._exchanged(request, None)
        async with self._politeness.turn(request, self._sleep, partial(self._admit, request)) as turn:
            return await self._exchanged(request, turn)

    async def _exchanged(self, request: Request, turn: Turn | None) -> Response:
        tap = Tap(self._spool_folder, self._secret_headers)
        failure: BaseException | None = None
        flags: list[str] = []
        try:
            with wrap_twisted_exceptions():
                response = await maybe_deferred_to_future(self._begun(tap, request))
            flags = response.flags
        except BaseException as error:
            failure = _told_dead(error, tap, request)
            if self._session is not None:
                self._session.drain.refuse()  # cut off: says nothing about the page
            if tap.problem is not None:
                self._cannot_keep(tap.problem)
            if failure is not error:
                raise failure from error
            raise
        finally:
            exchange = tap.exchange(request, failure, flags)
            if turn is not None:
                turn.exchange = exchange
            self._hand_on(request, exchange, failure)
        return response

    async def _admit(self, request: Request) -> None:
        if self._session is not None:
            await self._session.admit(request)

    async def _sleep(self, seconds: float) -> None:
        await (self._session.drain.sleep(seconds) if self._session is not None else asyncio.sleep(seconds))

    async def _keep_back(self, request: Request) -> None:
        """A retry that did not pass the frontier (robots.txt) has its wait here."""
        seconds = request.meta.pop(NOT_BEFORE, 0.0) - monotonic()
        if seconds > 0:
            await self._sleep(seconds)

    def _begun(self, tap: Tap, request: Request) -> Deferred[Response]:
        is_anew = request.meta.pop(OVER_A_NEW_CONNECTION, False)
        download = self._agent(tap, is_anew=is_anew).download_request(request)
        return self._session.drain.download(download) if self._session is not None else download

    def _cannot_keep(self, error: OSError) -> None:
        """An answer that the disk does not take is a failed write like any other: the crawl ends, the page waits."""
        if self._session is not None:
            self._session.fail(named(error))
            raise PutBackError("what came could not be kept") from error

    def _hand_on(self, request: Request, exchange: Exchange | None, failure: BaseException | None) -> None:
        visit = request.meta.get(VISIT)
        if visit is not None and visit.in_download:
            visit.exchanges.extend([exchange] if exchange else [])
            if exchange and (followed := followed_by(self._crawler.spider)):
                followed.received(visit.site, exchange.response.size)
        elif self._session is not None:
            self._session.record_unleased(request, exchange, failure)

    def _agent(self, tap: Tap, *, is_anew: bool) -> _WiretapAgent:
        pool = _NewConnections(self._pool) if is_anew else self._pool
        return _WiretapAgent(
            tap=tap, contextFactory=self._contextFactory, bindAddress=self._bind_address, pool=pool,
            maxsize=self._default_maxsize, warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss, crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )


def _request_tapped(send: Any, tap: Tap, method: bytes, uri: bytes, headers: TxHeaders, body: Any) -> Any:
    return send(method, uri, _TappedHeaders.of(headers, tap), body)


def _told_dead(error: BaseException, tap: Tap, request: Request) -> BaseException:
    """The error, or what it means where a kept-alive connection had been closed by then."""
    if type(error) is DownloadFailedError and tap.fell_on_a_used_connection and request.method in _ASKED_TWICE:
        return DeadConnectionError("the connection was closed before an answer came")
    return error


def _tls_of(transport: Any) -> Tls:
    """Of a connection that has shaken hands. In a tunnel through a proxy, TLS was started on it later."""
    connection = getattr(getattr(transport, "protocol", None), "_tlsConnection", None) or transport.getHandle()
    certificate = connection.get_peer_certificate(as_cryptography=True)
    name, _, version = connection.get_protocol_version_name().partition("v")
    return Tls(f"{name.lower()}/{version if '.' in version else version + '.0'}", connection.get_cipher_name(),
               certificate.fingerprint(SHA256()).hex() if certificate else None)


def _peer_ip(transport: Any) -> str | None:
    return getattr(transport.getPeer(), "host", None)
