"""What a page shows in place of its article: walls of consent and of payment, told by mark and wording.

Owns the lookup of `walls` in `knowledge.json`. Must not judge: it counts letters.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pipelines.boilerplate.blocks import letters
from pipelines.boilerplate.knowledge import data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.boilerplate.blocks import Block

CONSENT, PAYWALL = "consent", "paywall"


class Walls:
    """The walls of one page."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._joined = "\n".join(block.letters for block in blocks)
        self._marks = [_name_of_marks(block.marks) for block in blocks]

    def letters(self, name: str) -> int:
        """Letters of the blocks that bear the mark or the wording of a wall: CONSENT or PAYWALL."""
        phrases = [phrase for phrase in _wording()[name] if phrase in self._joined]
        return sum(len(block.letters) for block, mark in zip(self._blocks, self._marks, strict=True)
                   if mark == name or any(phrase in block.letters for phrase in phrases))


@cache
def _wording() -> dict[str, tuple[str, ...]]:
    return {entry["name"]: tuple(map(letters, entry["contains"])) for entry in data()["walls"]}


@cache
def _marks() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{entry['name']}>{entry['marks']})" for entry in data()["walls"]), re.IGNORECASE)


@lru_cache(maxsize=16_384)
def _name_of_marks(marks: tuple[str, ...]) -> str | None:
    return next((match.lastgroup for mark in reversed(marks) if (match := _marks().search(mark))), None)
