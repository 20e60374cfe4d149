"""The records of one exchange: what came (a response, or a revisit of one that is held), what was sent, and what is
known about it.

Owns which fields each of the three has (WARC 1.1 sections 5 and 6). Must not know how a record is serialised
(`pipelines.warc`), nor where it goes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.exchange import Answer, digest
from pipelines.payloadtype import identified_type
from pipelines.records import rfc3339
from pipelines.warc import WARC_FIELDS, Block, Member, new_record_id, record, warc_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.exchange import Exchange
    from pipelines.originals import Original

REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/"
IDENTICAL_PAYLOAD = REVISIT_PROFILE + "identical-payload-digest"
NOT_MODIFIED = REVISIT_PROFILE + "server-not-modified"
_NOT_MODIFIED_STATUS = 304
_TRANSFER_ENCODING = re.compile(rb"(?i)(?<=\n)transfer-encoding(?=[ \t]*:)")
RENAMED = b"X-Orig-Transfer-Encoding"
"""What Browsertrix and pywb call it in a head whose body is not framed any more."""

_HEAD_END = b"\r\n\r\n"

_Fields = list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class ExchangeRecords:
    """What an exchange becomes. `answer` is a response or revisit record, or a resource where what came is not HTTP;
    None where no byte came back."""

    answer: Member | None
    request: Member
    metadata: Member

    @property
    def members(self) -> tuple[Member, ...]:
        """In the order of writing: the response first, as readers that stream expect."""
        return tuple(member for member in (self.answer, self.request, self.metadata) if member)


def exchange_records(
    exchange: Exchange, warcinfo_id: str, facts: Iterable[tuple[str, str]], original: Original | None = None,
    *, dechunk: bool = False,
) -> ExchangeRecords:
    """The records of an exchange, each naming the others (WARC 1.1 section 5.7).

    `facts` go into the metadata record. With `original` the answer becomes a revisit of it: by its digest, or, for a
    304, on the server's word (section 6.7). The blocks are the bytes of the wire. Interim 1xx answers are split off:
    readers take the first status line of a block for the answer; they are among the facts. With `dechunk` a body in
    whole chunks is written as its entity, and its Transfer-Encoding under another name. Raises ValueError for a target
    URI that would break the record's header.
    """
    ids = {"request": new_record_id(), "metadata": new_record_id()}
    if exchange.response:
        ids = {"answer": new_record_id(), **ids}
    common = _Common(exchange, warcinfo_id, ids, dechunk)
    return ExchangeRecords(_answer(common, original), _request(common), _metadata(common, facts))


@dataclass(frozen=True, slots=True)
class _Common:
    exchange: Exchange
    warcinfo_id: str
    ids: dict[str, str]
    dechunk: bool

    @property
    def head(self) -> bytes:
        head = self.exchange.response.head
        return _TRANSFER_ENCODING.sub(RENAMED, head) if self.is_dechunked else head

    @property
    def is_dechunked(self) -> bool:
        """Only where nothing but the framing is lost by that."""
        return self.dechunk and self.exchange.response.is_plainly_chunked

    @property
    def date(self) -> str:
        return rfc3339(self.exchange.started_at)

    def fields(self, name: str, protocol: str | None) -> _Fields:
        """Those that all records of an exchange have. WARC-Protocol and WARC-Cipher-Suite are proposals:
        iipc/warc-specifications issues 42 and 86."""
        tls = self.exchange.tls
        return [
            ("WARC-Target-URI", self.exchange.url), ("WARC-Warcinfo-ID", self.warcinfo_id),
            ("WARC-IP-Address", self.exchange.ip),
            *(("WARC-Concurrent-To", other) for key, other in self.ids.items() if key != name),
            ("WARC-Protocol", protocol), ("WARC-Protocol", tls.version if tls else None),
            ("WARC-Cipher-Suite", tls.cipher if tls else None),
        ]


def _answer(common: _Common, original: Original | None) -> Member | None:
    answer = common.exchange.response
    if not answer:
        return None
    if original:
        return _revisit(common, original)
    return _response(common) if answer.status is not None else _resource(common)


def _response(common: _Common) -> Member:
    """The payload's digest is left out where readers disagree on what the payload is: inside of chunks, and after a
    head whose lines end in LF alone."""
    exchange, answer = common.exchange, common.exchange.response
    is_agreed = answer.head.endswith(_HEAD_END) and (common.is_dechunked or not answer.is_framed)
    fields: _Fields = [
        *common.fields("answer", answer.protocol), ("WARC-Truncated", exchange.truncated),
        ("WARC-Payload-Digest", answer.payload_digest if is_agreed else None),
        ("WARC-Identified-Payload-Type", identified_type(answer)),
    ]
    is_compressed = bool(answer.content_encoding)
    block = Block(common.head, answer.body, answer.body_size, is_compressed)
    if common.is_dechunked:
        block = Block(common.head, answer.entity, answer.entity_size, is_compressed)
    return record("response", block, "application/http; msgtype=response", answer.payload_digest,
                  common.ids["answer"], common.date, fields)


def _resource(common: _Common) -> Member:
    """Bytes that no HTTP parser takes: in a response record readers fail on them, and some lose the record behind."""
    exchange, answer = common.exchange, common.exchange.response
    block = Block(answer.head, answer.body, answer.body_size)
    fields: _Fields = [*common.fields("answer", None), ("WARC-Truncated", exchange.truncated)]
    return record("resource", block, "application/octet-stream", answer.payload_digest, common.ids["answer"],
                  common.date, fields)


def _revisit(common: _Common, original: Original) -> Member:
    """Section 6.7: the head alone, which is all there is of a 304."""
    answer, place = common.exchange.response, original.place
    is_told = answer.status == _NOT_MODIFIED_STATUS
    fields: _Fields = [
        *common.fields("answer", answer.protocol),
        ("WARC-Profile", NOT_MODIFIED if is_told else IDENTICAL_PAYLOAD),
        ("WARC-Refers-To", place.record_id), ("WARC-Refers-To-Target-URI", original.target_uri),
        ("WARC-Refers-To-Date", place.date),
        ("WARC-Payload-Digest", None if is_told else answer.payload_digest),
        ("WARC-Truncated", None if is_told else "length"),
    ]
    return record("revisit", Block(common.head), "application/http; msgtype=response", answer.payload_digest,
                  common.ids["answer"], common.date, fields)


def _request(common: _Common) -> Member:
    sent = Answer(common.exchange.request)
    fields: _Fields = [
        *common.fields("request", _protocol_of(sent.head)), ("WARC-Payload-Digest", sent.payload_digest),
        ("Broadsheet-Redacted", ", ".join(common.exchange.redacted) or None),
    ]
    block = Block(sent.head, sent.body, sent.body_size)
    return record("request", block, "application/http; msgtype=request", sent.payload_digest, common.ids["request"],
                  common.date, fields)


def _metadata(common: _Common, facts: Iterable[tuple[str, str]]) -> Member:
    block = Block(warc_fields(facts))
    return record("metadata", block, WARC_FIELDS, digest(block.head), common.ids["metadata"], common.date,
                  common.fields("metadata", None))


def _protocol_of(head: bytes) -> str | None:
    """`http/1.1` from the end of a request line."""
    version = head.partition(b"\n")[0].rstrip().rpartition(b" ")[2].lower()
    return version.decode("ascii", "replace") if version.startswith(b"http/") else None
