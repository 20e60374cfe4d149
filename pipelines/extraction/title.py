"""The headline, out of the places where a page states it.

Owns how the places are weighed. Must not know markup.
"""

from __future__ import annotations

import re
from collections import defaultdict

_SEPARATOR = re.compile(r"\s+(?:[-–—|·•»›]+)\s+")
# What the places are worth when they disagree: enough that two of them outvote any one.
_LINKED_DATA, _OPEN_GRAPH, _HEADING, _DOCUMENT = 1.2, 1.1, 1.0, 0.8


def choose_title(
    linked_data: str | None, open_graph: str | None, headings: tuple[str, ...], document: str | None,
) -> str | None:
    """The headline that most of the places agree on, letter for letter, punctuation aside.

    Sites append their name ("Headline - The Paper"): every place also speaks for itself without such an end,
    so the name goes as soon as one place leaves it out. A heading that no other place confirms is worth
    least, for it may be the site's own. None where no place states anything.
    """
    places = [(linked_data, _LINKED_DATA), (open_graph, _OPEN_GRAPH),
              *((text, _HEADING) for text in headings[:9]), (document, _DOCUMENT)]
    votes: defaultdict[str, float] = defaultdict(float)
    wording: dict[str, str] = {}
    for text, weight in places:
        for variant in _variants(text or ""):
            wording.setdefault(_letters(variant), variant)
        for letters in {_letters(variant) for variant in _variants(text or "")}:
            votes[letters] += weight
    votes.pop("", None)
    best = max(votes, key=lambda letters: (votes[letters], len(letters)), default=None)
    return wording[best] if best is not None else None


def _variants(text: str) -> list[str]:
    """The text, and what precedes each of its separators."""
    return [text, *(text[:match.start()] for match in _SEPARATOR.finditer(text))]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
