"""One HTTP exchange as it went over the wire, and what can be read off its bytes.

Owns the split of a raw answer into interim answers, head and entity. Must not know who captured the bytes, nor
how they are archived.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"HTTP/(\d(?:\.\d)?) (\d{3})(?!\d)")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]+)[^\n]*\n")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and what came back, byte for byte.

    `truncated` is a reason of WARC 1.1 section 5.13 (length, time, disconnect, unspecified) or None; `error` says
    in words why the answer could not be used. Times are aware UTC.
    """

    url: str
    method: str
    request: bytes
    response: bytes
    started_at: datetime
    finished_at: datetime
    ip: str | None
    truncated: str | None = None
    error: str | None = None

    @property
    def duration_ms(self) -> int:
        return round((self.finished_at - self.started_at).total_seconds() * 1000)


class Answer:
    """A raw answer taken apart: `interim` 1xx answers, then `head` (status line, headers, blank line), then `body`.

    The three joined are the bytes that came (RFC 9112 sections 2 and 15.2 of RFC 9110). Nothing is decoded, and
    nothing here fails on bytes that are not HTTP: they are then all `head`.
    """

    def __init__(self, raw: bytes) -> None:
        start = _end_of_interim(raw)
        end = _end_of_head(raw, start)
        self.interim, self.head, self.body = raw[:start], raw[start:end], raw[end:]

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
        lines = re.sub(rb"\r?\n[ \t]+", b" ", self.head).splitlines()[1:]
        pairs = (line.split(b":", 1) for line in lines if b":" in line)
        return [(name.strip().lower(), value.strip()) for name, value in pairs]

    def header(self, name: bytes) -> str | None:
        """The first value of a header as Latin-1 text, or None."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)

    @cached_property
    def is_framed(self) -> bool:
        """Whether a Transfer-Encoding lies around the entity."""
        return self.header(b"transfer-encoding") is not None

    @cached_property
    def entity(self) -> bytes:
        """The body without its chunk framing; what came of it, where it broke off."""
        codings = b",".join(value for name, value in self.headers if name == b"transfer-encoding").lower()
        return _dechunk(self.body) if b"chunked" in codings else self.body

    @cached_property
    def payload_digest(self) -> str:
        return digest(self.entity)

    @property
    def media_type(self) -> str | None:
        content_type = self.header(b"content-type")
        return content_type.split(";")[0].strip().lower() if content_type else None

    @property
    def charset(self) -> str | None:
        match = _CHARSET.search(self.header(b"content-type") or "")
        return match[1].lower() if match else None


def digest(data: bytes) -> str:
    """SHA-1 in base 32, the form that WARC readers and CDX files share: `sha1:…`."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def _end_of_interim(raw: bytes) -> int:
    start = 0
    while (match := _STATUS.match(raw, start)) and match[2][:1] == b"1" and match[2] != b"101":
        end = _HEAD_END.search(raw, start)
        if end is None or end.end() == len(raw):
            break
        start = end.end()
    return start


def _end_of_head(raw: bytes, start: int) -> int:
    end = _HEAD_END.search(raw, start)
    return end.end() if end else len(raw)


def _dechunk(framed: bytes) -> bytes:
    """RFC 9112 section 7.1, without trailers; a chunk that broke off is given as far as it came."""
    parts, at = [], 0
    while (match := _CHUNK_SIZE.match(framed, at)) and (size := min(int(match[1], 16), len(framed))):
        parts.append(framed[match.end() : match.end() + size])
        at = match.end() + size
        at += len(b"\r\n") if framed[at : at + 2] == b"\r\n" else framed[at : at + 1] == b"\n"
    return b"".join(parts)
