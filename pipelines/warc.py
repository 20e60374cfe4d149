"""WARC 1.1 records as finished gzip members.

Owns how an exchange is written: headers, digests, compression. Must not know files, offsets or the store: a
member is bytes, and where it lands is the segment's business.
"""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from pipelines.exchange import Answer, digest
from pipelines.records import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipelines.exchange import Exchange

_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 6
_LEVEL_OF_COMPRESSED = 1  # a body that came compressed gains nothing from effort (design section 5)


@dataclass(frozen=True, slots=True)
class Member:
    """One record as one whole gzip member."""

    data: bytes
    record_id: str
    payload_digest: str
    date: str


@dataclass(frozen=True, slots=True)
class MemberPair:
    """The records of one exchange. `response` is None where no byte came back."""

    request: Member
    response: Member | None

    @property
    def members(self) -> tuple[Member, ...]:
        """In the order of writing: the response first, as readers that stream expect."""
        return (self.response, self.request) if self.response else (self.request,)


class _RawHead(StatusAndHeaders):  # type: ignore[misc]
    """A head that is written as it came: warcio re-serialises headers and so changes them (warcio issue 128)."""

    def __init__(self, head: bytes) -> None:
        super().__init__("", [])
        self._head = head

    def compute_headers_buffer(self, header_filter: Any = None) -> None:
        self.headers_buff = self._head

    def __bool__(self) -> bool:
        return True


class _Writer(WARCWriter):  # type: ignore[misc]
    """warcio's writer, but for payload digests: of a chunked answer it would hash the framing (warcio issue 74)."""

    def ensure_digest(self, record: Any, block: bool = True, payload: bool = True) -> None:
        super().ensure_digest(record, block=block, payload=False)


def new_record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def warcinfo_member(filename: str, record_id: str, written_at: datetime, info: Mapping[str, str]) -> Member:
    """The first record of a file (WARC 1.1 section 6.2): `info` becomes its application/warc-fields."""
    fields = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in info.items()).encode()
    headers = {"WARC-Filename": filename, "WARC-Record-ID": record_id, "WARC-Date": rfc3339(written_at)}
    data = _serialise("", "warcinfo", None, fields, headers)
    return Member(_compress(data, _LEVEL), record_id, digest(fields), headers["WARC-Date"])


def exchange_members(exchange: Exchange, answer: Answer, warcinfo_id: str) -> MemberPair:
    """The request and response records of an exchange, each naming the other (WARC 1.1 section 5.7).

    `answer` is the exchange's response taken apart. The blocks are the bytes of the wire. Interim 1xx answers are
    split off: readers take the first status line of a block for the answer. Raises ValueError for a target URI that
    would break the record's header.
    """
    ids = new_record_id(), new_record_id()
    common = {"WARC-Date": rfc3339(exchange.started_at), "WARC-Warcinfo-ID": warcinfo_id}
    if exchange.ip:
        common["WARC-IP-Address"] = exchange.ip
    request = _request_member(exchange, common, ids[0], ids[1] if exchange.response else None)
    response = _response_member(exchange, answer, common, ids[1], ids[0]) if exchange.response else None
    return MemberPair(request, response)


def _request_member(exchange: Exchange, common: dict[str, str], own: str, other: str | None) -> Member:
    sent = Answer(exchange.request)
    headers = {**common, "WARC-Record-ID": own, "WARC-Payload-Digest": sent.payload_digest}
    if other:
        headers["WARC-Concurrent-To"] = other
    data = _serialise(exchange.url, "request", sent.head, sent.body, headers)
    return Member(_compress(data, _LEVEL), own, sent.payload_digest, common["WARC-Date"])


def _response_member(exchange: Exchange, answer: Answer, common: dict[str, str], own: str, other: str) -> Member:
    headers = {**common, "WARC-Record-ID": own, "WARC-Concurrent-To": other}
    if not answer.is_framed:
        headers["WARC-Payload-Digest"] = answer.payload_digest
    if exchange.truncated:
        headers["WARC-Truncated"] = exchange.truncated
    data = _serialise(exchange.url, "response", answer.head, answer.body, headers)
    level = _LEVEL_OF_COMPRESSED if answer.header(b"content-encoding") else _LEVEL
    return Member(_compress(data, level), own, answer.payload_digest, common["WARC-Date"])


def _serialise(url: str, kind: str, head: bytes | None, body: bytes, headers: dict[str, str]) -> bytes:
    out = BytesIO()
    writer = _Writer(out, gzip=False, warc_version="1.1")
    http_headers = _RawHead(head) if head is not None else None
    record = writer.create_warc_record(
        _one_line(url), kind, payload=BytesIO(body), length=len(body), warc_headers_dict=headers,
        http_headers=http_headers,
    )
    writer.write_record(record)
    return out.getvalue()


def _compress(data: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return compressor.compress(data) + compressor.flush()


def _one_line(value: str) -> str:
    """warcio writes what it gets: a line break in a value would begin a header of the page's choosing."""
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError(f"a WARC header value must not hold control characters: {value!r}")
    return value
