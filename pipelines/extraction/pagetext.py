"""What is known of a page when its text is looked for.

Owns those values, and when a site's model counts as knowing the page. Must not know how text is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.boilerplate.learner import MIN_STORIES

if TYPE_CHECKING:
    from pipelines.boilerplate.blocks import Block
    from pipelines.boilerplate.model import SiteModel
    from pipelines.extraction.removal import Confirmed

_MIN_STATED_LETTERS = 250   # of an articleBody: a shorter one is a summary
_LEAST_RECOGNISED = 0.1


@dataclass(frozen=True)
class PageText:
    """`stated` are the letters of the page's articleBody, "" for none; `recognised` is how many of its blocks the
    site's model has taken out, `confirmed` what is never removed."""

    blocks: tuple[Block, ...]
    title: str | None
    description: str | None
    stated: str
    model: SiteModel
    recognised: int
    confirmed: Confirmed

    @cached_property
    def left(self) -> tuple[Block, ...]:
        """The blocks that were not removed."""
        return tuple(block for block in self.blocks if not block.is_removed)

    @property
    def is_recognised(self) -> bool:
        """Whether the page is one of those that the model was learned from: what repeats is gone from it, so that what
        is left and reads like text is its own. A host may have pages of quite another kind."""
        return (self.model.stories >= MIN_STORIES
                and self.recognised >= max(1.0, _LEAST_RECOGNISED * len(self.blocks)))

    @property
    def has_stated(self) -> bool:
        """Whether JSON-LD has the text, and not but a summary."""
        return len(self.stated) >= _MIN_STATED_LETTERS
