"""Paths as robots.txt and tdmrep.json match them: `*`, `$`, and all that begins so.

Owns RFC 9309 section 2.2.2 and 2.2.3, which TDMRep section 5.1 takes over. Pure, and linear in time whatever the
pattern.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
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

    ascii_only = text if text.isascii() else _NOT_ASCII.sub(_encoded, text)
    return _ENCODED.sub(plain, ascii_only) if "%" in ascii_only else ascii_only


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


@lru_cache(maxsize=4096)  # every page of a host is held against the same
def _taken_apart(pattern: str) -> tuple[bool, tuple[str, ...]]:
    return pattern.endswith("$"), tuple(normal(pattern.removesuffix("$")).split("*"))


def matches(pattern: str, path: str) -> bool:
    """Whether the pattern matches the beginning of a `path_of`, or all of it where it ends in `$`. Case counts."""
    is_whole, (first, *rest) = _taken_apart(pattern)
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
