"""What is boilerplate on any site: consent tools, fragments of content management systems, widgets.

Owns the data in `knowledge.json`, each entry with what it is and where that is documented, and its lookup. Must not
name a publisher.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pipelines.boilerplate.blocks import letters

if TYPE_CHECKING:
    from pipelines.boilerplate.blocks import Block

_LONGEST_LINE = 80
_CELLS = frozenset({"td", "th"})


@cache
def data() -> Any:
    """The file, wherever the package is: scrapyd runs it out of a zip."""
    return json.loads(files(__package__).joinpath("knowledge.json").read_text("utf-8"))


@cache
def _marks() -> re.Pattern[str]:
    """One pattern over classes and ids; the group that matches is the number of the entry."""
    entries = data()["marks"]
    return re.compile("|".join(f"(?P<e{number}>{entry['pattern']})" for number, entry in enumerate(entries)),
                      re.IGNORECASE)


@cache
def _mark_names() -> tuple[str, ...]:
    return tuple(entry["name"] for entry in data()["marks"])


@cache
def wordings() -> frozenset[str]:
    """Names of marks that are but likely words for a class: they may also stand around the text itself."""
    return frozenset(entry["name"] for entry in data()["marks"]
                     if entry.get("is_wording"))


@cache
def _whole() -> dict[str, str]:
    """Names by the letters of whole texts."""
    return {letters(text): entry["name"] for entry in data()["texts"] for text in entry.get("whole", ())}


@cache
def _begins() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern over letters, and names by the beginning that it finds."""
    names = {letters(text): entry["name"] for entry in data()["texts"] for text in entry.get("begins", ())}
    return re.compile("|".join(sorted(names, key=len, reverse=True))), names


@cache
def _lines() -> tuple[re.Pattern[str], tuple[str, ...]]:
    """One pattern over short texts; the group that matches is the number of the name."""
    entries = [entry for entry in data()["texts"] if "lines" in entry]
    groups = (f"(?P<e{number}>{'|'.join(entry['lines'])})" for number, entry in enumerate(entries))
    return re.compile("|".join(groups), re.IGNORECASE), tuple(entry["name"] for entry in entries)


def name_of_text(block: Block) -> str | None:
    """What its words are known as, or None."""
    name = _whole().get(block.letters)
    if name is None:
        pattern, names = _begins()
        match = pattern.match(block.letters)
        name = names[match.group()] if match else None
    if name is None and len(block.text) <= _LONGEST_LINE and block.tag not in _CELLS:
        line, line_names = _lines()
        match = line.fullmatch(block.text)
        name = line_names[int((match.lastgroup or "e0")[1:])] if match else None
    return name


@lru_cache(maxsize=16_384)
def name_of_marks(marks: tuple[str, ...]) -> str | None:
    """What an element around a block is known as by its class or id (`Block.marks`), the innermost first, or None."""
    for mark in reversed(marks):
        match = _marks().search(mark)
        if match:
            return _mark_names()[int((match.lastgroup or "e0")[1:])]
    return None
