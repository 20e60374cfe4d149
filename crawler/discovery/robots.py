"""The Sitemap lines of robots.txt.

Owns how they are written in the wild. Must not know what robots.txt permits.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from crawler.discovery.documents import open_document
from crawler.discovery.urls import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SITEMAPS = 1_000
_MAX_WORDS = 4 * MAX_SITEMAPS   # that may be none
_MAX_BYTES = 4 << 20            # far beyond RFC 9309's 500 KiB for rules: Sitemap lines often come last

_SITEMAP = re.compile(r"[^\S\r\n]*site-?map[^\S\r\n]*:([^\r\n#]*)", re.IGNORECASE)


def sitemaps_of_robots(body: bytes, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names, in its order, each once, relative ones resolved against `url`.

    Anywhere in the file, between and outside of groups (RFC 9309, section 2.2.4), at most MAX_SITEMAPS.
    """
    text = open_document(body, _MAX_BYTES).text
    words = islice(dict.fromkeys(_words(text)), _MAX_WORDS)
    return tuple(islice(dict.fromkeys(sitemap for word in words if (sitemap := resolved(word, url))), MAX_SITEMAPS))


def _words(text: str) -> Iterator[str]:
    for line in re.split(r"[\r\n]+", text):
        named = _SITEMAP.match(line)
        yield from named[1].split() if named else ()
