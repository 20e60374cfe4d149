"""A page as blocks: the runs of text between the boundaries that a browser would draw.

Owns where a block begins and ends, its place in the markup, and how it is taken out of the tree. Must not know which
blocks are boilerplate.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "time", "tt", "u", "var", "wbr",
})
"""Elements that do not interrupt a line (HTML Standard, section 3.2.5.2.5, phrasing content)."""

_NO_TEXT = frozenset({"script", "style", "noscript", "template", "textarea", "select"})
_KEPT_EMPTY = frozenset({"br", "hr", "img", "head", "html", "body"})
_DIGITS = re.compile(r"\d+")
_NO_LETTERS = re.compile(r"[\W_]+")
_NO_ASCII_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_SENTENCE_ENDS = frozenset(".!?…:;؟۔।。！？")
_CLOSING = "\"'”“»«’)]」』"
_MIN_SENTENCE_LETTERS = 25
_STANDS_ALONE = frozenset({"article", "main", "body", "html"})
_PATH_LEVELS = 3
_CLASSES = 2
_TEXT_BITS = 44
_SHORT = 120                # of menus and the like, which come with every page


class Block:
    """One run of text. `box` is the nearest element that makes a line of its own; `text` has single spaces.

    `letters` is the text by which copies are known: NFKC, lower case, nothing but letters and digits. `link_share` is
    the share of it inside links. `path` names the box and two boxes around it by tag and class, digits masked, so that
    it is the same on every page of a template. `marks` are the classes and ids of the boxes around it, from the nearest
    <article>, <main> or <body> inwards. Of one page, a block is known by itself.
    """

    __slots__ = ("_key", "_slots", "box", "is_prose", "is_removed", "letters", "link_share", "marks", "path", "tag",
                 "text")

    def __init__(
        self, text: str, box: Any, place: Place, slots: list[tuple[Any, bool]], link_chars: int
    ) -> None:
        self.text, self.box, self.tag = text, box, str(box.tag)
        self.path, self.marks = place.path, place.marks
        self.letters = _letters_of_line(text) if len(text) <= _SHORT else letters(text)
        self.link_share = min(1.0, link_chars / len(text)) if link_chars else 0.0
        self.is_prose = (self.link_share < 0.5 and len(self.letters) >= _MIN_SENTENCE_LETTERS
                         and ends_a_sentence(text))
        self.is_removed = False
        self._key: int | None = None
        self._slots = slots

    @property
    def key(self) -> int:
        """64 bits by which the block is known on other pages of its site: its path and its letters. Digits are masked
        but for sentences: bulletins differ in nothing else."""
        if self._key is None:
            self._key = path_key(self.path) << _TEXT_BITS | text_key(self.letters) if self.is_prose else (
                key_of(self.path, self.letters))
        return self._key

    def remove(self) -> None:
        """Take its text out of the tree; the elements stay until `drop_empty`."""
        self.is_removed = True
        for element, is_tail in self._slots:
            if is_tail:
                element.tail = " "
            else:
                element.text = None


def letters(text: str) -> str:
    """What is left of a text once case, white space and punctuation do not count."""
    if text.isascii():
        return text.encode().translate(None, _NO_ASCII_LETTERS).lower().decode()
    folded = unicodedata.normalize("NFKC", text).lower()
    folded = folded.encode("utf-8", "surrogatepass").translate(None, _NO_ASCII_LETTERS).decode("utf-8", "surrogatepass")
    return folded if folded.isalnum() else _NO_LETTERS.sub("", folded)


_letters_of_line = lru_cache(maxsize=16_384)(letters)


def ends_a_sentence(text: str) -> bool:
    """Whether its last character, quotation marks and brackets aside, ends a sentence or leads on to another line."""
    return text.rstrip(_CLOSING)[-1:] in _SENTENCE_ENDS


def key_of(path: str, folded: str) -> int:
    """20 bits of the path above 44 bits of the text: the path of a key can be told without the block."""
    return path_key(path) << _TEXT_BITS | (_masked_hash if len(folded) <= _SHORT else _masked_hash.__wrapped__)(folded)


def text_key(folded: str) -> int:
    """The key of a paragraph by its letters alone, wherever it stands."""
    return _hashed(folded, _TEXT_BITS)


def path_key(path: str) -> int:
    """The path's part of `key_of`."""
    return _path_hash(path)


