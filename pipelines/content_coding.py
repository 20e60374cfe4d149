"""Content-Encoding taken off a body: gzip, deflate, br, zstd.

Owns what can be decoded, and how far. Pure: bytes in, bytes out. Gives what Scrapy's
HttpCompressionMiddleware gives for the same body, so that a page read from the archive is the page that was
extracted.
"""

from __future__ import annotations

import zlib
from gzip import GzipFile
from io import BytesIO
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]

from pipelines.errors import BroadsheetError
from pipelines.zstd import ZstdError, ZstdFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_DECODED_BYTES = 256 << 20
MAX_CODINGS = 3
_PIECE = 1 << 16
_BROKEN = (OSError, EOFError, zlib.error, brotli.error, ZstdError)


class ContentCodingError(BroadsheetError):
    """A body is not in the coding that its Content-Encoding names."""


class DecodedTooLargeError(ContentCodingError):
    """A body decodes to more than the limit."""


def decoded(body: bytes, content_encoding: str | None, max_bytes: int = MAX_DECODED_BYTES) -> bytes:
    """The body without its content codings (RFC 9110 section 8.4), last applied first.

    A coding that nobody knows stays on, and with it those below. A stream that breaks off is given as far
    as it came. ContentCodingError if not one byte decodes or the codings are too many, DecodedTooLargeError
    if more than `max_bytes` come out.
    """
    codings = [coding.strip().lower() for coding in (content_encoding or "").split(",")]
    if len(codings) > MAX_CODINGS:
        raise ContentCodingError(f"a body in {len(codings)} content codings, where {MAX_CODINGS} are decoded at most")
    while body and codings and codings[-1] in _PIECES:
        body = _joined(_PIECES[codings[-1]](body, _PIECE), codings.pop(), max_bytes)
    return body


def beginning(body: bytes, content_encoding: str | None, max_bytes: int) -> bytes:
    """The first bytes of what `decoded` would give, from the first bytes of a body; empty if they do not decode."""
    codings = [coding.strip().lower() for coding in (content_encoding or "").split(",")]
    while body and codings[-1:] and codings[-1] in _PIECES and len(codings) <= MAX_CODINGS:
        parts: list[bytes] = []
        try:
            for piece in _PIECES[codings.pop()](body, max_bytes):
                parts.append(piece)
                if sum(map(len, parts)) >= max_bytes:
                    break
        except _BROKEN:  # it was cut, or never was in that coding
            pass
        body = b"".join(parts)
    return body[:max_bytes]


def _joined(pieces: Iterator[bytes], coding: str, max_bytes: int) -> bytes:
    parts, size = [], 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > max_bytes:
                raise DecodedTooLargeError(f"a body in {coding} decodes to more than {max_bytes} bytes")
            parts.append(piece)
    except _BROKEN as error:
        if not parts:
            raise ContentCodingError(f"a body is not in {coding}, as its Content-Encoding says: {error}") from None
    return b"".join(parts)


def _gzip(body: bytes, size: int) -> Iterator[bytes]:
    file = GzipFile(fileobj=BytesIO(body))
    while piece := file.read1(size):
        yield piece


def _deflate(body: bytes, size: int) -> Iterator[bytes]:
    """The zlib format as the RFC says, or raw deflate as some servers send it."""
    inflater = zlib.decompressobj()
    try:
        first = inflater.decompress(body, size)
    except zlib.error:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        first = inflater.decompress(body, size)
    yield first
    while inflater.unconsumed_tail and not inflater.eof:
        yield inflater.decompress(inflater.unconsumed_tail, size)


def _br(body: bytes, size: int) -> Iterator[bytes]:
    decompressor = brotli.Decompressor()
    piece = decompressor.process(body, output_buffer_limit=size)
    while piece:
        yield piece
        piece = b"" if decompressor.is_finished() else decompressor.process(b"", output_buffer_limit=size)


def _zstd(body: bytes, size: int) -> Iterator[bytes]:
    file = ZstdFile(BytesIO(body))
    while piece := file.read(size):
        yield piece


_PIECES: dict[str, Callable[[bytes, int], Iterator[bytes]]] = {
    "gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _br, "zstd": _zstd,
}
