"""The shapes of addresses that led to pages of a site so far, and the links that are pages only if they have one.

Owns what is learned of a site's own way to write addresses, in one crawl. Pure: links in, links out. Must not know in
which order a site is explored (`crawler.sitestate`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crawler.discovery import folderless, is_numbered, shape_of, wordy
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.discovery import Link

_MAX_SHAPES = 500
_MAX_DOUBTFUL = 5_000
_MIN_WORDY = 3
_TOP_LEVEL_WORD = "/word"   # a section looks the same


class PageShapes:
    def __init__(self) -> None:
        self._shapes: set[str] = set()
        self._learned: set[str] = set()
        self._wordy: Counter[str] = Counter()
        self._doubtful: dict[str, Link] = {}

    def learn_from(self, links: Sequence[Link]) -> None:
        """A source lists these, those of role PAGE as pages."""
        if len(self._shapes) < _MAX_SHAPES:
            shapes = [shape_of(link.url) for link in links[:_MAX_SHAPES] if link.role is Role.PAGE]
            self._shapes.update(shapes)
            self._wordy.update(map(wordy, shapes))

    def learn_all(self, urls: Iterable[str]) -> None:
        """These were taken for sections, and are articles. Of those with a number all folders are meant."""
        for shape in map(shape_of, urls):
            if shape.count("/") > 1 or not shape.endswith(_TOP_LEVEL_WORD):
                self._learned |= {shape, folderless(shape)} if is_numbered(shape) else {shape}

    def is_learned(self, url: str) -> bool:
        """Whether an address is of a shape of which one that was taken for a section proved to be an article."""
        shape = shape_of(url)
        return shape in self._learned or folderless(shape) in self._learned

    def likely(self, doubtful: Iterable[Link]) -> tuple[Link, ...]:
        """Those of a shape that led to pages so far. The others are kept until more is known."""
        links = {link.url: link for link in doubtful}
        likely = tuple(link for url, link in links.items() if self._is_likely(url))
        for link in likely:
            del links[link.url]
            self._doubtful.pop(link.url, None)
        if len(self._doubtful) < _MAX_DOUBTFUL:
            self._doubtful |= links
        return likely

    def _is_likely(self, url: str) -> bool:
        """One page of the very shape will do; of those that differ in how many words they have it takes several."""
        shape = shape_of(url)
        return shape in self._shapes or self._wordy[wordy(shape)] >= _MIN_WORDY or self.is_learned(url)

    def likely_by_now(self) -> tuple[Link, ...]:
        """Of those that were kept, the ones of a shape that is known by now."""
        return self.likely(tuple(self._doubtful.values()))
