"""Pages about the house itself, told from articles by what they lack: a date and an author, on a site that states them.

Owns how many dated articles it takes. Pure: articles in, a reason out. Must not know where pages are listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.records import Article

_KNOWN_AFTER = 3
_LISTS_ALL = "sitemap"


class DatedPages:
    """Of one site, in one crawl."""

    def __init__(self) -> None:
        self._dated = 0

    def reason_to_drop(self, article: Article, ways: Iterable[str]) -> str | None:
        """Why a page that reads like an article is none: sitemaps alone list it, as they list a house's history and its
        rules, and it lacks what this site's articles have. `ways` are how it was found."""
        if article.date_published is not None:
            self._dated += 1
            return None
        if self._dated < _KNOWN_AFTER or article.authors or set(ways) != {_LISTS_ALL}:
            return None
        return "no date and no author, unlike the site's articles, and in no list but a sitemap"
