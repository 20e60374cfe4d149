"""Lists of preferences, `ai-train=no, search=yes`: Content-Usage and Content-Signal, in headers and in robots.txt.

Owns how one is taken apart. Sources: draft-ietf-aipref-vocab and draft-ietf-aipref-attach (Content-Usage, a dictionary
of RFC 9651 with y and n), https://contentsignals.org/ (Content-Signal, yes and no). Must not know where it stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFERENCE = re.compile(r"\s*([a-z][a-z0-9_.*-]{0,63})\s*=\s*\"?([^\s,;\"]{1,64})", re.IGNORECASE)


def preferences(text: str) -> Iterator[tuple[str, str]]:
    """Each preference as it is named, in lower case, and its value; what is none is passed over."""
    for item in text.split(","):
        match = _PREFERENCE.match(item)
        if match:
            yield match[1].lower(), match[2].lower()
