"""Small news sites, each with a way of its own to say what is new, on loopback addresses of their own. No test itself.

Owns what they serve. Must not know crawls.
"""

from __future__ import annotations

import gzip
import json
from html import escape
from typing import TYPE_CHECKING

from tests.newsserver import RawServer, Route, article_html, feed, page, prose, redirect, response, sitemap

if TYPE_CHECKING:
    from collections.abc import Iterable

FEED_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml",
              "json": "application/feed+json"}


def story(title: str) -> Route:
    return page(article_html(title))


def stories(*targets: str) -> dict[str, Route]:
    return {target: story(f"What happened at {target}") for target in targets}


def home(*head: str, links: Iterable[tuple[str, str]] = ()) -> bytes:
    anchors = "".join(f'<li><a href="{escape(href)}">{escape(text)}</a></li>' for href, text in links)
    body = f"<body><ul>{anchors}</ul></body>"
    return page(f"<!doctype html><html><head><title>Home</title>{''.join(head)}</head>{body}</html>")


def alternate(kind: str, href: str) -> str:
    return f'<link rel="alternate" type="{FEED_TYPES[kind]}" href="{href}">'


def osmere() -> RawServer:
    """Feed, news sitemap, an index of sitemaps in gzip, and every way in which a page can be none."""
    server = RawServer()
    server.routes.update(stories("/2026/11/20/bridge", "/2026/11/21/choir", "/2026/11/19/well", "/2026/11/18/mill",
                                 "/2026/11/17/lake"))
    server.routes["/2026/11/21/choir-again"] = server.routes["/2026/11/21/choir"]
    server.routes["/2026/11/20/bridge?utm_source=feed"] = server.routes["/2026/11/20/bridge"]
    server.routes |= {
        "/old/well": redirect("/2026/11/19/well", 302),
        "/2026/11/15/pictures-only": page("<html><title>Pictures</title><body><img src=a.jpg></body></html>"),
        "/private/2026/11/20/diary": story("A secret diary"),
        "/": home(alternate("rss", "/feed.xml"), links=[("/2026/11/20/bridge", "Bridge opens to walkers at last")]),
    }
    return server


def fill_osmere(server: RawServer, *news: str) -> None:
    """What needs the server's address: its listings, with `news` in the feed's first place."""
    url = server.url
    server.routes |= {
        "/robots.txt": response(f"User-agent: *\nDisallow: /private/\nSitemap: {url('/news-sitemap.xml')}\n"
                                f"Sitemap: {url('/index.xml.gz')}\n", Content_Type="text/plain"),
        "/feed.xml": feed([*((url(target), "News") for target in news),
                           (url("/2026/11/20/bridge?utm_source=feed"), "The bridge & its walkers"),
                           (url("/2026/11/20/bridge"), "The same at another address"),
                           (url("/2026/11/21/choir"), "The choir"), (url("/old/well"), "The well"),
                           (url("/2026/11/16/gone"), "Gone"), (url("/private/2026/11/20/diary"), "Diary")]),
        "/news-sitemap.xml": sitemap([(url("/2026/11/21/choir-again"), "2026-11-21")]),
        "/index.xml.gz": response(gzip.compress(sitemap_index([url("/sitemap-1.xml"), url("/index.xml.gz")]), mtime=0),
                                  Content_Type="application/gzip"),
        "/sitemap-1.xml": sitemap([url("/2026/11/18/mill"), url("/2026/11/15/pictures-only")]),
    }


def sitemap_index(urls: Iterable[str]) -> bytes:
    entries = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'.encode()


def quern() -> RawServer:
    """Neither feed nor sitemap: headlines on the home page, more of them in its sections."""
    front = [("/2026/11/21/front-page-story", "Harbour master denies plan to move the winter fair"),
             ("/politics/", "Politics"), ("/sport/", "Sport")]
    section = [("/politics/2026/11/20/vote-on-footbridge", "Council votes on the footbridge after a long winter")]
    return RawServer({"/": home(links=front), "/politics/": home(links=section), "/sport/": home(),
                      **stories("/2026/11/21/front-page-story", "/politics/2026/11/20/vote-on-footbridge")},
                     host="127.0.0.2")


def broken() -> RawServer:
    """Its only feed is none."""
    links = [("/2026/11/20/retired-teacher", "Retired teacher finds the missing scores of the choir")]
    return RawServer({"/": home(alternate("rss", "/feed"), links=links),
                      "/feed": page("<html><p>Fatal error</p></html>"),
                      **stories("/2026/11/20/retired-teacher")}, host="127.0.0.3")


def formats() -> RawServer:
    """A feed of every format, each with an article of its own."""
    targets = {kind: f"/2026/11/20/told-by-{kind}" for kind in FEED_TYPES}
    server = RawServer(stories(*targets.values()), host="127.0.0.4")
    server.routes["/"] = home(*(alternate(kind, f"/feeds/{kind}.xml") for kind in FEED_TYPES))
    return server


def fill_formats(server: RawServer) -> None:
    def url(kind: str) -> str:
        return server.url(f"/2026/11/20/told-by-{kind}")

    documents = {
        "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><entry><title>By atom</title>'
                f'<link href="{url("atom")}"/><id>{url("atom")}</id><updated>2026-11-20T08:00:00Z</updated>'
                '</entry></feed>',
        "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
               f'<item rdf:about="{url("rdf")}"><title>By rdf</title><link>{url("rdf")}</link></item></rdf:RDF>',
        "json": json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "N", "items": [
            {"id": "1", "url": url("json"), "title": "By json", "date_published": "2026-11-20T08:00:00Z"}]}),
    }
    server.routes["/feeds/rss.xml"] = feed([(url("rss"), "By rss")])
    for kind, document in documents.items():
        server.routes[f"/feeds/{kind}.xml"] = response(document, Content_Type=FEED_TYPES[kind])


def rules() -> RawServer:
    """For a registry entry with allow, deny and max_pages."""
    return RawServer(stories(*(f"/news/2026/11/{day}/story" for day in range(10, 20))), host="127.0.0.5")


def fill_rules(server: RawServer) -> None:
    dated = [(server.url(f"/news/2026/11/{day}/story"), f"Story of day {day}") for day in range(10, 20)]
    server.routes["/feed.xml"] = feed([*dated, (server.url("/blog/2026/11/10/entry"), "A blog entry")])


def silent() -> RawServer:
    """Its robots.txt cannot be had, so nothing may be fetched."""
    return RawServer({"/robots.txt": response(b"busy", 503), "/": home()}, host="127.0.0.6")


def seed_of(title: str) -> str:
    """The first paragraph of the story of that title."""
    return prose(title)[0]
