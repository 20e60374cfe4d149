"""The names that a page shows as its byline, where no markup states them.

Owns where bylines stand: the marks that trafilatura's `AUTHOR_XPATHS` look for, in one pass instead of a copy of the
tree and six. Must not know what a name is (`authors`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_CERTAIN = re.compile(
    r"(?:^| )rel=author(?: |$)|(?:id|class)=author |author-?name|AuthorName|authorName|itemprop=author name"
    r"|testid=Author(?:Card|URL)")
_LIKELY = re.compile(
    r"class=(?:byline|username|byl|BBL) |itemprop=\S*author|author|channel-name|zuozhe|bianji|xiaobian|submitted-by"
    r"|posted-by|journalist-name")
_POSSIBLE = re.compile(r"[Aa]uthor|screenname|writer|[Bb]yline")
_ELSEWHERE = re.compile(
    r"(?:id|class)=comments? |comment-?list|commentlist|comments-list|ProductReviews|sidebar|is-hidden"
    r"|embedly-instagram|class=(?:title|date) |article-(?:share|support)|meta-date|meta-reviewer|related|teaser")
_NOT_READ = frozenset({"time", "figure"})
_MIN_CHARS, _MAX_CHARS = 3, 119


def byline(tree: Any) -> str | None:
    """The text of the likeliest byline, as one line; None where none is found."""
    best: tuple[int, str] | None = None
    for element in tree.iter("a", "address", "div", "p", "span", "strong", "h3", "h4", "li", "cite", "b", "section"):
        if not element.keys():
            continue
        rank = _rank(_mark(element))
        if rank and (best is None or rank < best[0]) and not _is_elsewhere(element):
            text = _text(element)
            if _MIN_CHARS <= len(text) <= _MAX_CHARS:
                best = rank, text
                if rank == 1:
                    break
    return best[1] if best else None


def _mark(element: Any) -> str:
    return (f" rel={element.get('rel') or ''} id={element.get('id') or ''} class={element.get('class') or ''} "
            f"itemprop={element.get('itemprop') or ''} testid={element.get('data-testid') or ''}"
            f"{element.get('data-component') or ''}")


@lru_cache(maxsize=16_384)
def _rank(mark: str) -> int:
    """1 for a byline's own mark, 2 and 3 for likely ones, 0 for none."""
    if _ELSEWHERE.search(mark):
        return 0
    return next((rank for rank, pattern in enumerate((_CERTAIN, _LIKELY, _POSSIBLE), 1) if pattern.search(mark)), 0)


def _is_elsewhere(element: Any) -> bool:
    return any(box.tag in _NOT_READ or _ELSEWHERE.search(_mark(box)) for box in element.iterancestors()
               if box.tag not in ("body", "html", "main", "article"))


def _text(element: Any) -> str:
    parts = []
    for part in element.iter():
        if part.tag not in _NOT_READ and part.text:
            parts.append(part.text)
        if part is not element and part.tail:
            parts.append(part.tail)
    return " ".join(" ".join(parts).split())
