"""Sites of the test web with sitemaps of other kinds: text, a feed, on another host, one for each type. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.layouts import BLOG, MICRODATA, SEMANTIC, SOUP
from tests.web.press import ABOUT, CONTACT, PRIVACY, TAGS, Press, author_path
from tests.web.site import RSS, document
from tests.web.sources import rss, sitemap, sitemap_index

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site


def _begun(press: Press, *lines: str) -> Press:
    """Everything but the sitemap; `lines` are those of robots.txt."""
    press.write_stories()
    press.write_front(press.articles[:2])
    press.write_sections(1)
    press.write_furniture()
    press.at("/robots.txt", document("\n".join(["User-agent: *", "Disallow:", *lines, ""]), "text/plain"))
    return press


def text_sitemap(now: datetime) -> Site:
    press = Press("badger-banner.example", now, "sitemap in plain text", SOUP,
                  address=lambda article: f"/news/{article.slug}.html")
    _begun(press, f"Sitemap: {press.url('/sitemap.txt')}")
    listed = [press.url("/"), *map(press.url, press.sections.values()), *(url for url, _ in press.entries())]
    press.at("/sitemap.txt", document("\r\n".join([*listed, ""]), "text/plain; charset=utf-8"))
    return press.site()


def feed_as_sitemap(now: datetime) -> Site:
    press = Press("curlew-current.example", now, "robots.txt names an RSS feed as sitemap", MICRODATA)
    _begun(press, f"Sitemap: {press.url('/export/rss2.xml')}")
    press.at("/export/rss2.xml", document(rss(press.title, press.entries()), RSS))
    return press.site()


def sitemap_elsewhere(now: datetime) -> Site:
    """The sitemap lies in the storage of a cloud, as robots.txt may say (sitemaps.org, cross submits)."""
    storage = "storage.cloudhouse.example"
    press = Press("dunlin-day.example", now, "sitemap on another host", SEMANTIC,
                  address=lambda article: f"/{article.section.lower()}/{article.slug}")
    _begun(press, f"sitemap:{press.url('/dunlin/sitemap-index.xml', storage)}")
    parts = {"/dunlin/1.xml": press.entries()[:4], "/dunlin/2.xml": press.entries()[4:]}
    index = sitemap_index((press.url(path, storage), now) for path in parts)
    press.at("/dunlin/sitemap-index.xml", document(index), storage)
    for path, entries in parts.items():
        press.at(path, document(sitemap((url, article.published) for url, article in entries)), storage)
    return press.site()


def wordpress_sitemaps(now: datetime) -> Site:
    """WordPress's own: posts, pages, categories, tags and authors each have one; posts are not dated."""
    press = Press("egret-evening.example", now, "WordPress: sitemaps of posts, pages, categories, tags, authors",
                  BLOG, count=12, section="/category/{}/", address=lambda article: f"/{article.slug}/")
    _begun(press, f"Sitemap: {press.url('/wp-sitemap.xml')}")
    authors = sorted({article.author for article in press.articles})
    parts = {
        "posts-post": [url for url, _ in press.entries()],
        "posts-page": [press.url(press.plain_path(number)) for number in (ABOUT, CONTACT, PRIVACY)],
        "taxonomies-category": [press.url(path) for path in press.sections.values()],
        "taxonomies-post_tag": [press.url(path) for path, _ in TAGS],
        "users": [press.url(author_path(author)) for author in authors],
    }
    index = sitemap_index((press.url(f"/wp-sitemap-{name}-1.xml"), None) for name in parts)
    press.at("/wp-sitemap.xml", document(index))
    for name, urls in parts.items():
        press.at(f"/wp-sitemap-{name}-1.xml", document(sitemap((url, None) for url in urls)))
    return press.site()


ODD_SITEMAP_SITES = (text_sitemap, feed_as_sitemap, sitemap_elsewhere, wordpress_sitemaps)
