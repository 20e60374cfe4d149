"""Every answer that a demo site has, made once before it is served.

Owns which address answers what. Must not know sockets: the same edition and base give the same bytes, always.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.demo import listings
from crawler.demo.pages import Pages, picture, stylesheet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crawler.demo.edition import Article, Edition

HTML = "text/html; charset=utf-8"
XML = "application/xml"
FEED = {"rss": listings.rss, "atom": listings.atom}


@dataclass(frozen=True, slots=True)
class Document:
    """What one path answers. `location` is set on a redirect alone."""

    status: int
    content_type: str
    body: bytes
    last_modified: datetime
    location: str | None = None


class Documents:
    """The answers of `edition`, served at `base` (scheme, host and port, without a slash at the end)."""

    def __init__(self, edition: Edition, base: str) -> None:
        self._edition = edition
        self._base = base
        self._pages = Pages(edition, base)
        self._by_path = {**self._html(), **self._moved(), **self._machines(), **self._assets()}
        self._not_found = self._document(self._pages.not_found(), HTML, status=404)

    @property
    def by_path(self) -> Mapping[str, Document]:
        return self._by_path

    def at(self, target: str) -> Document:
        """The answer to a request target: a query changes nothing, and what is unknown is a 404."""
        return self._by_path.get(target.partition("?")[0], self._not_found)

    def _document(self, text: str, content_type: str, status: int = 200) -> Document:
        return Document(status, content_type, text.encode(), self._edition.updated)

    def _story(self, article: Article) -> Document:
        return Document(200, HTML, self._pages.article(article).encode(), article.updated)

    def _html(self) -> dict[str, Document]:
        edition, pages = self._edition, self._pages
        served_at = [(article.path, article) for article in edition.articles]
        served_at += [(copy.path, copy.article) for copy in edition.copies]
        return {
            "/": self._document(pages.home(), HTML),
            **{part.path: self._document(pages.section(part), HTML) for part in edition.sections},
            **{page.path: self._document(pages.plain(page), HTML) for page in edition.pages},
            **{path: self._story(article) for path, article in served_at},
        }

    def _moved(self) -> dict[str, Document]:
        return {path: Document(301, HTML, b"", article.updated, location=self._base + article.path)
                for path, article in self._edition.redirects.items()}

    def _machines(self) -> dict[str, Document]:
        edition, base = self._edition, self._base
        feed = FEED[edition.feed_format](edition, base)
        robots = self._document(listings.robots_txt(edition, base), "text/plain; charset=utf-8")
        found = {"/robots.txt": robots,
                 edition.feed_path: self._document(feed, f"application/{edition.feed_format}+xml")}
        if edition.news_sitemap_path:
            found[edition.news_sitemap_path] = self._document(listings.news_sitemap(edition, base), XML)
        if edition.sitemap_index_path and edition.sitemap_path:
            found[edition.sitemap_index_path] = self._document(listings.sitemap_index(edition, base), XML)
            found[edition.sitemap_path] = self._packed_sitemap()
        return found

    def _packed_sitemap(self) -> Document:
        packed = gzip.compress(listings.sitemap(self._edition, self._base).encode(), mtime=0)
        return Document(200, "application/gzip", packed, self._edition.updated)

    def _assets(self) -> dict[str, Document]:
        name = self._edition.name
        slugs = [article.slug for article in self._edition.articles]
        slugs += [slug for page in self._edition.pages for slug in page.pictures]
        images = {f"/img/{slug}.svg": self._document(picture(slug, name), "image/svg+xml") for slug in slugs}
        return {"/style.css": self._document(stylesheet(name), "text/css; charset=utf-8"), **images}
