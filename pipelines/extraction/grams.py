"""Texts compared by pieces of a few letters, in time that grows with their length and no faster.

Owns the length of a piece. Must not know blocks or articles.
"""

from __future__ import annotations

from functools import lru_cache

PIECE = 12
"""Letters: long enough to stand for a place in a text."""


_LONG = 30_000
"""Letters of a text from which on its pieces are listed once: before that looking through it is cheaper."""


@lru_cache(maxsize=8)
def _grams(folded: str) -> frozenset[str]:
    """Every run of `PIECE` letters of a text."""
    return frozenset(folded[start:start + PIECE] for start in range(len(folded) - PIECE + 1))


def _searched(folded: str) -> str | frozenset[str]:
    """What tells by `in` whether it has a piece."""
    return folded if len(folded) < _LONG else _grams(folded)


def share_found(wanted: str, folded: str) -> float:
    """The share of `wanted`, in pieces that follow each other, that stands in `folded`; of what is shorter than a piece
    all or nothing. Both are nothing but letters."""
    if len(wanted) < PIECE:
        return float(bool(wanted) and wanted in folded)
    if len(folded) < _LONG and wanted in folded:
        return 1.0
    there = _searched(folded)
    pieces = [wanted[start:start + PIECE] for start in range(0, len(wanted) - PIECE + 1, PIECE)]
    return sum(piece in there for piece in pieces) / len(pieces)


def begins_in(wanted: str, folded: str) -> bool:
    """Whether the first piece of `wanted` stands in `folded`: False for what is shorter than one."""
    return len(wanted) >= PIECE and wanted[:PIECE] in _searched(folded)
