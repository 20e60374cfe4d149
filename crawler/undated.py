"""Pages about the house itself, told from articles by what they lack: a date and an author, on a site that states them.

Owns how many dated articles it takes. Pure: articles in, a reason out. Must not know where pages are listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.discovery import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.records import Article

_KNOWN_AFTER = 3            # where sitemaps alone list a page
_LINKED_AFTER = 5           # where it is linked as well: shows, guidelines, offers stand on home pages like news
_ALIKE_AFTER = 20           # where its address is written as those of articles are
_MAX_UNDATED_SHARE = 0.1    # of a site that dates its articles
_LISTS_ALL = "sitemap"
_LISTS_NEWS = frozenset({"feed", "news_sitemap"})


class DatedPages:
    """Of one site, in one crawl."""

    def __init__(self) -> None:
        self._dated = self._undated = 0
        self._shapes: set[str] = set()

    def reason_to_drop(self, url: str, article: Article, ways: Iterable[str]) -> str | None:
        """Why a page that reads like an article is none: it lacks what this site's articles have, and no feed lists
        it. Sitemaps list a house's history and its rules, menus and footers link them. `ways` are how it was found."""
        if article.date_published is not None:
            self._dated += 1
            self._shapes.add(shape_of(url))
            return None
        found = set(ways)
        if article.authors or found & _LISTS_NEWS:
            return None
        if found == {_LISTS_ALL} and self._dated >= _KNOWN_AFTER:
            return "no date and no author, unlike the site's articles, and in no list but a sitemap"
        is_alike = shape_of(url) in self._shapes
        drops = self._dates_all(_ALIKE_AFTER if is_alike else _LINKED_AFTER)
        self._undated += is_alike or not drops      # more of them, and the site dates its articles not
        return f"no date and no author, unlike {self._dated} articles of the site, and in no feed" if drops else None

    def is_undecided(self, article: Article, ways: Iterable[str]) -> bool:
        """Whether it is too early to tell what such a page is: too few articles of the site have been read."""
        is_plain = article.date_published is None and not article.authors and not _LISTS_NEWS & set(ways)
        return is_plain and self._dated < _ALIKE_AFTER

    def _dates_all(self, least: int) -> bool:
        return self._dated >= least and self._undated <= _MAX_UNDATED_SHARE * self._dated
