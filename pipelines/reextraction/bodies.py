"""The page that an archived answer holds: without chunks and content codings, as far as they are there.

Owns what is made of answers whose headers speak of codings that their writer has taken off. Must not know how a record
is found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xtractmime import extract_mime

from pipelines.content_coding import ContentCodingError, DecodedTooLargeError, beginning, decoded
from pipelines.exchange import Answer
from pipelines.reextraction.records import read_at

if TYPE_CHECKING:
    from pipelines.reextraction.pages import Source

MAX_PAGE_BYTES = 16 << 20
"""As DOWNLOAD_MAXSIZE: of a crawl's page nothing larger is taken."""

_CHUNK_LINE = re.compile(rb"[ \t]*[0-9a-fA-F]{1,16}[ \t]*(?:;[^\r\n]*)?\r?\n")
_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_SNIFFED_BYTES = 1445           # MIME Sniffing Standard, section 5.2
_READ_BYTES = 1 << 14
_PAGES = frozenset({b"text/html", b"application/xhtml+xml"})


def page_at(source: Source) -> bytes:
    """The page there. ContentCodingError if it does not decode, DecodedTooLargeError if it is too large,
    ArchiveDamagedError if nothing is there."""
    return page_of(Answer(read_at(source)))


def page_of(answer: Answer) -> bytes:
    """The page of an answer. Many writers take codings off and leave their headers: what cannot be in them is not."""
    entity = entity_of(answer)
    coding = answer.content_encoding
    last = coding.rpartition(",")[2].strip().lower()
    if last in _MAGIC and not entity.startswith(_MAGIC[last]):
        return _small_enough(entity)
    try:
        return decoded(entity, coding, MAX_PAGE_BYTES)
    except DecodedTooLargeError:
        raise
    except ContentCodingError:
        if last in _MAGIC:
            raise
        return _small_enough(entity)


def entity_of(answer: Answer) -> bytes:
    """The body without chunk framing, if there is any."""
    body = b"".join(answer.body())
    if answer.is_framed and not _CHUNK_LINE.match(body):
        return body
    return b"".join(answer.entity())


def is_page(answer: Answer) -> bool:
    """Whether it is HTML by the MIME Sniffing Standard, going by its bytes and what its server calls it."""
    entity = entity_of(answer)[:_READ_BYTES]
    page = beginning(entity, answer.content_encoding, _SNIFFED_BYTES) or entity[:_SNIFFED_BYTES]
    stated = answer.header(b"content-type")
    types = (stated.encode("latin-1"),) if stated else None
    return bool(page.strip()) and extract_mime(page, content_types=types) in _PAGES


def _small_enough(page: bytes) -> bytes:
    if len(page) > MAX_PAGE_BYTES:
        raise DecodedTooLargeError(f"a page of more than {MAX_PAGE_BYTES} bytes")
    return page
