"""The words of a site, cut to what a record can bear.

Owns how long evidence may be. Must not know what it says.
"""

from __future__ import annotations

MAX_CHARS = 300
MAX_DIRECTIVES = 60
"""Of one page: a hostile one could state any number."""


def cut(text: str) -> str:
    """One line of at most MAX_CHARS characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_CHARS else line[:MAX_CHARS - 1] + "…"
