"""Paths as robots.txt and tdmrep.json match them: `*`, `$`, and all that begins so.

Owns RFC 9309 section 2.2.2 and 2.2.3, which TDMRep section 5.1 takes over. Pure, and linear in time whatever the
pattern.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def path_of(url: str) -> str:
    """What patterns are held against: path and query, percent-encoding made one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "/"
    return normal(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")


def normal(text: str) -> str:
    """Unreserved characters plain, all others that are encoded in upper case, and none but ASCII."""
    def plain(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else match[0].upper()

    ascii_only = "".join(char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))
                         for char in text)
    return _ENCODED.sub(plain, ascii_only)


def matches(pattern: str, path: str) -> bool:
    """Whether the pattern matches the beginning of a `path_of`, or all of it where it ends in `$`. Case counts."""
    is_whole = pattern.endswith("$")
    first, *rest = normal(pattern.removesuffix("$")).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1] if is_whole else rest:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if not is_whole:
        return True
    return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at if rest else at == len(path)
