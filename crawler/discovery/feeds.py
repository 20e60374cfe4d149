"""Feeds in XML: RSS 0.9x, 1.0 and 2.0, and Atom.

Owns which of an entry's addresses, titles and dates count. Must not know sitemaps or pages, and never gives
feedparser anything but a stream: of a string or of bytes it makes a URL or a file name, and opens that.
"""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import feedparser  # type: ignore[import-untyped]
from lxml import etree

from crawler.discovery.dates import read_date
from crawler.discovery.feedrights import rights_of_entry
from crawler.discovery.found import Found, Link, clean_title, newest_first
from crawler.discovery.fullcontent import paragraph_keys
from crawler.discovery.judgement import is_file
from crawler.discovery.paging import wordpress_page
from crawler.discovery.urls import is_home, resolved
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|\?)", re.IGNORECASE)
LIKE_ADDRESS = re.compile(r"https?://|/", re.IGNORECASE)


def feed_links(xml: str, url: str) -> Found:
    """The pages that the entries of a repaired RSS or Atom feed lead to; why, if damage leaves none; where it goes on.

    Of a feed that is not well-formed, libxml2's recovery and feedparser's own save different entries.
    """
    found = _parsed(xml.encode(), url)
    if found.problem:
        found = replace(max(found, _parsed(_recovered(xml), url), key=lambda each: len(each.links)),
                        problem=found.problem)
    return found if not found.links else replace(found, problem=None)


def _parsed(xml: bytes, url: str) -> Found:
    try:
        feed = feedparser.parse(BytesIO(xml), response_headers=_HEADERS,
                                resolve_relative_uris=False, sanitize_html=False)
        links = [link for entry in feed["entries"] if (link := _link_of_entry(entry, feed["feed"], url))]
        next_url, hub = _next_of(feed["feed"], url), _related(feed["feed"], "hub", url)
    except Exception as error:  # whatever it trips over: one feed must not cost the others
        return Found((), f"damaged feed: {type(error).__name__}: {error}")
    damage = f"damaged feed: {feed['bozo_exception']}" if feed["bozo"] else None
    return Found(newest_first(links), damage, next_url=next_url, hub=hub)


def _next_of(feed: Any, url: str) -> str | None:
    """The next page of a paged feed, or the archive before it (RFC 5005 sections 3 and 4); WordPress names none."""
    declared = _related(feed, "next", url) or _related(feed, "prev-archive", url)
    is_wordpress = "wordpress.org" in string_of(feed, "generator")
    return declared or (wordpress_page(url) if is_wordpress else None)


def _related(feed: Any, relation: str, url: str) -> str | None:
    """An address that the feed itself names; none that is its own."""
    named = (resolved(link["href"], url) for link in feed.get("links", ())
             if link.get("rel") == relation and isinstance(link.get("href"), str))
    return next((address for address in named if address and address != url), None)


def _recovered(xml: str) -> bytes:
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.tostring(etree.fromstring(xml.encode(), parser))
    except (etree.LxmlError, TypeError):        # TypeError: nothing at all was left
        return b""


def _link_of_entry(entry: Any, feed: Any, url: str) -> Link | None:
    page = first_page(_addresses(entry), url)
    if page is None:
        return None
    contents = [item.get("value") for item in entry.get("content", ()) if isinstance(item.get("value"), str)]
    published, updated = _date_of(entry, "published"), _date_of(entry, "updated")
    return Link(page, Role.OTHER if is_file(page) else Role.PAGE, plain_title(entry.get("title")), published or updated,
                paragraph_keys(max(contents, key=len, default="")), updated if published else None,
                _image_of(entry, url), rights=rights_of_entry(entry, feed, url))


def _image_of(entry: Any, url: str) -> str | None:
    """The picture of an entry: Media RSS content or thumbnail, or an enclosure."""
    media = [item for item in (*entry.get("media_content", ()), *entry.get("enclosures", ())) if _is_image(item)]
    named = (item.get("url") or item.get("href") for item in (*media, *entry.get("media_thumbnail", ())))
    return next((image for address in named if isinstance(address, str) and (image := resolved(address, url))), None)


def _is_image(media: Any) -> bool:
    kind = media.get("medium") or media.get("type")
    return str(kind).startswith("image") if kind else bool(_IMAGE_FILE.search(str(media.get("url"))))


def _addresses(entry: Any) -> Iterator[str]:
    """What an entry may be found at, the best first.

    feedburner:origLink is where the feed's own link only redirects to. A guid counts where it looks like an
    address: feeds say `isPermaLink` (or leave it out, which says the same) of plain numbers, too.
    """
    yield string_of(entry, "feedburner_origlink")
    links = [link for link in entry.get("links", ()) if link.get("href")]
    alternates = [link for link in links if link.get("rel") == "alternate"]
    yield from (link["href"] for link in alternates if link.get("type") in _PAGE_TYPES)
    yield from (link["href"] for link in alternates)
    identity = string_of(entry, "id")
    # feedparser says that a guid is no link wherever there is a link element, though an empty one
    if (entry.get("guidislink", True) or "link" in entry) and LIKE_ADDRESS.match(identity):
        yield identity


def first_page(addresses: Iterable[str], url: str) -> str | None:
    """The first address that can be asked and is no home page, absolute."""
    for address in addresses:
        page = resolved(address, url) if address else None
        if page and not is_home(page):
            return page
    return None


def plain_title(title: Any) -> str | None:
    """A title as text: they are HTML in practice, whatever the format says, and often escaped twice."""
    text = title if isinstance(title, str) else ""
    try:
        text = unescape(_TAG.sub("", unescape(text)))
    except ValueError:                          # a character reference of thousands of digits
        text = _TAG.sub("", text)
    return clean_title(text)


def _date_of(entry: Any, key: str) -> datetime | None:
    # dict.get: feedparser's own answers `updated` with `published` and warns of it
    return read_date(dict.get(entry, key)) or _date_of_parts(dict.get(entry, f"{key}_parsed"))


def _date_of_parts(parts: Any) -> datetime | None:
    """feedparser's own reading: it knows Greek, Hungarian and Korean months."""
    try:
        date = datetime.fromtimestamp(timegm(parts), UTC) if parts else None
    except (ValueError, OverflowError, OSError):
        return None
    return date if date and date.timestamp() > 0 else None


def string_of(item: Mapping[str, Any], key: str) -> str:
    """The text under a key; empty for anything else."""
    value = item.get(key)
    return value if isinstance(value, str) else ""
