"""One HTTP exchange as it went over the wire, and what can be read off its bytes.

Owns the split of a raw answer into interim answers, head and entity. Must not know who captured the bytes, nor
how they are archived. Nothing here holds a large body in memory.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.capture import Capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

MAX_HEAD_BYTES = 1 << 24
"""Where no empty line has come by then, a head has no end: what follows counts as body."""

_FIRST_LOOK_BYTES = 1 << 16
_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"[^\s/]{1,64}/(\d{1,9}(?:\.\d{1,9})?) \+?(\d{1,9})(?=[ \r\n]|$)")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"[ \t]*+([0-9a-fA-F]++)")
_MAX_CHUNK_LINE_BYTES = 1 << 16
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_SWITCHING_PROTOCOLS = b"101"


@dataclass(frozen=True, slots=True)
class Tls:
    """The session that an exchange went over: `version` such as `tls/1.3`, `cipher` by its name in IANA's registry
    or OpenSSL's, the SHA-256 of the server's certificate in hexadecimal."""

    version: str
    cipher: str | None
    certificate_sha256: str | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and what came back, byte for byte.

    `request` is as sent but for the values of the headers in `redacted`, which are secrets. `truncated` is a reason of
    WARC 1.1 section 5.13 (length, time, disconnect, unspecified) or None; `error` says in words why the answer could
    not be used. Through a proxy there is no `ip` to state. Times are aware UTC.
    """

    url: str
    method: str
    request: bytes
    response: Answer
    started_at: datetime
    finished_at: datetime
    ip: str | None
    truncated: str | None = None
    error: str | None = None
    first_byte_at: datetime | None = None
    tls: Tls | None = None
    is_proxied: bool = False
    redacted: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """From sending the request to the last byte of the answer; a clock that was set back meanwhile says nothing."""
        return max((self.finished_at - self.started_at).total_seconds(), 0.0)

    @property
    def duration_ms(self) -> int:
        return _milliseconds(self.started_at, self.finished_at)

    @property
    def first_byte_ms(self) -> int | None:
        return _milliseconds(self.started_at, self.first_byte_at) if self.first_byte_at else None


class Answer:
    """A raw answer taken apart: `interim` 1xx answers, then `head` (status line, headers, blank line), then the body.

    The three joined are the bytes that came (RFC 9112 section 2, RFC 9110 section 15.2). They are taken apart as
    Twisted does it, whose word is what the crawl goes by. Nothing is decoded, and nothing here fails on bytes that are
    not HTTP: they are then all head. OSError where they lie on a disk that fails.
    """

    def __init__(self, raw: Capture | bytes = b"") -> None:
        self._capture = Capture(raw) if isinstance(raw, bytes) else raw
        size = _FIRST_LOOK_BYTES
        while True:
            top = self._capture.read(0, size)
            start = _end_of_interim(top)
            end = _HEAD_END.search(top, start)
            if end or size >= min(self.size, MAX_HEAD_BYTES):
                break
            size *= 8
        self._body_at = end.end() if end else len(top)
        self.interim, self.head = top[:start], top[start : self._body_at]

    def __bool__(self) -> bool:
        """Whether anything came at all."""
        return self.size > 0

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self._capture.size

    @property
    def body_size(self) -> int:
        return self.size - self._body_at

    def body(self) -> Iterator[bytes]:
        """What followed the head, as it came, piece by piece."""
        return self._capture.blocks(self._body_at)

    @cached_property
    def status(self) -> int | None:
        match = _STATUS.match(self.head)
        return int(match[2]) if match else None

    @cached_property
    def protocol(self) -> str | None:
        match = _STATUS.match(self.head)
        return f"http/{match[1].decode()}" if match else None

    @cached_property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Names in lower case and values, in the order they came, folds joined by a space."""
        lines = re.sub(rb"\r?\n[ \t]+", b" ", self.head).split(b"\n")[1:]  # a lone CR ends no line
        pairs = (line.split(b":", 1) for line in lines if b":" in line)
        return [(name.strip().lower(), value.strip()) for name, value in pairs]

    def header(self, name: bytes) -> str | None:
        """The first value of a header as Latin-1 text, or None."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)

    @cached_property
    def content_encoding(self) -> str:
        """Every coding that is named, in the order of application; empty where none is."""
        return ", ".join(value.decode("latin-1") for name, value in self.headers if name == b"content-encoding")

    @cached_property
    def is_framed(self) -> bool:
        """Whether a Transfer-Encoding lies around the entity."""
        return self.header(b"transfer-encoding") is not None

    @cached_property
    def _transfer_encoding(self) -> bytes:
        return b",".join(value for name, value in self.headers if name == b"transfer-encoding").lower()

    @property
    def _is_chunked(self) -> bool:
        return b"chunked" in self._transfer_encoding

    @property
    def has_trailers(self) -> bool:
        """Whether something other than the plain last chunk ends a chunked body (RFC 9112 section 7.1.2)."""
        end = self._capture.read(max(self._body_at - len(b"\r\n"), self.size - len(_LAST_CHUNK)))
        return self._is_chunked and end != _LAST_CHUNK

    def entity(self) -> Iterator[bytes]:
        """The body without its chunk framing, piece by piece; what came of it, where it broke off."""
        return dechunked(self.body()) if self._is_chunked else self.body()

    @cached_property
    def _measured_entity(self) -> tuple[int, str]:
        size, sha1 = 0, hashlib.sha1(usedforsecurity=False)
        for piece in self.entity():
            size += len(piece)
            sha1.update(piece)
        return size, _labelled(sha1.digest())

    @cached_property
    def is_whole(self) -> bool:
        """Whether as much came as the head says; False where it does not say."""
        if self._is_chunked:
            return any(not piece for piece in dechunked(self.body(), tells_end=True))
        stated = self.header(b"content-length") or ""
        return stated.isdecimal() and stated.isascii() and int(stated[:20]) == self.body_size

    @property
    def is_plainly_chunked(self) -> bool:
        """Whether chunks, whole and without trailers, are all that lies around the entity."""
        return self._transfer_encoding == b"chunked" and self.is_whole and not self.has_trailers

    @property
    def entity_size(self) -> int:
        return self._measured_entity[0]

    @property
    def payload_digest(self) -> str:
        """Of the entity; the form is that of `digest`."""
        return self._measured_entity[1]

    @property
    def charset(self) -> str | None:
        match = _CHARSET.search(self.header(b"content-type") or "")
        return match[1].lower() if match else None


