"""Kinds of addresses of a site that lead to nothing: found out in the crawl itself, and not followed any further.

Owns how many pages it takes to know. Pure: how visits ended goes in, a reason to leave an address alone comes out. A
shape (`crawler.discovery.shapes`) under which one article was ever found in the crawl is never ruled out as barren; one
that has come to give copies alone is a trap, such as calendars and session ids make.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from crawler.discovery import shape_of
from pipelines.records import Outcome

BARREN_AFTER = 12
"""Pages without an article, and never one with."""
TRAP_AFTER = 24
"""Copies of articles in a row."""
_MAX_SHAPES = 2_000


@dataclass(slots=True)
class _Tried:
    articles: int = 0
    barren: int = 0
    copies: int = 0


class ShapeModel:
    """Of one site, in one crawl. Knows the shapes that were met last."""

    def __init__(self) -> None:
        self._shapes: OrderedDict[str, _Tried] = OrderedDict()

    def page_ended(self, url: str, outcome: str) -> None:
        """Count a page that was read."""
        tried = self._of(shape_of(url))
        if outcome == Outcome.ARTICLE:
            tried.articles, tried.copies = tried.articles + 1, 0
        elif outcome == Outcome.DUPLICATE:
            tried.copies += 1
        elif outcome == Outcome.NO_ARTICLE:
            tried.barren += 1

    def reason_to_leave(self, url: str) -> str | None:
        """Why an address is not worth fetching, by what became of its likes; None if it may be."""
        shape = shape_of(url)
        tried = self._shapes.get(shape)
        if tried is None:
            return None
        if tried.copies >= TRAP_AFTER:
            return f"trap: the last {tried.copies} addresses like it led to articles that are held: {shape}"
        if not tried.articles and not tried.copies and tried.barren >= BARREN_AFTER:
            return f"{tried.barren} addresses like it led to no article: {shape}"
        return None

    def _of(self, shape: str) -> _Tried:
        tried = self._shapes.setdefault(shape, _Tried())
        self._shapes.move_to_end(shape)
        while len(self._shapes) > _MAX_SHAPES:
            self._shapes.popitem(last=False)
        return tried
