"""An address of the web taken apart, as it is judged.

Owns the parts. Must not know what they speak for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from crawler.discovery.shapes import WORD
from crawler.discovery.vocabulary import LISTS
from pipelines.urltwins import article_path, is_view_or_session

PAGE_EXTENSION = re.compile(
    r"\.(?:x?html?|shtml?|php\d?|aspx?|jspx?|cfm|cms|ece|do|story|amp)$", re.IGNORECASE)
_INDEX = re.compile(r"(?:index|default|home)(?:\.\w{2,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart: path, its segments in lower case without an index file's name, query."""

    path: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, url: str) -> Address:
        """Without what names a visitor or a view: a session id looks like the number of an article."""
        parts = urlsplit(url)
        path = article_path(parts.path)
        segments = [unquote(segment).lower() for segment in path.split("/") if segment]
        if segments and _INDEX.fullmatch(segments[-1]):
            segments.pop()
        return cls(path, tuple(segments), _named(parts.query) if parts.query else ())

    @property
    def spelled(self) -> str:
        """The last segment as it is spelled."""
        return unquote(self.path.rstrip("/").rpartition("/")[2])

    @property
    def name(self) -> str:
        """The last segment without a page's extension."""
        return PAGE_EXTENSION.sub("", self.segments[-1]) if self.segments else ""


def _named(query: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl("&".join(pair for pair in query.split("&") if not is_view_or_session(pair))))


def joined(segments: tuple[str, ...]) -> str:
    return "/" + "/".join(segments)


def slug_words(address: Address) -> int:
    """The most words in one of the last two segments: some systems put a word or number after the name. The name of a
    category is none, however long."""
    last_three = ("", "", *address.segments)[-3:]
    if last_three[1] in LISTS:
        return 0
    names = last_three[2:] if last_three[0] in LISTS else last_three[1:]
    return max(len(WORD.findall(name)) for name in names)
