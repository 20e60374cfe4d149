"""The headline, out of the places where a page states it.

Owns how the places are weighed. Must not know markup.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import islice

from pipelines.boilerplate.blocks import letters as letters_of
from pipelines.boilerplate.observe import title_separators

_SEPARATOR = re.compile(r"\s+(?:[-–—|·•»›]+)\s+")
_MAX_SEPARATORS = 12
_MIN_LETTERS = 12  # of a title: "Morning briefing | 22 November" is left whole
# What the places are worth when they disagree: enough that two of them outvote any one.
_LINKED_DATA, _OPEN_GRAPH, _HEADING, _DOCUMENT = 1.2, 1.1, 1.0, 1.0


def choose_title(
    linked_data: str | None, open_graph: str | None, headings: tuple[str, ...], document: str | None,
    affixes: frozenset[str] = frozenset(),
) -> str | None:
    """The headline that most of the places agree on, letter for letter, punctuation aside.

    Sites append their name ("Headline - The Paper"): every place also speaks for itself without such an end,
    so the name goes as soon as one place leaves it out. A heading that no other place confirms is worth
    least, for it may be the site's own. What the site is known to put around its titles (`affixes`, as letters) goes
    first of all. None where no place states anything.
    """
    stated = [(linked_data, _LINKED_DATA), (open_graph, _OPEN_GRAPH),
              *((text, _HEADING) for text in headings[:9]), (document, _DOCUMENT)]
    places = [(_without(text, affixes), weight) for text, weight in stated if text]
    votes: defaultdict[str, float] = defaultdict(float)
    wording: dict[str, str] = {}
    for text, weight in places:
        for variant in _variants(text):
            wording.setdefault(_letters(variant), variant)
        for letters in {_letters(variant) for variant in _variants(text)}:
            votes[letters] += weight
    votes.pop("", None)
    best = max(votes, key=lambda letters: (votes[letters], len(letters)), default=None)
    return wording[best] if best is not None else None


def _without(text: str, affixes: frozenset[str]) -> str:
    """The text without an affix at its end or beginning, unless nothing else would be left."""
    separators = list(title_separators(text)) if affixes else []
    start, end = 0, len(text)
    for match in separators:
        if letters_of(text[match.end():]) in affixes and _is_enough(text[start:match.start()]):
            end = match.start()
            break
    for match in separators:
        is_inside = match.end() < end
        if is_inside and letters_of(text[start:match.start()]) in affixes and _is_enough(text[match.end():end]):
            start = match.end()
    return text[start:end]


def _is_enough(text: str) -> bool:
    """Whether a title is left: an ideograph says as much as three letters."""
    return sum(3 if char >= "\u3040" else 1 for char in letters_of(text)) >= _MIN_LETTERS


def _variants(text: str) -> list[str]:
    """The text, and what precedes each of its separators."""
    return [text, *(text[:match.start()] for match in islice(_SEPARATOR.finditer(text), _MAX_SEPARATORS))]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
