"""Answers that real servers give and that HTTP libraries lose, mend or fail on. No test itself.

Owns the bytes, and how a fetch of each must end. Must not know how they are recorded.
"""

from __future__ import annotations

import gzip
import zlib
from itertools import count
from typing import TYPE_CHECKING

import brotli

from pipelines.zstd import ZstdCompressor
from tests.newsserver import Route, article_html, close_after, redirect, reset_after, response

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 100_000
"""The limit on bodies by which ENDLESS_BODY is too large."""


def story(name: str) -> bytes:
    return article_html(f"The story of {name}").encode()


def answer(name: str, *headers: bytes, start: bytes = b"HTTP/1.1 200 OK", coded: bytes | None = None,
           line_end: bytes = b"\r\n", length: int | None = None) -> bytes:
    """A story with these header lines, and a Content-Length unless the lines say how the body ends."""
    body = story(name) if coded is None else coded
    lines = [start, b"Content-Type: text/html; charset=utf-8", *headers]
    if length is not None:
        lines.append(b"Content-Length: %d" % length)
    elif not any(line.lower().startswith((b"content-length", b"transfer-enc", b"connection: cl")) for line in headers):
        lines.append(b"Content-Length: %d" % len(body))
    return line_end.join([*lines, b"", b""]) + body


def chunks(body: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    parts = [body[at:at + 1000] for at in range(0, len(body), 1000)]
    framed = b"".join(b"%X%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
    return framed + b"0" + extension + b"\r\n" + trailer + b"\r\n"


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def zstd(body: bytes) -> bytes:
    compressor = ZstdCompressor()
    return compressor.compress(body) + compressor.flush()


def endless() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    for number in count():
        yield b"<p>Paragraph %d of a page that never ends.</p>\n" % number * 100


def endless_head() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    while True:
        yield b"X-Robots-Tag: noindex, nofollow\r\n" * 1000


def first_busy() -> Route:
    """503 to the first who asks, the story to the others."""
    calls = count()
    return lambda request: response(b"later", 503) if next(calls) == 0 else answer("patience")


CHUNKED = b"Transfer-Encoding: chunked"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"

WHOLE: dict[str, Route] = {
    "/odd-case-order-and-duplicates": answer(
        "case", b"sEt-CoOkIe: a=1", b"X-Zeta:no space", b"X-Alpha:   many  spaces  ", b"Set-Cookie: b=2",
        b"set-cookie: a=1", b"etag: W/\"x\""),
    "/latin-1-header": answer("latin", b"X-Motto: caf\xe9 \xff"),
    "/utf-8-header": answer("utf", "X-Motto: café — 📰".encode()),
    "/folded-header": answer("folds", b"X-Long: one\r\n  two\r\n\tthree", b"X-After: fold"),
    "/line-without-colon": answer("colons", b"This line has none", b"X-After: it"),
    "/no-reason": answer("reasons", start=b"HTTP/1.1 200"),
    "/blank-reason": answer("blanks", start=b"HTTP/1.1 200 "),
    "/own-reason": answer("humour", start=b"HTTP/1.1 200 Aber sicher, gern: Se\xf1or"),
    "/http-1.0": answer("age", b"Connection: close", start=b"HTTP/1.0 200 OK"),
    "/line-feeds-only": answer("line feeds", line_end=b"\n"),
    "/early-hints": HINTS + answer("hints"),
    "/early-hints-twice": HINTS + HINTS + answer("more hints"),
    "/chunk-extension-and-trailer": answer("chunks", CHUNKED, coded=chunks(
        story("chunks"), b";name=\"value\"", b"X-Checksum: abc\r\nX-Checksum: def\r\n")),
    "/gzip": answer("gzip", b"Content-Encoding: gzip", coded=gzip.compress(story("gzip"), mtime=0)),
    "/chunked-gzip": answer("both", CHUNKED, b"Content-Encoding: GZip",
                            coded=chunks(gzip.compress(story("both"), mtime=0))),
    "/br": answer("br", b"Content-Encoding: br", coded=brotli.compress(story("br"))),
    "/zstd": answer("zstd", b"Content-Encoding: zstd", coded=zstd(story("zstd"))),
    "/deflate": answer("deflate", b"Content-Encoding: deflate", coded=zlib.compress(story("deflate"))),
    "/raw-deflate": answer("raw", b"Content-Encoding: deflate", coded=raw_deflate(story("raw"))),
    "/lower-case-protocol": answer("lower case", start=b"http/1.1 200 OK"),
    "/other-protocol": answer("protocols", start=b"FOO/1.10 200 OK"),
    "/lone-carriage-return": answer("carriage returns", b"X: a\rTransfer-Encoding: chunked"),
    "/switching-first": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + answer("switches"),
    "/until-close": close_after(answer("closing", b"Connection: close")),
    "/byte-by-byte": lambda _: (bytes([byte]) for byte in answer("patience itself")),
}
"""Answers that are whole, each with a story of its own: they end as `article`."""

ODD: dict[str, tuple[Route, str]] = {
    "/bad-header-name": (answer("names", b"Bad Name: x", b"Bad\x01: y"), "invalid_response"),
    "/refused-and-long": (answer("floods", b"Bad Name: x", coded=b"<p>" * 1_000_000), "invalid_response"),
    "/head-breaks-off": (close_after(b"HTTP/1.1 200 OK\r\nContent-Ty"), "connection_failed"),
    "/digits-for-a-chunk": (close_after(answer("digits", CHUNKED, coded=b"a" * 90_000)), "truncated"),
    "/length-too-long": (close_after(answer("promises", length=len(story("promises")) + 500)), "truncated"),
    "/chunks-break-off": (close_after(answer("breaks", CHUNKED, coded=chunks(story("breaks"))[:-9])), "truncated"),
    "/reset-midway": (reset_after(answer("resets", length=90_000)), "truncated"),
    "/no-content": (b"HTTP/1.1 204 No Content\r\nX-Why: nothing\r\n\r\n", "no_article"),
    "/not-modified": (b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n", "fetched"),
    "/empty": (answer("nothing", coded=b""), "no_article"),
    "/busy": (response(b"busy", 503, Retry_After="1"), "http_error"),
    "/gone": (response(b"gone", 410), "http_error"),
    "/endless-head": (lambda _: endless_head(), "invalid_response"),
    "/endless-body": (lambda _: endless(), "too_large"),
    "/not-http": (close_after(b"220 mail.example ESMTP ready\r\n"), "invalid_response"),
    "/garbage": (close_after(bytes(range(256)) * 4), "invalid_response"),
    "/silence": (close_after(b""), "connection_failed"),
    "/loop": (redirect("/loop-back", 302), "redirect_failed"),
    "/loop-back": (redirect("/loop", 307), ""),
    "/moved": (redirect("/moved-again", 301), "article"),
    "/moved-again": (redirect("/at-last", 308), ""),
    "/at-last": (answer("journeys"), ""),
    "/busy-once": (first_busy(), "article"),
}
"""Other answers, and how a fetch that begins there must end; those without an outcome are reached by redirects."""


def routes() -> dict[str, Route]:
    """All of them, for one server: whoever shares them would find the busy one asked before."""
    return {**WHOLE, **{target: route for target, (route, _) in ODD.items()}, "/busy-once": first_busy()}
