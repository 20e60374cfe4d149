"""How a fetch that brought no page ended, read off the answer or the error.

Owns the mapping from Scrapy's and Twisted's errors to the outcomes of the fetch log. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL.SSL import Error as TlsError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost
from twisted.web._newclient import ResponseNeverReceived

from crawler.addresses import without_credentials
from pipelines.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_TYPE: tuple[tuple[type[BaseException], Outcome], ...] = (
    (CannotResolveHostError, Outcome.DNS_FAILED),
    (DownloadTimeoutError, Outcome.TIMEOUT),
    (DownloadCancelledError, Outcome.TOO_LARGE),
    (ResponseDataLossError, Outcome.TRUNCATED),
    (DownloadConnectionRefusedError, Outcome.CONNECTION_FAILED),
    (UnsupportedURLSchemeError, Outcome.REFUSED),
    (NotSupported, Outcome.REFUSED),
    (ResponseNeverReceived, Outcome.CONNECTION_FAILED),
    (ConnectionDone, Outcome.CONNECTION_FAILED),
    (ConnectionLost, Outcome.CONNECTION_FAILED),
    (ConnectError, Outcome.CONNECTION_FAILED),
    (DownloadFailedError, Outcome.INVALID_RESPONSE),  # Twisted gave up on the bytes, not the connection
)


_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class RefusedError(IgnoreRequest):
    """A request that our own rules forbid; the text says which and what to do."""


class PutBackError(IgnoreRequest):
    """Not sent, or given up on the way, through no fault of the URL: it waits for another time, without an outcome."""


class TooLargeError(IgnoreRequest):
    """A body over the limit."""


class UndecodableError(IgnoreRequest):
    """A body that is not in the content coding it claims."""


class DeadConnectionError(DownloadFailedError):
    """A connection that had been used before was closed before an answer came; asking twice does no harm."""


class HeadTooLongError(Exception):
    """The head of an answer, with interim answers before it, goes on and on."""


def outcome_of_status(status: int | None, *, is_leased: bool) -> tuple[Outcome, str | None]:
    """For an answer that no callback made anything of. A lease that ends on a redirect could not follow it."""
    if status is None:
        return Outcome.INVALID_RESPONSE, "no status line"
    if status in _REDIRECTS:
        return (Outcome.REDIRECT_FAILED if is_leased else Outcome.REDIRECTED), str(status)
    if status >= 400:
        return Outcome.HTTP_ERROR, str(status)
    return Outcome.FETCHED, None


def outcome_of_failure(error: BaseException) -> tuple[Outcome, str]:
    """For a request that ended in an error: the outcome, and the error in words."""
    if isinstance(error, IgnoreRequest):
        return _outcome_of_ignored(error), str(error) or "ignored"
    causes = list(_causes(error))
    if any(isinstance(cause, TlsError) for cause in causes):
        return Outcome.TLS_FAILED, _words(error, causes)
    for kind, outcome in _BY_TYPE:
        if any(isinstance(cause, kind) for cause in causes):
            return outcome, _words(error, causes)
    return Outcome.ERROR, _words(error, causes)


def _outcome_of_ignored(error: IgnoreRequest) -> Outcome:
    """Scrapy's middlewares raise one class for several reasons; only their text tells them apart."""
    text = str(error)
    if isinstance(error, RefusedError):
        return Outcome.REFUSED
    if text.startswith("Forbidden by robots.txt"):
        return Outcome.ROBOTS_DENIED
    if isinstance(error, TooLargeError):
        return Outcome.TOO_LARGE
    if isinstance(error, UndecodableError):
        return Outcome.INVALID_RESPONSE
    if text.startswith("max redirections"):
        return Outcome.REDIRECT_FAILED
    return Outcome.REFUSED


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and the reasons that Twisted packs into it."""
    yield error
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)
    for reason in getattr(error, "reasons", None) or ():
        yield from _causes(reason.value)


def _words(error: BaseException, causes: list[BaseException]) -> str:
    """The innermost cause says the most."""
    text = without_credentials(str(causes[-1]) or str(error))
    return f"{type(causes[-1]).__name__}: {text}"[:500]
