"""What a demo site says to machines: robots.txt, feeds and sitemaps.

Owns those formats' bytes, as text. Must not know HTML templates or HTTP.
"""

from __future__ import annotations

from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crawler.demo.edition import Article, Dead, Edition

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
SITEMAP_NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS_NS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def robots_txt(edition: Edition, base: str) -> str:
    sitemaps = [path for path in (edition.news_sitemap_path, edition.sitemap_index_path) if path]
    rules = [f"Disallow: {path}" for path in edition.disallow]
    return "\n".join(["User-agent: *", *rules, "", *(f"Sitemap: {base}{path}" for path in sitemaps), ""])


def rss(edition: Edition, base: str) -> str:
    """RSS 2.0 with summaries. It names moved articles by their old address, and dead ones."""
    moved = {article.slug: path for path, article in edition.redirects.items()}
    entries = [(article.published, _rss_item(article, base + moved.get(article.slug, article.path)))
               for article in edition.listed]
    entries += [(dead.published, _rss_dead(dead, base + dead.path)) for dead in edition.dead]
    items = "".join(item for _, item in sorted(entries, reverse=True))
    return (f'{XML}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
            f"<title>{escape(edition.title)}</title>\n<link>{base}/</link>\n"
            f'<atom:link rel="self" type="application/rss+xml" href="{base}{edition.feed_path}"/>\n'
            f"<description>{escape(edition.tagline)}</description>\n<language>{edition.language}</language>\n"
            f"<lastBuildDate>{_rfc822(edition.updated)}</lastBuildDate>\n{items}</channel>\n</rss>\n")


def _rss_item(article: Article, url: str) -> str:
    authors = "".join(f"<dc:creator>{escape(author)}</dc:creator>" for author in article.authors)
    return (f"<item><title>{escape(article.title)}</title><link>{escape(url)}</link>"
            f'<guid isPermaLink="false">{article.slug}</guid><pubDate>{_rfc822(article.published)}</pubDate>'
            f"{authors}<category>{escape(article.section.title)}</category>"
            f"<description>{escape(article.summary)}</description></item>\n")


def _rss_dead(dead: Dead, url: str) -> str:
    return (f"<item><title>{escape(dead.title)}</title><link>{escape(url)}</link>"
            f"<pubDate>{_rfc822(dead.published)}</pubDate></item>\n")


def atom(edition: Edition, base: str) -> str:
    """Atom with every article's whole text."""
    entries = "".join(_atom_entry(edition, article, base) for article in edition.listed)
    return (f'{XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{edition.language}">\n'
            f"<id>tag:{edition.name}.invalid,2026:feed</id>\n<title>{escape(edition.title)}</title>\n"
            f"<subtitle>{escape(edition.tagline)}</subtitle>\n<updated>{_rfc3339(edition.updated)}</updated>\n"
            f'<link rel="alternate" type="text/html" href="{base}/"/>\n'
            f'<link rel="self" type="application/atom+xml" href="{base}{edition.feed_path}"/>\n'
            f"{entries}</feed>\n")


def _atom_entry(edition: Edition, article: Article, base: str) -> str:
    authors = "".join(f"<author><name>{escape(author)}</name></author>" for author in article.authors)
    content = "".join(f"<p>{escape(text, quote=False)}</p>" for text in article.paragraphs)
    return (f"<entry><id>tag:{edition.name}.invalid,2026:{article.slug}</id>"
            f"<title>{escape(article.title)}</title>"
            f'<link rel="alternate" type="text/html" href="{base}{article.path}"/>'
            f"<published>{_rfc3339(article.published)}</published><updated>{_rfc3339(article.updated)}</updated>"
            f'{authors}<category term="{escape(article.section.title)}"/>'
            f"<summary>{escape(article.summary)}</summary>"
            f'<content type="html">{escape(content)}</content></entry>\n')


def news_sitemap(edition: Edition, base: str) -> str:
    """Google's news sitemap of every article, and of every copy under the address that a newsletter links."""
    listed = [(base + article.path, article) for article in edition.articles]
    listed += [(f"{base}{copy.path}?{copy.query}", copy.article) for copy in edition.copies]
    return _urlset((_news_url(edition, article, url) for url, article in listed), NEWS_NS)


def _news_url(edition: Edition, article: Article, url: str) -> str:
    return (f"<url><loc>{escape(url)}</loc><lastmod>{_rfc3339(article.updated)}</lastmod><news:news>"
            f"<news:publication><news:name>{escape(edition.title)}</news:name>"
            f"<news:language>{edition.language}</news:language></news:publication>"
            f"<news:publication_date>{_rfc3339(article.published)}</news:publication_date>"
            f"<news:title>{escape(article.title)}</news:title></news:news></url>\n")


def sitemap(edition: Edition, base: str) -> str:
    """Every article, and the pages that the site lists beside them."""
    pages = [(page.path, edition.updated) for page in edition.pages if page.in_sitemap]
    listed = [*((article.path, article.updated) for article in edition.articles), *pages]
    return _urlset(f"<url><loc>{base}{path}</loc><lastmod>{_rfc3339(updated)}</lastmod></url>\n"
                   for path, updated in listed)


def sitemap_index(edition: Edition, base: str) -> str:
    return (f"{XML}<sitemapindex {SITEMAP_NS}>\n<sitemap><loc>{base}{edition.sitemap_path}</loc>"
            f"<lastmod>{_rfc3339(edition.updated)}</lastmod></sitemap>\n</sitemapindex>\n")


def _urlset(urls: Iterable[str], *namespaces: str) -> str:
    return f"{XML}<urlset {' '.join((SITEMAP_NS, *namespaces))}>\n{''.join(urls)}</urlset>\n"


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
