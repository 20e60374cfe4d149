"""What stands in the place of a page: walls of consent, of payment, of registration, against bots and by country.

Owns the signs by which each is told. Pure: addresses, headers and bytes in, a `Wall` or None out. Must not know how a
page is fetched or parsed. A wall is only ever named with what it was told by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.walls.answer import wall_of_answer
from pipelines.walls.gates import consent_gate
from pipelines.walls.signs import bot_sign, geo_sign, registration_words, says_more
from pipelines.walls.wording import consent_wording

if TYPE_CHECKING:
    from pipelines.records import Wall

__all__ = [
    "bot_sign", "consent_gate", "consent_wording", "described", "geo_sign", "registration_words", "says_more",
    "wall_of_answer",
]


def described(wall: Wall) -> str:
    """A wall in the reason of a fetch line: `bot wall: cf-mitigated: challenge`."""
    return f"{wall.kind if wall.kind == 'paywall' else wall.kind + ' wall'}: {wall.evidence}"
