"""How good an article is likely to be, in figures.

Owns the figures of `pipelines.records.Quality`. Must not decide anything by them.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pipelines.boilerplate.walls import CONSENT, PAYWALL
from pipelines.extraction.grams import share_found
from pipelines.records import Quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.boilerplate.blocks import Block
    from pipelines.boilerplate.walls import Walls
    from pipelines.extraction.choosing import Chosen
    from pipelines.extraction.pagetext import PageText

_LONG_LETTERS = 2000        # a text of this length is behind no wall
_STATED, _WORDED, _CUT = 0.5, 0.4, 0.4  # how much each sign of a paywall says by itself
_WHOLE_SHARE = 0.6


def measure(chosen: Chosen, page: PageText, walls: Walls, visible_chars: int, is_free: bool | None) -> Quality:
    """`walls` are of the page's blocks, `visible_chars` the characters of its text, `is_free` what it says itself."""
    text, folded = chosen.completed.text, chosen.completed.letters
    stated_share = round(share_found(page.stated, folded), 3) if page.has_stated else None
    lines = [line for line in text.splitlines() if line.strip()]
    return Quality(
        paragraphs=len(lines),
        text_share=round(min(1.0, len(text) / visible_chars), 3) if visible_chars else None,
        link_density=round(chosen.completed.link_density, 3),
        repetition=round(1 - len(set(lines)) / len(lines), 3) if lines else 0.0,
        article_body_share=stated_share,
        removed_share=_removed_share(page.blocks),
        agreement=chosen.agreement,
        consent_likelihood=_consent_likelihood(walls.letters(CONSENT), len(folded)),
        paywall_likelihood=_paywall_likelihood(walls.letters(PAYWALL), len(folded), stated_share, is_free),
    )


def _removed_share(blocks: Sequence[Block]) -> float:
    prose = [block for block in blocks if block.is_prose]
    total = sum(len(block.letters) for block in prose)
    return round(sum(len(block.letters) for block in prose if block.is_removed) / total, 3) if total else 0.0


def _consent_likelihood(wall_letters: int, text_letters: int) -> float:
    """The share that words about consent have in all that the page says at length."""
    return round(wall_letters / (wall_letters + text_letters), 3) if wall_letters else 0.0


def _paywall_likelihood(
    wall_letters: int, text_letters: int, stated_share: float | None, is_free: bool | None,
) -> float:
    """Independent signs put together (1 minus the product of what each leaves open), less for a long text."""
    signs = (_STATED * (is_free is False), _WORDED * bool(wall_letters),
             _CUT * (stated_share is not None and stated_share < _WHOLE_SHARE))
    shortness = max(0.0, 1 - text_letters / _LONG_LETTERS)
    return round((1 - prod(1 - sign for sign in signs)) * (0.3 + 0.7 * shortness), 3)
