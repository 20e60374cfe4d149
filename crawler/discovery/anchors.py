"""The links of an HTML page as they stand in it: addresses as they are written, words, and what is around them.

Owns the reading of HTML. Must not know what a link leads to (`links`). The page is streamed through the parser: no tree
is built, so that neither depth nor size of a page can lose its links.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree

from crawler.discovery.articlemarks import ArticleMarks
from crawler.discovery.found import clean_title
from crawler.discovery.itemlists import listed_items
from crawler.discovery.markup import without_huge_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_SILENT = frozenset(("script", "style", "template", "title"))
_INLINE = frozenset(("b", "i", "u", "em", "strong", "mark", "sub", "sup", "small", "wbr", "font"))
_FRAME = frozenset(("nav", "footer"))
_MAX_WORDS_CHARS = 2_000
_MAX_LEAD_CHARS, _MIN_LEAD_CHARS = 200, 40      # of what follows a link
_MOMENT = re.compile(r"(?<!\d)\d{1,2}[.:/]\d\d(?!\d)|(?<!\d)20\d\d(?!\d)")
_MAX_TITLE_CHARS = 200
_ON_CLICK = re.compile(r"""(?:location(?:\.href)?\s*=|(?:location\.assign|window\.open)\s*\()\s*["']([^"'\s]+)["']""")
_MIN_TEASERS = 3


def read_anchors(text: str) -> PageAnchors:
    """Never fails: what can be read of a page is given."""
    page = PageAnchors()
    target: Any = page                          # the stubs demand more of a target than lxml does
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True)
    with suppress(etree.LxmlError):             # nothing in it, or it broke off: what was read is in `page`
        etree.fromstring(without_huge_tags(text).replace("\0", "").encode("utf-8", "replace"), parser)
    return page


@dataclass(slots=True)
class Anchor:
    """An `<a>` while it is read: its address, what stands for words, its words, those of a heading, and what follows it
    before the next link. `is_framed`: it stands in the navigation or the footer."""

    href: str
    label: str
    is_next: bool = False
    is_framed: bool = False
    words: str = ""
    heading: str = ""
    lead: str = ""
    _has_teaser: bool = False

    def read(self, text: str, is_heading: bool) -> None:
        if len(self.words) < _MAX_WORDS_CHARS:             # an anchor never closed goes on to the page's end
            self.words += text
            self.heading += text if is_heading else ""

    def follow(self, text: str) -> None:
        if len(self.lead) < _MAX_LEAD_CHARS and text.strip():
            self.lead += text

    def beside(self, other: Anchor) -> Anchor:
        """The better of two links to one address, with what the places of both say."""
        best = max(self, other, key=Anchor.worth)
        best._has_teaser = self.is_teaser or other.is_teaser
        best.is_framed = self.is_framed and other.is_framed
        return best

    @property
    def is_teaser(self) -> bool:
        """Whether it stands in a heading, or text or a time follows it, outside of the navigation."""
        inside = len(self.words) - len(self.heading) if self.heading else 0
        has_lead = inside + len(self.lead.strip()) >= _MIN_LEAD_CHARS or bool(_MOMENT.search(self.lead))
        return self._has_teaser or (not self.is_framed and (bool(self.heading.strip()) or has_lead))

    def title(self) -> str:
        return clean_title(self.heading) or clean_title(self.words) or clean_title(self.label) or ""

    def worth(self) -> tuple[bool, bool, int]:
        """Headings before words, words before a picture's description, then by length; no whole teasers."""
        chars = len(self.title())
        return bool(self.heading.strip()), bool(self.words.strip()), chars if chars <= _MAX_TITLE_CHARS else 0


@dataclass(slots=True)
class PageAnchors:
    """Takes the parser's events; `head` has the attributes of each `<link>`, `boxes` are what scripts make links of."""

    base: str | None = None
    refresh: str | None = None
    head: list[dict[str, str]] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    marks: ArticleMarks = field(default_factory=ArticleMarks)
    boxes: list[Anchor] = field(default_factory=list)
    _open: Anchor | None = None
    _box: Anchor | None = None
    _box_tag: str = ""
    _depth: int = 0
    _heading: int = 0
    _silent: int = 0
    _frame: int = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._silent += tag in _SILENT
        self._heading += tag in _HEADINGS
        self._frame += tag in _FRAME
        self.marks.start(tag, attributes)
        self._find_box(tag, attributes)
        if tag == "base" and self.base is None:
            self.base = attributes.get("href")
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            self.refresh = attributes.get("content")
        elif tag == "link" and "href" in attributes:
            self.head.append(dict(attributes))
        elif tag in ("a", "area") and "href" in attributes:
            self._open_anchor(attributes)
        elif tag == "img" and self._open is not None:
            self._open.label = self._open.label or attributes.get("alt", "")

    def _find_box(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A box that a script makes a link of."""
        if self._box is not None:
            self._depth += tag == self._box_tag
        elif tag not in ("a", "area") and (href := _href_for_scripts(attributes)):
            self._box, self._box_tag, self._depth = Anchor(href, "", is_framed=self._frame > 0), tag, 1
            self.boxes.append(self._box)
            self.marks.interrupt()

    def _leave_box(self, tag: str) -> None:
        self._depth -= tag == self._box_tag
        if self._depth == 0:
            self._box = None

    def end(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        self._heading -= tag in _HEADINGS
        self._frame -= tag in _FRAME
        if self._box is not None:
            self._leave_box(tag)
        if tag == "a":
            self._open = None
        elif self._open is not None:
            self._open.read(" " if tag not in _INLINE else "", bool(self._heading))

    def data(self, text: str) -> None:
        if self._box is not None and not self._silent:
            self._box.read(text, bool(self._heading))
        self.marks.data(text, is_shown=not (self._silent or self._frame))
        if self._open is not None and not self._silent:
            self._open.read(text, bool(self._heading))
        elif self.anchors and not self._silent:
            self.anchors[-1].follow(text)

    def close(self) -> PageAnchors:
        """Boxes and stated lists count where the page has hardly a teaser that is a link: else they hold the same."""
        if sum(anchor.is_teaser for anchor in self.anchors) < _MIN_TEASERS:
            self.anchors += self.boxes
            self.anchors += [Anchor(href, name, _has_teaser=True)
                             for href, name in listed_items(self.marks.scripts())]
        return self

    def _open_anchor(self, attributes: Mapping[str, str]) -> None:
        label = attributes.get("aria-label") or attributes.get("title") or attributes.get("alt") or ""
        self.marks.interrupt()
        self._open = Anchor(attributes["href"], label, "next" in attributes.get("rel", "").lower().split(),
                             self._frame > 0)
        self.anchors.append(self._open)


def _href_for_scripts(attributes: Mapping[str, str]) -> str | None:
    named = attributes.get("data-href") or attributes.get("data-url")
    clicked = _ON_CLICK.search(attributes.get("onclick", ""))
    return named or (clicked[1] if clicked else None)
