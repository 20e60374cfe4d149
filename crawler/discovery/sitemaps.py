"""Sitemaps: urlset and sitemapindex with the news extension, and plain text with a URL a line (sitemaps.org).

Owns which elements of an entry count. Must not know feeds or pages. Never expands an entity or opens a file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from itertools import chain, islice
from typing import TYPE_CHECKING

from lxml import etree

from crawler.discovery.dates import read_date
from crawler.discovery.found import MAX_LINKS, Link, clean_title, newest_first
from crawler.discovery.judgement import is_no_article
from crawler.discovery.urls import is_home, resolved
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRIES = ("{*}url", "{*}sitemap", "{*}loc")
_ENTRY_START = re.compile(r"<(?:[\w.-]+:)?(?:url|sitemap)(?=[\s>])", re.IGNORECASE)
_ROOT_TAG = re.compile(r"<([\w.:-]+)[^<>]*>")
_SITEMAP_FILE = re.compile(r"sitemap[^/]*\.xml(\.gz)?$|\.xml\.gz$", re.IGNORECASE)
_URL_LINE = re.compile(r"[^\S\n]*(https?://\S+)\s*", re.IGNORECASE)


def sitemap_links(xml: str, url: str) -> tuple[Link, ...]:
    """The pages and sitemaps that a repaired sitemap names, newest first. A damaged entry costs itself."""
    entries = _parser_of(xml)
    links = newest_first(_links_of_entries(entries, url))
    if any(error.level == etree.ErrorLevels.FATAL for error in entries.error_log):
        return newest_first(chain(links, _links_one_by_one(xml, url)))
    return links


def text_sitemap_links(text: str, url: str) -> tuple[Link, ...]:
    """The URLs of a plain-text sitemap: those that are alone on their line."""
    lines = (_URL_LINE.fullmatch(line) for line in text.splitlines())
    return newest_first(link for line in lines if line and (link := _link(line[1], url, Role.PAGE)))


def _parser_of(xml: str) -> etree.iterparse:
    return etree.iterparse(
        BytesIO(xml.encode()), tag=_ENTRIES, recover=True, resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True)


def _links_of_entries(entries: etree.iterparse, url: str) -> Iterator[Link]:
    try:
        for _, element in entries:
            if link := _link_of_element(element, url):
                yield link
            if _name(element) != "loc":
                _forget(element)
    except etree.XMLSyntaxError:
        return                                  # it stands in the error log, too


def _links_one_by_one(xml: str, url: str) -> Iterator[Link]:
    """Each entry under a root of its own: after an error, the parser would leave out all that follows."""
    root = _ROOT_TAG.match(xml)
    starts = [entry.start() for entry in islice(_ENTRY_START.finditer(xml), MAX_LINKS)]
    for start, end in zip(starts, [*starts[1:], len(xml)], strict=False):
        if root:
            yield from _links_of_entries(_parser_of(f"{root[0]}{xml[start:end]}</{root[1]}>"), url)


def _link_of_element(element: etree._Element, url: str) -> Link | None:
    if _name(element) != "loc":
        return _link_of_entry(element, url)
    parent = element.getparent()
    if parent is None or parent.getparent() is not None:
        return None
    return _link(_text(element), url, Role.PAGE)        # straight under the root, against the specification


def _link_of_entry(entry: etree._Element, url: str) -> Link | None:
    namespace, kind = _namespace_and_name(str(entry.tag))
    own, news = dict[str, str](), dict[str, str]()
    for child in entry:
        its_namespace, name = _namespace_and_name(str(child.tag))
        if its_namespace == namespace:
            own[name] = _text(child)
        elif name == "news":
            news = {_name(part): _text(part) for part in child}
    published, changed = read_date(news.get("publication_date")), read_date(own.get("lastmod"))
    link = _link(own.get("loc", ""), url, Role.SITEMAP if kind == "sitemap" else Role.PAGE)
    return link and replace(link, title=clean_title(news.get("title")), date=published or changed,
                            updated=changed if published else None, is_published=published is not None)


def _link(location: str, url: str, role: Role) -> Link | None:
    """None for a home page, which is no article, and for a sitemap that names itself."""
    found = resolved(location, url) if location.strip() else None
    if found is None or found == url or is_home(found):
        return None
    if _SITEMAP_FILE.search(found.partition("?")[0]):
        role = Role.SITEMAP
    return Link(found, Role.OTHER if role is Role.PAGE and is_no_article(found) else role)


def _forget(element: etree._Element) -> None:
    """So that a sitemap of 50 MB never stands in memory as a tree."""
    parent = element.getparent()
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _name(element: etree._Element) -> str:
    return _namespace_and_name(str(element.tag))[1]


@lru_cache(maxsize=256)
def _namespace_and_name(tag: str) -> tuple[str, str]:
    """A prefix that was never declared serves as its own namespace: image:loc must not pass for loc."""
    namespace, _, name = tag[1:].rpartition("}") if tag.startswith("{") else tag.rpartition(":")
    return namespace, name.lower()


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())) if len(element) else element.text or ""