def path_of_key(key: int) -> int:
    """`path_key` of the block that the key is of."""
    return key >> _TEXT_BITS


@lru_cache(maxsize=65_536)
def _path_hash(path: str) -> int:
    return _hashed(path, 64 - _TEXT_BITS)


@lru_cache(maxsize=16_384)
def _masked_hash(folded: str) -> int:
    return _hashed(folded if folded.isalpha() else _DIGITS.sub("0", folded), _TEXT_BITS)


def _hashed(text: str, bits: int) -> int:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - bits)


def shown_parts(tree: Any) -> list[Any]:
    """What stands beside the <head>: <body>, or what the parser has put in its place."""
    return [part for part in tree if part.tag != "head"]


def drop_empty(tree: Any) -> None:
    """Drop the elements outside <head> that hold no text any more: every later pass is cheaper."""
    for element in (element for part in shown_parts(tree) for element in reversed(list(part.iter("*")))):
        if len(element) or ((text := element.text) and not text.isspace()) or element.tag in _KEPT_EMPTY:
            continue
        if (tail := element.tail) and not tail.isspace():
            element.drop_tree()
        elif (outer := element.getparent()) is not None:
            outer.remove(element)


def blocks_of(tree: Any) -> list[Block]:
    """The blocks of what a page shows, in their order; those without a letter or digit are left out."""
    return [block for part in shown_parts(tree) for block in _read(part) if block.letters]


def ancestors(box: Any) -> Iterator[Any]:
    """The box, and the elements around it from the inside out."""
    while box is not None:
        yield box
        box = box.getparent()


class Place(NamedTuple):
    """Where blocks stand: `Block.path` and `Block.marks`, and the names of the boxes that the path is made of."""

    path: str
    marks: tuple[str, ...]
    names: tuple[str, ...]


def _read(part: Any) -> list[Block]:  # noqa: C901  # one loop: see below
    """One pass over the tree without recursion: pages nest deeper than Python does. It costs a tenth of an extraction,
    so it is one loop."""
    blocks: list[Block] = []
    parts: list[str] = []
    slots: list[tuple[Any, bool]] = []
    link_chars = links = 0
    box, place = part.getparent(), Place("", (), ())
    outer: list[tuple[Any, Place]] = []
    inline, no_text = INLINE, _NO_TEXT
    for event, element in etree.iterwalk(part, events=("start", "end")):
        tag = element.tag
        if tag in inline:
            if event == "start":
                links += tag == "a"
                said = element.text
            else:
                links -= tag == "a"
                said = element.tail
        else:
            if parts:
                if text := " ".join("".join(parts).split()):
                    blocks.append(Block(text, box, place, slots, link_chars))
                parts, slots, link_chars = [], [], 0
            if event == "start":
                if tag != "br":
                    outer.append((box, place))
                    box, place = element, _place_in(place, tag, element.get("class"), element.get("id"))
                said = element.text if tag not in no_text else None
            else:
                if tag != "br":
                    box, place = outer.pop()
                said = element.tail
        if said and (parts or not said.isspace()) and outer:
            parts.append(said)
            slots.append((element, event == "end"))
            if links:
                link_chars += len(said.strip())
    return blocks


@lru_cache(maxsize=32_768)
def _place_in(outer: Place, tag: str, classes: str | None, identifier: str | None) -> Place:
    """The place in an element at a place: templates have few of them, and many elements in each."""
    name = _DIGITS.sub("0", ".".join([tag, *(classes or "").split(None, _CLASSES)[:_CLASSES]]))
    names = (name, *outer.names[:_PATH_LEVELS - 1])
    mark = f"{classes or ''} {identifier or ''}"
    marks = () if tag in _STANDS_ALONE else (*outer.marks, mark) if len(mark) > 1 else outer.marks
    return Place(">".join(names), marks, names)
