"""Every way in which a download can end badly has its one outcome."""

from __future__ import annotations

import pytest
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
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost, NoRouteError
from twisted.python.failure import Failure
from twisted.web._newclient import ParseError, ResponseFailed, ResponseNeverReceived

from crawler.outcomes import (
    RefusedError,
    TooLargeError,
    UndecodableError,
    outcome_of_failure,
    outcome_of_status,
)


def raised_from(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def failed(*reasons: BaseException, kind: type[Exception] = ResponseFailed) -> BaseException:
    """As Scrapy's handler raises what Twisted packs."""
    return raised_from(DownloadFailedError("failed"), kind([Failure(reason) for reason in reasons]))


@pytest.mark.parametrize(("error", "outcome"), [
    (CannotResolveHostError("no such host"), "dns_failed"),
    (DownloadTimeoutError("took too long"), "timeout"),
    (DownloadCancelledError("too large"), "too_large"),
    (ResponseDataLossError(), "truncated"),
    (DownloadConnectionRefusedError("refused"), "connection_failed"),
    (ConnectError("unreachable"), "connection_failed"),
    (NoRouteError("no route"), "connection_failed"),
    (ConnectionLost("reset"), "connection_failed"),
    (UnsupportedURLSchemeError("gopher"), "refused"),
    (NotSupported("file"), "refused"),
    (failed(ConnectionDone(), kind=ResponseNeverReceived), "connection_failed"),
    (failed(TlsError([("SSL routines", "", "certificate verify failed")]), kind=ResponseNeverReceived), "tls_failed"),
    (failed(ParseError("wrong number of parts", b"220 hello")), "invalid_response"),
    (DownloadFailedError("bytes that are none"), "invalid_response"),
    (IgnoreRequest("Forbidden by robots.txt"), "robots_denied"),
    (IgnoreRequest("max redirections reached"), "redirect_failed"),
    (IgnoreRequest("a middleware of the user's"), "refused"),
    (RefusedError("no contact address"), "refused"),
    (TooLargeError("decodes to more than 16 MiB"), "too_large"),
    (UndecodableError("not in gzip"), "invalid_response"),
    (ZeroDivisionError("division by zero"), "error"),
], ids=lambda value: value if isinstance(value, str) else type(value).__name__)
def test_each_error_has_one_outcome_and_says_why(error, outcome):
    found, reason = outcome_of_failure(error)
    assert found == outcome
    assert reason
    assert len(reason) <= 500


def test_the_innermost_cause_gives_the_words():
    cause = raised_from(OSError("middle"), ConnectionResetError("peer reset"))
    error = raised_from(DownloadFailedError("failed"), cause)
    assert outcome_of_failure(error)[1] == "ConnectionResetError: peer reset"
    assert len(outcome_of_failure(ValueError("x" * 10_000))[1]) == 500


@pytest.mark.parametrize(("status", "leased", "outcome"), [
    (200, True, ("fetched", None)), (204, True, ("fetched", None)), (304, True, ("fetched", None)),
    (301, True, ("redirect_failed", "301")), (302, False, ("redirected", "302")), (308, False, ("redirected", "308")),
    (404, True, ("http_error", "404")), (503, False, ("http_error", "503")),
    (None, True, ("invalid_response", "no status line")),
])
def test_an_answer_of_which_nothing_was_made_counts_by_its_status(status, leased, outcome):
    assert outcome_of_status(status, is_leased=leased) == outcome
