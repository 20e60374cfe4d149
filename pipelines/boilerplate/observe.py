"""What one page tells of its site: the observation that the site's learner counts.

Owns what of a page is counted, and what tells a story from others. Must not know counts.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from pipelines.boilerplate.blocks import ends_a_sentence, key_of, letters, path_key
from pipelines.boilerplate.learner import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipelines.boilerplate.blocks import Block

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MIN_PROSE_LETTERS = 200
_MAX_OPENING_CHARS = 100
_OPENING_WORDS = 2
_MAX_FURNITURE_LETTERS = 40
_MAX_AFFIX_LETTERS = 40
_MAX_SEPARATORS = 12
_MAX_BLOCKS = 4000        # of a page: what has more is a list
_TITLE_SEPARATOR = re.compile(r"\s+[-–—·•»›]+\s+|\s*(?:--+|[|｜_]+)\s*")


def observe(blocks: Sequence[Block], titles: Iterable[str | None]) -> Observation:
    """`titles` are what the page calls itself in its several places."""
    stated = [title for title in titles if title]
    at_path = Counter(block.path for block in blocks)
    alone = [block for block in blocks if at_path[block.path] == 1]
    return Observation(
        story=_story(blocks, stated),
        blocks=tuple({block.key for block in blocks[:_MAX_BLOCKS] if not block.is_prose}),
        sentences=tuple({block.key for block in blocks[:_MAX_BLOCKS] if block.is_prose}),
        openings=tuple({key for block in alone if (key := opening_key(block)) is not None}),
        furniture=tuple({path_key(block.path) for block in alone if is_label(block)}),
        affixes=tuple({affix for title in stated for affix in _affixes(title)}),
    )


def is_label(block: Block) -> bool:
    """Whether a block is a short line that is neither a sentence nor a heading: a byline, a date, a section's name."""
    is_short = len(block.letters) <= _MAX_FURNITURE_LETTERS
    return is_short and block.tag not in HEADINGS and not ends_a_sentence(block.text)


def opening_key(block: Block) -> int | None:
    """The key of the words that a short line begins with: the same for "By Jane Doe" and "By John Roe"."""
    words = block.text.split(None, _OPENING_WORDS)
    if len(block.text) > _MAX_OPENING_CHARS or len(words) <= _OPENING_WORDS or not is_label(block):
        return None
    return key_of(block.path, "^" + letters("".join(words[:_OPENING_WORDS])))


def _story(blocks: Sequence[Block], titles: list[str]) -> int | None:
    """By its titles a story is known under every address, and after a correction of its text."""
    if sum(len(block.letters) for block in blocks if block.is_prose) < _MIN_PROSE_LETTERS:
        return None
    named = "\n".join(map(letters, titles)) or "\n".join(block.letters for block in blocks)
    return int.from_bytes(blake2b(named.encode("utf-8", "surrogatepass"), digest_size=7).digest(), "big")


def title_separators(title: str) -> Iterator[re.Match[str]]:
    """Where a title may end or begin and a site's name with it, the first few."""
    return islice(_TITLE_SEPARATOR.finditer(title), _MAX_SEPARATORS)


def _affixes(title: str) -> Iterator[str]:
    """What stands behind each separator of a title, and before each."""
    for match in title_separators(title):
        for part in (title[match.end():], title[:match.start()]):
            if 0 < len(folded := letters(part)) <= _MAX_AFFIX_LETTERS:
                yield folded
