"""A recording keeps what went over the wire, but for what is secret."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.settings import Settings
from twisted.internet.error import ConnectionLost

from crawler.recording import Tap, secret_headers, without_secrets
from pipelines.exchange import Tls

if TYPE_CHECKING:
    from pathlib import Path

SECRET = ("Authorization", "Proxy-Authorization")
REQUEST = Request("https://news.example/a#part")


@pytest.mark.parametrize(("sent", "kept", "names"), [
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ()),
    (b"GET / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0\r\nHost: x\r\n\r\n",
     b"GET / HTTP/1.1\r\nAuthorization: [redacted]\r\nHost: x\r\n\r\n", ("Authorization",)),
    (b"GET / HTTP/1.1\r\nHost: x\r\nauthorization:c2VjcmV0\r\nPROXY-authorization: c2VjcmV0\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: x\r\nauthorization: [redacted]\r\nPROXY-authorization: [redacted]\r\n\r\n",
     ("authorization", "PROXY-authorization")),
    (b"GET / HTTP/1.1\r\nAuthorization: one\r\n two\r\n\tthree\r\nHost: x\r\n\r\n",
     b"GET / HTTP/1.1\r\nAuthorization: [redacted]\r\nHost: x\r\n\r\n", ("Authorization",)),
    (b"GET / HTTP/1.1\nAuthorization : one\nHost: x\n\n",
     b"GET / HTTP/1.1\nAuthorization: [redacted]\nHost: x\n\n", ("Authorization",)),
    (b"GET / HTTP/1.1\r\nX-Authorization: public\r\nAuthorization-Info: x\r\n\r\n",
     b"GET / HTTP/1.1\r\nX-Authorization: public\r\nAuthorization-Info: x\r\n\r\n", ()),
    (b"POST / HTTP/1.1\r\nHost: x\r\n\r\na\r\nAuthorization: of the body\r\n",
     b"POST / HTTP/1.1\r\nHost: x\r\n\r\na\r\nAuthorization: of the body\r\n", ()),
    (b"GET /Authorization:x HTTP/1.1\r\n\r\n", b"GET /Authorization:x HTTP/1.1\r\n\r\n", ()),
])
def test_the_values_of_secret_headers_are_replaced_and_nothing_else(
    sent: bytes, kept: bytes, names: tuple[str, ...]
) -> None:
    assert without_secrets(sent, SECRET) == (kept, names)


def test_other_headers_can_be_named() -> None:
    sent = b"GET / HTTP/1.1\r\nCookie: session=1\r\nX-Api-Key: k\r\n\r\n"
    assert without_secrets(sent, ["X-API-Key", "cookie"]) == (
        b"GET / HTTP/1.1\r\nCookie: [redacted]\r\nX-Api-Key: [redacted]\r\n\r\n", ("Cookie", "X-Api-Key"))
    assert without_secrets(sent, []) == (sent, ())


def test_an_exchange_has_what_was_recorded_without_secrets(tmp_path: Path) -> None:
    tap = Tap(tmp_path, SECRET)
    recording = tap.begin("192.0.2.7", is_on_the_wire=True)
    recording.tls = Tls("tls/1.3", "TLS_AES_256_GCM_SHA384", "ab")
    for data in (b"GET /a HTTP/1.1\r\n", b"Authorization: c2VjcmV0\r\n\r\n"):
        recording.sent(data)
    for data in (b"HTTP/1.1 200 OK\r\n\r\n", b"body", b"of the next"):
        recording.receive(data)
    recording.end(surplus=len(b"of the next"))
    recording.receive(b"too late")
    exchange = tap.exchange(REQUEST, None)
    assert exchange.url == "https://news.example/a"
    assert exchange.request == b"GET /a HTTP/1.1\r\nAuthorization: [redacted]\r\n\r\n"
    assert exchange.redacted == ("Authorization",)
    assert exchange.response.head + b"".join(exchange.response.body()) == b"HTTP/1.1 200 OK\r\n\r\nbody"
    assert (exchange.ip, exchange.tls, exchange.is_proxied) == ("192.0.2.7", recording.tls, False)
    assert exchange.first_byte_at is not None
    assert exchange.started_at <= exchange.first_byte_at <= exchange.finished_at


def test_through_a_proxy_there_is_no_address_to_state() -> None:
    tap = Tap()
    tap.begin("192.0.2.7", is_on_the_wire=True)
    exchange = tap.exchange(REQUEST.replace(meta={"proxy": "http://192.0.2.7:3128"}), None)
    assert (exchange.ip, exchange.is_proxied) == (None, True)


def test_what_never_left_is_no_exchange() -> None:
    tap = Tap()
    tap.begin("192.0.2.7", is_on_the_wire=False).sent(b"GET / HTTP/1.1\r\n\r\n")
    assert tap.exchange(REQUEST, OSError("no handshake")) is None


def test_a_disk_that_does_not_take_what_comes_is_told_and_nothing_more_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tap = Tap(tmp_path)
    recording = tap.begin(None, is_on_the_wire=True)
    recording.receive(b"HTTP/1.1 200 OK\r\n\r\n")
    assert tap.problem is None

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.capture.os.write", full)
    recording.receive(b"x" * (2 << 20))
    assert tap.problem is not None
    assert tap.problem.errno == errno.ENOSPC
    monkeypatch.undo()
    recording.receive(b"later")
    assert recording.received.read() == b"HTTP/1.1 200 OK\r\n\r\n"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
REFUSED = ValueError("a bad header")


@pytest.mark.parametrize(("answer", "is_over", "failure", "flags", "reason"), [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", True, None, ["dataloss"], "disconnect"),
    (b"HTTP/1.1 200 OK\r\n\r\nbody", True, None, ["download_stopped"], "unspecified"),
    (b"HTTP/1.1 200 OK\r\n\r\nbody", True, None, ["partial"], None),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", False, REFUSED, [], None),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", False, REFUSED, [], "unspecified"),
    (CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", False, REFUSED, [], None),
    (CHUNKED + b"3\r\nabc\r\n", False, REFUSED, [], "unspecified"),
    (b"HTTP/1.1 200 OK\r\nContent-Ty", False, ConnectionLost(), [], "disconnect"),
    (b"", False, ConnectionLost(), [], None),
])
def test_an_answer_is_truncated_unless_all_of_it_came_whatever_the_error_was(
    answer: bytes, is_over: bool, failure: Exception | None, flags: list[str], reason: str | None
) -> None:
    tap = Tap()
    recording = tap.begin(None, is_on_the_wire=True)
    recording.receive(answer)
    if is_over:
        recording.end()
    exchange = tap.exchange(REQUEST, failure, flags)
    assert exchange.truncated == reason


def test_two_headers_are_secret_whatever_others_are_named() -> None:
    names = secret_headers(Settings({"WARC_SECRET_HEADERS": "Cookie,Authorization"}))
    assert names == ("Authorization", "Proxy-Authorization", "Cookie")


def test_an_error_that_names_an_address_with_a_password_is_kept_without_it() -> None:
    tap = Tap()
    tap.begin(None, is_on_the_wire=True)
    exchange = tap.exchange(REQUEST, ValueError("not reached: http://me:secret@news.example/a"))
    assert exchange.error == "ValueError: not reached: http://…@news.example/a"
