"""What a payload is, going by its bytes and not by what the server calls it.

Owns the value of WARC-Identified-Payload-Type (WARC 1.1 section 5.15). Must not know how a record is written. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xtractmime import extract_mime

from pipelines.content_coding import beginning

if TYPE_CHECKING:
    from pipelines.exchange import Answer

_SNIFFED_BYTES = 1445
"""WHATWG's MIME Sniffing Standard, section 5.2."""

_READ_BYTES = 1 << 14
_UNKNOWN = b"application/octet-stream"


def identified_type(answer: Answer) -> str | None:
    """The media type by the MIME Sniffing Standard, its content codings taken off; None if nothing is recognised."""
    sample = b""
    for piece in answer.entity():
        sample += piece[:_READ_BYTES]
        if len(sample) >= _READ_BYTES:
            break
    content = beginning(sample, answer.content_encoding, _SNIFFED_BYTES)
    if not content:
        return None
    found: bytes = extract_mime(content)
    return None if found == _UNKNOWN else found.decode("ascii")
