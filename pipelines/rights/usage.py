"""Lists of preferences, `ai-train=no, search=yes`: Content-Usage and Content-Signal, in headers and in robots.txt.

Owns how one is taken apart, and the preferences that are known. Sources: draft-ietf-aipref-vocab and
draft-ietf-aipref-attach (Content-Usage, a dictionary of RFC 9651 with y and n), https://contentsignals.org/
(Content-Signal, yes and no). Must not know where it stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFERENCES = ("ai-train", "ai-input", "search", "train-ai", "train-genai", "bots")
_PREFERENCE = re.compile(
    r"(?P<before>^|[,; ]) ?(?P<use>[a-z][a-z0-9_.*-]{0,63}) ?= ?\"?(?P<said>[^ ,;\"]{1,64})", re.IGNORECASE)


def preferences(text: str) -> Iterator[tuple[str, str]]:
    """Each preference as it is named, in lower case, and its value; what is none is passed over. Commas stand between
    them. What follows a semicolon or a blank is a parameter, unless it is a preference that is known: some sites list
    them so."""
    for match in _PREFERENCE.finditer(" ".join(text.split())):
        use = match["use"].lower()
        if use in PREFERENCES or match["before"] in {"", ","}:
            yield use, match["said"].lower()
