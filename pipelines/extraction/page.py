"""One page as a tree: from the bytes that came to what lxml made of them.

Owns charsets and the one parse of a page. Must not know what an article is.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from charset_normalizer import from_bytes
from lxml import etree
from lxml.html import HtmlElement
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

_SAMPLE_BYTES = 32 * 1024
# UTF-7 smuggles markup past filters and no browser reads it; the others are Python's own and no charsets.
_NOT_FOR_PAGES = {"utf-7", "unicode_escape", "raw_unicode_escape", "punycode", "idna", "undefined"}
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r"})  # lxml refuses them in text; a NUL would end the page
# libxml2 ends the document at <html … /> (https://bugs.launchpad.net/lxml/+bug/1955915).
_CLOSED_HTML = re.compile(rb"(<html\b[^<>]*?)\s*/>", re.IGNORECASE)
_HEAD_BYTES = 4096
_OF_HEAD = frozenset({"base", "link", "meta", "noscript", "script", "style", "template", "title"})


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page. `tree` is its <html> element, which whoever holds the page may change; `charset` is what
    it was decoded with, by a name that Python knows too."""

    tree: Any
    charset: str
    warnings: tuple[str, ...]


def parse_page(html: bytes, content_type: str | None = None) -> Page:
    """Decode and parse a page; never raises, whatever the bytes are.

    `content_type` is the transport header as it came. A page without any markup gives an empty <html>
    element.
    """
    charset = _charset_of(html, content_type)
    markup = html if charset.is_utf8 else charset.read(html).encode("utf-8", "replace")
    tree, complaints = _parse(markup)
    return Page(tree, charset.name, (*charset.warnings, *complaints))


def decode(html: bytes, content_type: str | None = None) -> tuple[str, str, tuple[str, ...]]:
    """The codec's name, the text, and warnings. In order: a byte order mark, bytes that are plainly UTF-8,
    the transport header, the page's own declaration, detection.

    Bytes outside ASCII that decode as UTF-8 are UTF-8 whatever the label says: other charsets hardly ever
    decode so by chance, while wrong labels are common.
    """
    charset = _charset_of(html, content_type)
    return charset.name, charset.read(html), charset.warnings


class _Charset(NamedTuple):
    """How a page's bytes are read, from `start`; `is_utf8` if every one of them is plain UTF-8 and need not be."""

    name: str
    is_utf8: bool = False
    start: int = 0
    warnings: tuple[str, ...] = ()

    def read(self, html: bytes) -> str:
        return html[self.start:].decode(self.name, "replace")


def _charset_of(html: bytes, content_type: str | None) -> _Charset:
    bom, mark = read_bom(html)
    if bom is not None and mark is not None:
        return _Charset(bom, start=len(mark))
    declared = _declared(html, content_type)
    is_ascii = html.isascii()
    if not is_ascii and _is_utf8(html):
        charset = _Charset("utf-8", is_utf8=True)
    else:
        name = _choose(html, declared)
        charset = _Charset(name, is_utf8=is_ascii and name == "utf-8")
    if declared is None or declared == charset.name or is_ascii:
        return charset
    return charset._replace(warnings=(f"charset: declared {declared}, decoded as {charset.name}",))


def _declared(html: bytes, content_type: str | None) -> str | None:
    for name in (http_content_type_encoding(content_type), html_body_declared_encoding(html)):
        if name is not None and name not in _NOT_FOR_PAGES and _decodes(name):
            return _label(name)
    return None


def _label(codec: str) -> str:
    """Python's name of a codec as the web writes it: "windows-1252" for "cp1252". Python knows both."""
    return re.sub(r"^cp125(?=\d$)", "windows-125", codec)


def _decodes(name: str) -> bool:
    try:
        b"".decode(name)
    except (LookupError, UnicodeError):  # not a codec of text, or one that fails on nothing at all
        return False
    return True


def _choose(html: bytes, declared: str | None) -> str:
    """Of bytes that are not plain UTF-8 beyond ASCII."""
    if declared is not None and codecs.lookup(declared).name != "utf-8":
        return declared
    if html.isascii() or _mostly_utf8(html):
        return "utf-8"
    return _detect(html)


def _is_utf8(html: bytes) -> bool:
    try:
        html.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(html: bytes) -> bool:
    """Whether UTF-8 with a few broken characters, such as a page cut in the middle of one, explains the
    bytes."""
    text = html.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken <= sum(1 for char in text if char > "\x7f") - broken


def _detect(html: bytes) -> str:
    """The likeliest charset of a sample that begins where ASCII ends; windows-1252, which reads anything, if
    none."""
    start = next((place for place, byte in enumerate(html) if byte > 127), 0)
    best = from_bytes(html[start:start + _SAMPLE_BYTES]).best()
    return _label(best.encoding if best is not None and best.encoding != "ascii" else "cp1252")


def _parser() -> Any:
    """huge_tree lifts libxml2's limit on depth from 256, where it loses the rest of the page without a word,
    to 2048. The C class lookup spares a Python call an element, a tenth of the time of an extraction."""
    parser: Any = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True,
    )
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    return parser


_PARSER = _parser()


def _give_body(tree: Any) -> None:
    """A page may leave <body> out (HTML Standard, section 13.1.2.4), and libxml2 does not know the elements of HTML5:
    it leaves <header>, <main> and all that follows in the head."""
    if tree.tag != "html" or tree.find("body") is not None or tree.find("frameset") is not None:
        return
    head = tree.find("head")
    of_head = list(head) if head is not None else []
    first = next((place for place, part in enumerate(of_head) if part.tag not in _OF_HEAD), len(of_head))
    strays = [*of_head[first:], *(part for part in tree if part is not head)]
    if strays:
        body = tree.makeelement("body")
        tree.append(body)
        body.extend(strays)


def _parse(markup: bytes) -> tuple[Any, list[str]]:
    """`markup` is UTF-8."""
    closed = _CLOSED_HTML.search(markup, 0, _HEAD_BYTES)
    if closed:
        markup = markup[:closed.end(1)] + markup[closed.end() - 1:]
    markup = markup.translate(None, _CONTROLS)
    try:
        tree = etree.fromstring(markup, _PARSER)
    except (etree.XMLSyntaxError, ValueError):  # there is no element at all
        tree = None
    if tree is None:
        return _PARSER.makeelement("html"), []
    _give_body(tree)
    last = _PARSER.error_log.last_error  # the parser stops at a limit, so that is the last it says
    cut = last is not None and last.type_name == "ERR_RESOURCE_LIMIT"
    return tree, ["parser: too deep or too large, the rest is cut off"] if cut else []
