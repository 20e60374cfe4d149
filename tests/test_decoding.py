"""Content codings come off within limits, and the response stays what it was."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import brotli
import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse

from crawler.decoding import DecodingMiddleware
from crawler.outcomes import TooLargeError, UndecodableError
from tests.wireoddities import raw_deflate, zstd

LIMIT = 100_000
ACCEPTED = "gzip, deflate"
HTML = "<html><body>" + "<p>grüße</p>" * 1000 + "</body></html>"


def decode(body: bytes, *codings: str, method: str = "GET", content_type: str = "text/html", **meta: int) -> Response:
    request = Request("https://example.org/a", method=method, meta=meta)
    headers = {"Content-Encoding": list(codings), "Content-Type": content_type}
    response = Response(request.url, status=203, headers=headers, body=body, request=request,
                        flags=["kept"], protocol="HTTP/1.1")
    if not codings:
        del response.headers["Content-Encoding"]
    return asyncio.run(DecodingMiddleware(LIMIT, ACCEPTED).process_response(request, response))


@pytest.mark.parametrize(("coding", "encode"), [
    ("gzip", gzip.compress), ("x-gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress),
    ("deflate", raw_deflate), ("br", brotli.compress), ("zstd", zstd),
    ("br, gzip", lambda body: gzip.compress(brotli.compress(body)))])
def test_each_coding_comes_off_and_the_rest_of_the_response_stays(coding, encode):
    response = decode(encode(HTML.encode()), coding)
    assert response.body == HTML.encode()
    assert isinstance(response, HtmlResponse)
    assert "Content-Encoding" not in response.headers
    assert (response.status, response.flags, response.protocol) == (203, ["kept"], "HTTP/1.1")


def test_two_header_lines_are_two_codings():
    assert decode(gzip.compress(zlib.compress(b"twice")), "deflate", "gzip").body == b"twice"


@pytest.mark.parametrize(("content_type", "kind"), [("application/xml", XmlResponse), ("text/plain", TextResponse)])
def test_the_kind_of_response_is_judged_by_what_came_out(content_type, kind):
    assert type(decode(gzip.compress(b"<a/>"), "gzip", content_type=content_type)) is kind


@pytest.mark.parametrize(("body", "codings", "method"), [
    (b"plain", (), "GET"), (b"", ("gzip",), "GET"), (b"head", ("gzip",), "HEAD")])
def test_what_has_no_coding_or_no_body_is_passed_on(body, codings, method):
    assert decode(body, *codings, method=method).body == body


def test_a_coding_that_nobody_knows_stays_on():
    assert decode(b"as it is", "aes128gcm").body == b"as it is"


def test_a_body_that_unfolds_beyond_the_limit_fails():
    with pytest.raises(TooLargeError, match=f"gzip decodes to more than {LIMIT} bytes"):
        decode(gzip.compress(b"0" * (LIMIT + 1)), "gzip")
    assert len(decode(gzip.compress(b"0" * LIMIT), "gzip").body) == LIMIT
    with pytest.raises(TooLargeError):
        decode(gzip.compress(b"0" * 50), "gzip", download_maxsize=49)


@pytest.mark.parametrize(("body", "codings"), [(HTML.encode(), ("gzip",)), (b"x", ("br", "br", "br", "br"))])
def test_a_body_that_is_not_what_it_says_fails(body, codings):
    with pytest.raises(UndecodableError):
        decode(body, *codings)


def test_a_body_that_breaks_off_is_given_as_far_as_it_came():
    noise = bytes(range(256)) * 300
    broken = decode(zlib.compress(noise, 0)[:-1000], "deflate").body
    assert noise.startswith(broken)
    assert len(broken) > 50_000


def test_requests_ask_for_what_can_be_decoded():
    asked = Request("https://example.org/")
    own = Request("https://example.org/", headers={"Accept-Encoding": "identity"})
    none = Request("https://example.org/")
    for request in (asked, own):
        DecodingMiddleware(LIMIT, ACCEPTED).process_request(request)
    DecodingMiddleware(LIMIT, "").process_request(none)
    assert asked.headers["Accept-Encoding"] == ACCEPTED.encode()
    assert own.headers["Accept-Encoding"] == b"identity"
    assert "Accept-Encoding" not in none.headers
