"""Strings of markup and metadata as a person reads them: one line, no tags, no entities.

Must not know which field a string is for.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
_MAX_CHARS = 10_000


def line(value: Any) -> str | None:
    """A string as one line of plain text of at most 10,000 characters; None for what is empty or no
    string."""
    if not isinstance(value, str):
        return None
    if "&" in value:
        value = unescape(value)
    text = " ".join(_UNPRINTABLE.sub("", _TAG.sub(" ", value[:_MAX_CHARS])).split())
    return text or None


def web_address(value: Any, base: str) -> str | None:
    """`value` as an absolute http(s) URL, resolved against `base`; None where that cannot be had."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        url = urljoin(base, _UNPRINTABLE.sub("", value.strip()))
        parts = urlsplit(url)
        plausible = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:  # a broken IPv6 host
        return None
    return url if plausible else None


def distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    """The values that are there, in order, each once whatever its case."""
    seen: dict[str, str] = {}
    for value in values:
        if value:
            seen.setdefault(value.casefold(), value)
    return tuple(seen.values())
