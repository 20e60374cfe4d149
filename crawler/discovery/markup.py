"""XML as it is served made into XML that a strict parser takes, without a DOCTYPE, an entity or an open end.

Owns the repairs. Must not know what the elements mean beyond where one entry ends.
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5
from xml.sax.saxutils import escape

from crawler.discovery.documents import ROOT

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")        # XML 1.0, production 2
_AMPERSAND = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
_ENTRY_END = re.compile(r"</(?:[\w.-]+:)?(?:url|sitemap|item|entry)\s*>", re.IGNORECASE)
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_HUGE_TAG = re.compile(r"<[^<>]{4096,}>?")
_MAX_ATTRIBUTES = 500


def repaired(text: str) -> tuple[str, bool]:
    """A feed or sitemap from its root element to that element's end, and whether that end was there.

    All before the root goes: with the DOCTYPE go the entities, and so every XML bomb and every external file.
    Bare ampersands, HTML's entities and characters that XML forbids are made good. Of a document that breaks
    off, the entry it breaks off in goes: half of a URL is another URL.
    """
    root = ROOT.search(text)
    if root is None:
        return "", False
    body, is_whole = _between_root_tags(text[root.start():], root[1])
    return without_huge_tags(_with_sound_references(_ILLEGAL.sub("", body))), is_whole


def without_huge_tags(text: str) -> str:
    """The text without tags of more than some hundred attributes: parsers take quadratic time over them."""
    return _HUGE_TAG.sub(lambda tag: "" if tag[0].count("=") > _MAX_ATTRIBUTES else tag[0], text)


def _between_root_tags(text: str, root_name: str) -> tuple[str, bool]:
    end = text.rfind(f"</{root_name}")
    if end > 0:
        return f"{text[:end]}</{root_name}>", True
    if re.match(r"<[^<>]*/>", text):            # <urlset/>
        return f"<{root_name}/>", True
    ends = [entry.end() for entry in _ENTRY_END.finditer(text)]
    closing = f"</channel></{root_name}>" if root_name.lower() == "rss" else f"</{root_name}>"
    return (text[:ends[-1]] if ends else f"<{root_name}>") + closing, False


def _with_sound_references(text: str) -> str:
    """Piece by piece, as CDATA must stay as it is, and an unclosed one must not cost more than one look."""
    plain, *sections = text.split("<![CDATA[")
    pieces = [_AMPERSAND.sub(_sound_reference, plain)]
    for section in sections:
        raw, _, plain = section.partition("]]>")
        pieces += ("<![CDATA[", raw, "]]>", _AMPERSAND.sub(_sound_reference, plain))
    return "".join(pieces)


def _sound_reference(found: re.Match[str]) -> str:
    name = found[1]
    if name in _XML_NAMES:
        return found[0]
    if name and name.startswith("#"):
        return escape(_ILLEGAL.sub("", unescape(found[0])))
    if name and f"{name};" in html5:
        return escape(html5[f"{name};"])
    return "&amp;" + found[0][1:]
