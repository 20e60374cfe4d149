"""What a site repeats, counted over its stories as they come.

Owns the counts of one site and the rules that follow from them. Must not know pages: a worker observes them
(`pipelines.boilerplate.observe`). The order in which stories come does not matter until old ones begin to fade.

Sources: document frequency of blocks over a site (Yi, Liu and Li, KDD 2003); the lower bound is Wilson's (1927).
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING, Any

from pipelines.boilerplate.blocks import path_key, path_of_key
from pipelines.boilerplate.model import SiteModel

if TYPE_CHECKING:
    from collections.abc import Iterable

MIN_STORIES = 5
"""Fewer stories say nothing about a site."""

STORIES_TO_KNOW = 6
"""With so many stories a site's pages need wait no longer."""

FADES_AT = 64
"""With so many stories every count is halved: what a site has given up is forgotten, and what it shows once too."""

_MIN_COUNT = 3
_Z = 1.2816                 # one-sided, 90 %
_LEAST = 0.1                # of stories that show a block where nothing varies: menus, teasers, footers
_LEAST_SENTENCE = 0.3       # … of sentences there
_LEAST_AMONG_TEXT = 0.5     # where the site keeps text that varies: the stories of one affair share its background
_LEAST_OPENING = 0.3
_LEAST_FURNITURE = 0.6
_LEAST_BODY = 0.15
_LEAST_AFFIX = 0.3
_VARIED_BLOCKS = 0.5        # of a path: blocks a story that no other story has
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Observation:
    """One page as the learner counts it. `story` tells it from other stories, under whatever address; None: the page
    is none. The other fields are what `SiteModel` has of the same names, each thing once; of its blocks `sentences` are
    those that read like text."""

    story: int | None
    blocks: tuple[int, ...] = ()
    sentences: tuple[int, ...] = ()
    openings: tuple[int, ...] = ()
    furniture: tuple[int, ...] = ()
    body: tuple[int, ...] = ()
    affixes: tuple[str, ...] = ()

    def with_body(self, paths: Iterable[str]) -> Observation:
        """With the paths that the page's text was found at."""
        return replace(self, body=tuple({path_key(path) for path in paths}))


class SiteLearner:
    """The counts of one site. `stories` is how many distinct ones they rest on, faded as the counts are."""

    def __init__(self) -> None:
        self.stories = 0
        self._counts: dict[str, Counter[Any]] = {name: Counter() for name in _KINDS}
        self._read = 0          # stories of which `body` is known
        self._seen: set[int] = set()
        self._seen_before: set[int] = set()

    def observe(self, page: Observation) -> bool:
        """Count a page; False if it is no story, or one that was counted under another address."""
        if page.story is None or page.story in self._seen or page.story in self._seen_before:
            return False
        self._seen.add(page.story)
        self.stories += 1
        for name, counts in self._counts.items():
            counts.update(dict.fromkeys(getattr(page, name), 1))
        self._read += bool(page.body)
        if self.stories >= FADES_AT:
            self._fade()
        return True

    def _fade(self) -> None:
        self.stories //= 2
        self._read //= 2
        for name, counts in self._counts.items():
            self._counts[name] = Counter({key: count // 2 for key, count in counts.items() if count > 1})
        self._seen_before, self._seen = self._seen, set()

    def freeze(self) -> SiteModel:
        """The rules as of now; none before `MIN_STORIES`."""
        if self.stories < MIN_STORIES:
            return SiteModel(stories=self.stories)
        return SiteModel(
            blocks=self._repeated_blocks(),
            openings=self._frequent("openings", _LEAST_OPENING),
            furniture=self._frequent("furniture", _LEAST_FURNITURE),
            body=self._frequent("body", _LEAST_BODY, self._read) if self._read >= MIN_STORIES else frozenset(),
            affixes=self._frequent("affixes", _LEAST_AFFIX),
            stories=self.stories,
        )

    def _frequent(self, kind: str, least: float, stories: int | None = None) -> frozenset[Any]:
        total = stories or self.stories
        return frozenset(key for key, count in self._counts[kind].items()
                         if count >= _MIN_COUNT and lower_bound(count, total) >= least)

    def _repeated_blocks(self) -> frozenset[int]:
        """Where text varies from story to story a block must be seen more often: the background of an affair stands in
        several stories, and is theirs."""
        varied = _varied_paths(self._counts["blocks"] + self._counts["sentences"], self.stories)
        return frozenset(
            key for kind, least in (("blocks", _LEAST), ("sentences", _LEAST_SENTENCE))
            for key, count in self._counts[kind].items()
            if count >= _MIN_COUNT and
            lower_bound(count, self.stories) >= (_LEAST_AMONG_TEXT if path_of_key(key) in varied else least))

    def dump(self) -> bytes:
        """The counts, for `load`."""
        values = {"format": _FORMAT, "stories": self.stories, "read": self._read, "seen": sorted(self._seen),
                  "seen_before": sorted(self._seen_before),
                  "counts": {name: _pairs(counts) for name, counts in self._counts.items()}}
        return zlib.compress(json.dumps(values, separators=(",", ":")).encode(), 1)

    @classmethod
    def load(cls, state: bytes) -> SiteLearner:
        """The learner that was dumped; one that knows nothing if another version wrote it."""
        values, learner = json.loads(zlib.decompress(state)), cls()
        if values["format"] == _FORMAT:
            learner.stories, learner._read = values["stories"], values["read"]
            learner._seen, learner._seen_before = set(values["seen"]), set(values["seen_before"])
            for name, pairs in values["counts"].items():
                learner._counts[name] = Counter(dict(zip(pairs[0], pairs[1], strict=True)))
        return learner


_KINDS = ("blocks", "sentences", "openings", "furniture", "body", "affixes")


def lower_bound(count: int, total: int) -> float:
    """The least share that `count` of `total` speaks for, with a confidence of 90 % (Wilson's score interval)."""
    share, square = count / total, _Z * _Z
    centre = share + square / (2 * total)
    spread = _Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    return max(0.0, (centre - spread) / (1 + square / total))


def _varied_paths(counts: Counter[int], stories: int) -> set[int]:
    once = Counter(path_of_key(key) for key, count in counts.items() if count == 1)
    return {path for path, blocks in once.items() if blocks >= _VARIED_BLOCKS * stories}


def _pairs(counts: Counter[Any]) -> tuple[list[Any], list[int]]:
    ordered: Iterable[tuple[Any, int]] = sorted(counts.items())
    keys_and_counts = list(zip(*ordered, strict=True))
    return (list(keys_and_counts[0]), list(keys_and_counts[1])) if keys_and_counts else ([], [])
