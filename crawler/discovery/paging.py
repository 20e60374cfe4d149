"""Where a list goes on: the next page of a section or a feed, with what is older.

Owns how addresses number pages. Must not know links of other kinds. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.discovery.urls import same_site

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = frozenset(("page", "pg", "paged", "seite", "pagina", "pagenum", "page_number", "pageno", "currentpage"))
_BRACKETED = re.compile(r".*\[([^\[\]]+)\]")          # tx_news_pi1[currentPage]
_CHECKSUM = "chash"                                     # TYPO3's, of the other parameters
_IN_PATH = re.compile(r"/(?:page|seite|pagina|strona)[/-](\d{1,5})(?:\.\w{2,5}|/)?$", re.IGNORECASE)
_MAX_NUMBER = 10_000


def next_page(url: str, declared: Iterable[str], linked: Iterable[str]) -> str | None:
    """The page after `url`: what it declares by rel=next, else of the addresses that it links the one that differs from
    its own by the next number. None where there is none on the same site."""
    for address in declared:
        if address != url and same_site(address, url):
            return address
    base, number = _numbered(url)
    following = [(other, address) for address in linked
                 for stem, other in (_numbered(address),) if stem == base and number < other <= _MAX_NUMBER]
    return min(following)[1] if following else None


def wordpress_page(url: str) -> str:
    """The feed of a WordPress site after `url`: all of its feeds take `paged`, and none says so."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = query.get("paged", "1")
    query["paged"] = str(int(number) + 1 if number.isdecimal() and len(number) < 6 else 2)
    return parts._replace(query=urlencode(query)).geturl()


def _numbered(url: str) -> tuple[str, int]:
    """The address without its page's number, and that; 0 where it has none."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    number, kept = 0, []
    for name, value in query:
        if _plain(name) in _NAMES and value.isdecimal() and len(value) < 6:
            number = int(value)
        elif name.lower() != _CHECKSUM:
            kept.append((name, value))
    path = parts.path
    if found := _IN_PATH.search(path):
        path, number = path[:found.start()], int(found[1])
    return f"{parts.netloc.removeprefix('www.')}{path.rstrip('/')}?{urlencode(sorted(kept))}", number


def _plain(name: str) -> str:
    """The name of a parameter, without the name of the list that it belongs to."""
    inner = _BRACKETED.fullmatch(name)
    return (inner[1] if inner else name).lower()
