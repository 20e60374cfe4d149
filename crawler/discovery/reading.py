"""What was asked for against what came: the public readers of discovery.

Owns the sentence said when a document is not what it should be, and that its links are given all the same.
Must not know how any one format is read.
"""

from __future__ import annotations

from dataclasses import replace

from crawler.discovery.documents import Document, Kind, open_document
from crawler.discovery.feeds import feed_links
from crawler.discovery.found import Found, Link
from crawler.discovery.jsonfeeds import json_links
from crawler.discovery.links import feeds_on_page, page_links
from crawler.discovery.markup import repaired
from crawler.discovery.refresh import refresh_seconds
from crawler.discovery.sitemaps import sitemap_links, text_sitemap_links

_MAX_BYTES = 16 << 20           # of a feed or page, once unpacked


def links_of_feed(body: bytes, url: str) -> Found:
    """The pages that a feed's entries lead to, newest first: RSS 0.9x, 1.0, 2.0, Atom, JSON Feed 1.x, and the posts of
    WordPress's REST API.

    Gzip is unpacked. Where a page stands in a feed's place, the feeds that it names are given with the
    problem; of a sitemap, its links.
    """
    document = open_document(body, _MAX_BYTES)
    match document.kind:
        case Kind.FEED:
            return _found_in_feed(document, url)
        case Kind.JSON:
            found = json_links(document.text, url)
            return replace(found, problem=document.damage) if found else _not("a feed", "JSON that is no JSON Feed")
        case Kind.SITEMAP:
            return _not("a feed", document.kind, _found_in_sitemap(document, url).links)
        case Kind.PAGE:
            return _not("a feed", document.kind, feeds_on_page(document.data, url))
    return _not("a feed", document.kind)


def links_of_sitemap(body: bytes, url: str, *, max_bytes: int) -> Found:
    """The pages and sitemaps that a sitemap names, newest first where dated: XML, plain text, or a feed.

    sitemaps.org allows all three. Gzip is unpacked whatever the file is called, up to `max_bytes`; of more,
    and of what breaks off, the links before the end are given with the problem.
    """
    document = open_document(body, max_bytes)
    match document.kind:
        case Kind.SITEMAP:
            return _found_in_sitemap(document, url)
        case Kind.FEED:
            return _found_in_feed(document, url)
        case Kind.TEXT:
            links = text_sitemap_links(document.text, url)
            return Found(links, document.damage) if links else _not("a sitemap", "plain text without URLs")
    return _not("a sitemap", document.kind)


def links_of_page(body: bytes, url: str, content_type: str | None) -> Found:
    """What a home page or section leads to: feeds, sitemaps, then articles and sections of the same site.

    `content_type` is the header, for its charset. A feed or sitemap at a section's address is read as such.
    """
    document = open_document(body, _MAX_BYTES)
    match document.kind:
        case Kind.PAGE | Kind.MARKUP:
            return replace(page_links(document.data, url, content_type), problem=document.damage)
        case Kind.FEED:
            return _found_in_feed(document, url)
        case Kind.SITEMAP:
            return _found_in_sitemap(document, url)
    return _not("a page", document.kind)


def _found_in_feed(document: Document, url: str) -> Found:
    xml, is_whole = repaired(document.text)
    found = feed_links(xml, url)
    problem = document.damage or found.problem or _broken_off("feed", is_whole)
    return replace(found, problem=problem, refresh_seconds=refresh_seconds(xml))


def _found_in_sitemap(document: Document, url: str) -> Found:
    xml, is_whole = repaired(document.text)
    return Found(sitemap_links(xml, url), document.damage or _broken_off("sitemap", is_whole))


def _broken_off(noun: str, is_whole: bool) -> str | None:
    return None if is_whole else f"the {noun} breaks off before its end: the entries before that were read"


def _not(wanted: str, found: str, links: tuple[Link, ...] = ()) -> Found:
    return Found(links, f"not {wanted}: found {found}")
