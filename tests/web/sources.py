"""Feeds and sitemaps as publishers write them, of (address, article). No test itself.

Owns XML and JSON. Must not know who serves them.
"""

from __future__ import annotations

import json
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tests.web.stories import Article

Entry = tuple[str, "Article"]
_NAMESPACES = ('xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
               'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"')
_SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def rss(title: str, entries: Iterable[Entry], *, charset: str = "utf-8", full: bool = False, channel: str = "",
        item: str = "") -> str:
    """RSS 2.0. `item` is added to every item, with {url} in it replaced."""
    items = "".join(
        f"<item><title>{escape(article.title)}</title><link>{escape(url)}</link><guid isPermaLink=\"false\">"
        f"{article.number}@{escape(title)}</guid><pubDate>{format_datetime(article.published)}</pubDate>"
        f"<dc:creator>{escape(article.author)}</dc:creator><category>{escape(article.section)}</category>"
        f"<description>{escape(article.paragraphs[0][:160])}</description>{_content(article) if full else ''}"
        f"{item.replace('{url}', escape(url))}</item>\n" for url, article in entries)
    return (f'<?xml version="1.0" encoding="{charset}"?>\n<rss version="2.0" {_NAMESPACES}><channel>'
            f"<title>{escape(title)}</title>{channel}\n{items}</channel></rss>\n")


def _content(article: Article) -> str:
    html = "".join(f"<p>{escape(text)}</p>" for text in article.paragraphs)
    return f"<content:encoded><![CDATA[{html}]]></content:encoded>"


def rdf(title: str, home: str, entries: Iterable[Entry]) -> str:
    listed = list(entries)
    order = "".join(f'<rdf:li rdf:resource="{escape(url)}"/>' for url, _ in listed)
    items = "".join(f'<item rdf:about="{escape(url)}"><title>{escape(article.title)}</title><link>{escape(url)}</link>'
                    f"<dc:date>{article.published.isoformat(timespec='seconds')}</dc:date></item>\n"
                    for url, article in listed)
    return ('<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f'<channel rdf:about="{home}"><title>{escape(title)}</title><link>{home}</link><items><rdf:Seq>{order}'
            f"</rdf:Seq></items></channel>\n{items}</rdf:RDF>\n")


def atom(title: str, home: str, entries: Iterable[Entry], *, links: Iterable[tuple[str, str]] = ()) -> str:
    """`links` are of (rel, href)."""
    listed = list(entries)
    more = "".join(f'<link rel="{rel}" href="{escape(href)}"/>' for rel, href in links)
    newest = listed[0][1].published.isoformat(timespec="seconds") if listed else ""
    items = "".join(
        f'<entry><title type="text">{escape(article.title)}</title><link rel="alternate" href="{escape(url)}"/>'
        f"<id>tag:{escape(title)},{article.number}</id><published>{article.published.isoformat(timespec='seconds')}"
        f"</published><updated>{article.published.isoformat(timespec='seconds')}</updated><author><name>"
        f"{escape(article.author)}</name></author><summary>{escape(article.paragraphs[0][:120])}</summary></entry>\n"
        for url, article in listed)
    return (f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(title)}'
            f'</title><link rel="alternate" href="{home}"/>{more}<id>{home}</id><updated>{newest}</updated>\n{items}'
            "</feed>\n")


def json_feed(title: str, home: str, entries: Iterable[Entry], next_url: str | None = None) -> str:
    items = [{"id": url, "url": url, "title": article.title, "content_text": article.paragraphs[0],
              "date_published": article.published.isoformat(timespec="seconds")} for url, article in entries]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": title, "home_page_url": home, "items": items}
    return json.dumps(feed | ({"next_url": next_url} if next_url else {}))


def sitemap(entries: Iterable[tuple[str, datetime | None]]) -> str:
    urls = "".join(f"<url><loc>{escape(url)}</loc>{_lastmod(moment)}</url>\n" for url, moment in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {_SITEMAP}>\n{urls}</urlset>\n'


def sitemap_index(entries: Iterable[tuple[str, datetime | None]]) -> str:
    maps = "".join(f"<sitemap><loc>{escape(url)}</loc>{_lastmod(moment)}</sitemap>\n" for url, moment in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex {_SITEMAP}>\n{maps}</sitemapindex>\n'


def news_sitemap(name: str, language: str, entries: Iterable[Entry]) -> str:
    urls = "".join(
        f"<url><loc>{escape(url)}</loc><news:news><news:publication><news:name>{escape(name)}</news:name>"
        f"<news:language>{language}</news:language></news:publication><news:publication_date>"
        f"{article.published.isoformat(timespec='seconds')}</news:publication_date><news:title>{escape(article.title)}"
        "</news:title></news:news></url>\n" for url, article in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {_SITEMAP} {_NEWS}>\n{urls}</urlset>\n'


def _lastmod(moment: datetime | None) -> str:
    return f"<lastmod>{moment:%Y-%m-%d}</lastmod>" if moment else ""
