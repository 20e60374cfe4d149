"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom, and JSON Feed 1.x.

Owns which of an entry's addresses, titles and dates count. Must not know sitemaps or pages, and never gives
feedparser anything but a stream: of a string or of bytes it makes a URL or a file name, and opens that.
"""

from __future__ import annotations

import json
import re
from calendar import timegm
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import feedparser  # type: ignore[import-untyped]
from lxml import etree

from crawler.discovery.dates import read_date
from crawler.discovery.found import Link, clean_title
from crawler.discovery.fullcontent import paragraph_keys
from crawler.discovery.urls import is_home, resolved
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LIKE_ADDRESS = re.compile(r"https?://|/", re.IGNORECASE)
_JSON_FEED = "jsonfeed.org/version/"


def feed_links(xml: str, url: str) -> tuple[list[Link], str | None]:
    """The pages that the entries of a repaired RSS or Atom feed lead to; why, if damage leaves none.

    Of a feed that is not well-formed, libxml2's recovery and feedparser's own save different entries.
    """
    links, damage = _parsed(xml.encode(), url)
    if damage:
        links = max(links, _parsed(_recovered(xml), url)[0], key=len)
    return links, f"damaged feed: {damage}" if damage and not links else None


def json_feed_links(text: str, url: str) -> list[Link] | None:
    """The pages that the items of a JSON Feed lead to (jsonfeed.org/version/1.1); None if it is not one."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or _JSON_FEED not in str(feed.get("version")):
        return None
    items = feed.get("items")
    return [link for item in items if (link := _link_of_item(item, url))] if isinstance(items, list) else []


def _parsed(xml: bytes, url: str) -> tuple[list[Link], str | None]:
    try:
        feed = feedparser.parse(BytesIO(xml), response_headers=_HEADERS,
                                resolve_relative_uris=False, sanitize_html=False)
        links = [link for entry in feed["entries"] if (link := _link_of_entry(entry, url))]
    except Exception as error:  # whatever it trips over: one feed must not cost the others
        return [], f"{type(error).__name__}: {error}"
    return links, str(feed["bozo_exception"]) if feed["bozo"] else None


def _recovered(xml: str) -> bytes:
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.tostring(etree.fromstring(xml.encode(), parser))
    except (etree.LxmlError, TypeError):        # TypeError: nothing at all was left
        return b""


def _link_of_entry(entry: Any, url: str) -> Link | None:
    page = _first_page(_addresses(entry), url)
    if page is None:
        return None
    contents = [item.get("value") for item in entry.get("content", ()) if isinstance(item.get("value"), str)]
    return Link(page, Role.PAGE, _plain_title(entry.get("title")), _date_of_entry(entry),
                paragraph_keys(max(contents, key=len, default="")))


def _addresses(entry: Any) -> Iterator[str]:
    """What an entry may be found at, the best first.

    feedburner:origLink is where the feed's own link only redirects to. A guid counts where it looks like an
    address: feeds say `isPermaLink` (or leave it out, which says the same) of plain numbers, too.
    """
    yield _string(entry, "feedburner_origlink")
    links = [link for link in entry.get("links", ()) if link.get("href")]
    alternates = [link for link in links if link.get("rel") == "alternate"]
    yield from (link["href"] for link in alternates if link.get("type") in _PAGE_TYPES)
    yield from (link["href"] for link in alternates)
    identity = _string(entry, "id")
    # feedparser says that a guid is no link wherever there is a link element, though an empty one
    if (entry.get("guidislink", True) or "link" in entry) and _LIKE_ADDRESS.match(identity):
        yield identity


def _first_page(addresses: Iterable[str], url: str) -> str | None:
    for address in addresses:
        page = resolved(address, url) if address else None
        if page and not is_home(page):
            return page
    return None


def _plain_title(title: Any) -> str | None:
    """Titles are HTML in practice, whatever the format says, and often escaped once more than need be."""
    text = title if isinstance(title, str) else ""
    try:
        text = unescape(_TAG.sub("", unescape(text)))
    except ValueError:                          # a character reference of thousands of digits
        text = _TAG.sub("", text)
    return clean_title(text)


def _date_of_entry(entry: Any) -> datetime | None:
    for key in ("published", "updated"):
        # dict.get: feedparser's own answers `updated` with `published` and warns of it
        date = read_date(dict.get(entry, key)) or _date_of_parts(dict.get(entry, f"{key}_parsed"))
        if date:
            return date
    return None


def _date_of_parts(parts: Any) -> datetime | None:
    """feedparser's own reading: it knows Greek, Hungarian and Korean months."""
    try:
        date = datetime.fromtimestamp(timegm(parts), UTC) if parts else None
    except (ValueError, OverflowError, OSError):
        return None
    return date if date and date.timestamp() > 0 else None


def _link_of_item(item: Any, url: str) -> Link | None:
    if not isinstance(item, dict):
        return None
    identity = _string(item, "id")
    page = _first_page((_string(item, "url"), identity if _LIKE_ADDRESS.match(identity) else ""), url)
    if page is None:
        return None
    date = read_date(_string(item, "date_published")) or read_date(_string(item, "date_modified"))
    content = paragraph_keys(_string(item, "content_html"))
    return Link(page, Role.PAGE, clean_title(_string(item, "title")), date, content)


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
