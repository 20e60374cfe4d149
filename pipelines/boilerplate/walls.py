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
_SIGN_CHARS = 160


class Walls:
    """The walls of one page."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._joined = "\n".join(block.letters for block in blocks)
        self._marks = [_name_of_marks(block.marks) for block in blocks]

    def letters(self, name: str) -> int:
        """Letters of the blocks that bear the mark or the wording of a wall: CONSENT or PAYWALL."""
        return sum(len(block.letters) for block in self._bearing(name))

    def sign(self, name: str, *, is_certain: bool = False) -> str | None:
        """By what the wall is told: the beginning of the first block that bears its wording, else of one that bears its
        mark; None where there is no such block. With `is_certain` it must bear both."""
        worded = self._worded(name)
        bearing = self._bearing(name)
        if is_certain:
            marked = {id(block) for block, mark in zip(self._blocks, self._marks, strict=True) if mark == name}
            bearing = worded = [block for block in worded if id(block) in marked]
        first = next(iter([*worded, *bearing]), None)
        return first.text[:_SIGN_CHARS] if first else None

    def marked_words(self, name: str) -> str:
        """The text of the blocks that bear the mark."""
        return " ".join(block.text for block, mark in zip(self._blocks, self._marks, strict=True) if mark == name)

    def _worded(self, name: str) -> list[Block]:
        phrases = [phrase for phrase in _wording()[name] if phrase in self._joined]
        return [block for block in self._blocks if phrases and any(phrase in block.letters for phrase in phrases)]

    def _bearing(self, name: str) -> list[Block]:
        worded = {id(block) for block in self._worded(name)}
        return [block for block, mark in zip(self._blocks, self._marks, strict=True)
                if mark == name or id(block) in worded]


@cache
def _wording() -> dict[str, tuple[str, ...]]:
    return {entry["name"]: tuple(map(letters, entry["contains"])) for entry in data()["walls"]}


@cache
def _marks() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{entry['name']}>{entry['marks']})" for entry in data()["walls"]), re.IGNORECASE)


@lru_cache(maxsize=16_384)
def _name_of_marks(marks: tuple[str, ...]) -> str | None:
    return next((match.lastgroup for mark in reversed(marks) if (match := _marks().search(mark))), None)
