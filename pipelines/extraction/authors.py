"""Names of authors out of what pages put in their place.

Must not know any publisher or agency by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipelines.extraction.plaintext import distinct, line

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS = re.compile(r"https?://\S*|www\.\S+|\S+@\S+\.\S+|(?<!\w)@\w+")
_PREFIX = re.compile(
    r"^(?:(?:written |words |story |text |report(?:ed)? )?by|von|par|por|text|author|autor(?:in)?)"
    r"(?:\s*:\s*|\s+)", re.IGNORECASE)
_SEPARATOR = re.compile(
    r"\s*(?:[;|\n、]|,(?!\s*(?:Jr|Sr|PhD|Ph\.D|MD|M\.D|II|III|IV)\b)|\s/\s)\s*", re.IGNORECASE)
_CONJUNCTION = re.compile(r"\s+(?:and|und|et|och|og|&)\s+", re.IGNORECASE)
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)+")
_MAX_CHARS = 100
_MAX_WORDS = 6


def clean_authors(stated: Iterable[str | None]) -> tuple[str, ...]:
    """Names in their order, each once, without "By", addresses and handles. A string may hold several."""
    return distinct(name for value in stated for name in _split(value))


def is_publisher(author: str, publisher: str | None) -> bool:
    """Whether a name in an author's place is but the publisher's, in whole or in its main part."""
    ours, theirs = (re.sub(r"\W", "", name.casefold()) for name in (author, publisher or ""))
    return bool(ours) and ours in theirs


def _split(value: str | None) -> list[str | None]:
    text = line(value)
    if text is None or _ADDRESS.fullmatch(text):
        return []
    parts = _SEPARATOR.split(_PREFIX.sub("", _ADDRESS.sub(" ", text).strip()))
    return [_clean(name) for part in parts for name in _split_at_conjunction(part, alone=len(parts) == 1)]


def _split_at_conjunction(text: str, *, alone: bool) -> list[str]:
    """Two full names, or the last of several, are split; "Standards and Practices" is one name."""
    names = _CONJUNCTION.split(text)
    return names if not alone or all(" " in name.strip() for name in names) else [text]


def _clean(name: str) -> str | None:
    text = _PREFIX.sub("", name.strip()).strip(" \t-–—·•,:|/()")
    plausible = (
        len(text) <= _MAX_CHARS and len(text.split()) <= _MAX_WORDS  # longer ones are offices and biographies
        and any(char.isalpha() for char in text)
        and ": " not in text                                         # "Image: An Agency"
        and not _SLUG.fullmatch(text)
    )
    return line(text) if plausible else None
