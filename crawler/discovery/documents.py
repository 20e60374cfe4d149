"""Bytes as they were served: unpacked, decoded, and told by their content what they are.

Owns gzip, character sets and the kinds of document. Must not know links. Content types and file names are not
asked: servers call feeds text/html and gzip text/xml.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

_MAX_GZIP_LAYERS = 3            # served by one program as .gz, compressed again by the next
_PIECE_BYTES = 1 << 16
_SNIFFED_CHARS = 1 << 16        # notices of a broken PHP stand before the document they belong to

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_NOT_FOR_DOCUMENTS = ("utf_7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")


class Kind(StrEnum):
    """What a document is, in the words of an error message."""

    FEED = "a feed"
    SITEMAP = "a sitemap"
    PAGE = "an HTML page"
    MARKUP = "XML or HTML of another kind"
    JSON = "JSON"
    TEXT = "plain text"
    BINARY = "bytes that are no text"
    EMPTY = "an empty body"


ROOT = re.compile(
    r"<!doctype\s+html|<((?:[\w.-]+:)?(rss|feed|rdf|urlset|sitemapindex|html|head|body))(?=[\s>/])",
    re.IGNORECASE)
_KINDS = {
    "rss": Kind.FEED, "feed": Kind.FEED, "rdf": Kind.FEED,
    "urlset": Kind.SITEMAP, "sitemapindex": Kind.SITEMAP,
}


@dataclass(frozen=True, slots=True)
class Document:
    """One body, unpacked: its bytes, its text as XML and JSON are decoded, its kind, and what it lacks."""

    data: bytes
    text: str
    kind: Kind
    damage: str | None


def open_document(body: bytes, max_bytes: int) -> Document:
    """Unpacks (up to three layers of gzip, at most `max_bytes`), decodes and names what a body holds."""
    data, damage = _unpacked(body, max_bytes)
    text = _decoded(data)
    return Document(data, text, _kind_of(text), damage)


def _unpacked(body: bytes, max_bytes: int) -> tuple[bytes, str | None]:
    damage = None
    for _ in range(_MAX_GZIP_LAYERS):
        if not body.startswith(b"\x1f\x8b"):
            break
        body, broken = _gunzipped(body, max_bytes)
        damage = damage or broken
    if len(body) > max_bytes:
        return body[:max_bytes], f"larger than {max_bytes} bytes: the rest was not read"
    return body, damage


def _gunzipped(body: bytes, max_bytes: int) -> tuple[bytes, str | None]:
    """At most a piece more than `max_bytes`; of broken gzip, all that comes before the break."""
    unpacked = bytearray()
    with gzip.GzipFile(fileobj=BytesIO(body)) as stream:
        try:
            while len(unpacked) <= max_bytes and (piece := stream.read1(_PIECE_BYTES)):
                unpacked += piece
        except gzip.BadGzipFile:                # a wrong sum, or rubbish after the end
            return bytes(unpacked), None if unpacked else "not gzip, though it begins like it"
        except (EOFError, zlib.error):
            return bytes(unpacked), "the gzip data breaks off"
    return bytes(unpacked), None


def _decoded(data: bytes) -> str:
    """By byte order mark, else as the UTF-8 it nearly always is, else as declared, else as Windows-1252.

    UTF-8 goes before the declaration: text of another charset is hardly ever valid UTF-8 by chance, and wrong
    declarations are common. A few bad bytes, as of a headline cut in mid-character, do not change that.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").lstrip("\ufeff")
    declared = _declared(data)
    text = data.decode("utf-8", "replace")
    if not declared.startswith("iso2022") and _is_mostly_utf_8(text):
        return text
    try:
        return data.decode(declared if declared != "utf-8" else "cp1252", "replace")
    except ValueError:                          # a codec that refuses even to replace
        return text


def _declared(data: bytes) -> str:
    declaration = _DECLARED.search(data[:1024])
    try:
        name = codecs.lookup(declaration[1].decode()).name if declaration else "utf-8"
    except LookupError:
        return "utf-8"
    return "utf-8" if name.replace("-", "_") in _NOT_FOR_DOCUMENTS or not _is_for_text(name) else name


def _is_for_text(codec: str) -> bool:
    try:
        return isinstance(b"".decode(codec), str)
    except (LookupError, ValueError):           # rot13, zip, hex and the like
        return False


def _is_mostly_utf_8(text: str) -> bool:
    bad = text.count("\ufffd")
    return bad == 0 or sum(char > "\x7f" for char in text) >= 2 * bad


def _kind_of(text: str) -> Kind:
    head = text[:_SNIFFED_CHARS].lstrip("\ufeff \t\r\n\0")
    if not head:
        return Kind.EMPTY
    if head.startswith(("{", "[")):
        return Kind.JSON
    if root := ROOT.search(head):
        return _KINDS.get((root[2] or "html").lower(), Kind.PAGE)
    if head.startswith("<"):
        return Kind.MARKUP
    return Kind.BINARY if "\0" in head or head.count("\ufffd") > len(head) / 10 else Kind.TEXT