def digest(*parts: bytes) -> str:
    """SHA-1 in base 32 of the parts joined, the form that WARC readers and CDX files share: `sha1:…`."""
    return digest_of(parts)


def digest_of(parts: Iterable[bytes]) -> str:
    """`digest` of what comes piece by piece."""
    sha1 = hashlib.sha1(usedforsecurity=False)
    for part in parts:
        sha1.update(part)
    return _labelled(sha1.digest())


def _labelled(sha1: bytes) -> str:
    return "sha1:" + base64.b32encode(sha1).decode()


def _milliseconds(begin: datetime, end: datetime) -> int:
    return round((end - begin).total_seconds() * 1000)


def _end_of_interim(raw: bytes) -> int:
    """Behind the 1xx answers that something follows; behind a 101 that may be another protocol."""
    start = 0
    while (match := _STATUS.match(raw, start)) and match[2][:1] == b"1" and len(match[2]) == 3:
        end = _HEAD_END.search(raw, start)
        if end is None or end.end() == len(raw):
            break
        if match[2] == _SWITCHING_PROTOCOLS and not _STATUS.match(raw, end.end()):
            break
        start = end.end()
    return start


def dechunked(framed: Iterable[bytes], *, tells_end: bool = False) -> Iterator[bytes]:
    """RFC 9112 section 7.1, without trailers; a chunk that broke off is given as far as it came. With `tells_end` an
    empty piece says that the last chunk has come."""
    data, at, left, is_first = b"", 0, 0, True
    for block in framed:
        data, at = data[at:] + block, 0
        while at < len(data):
            if left:
                piece = data[at : at + left]
                yield piece
                at, left = at + len(piece), left - len(piece)
                continue
            begin = at if is_first else _behind_line_end(data, at)
            end = data.find(b"\n", begin, begin + _MAX_CHUNK_LINE_BYTES)
            if end < 0:
                break
            size = _CHUNK_SIZE.match(data, begin, end)
            left, at, is_first = int(size[1], 16) if size else 0, end + 1, False
            if not left:
                if size and tells_end:
                    yield b""
                return
        if not left and len(data) - at > _MAX_CHUNK_LINE_BYTES:
            return  # no chunk begins here: what follows is none


def _behind_line_end(data: bytes, at: int) -> int:
    """Behind the line end that follows a chunk's data, if it is there."""
    if data.startswith(b"\r\n", at):
        return at + 2
    return at + 1 if data.startswith(b"\n", at) else at
