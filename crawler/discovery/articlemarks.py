"""What of a page says that it is an article, while it is streamed through the parser for its links.

Owns the markup and the thresholds. Must not know links, nor what extraction will make of the page: that has the last
word, and this only says that it is worth asking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES = r"(?:(?:\w+)?NewsArticle|Article|BlogPosting|LiveBlogPosting|Report)"
_STATED_TYPE = re.compile(rf'"@type"\s*:\s*(?:\[[^\]]*?)?"{_TYPES}"')
_ITEM_TYPE = re.compile(rf"https?://schema\.org/{_TYPES}")
_DAY = re.compile(
    r"(?<!\d)(?:\d{1,2}[./]\s?\d{1,2}[./]\s?(?:19|20)\d\d|(?:19|20)\d\d[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}"
    r"|\d{1,2}\.?\s(?:de\s)?[^\W\d]{3,12}\.?,?\s(?:de\s)?(?:19|20)\d\d)(?!\d)"
    r"|[^\W\d]{3,12}\.?\s\d{1,2},?\s(?:19|20)\d\d(?!\d)")
_MAX_JSON_CHARS = 200_000
_BETWEEN = "\0"             # no parser gives it
_MAX_STATED = 2             # more than the article and one beside it are a list
_LONG_RUN, _RUN = 600, 400  # characters of text between two links
_MAX_RUNS = 2               # more are a page of whole posts


@dataclass(slots=True)
class ArticleMarks:
    """Takes the parser's events. A run is the text between two links."""

    _json: list[str] = field(default_factory=list)
    _json_chars: int = 0
    _is_json: bool = False
    _items: int = 0
    _is_open_graph: bool = False
    _is_published: bool = False
    _has_day: bool = False
    _run: int = 0
    _runs: int = 0
    _long_runs: int = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._is_json = tag == "script" and attributes.get("type", "").lower() == "application/ld+json"
        if self._is_json:
            self._json.append(_BETWEEN)
        self._items += bool(_ITEM_TYPE.fullmatch(attributes.get("itemtype", "")))
        if tag == "meta":
            name = attributes.get("property", "").lower()
            self._is_open_graph |= name == "og:type" and attributes.get("content", "").lower() == "article"
            self._is_published |= name == "article:published_time"

    def data(self, text: str, *, is_shown: bool) -> None:
        if self._is_json and self._json_chars < _MAX_JSON_CHARS:
            self._json.append(text)
            self._json_chars += len(text)
        elif is_shown:
            self._run += len(text.strip())
            self._has_day = self._has_day or bool(_DAY.search(text))

    def interrupt(self) -> None:
        """A link begins."""
        self._runs += self._run >= _RUN
        self._long_runs += self._run >= _LONG_RUN
        self._run = 0

    def scripts(self) -> list[str]:
        """Each block of JSON-LD; the last may break off."""
        return [text for text in "".join(self._json).split(_BETWEEN) if text]

    def is_article(self) -> bool:
        """Whether markup says that the page is one article, with its day, or its text reads like one."""
        self.interrupt()
        text = "".join(self._json)
        stated = len(_STATED_TYPE.findall(text)) if "datePublished" in text else 0
        is_stated = 1 <= max(stated, self._items) <= _MAX_STATED or (self._is_open_graph and self._is_published)
        return is_stated or (self._has_day and self._long_runs > 0 and self._runs <= _MAX_RUNS)
