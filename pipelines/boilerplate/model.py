"""What is known of one site, frozen: the same model makes the same article of the same page for ever.

Owns the model's content and its id. Must not know how it was learned.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

_FORMAT = 1


@dataclass(frozen=True)
class SiteModel:
    """The rules of a site. `blocks` are keys (`pipelines.boilerplate.blocks.key_of`) of blocks that recur over its
    stories, `openings` keys of the first words of blocks that vary only behind them, `furniture` the paths of short
    lines of which each story has one (bylines, dates, labels), `body` the paths where it keeps its text. `affixes` are
    the letters of what it puts before or behind its titles. `stories` is how many the rules rest on.
    """

    blocks: frozenset[int] = frozenset()
    openings: frozenset[int] = frozenset()
    furniture: frozenset[int] = frozenset()
    body: frozenset[int] = frozenset()
    affixes: frozenset[str] = frozenset()
    stories: int = 0

    @cached_property
    def content(self) -> bytes:
        """The rules as JSON: the same rules, the same bytes."""
        return json.dumps({
            "format": _FORMAT, "stories": self.stories, "blocks": sorted(self.blocks),
            "openings": sorted(self.openings), "furniture": sorted(self.furniture), "body": sorted(self.body),
            "affixes": sorted(self.affixes),
        }, separators=(",", ":"), ensure_ascii=False).encode()

    @cached_property
    def id(self) -> str:
        """SHA-256 of the content, its first sixteen hexadecimal digits."""
        return sha256(self.content).hexdigest()[:16]

    @staticmethod
    def load(content: bytes) -> SiteModel:
        """The model whose `content` that is. ValueError for anything else."""
        return _load(content)

    def has_same_rules(self, other: SiteModel) -> bool:
        """Whether they differ by nothing but the number of stories."""
        return (self.blocks, self.openings, self.furniture, self.body, self.affixes) == (
            other.blocks, other.openings, other.furniture, other.body, other.affixes)


NO_MODEL = SiteModel()
"""Of a site of which nothing is known."""


@lru_cache(maxsize=256)
def _load(content: bytes) -> SiteModel:
    values = json.loads(content)
    if values.pop("format") != _FORMAT:
        raise ValueError("a site model of another version of Broadsheet")
    stories = values.pop("stories")
    return SiteModel(stories=stories, **{name: frozenset(items) for name, items in values.items()})
