"""Which way the text is looked for, and which of two texts is taken.

Owns the signals by which a text is doubted, and how two are compared. Must not know what the ways do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.extraction.body import Way, extract_text
from pipelines.extraction.completion import Completed, complete, text_of_blocks
from pipelines.extraction.grams import share_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.extraction.pagetext import PageText

BLOCKS = "blocks"
_MIN_LETTERS = 200          # a shorter text may be all that there is, or what was left of it
_LEAST_OF_STATED = 0.7
_LEAST_OF_PROSE = 0.6       # of the sentences that are left of a page once what its site repeats is gone
_MOST_LINKED = 0.5
_MIN_TITLE_WORDS = 4
_WORD = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text, the way it was found ("blocks": out of the blocks that are left of a page), why the first way was
    doubted, how far the two agree (0 to 1, None where there was but one), and what went wrong."""

    completed: Completed
    way: str
    doubts: tuple[str, ...]
    agreement: float | None
    complaints: tuple[str, ...] = ()


def choose_text(tree: Any, page: PageText, again: Callable[[], Any]) -> Chosen:
    """The text of the page whose tree that is. `again` makes the same tree once more: looking uses it up."""
    first = Way.FAST if page.is_recognised else Way.PRECISE
    try:
        found = _look(tree, page, first)
        doubts = tuple(_doubts(found, page))
        if not doubts:
            return Chosen(found, first.value, (), None)
        return _better(first, found, doubts, page, again())
    except RecursionError:
        return Chosen(Completed(""), first.value, (), None, ("text: nested too deep",))


def _better(first: Way, found: Completed, doubts: tuple[str, ...], page: PageText, tree: Any) -> Chosen:
    thorough = _look(tree, page, Way.THOROUGH)
    ways = {first.value: found, Way.THOROUGH.value: thorough}
    if page.is_recognised:
        ways[BLOCKS] = text_of_blocks(page)
    best = max(ways, key=lambda way: _worth(ways[way], page))  # the first of equals
    return Chosen(ways[best], best, doubts, agreement_of(found, thorough))


def _look(tree: Any, page: PageText, way: Way) -> Completed:
    return complete(extract_text(tree, way), page)


def _doubts(found: Completed, page: PageText) -> list[str]:
    folded = found.letters
    doubts = []
    if len(folded) < _MIN_LETTERS:
        doubts.append("short")
    if page.has_stated and share_found(page.stated, folded) < _LEAST_OF_STATED:
        doubts.append("lacks what JSON-LD states")
    if page.is_recognised and _share_of_prose(folded, page) < _LEAST_OF_PROSE:
        doubts.append("lacks sentences of the page")
    if found.link_density > _MOST_LINKED:
        doubts.append("mostly links")
    if folded and not _shares_title(found.text, page.title):
        doubts.append("shares no word with the title")
    return doubts


def _worth(found: Completed, page: PageText) -> float:
    """How well a text does by the best witness that there is; without one the longer is better, links aside."""
    folded = found.letters
    if not folded:
        return 0.0
    unlinked = 1 - found.link_density
    if page.has_stated:
        return _f1(share_found(folded, page.stated), share_found(page.stated, folded)) * unlinked
    if page.is_recognised:
        return _share_of_prose(folded, page) * unlinked
    return min(1.0, len(folded) / _MIN_LETTERS) * unlinked * (1.0 if _shares_title(found.text, page.title) else 0.5)


def agreement_of(one: Completed, other: Completed) -> float:
    """How much two texts have in common: 1 if each holds all of the other, 0 if neither holds any."""
    a, b = one.letters, other.letters
    return round(_f1(share_found(a, b), share_found(b, a)), 3)


def _share_of_prose(folded: str, page: PageText) -> float:
    prose = [block.letters for block in page.left if block.is_prose]
    total = sum(map(len, prose))
    found = (len(block) for block in prose if share_found(block, folded) > 0.5)
    return sum(found) / total if total else 1.0


def _shares_title(text: str, title: str | None) -> bool:
    """Whether a word of the title stands in the text; True where the title is too short to tell."""
    words = set(_WORD.findall((title or "").lower()))
    return len(words) < _MIN_TITLE_WORDS or any(word in text.lower() for word in words)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
