"""Lists of subscriptions in OPML 1.0 and 2.0 (opml.org/spec2.opml): the sites that a feed reader follows.

Owns the reading, and which feeds are of one site. Pure. Entities are never expanded, and nothing is opened or fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lxml import etree

from crawler.addresses import normal_url, problems_of_url
from crawler.discovery import registered_domain
from crawler.discovery.found import clean_title
from pipelines.errors import ConfigurationError
from pipelines.urlkey import url_key

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OUTLINES = 20_000
_DECLARED_ENTITIES = b"<!ENTITY"
_FEED_SERVICES = ("https://feeds.feedburner.com/", "https://feedproxy.google.com/", "https://rss.app/",
                  "https://feeds.feedblitz.com/", "https://kill-the-newsletter.com/")
"""Hosts that hold feeds of many sites."""


@dataclass(slots=True)
class Subscribed:
    """One site of a list: its address, its title if it has one, its feeds."""

    url: str
    title: str | None = None
    feeds: list[str] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        """A name of its title, where the address is that of a host of many sites."""
        slug = re.sub(r"[^a-z0-9]+", "-", (self.title or "").lower()).strip("-")[:40].strip("-")
        return (slug or None) if _is_of_service(self.url) else None


@dataclass(frozen=True, slots=True)
class _Outline:
    feed: str
    page: str | None
    title: str | None


def read_opml(data: bytes, filename: str) -> tuple[list[Subscribed], list[str]]:
    """The sites of a list in its order, and a sentence for each outline that was left out. ConfigurationError for what
    is no OPML, or holds no feed that can be asked."""
    problems: list[str] = []
    sites: dict[str, Subscribed] = {}
    known: set[str] = set()
    for outline in _outlines(_root(data, filename), problems):
        key = url_key(outline.feed)
        if key in known:
            problems.append(f"{outline.feed}: is in the list twice")
            continue
        known.add(key)
        _add(sites, outline)
    if not sites:
        reason = problems[0] if problems else "no outline has an xmlUrl"
        raise ConfigurationError(
            f"{filename}: no feed in it: {reason}: export the subscriptions of a feed reader as OPML")
    return list(sites.values()), problems


def _root(data: bytes, filename: str) -> etree._Element:
    if _DECLARED_ENTITIES in data:
        raise ConfigurationError(f"{filename}: declares entities, which no list of feeds needs: it is not read")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                             remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ConfigurationError(
            f"{filename}: not OPML: {error}: export the list anew, or mend it in an editor") from None
    if str(root.tag).lower() != "opml":
        raise ConfigurationError(f"{filename}: not OPML: its root is <{root.tag}>: a list of feeds begins with <opml>")
    return root


def _outlines(root: etree._Element, problems: list[str]) -> Iterator[_Outline]:
    """Those with a feed, however deep they are nested. Names of attributes are told apart without case: readers write
    xmlurl, too."""
    for number, element in enumerate(root.iter("outline", "OUTLINE", "Outline")):
        if number >= MAX_OUTLINES:
            problems.append(f"more than {MAX_OUTLINES} outlines: the rest was not read")
            return
        attributes = {str(name).lower(): str(value).strip() for name, value in element.attrib.items()}
        feed, page = attributes.get("xmlurl"), attributes.get("htmlurl")
        title = clean_title(attributes.get("title") or attributes.get("text"))
        if not feed:
            continue
        feed = f"https://{feed.partition('://')[2]}" if feed.lower().startswith("feed://") else feed
        problem = next(problems_of_url(feed), None)
        if problem:
            problems.append(f"{title or 'an outline'}: {problem}")
            continue
        is_good = bool(page) and not any(problems_of_url(page))
        yield _Outline(normal_url(feed), normal_url(page) if page and is_good else None, title)


def _add(sites: dict[str, Subscribed], outline: _Outline) -> None:
    """To the site of its domain, whose shortest address is that of its home page."""
    url = outline.page or _home_of(outline.feed)
    site = sites.setdefault(url if _is_of_service(url) else registered_domain(url), Subscribed(url, outline.title))
    site.feeds.append(outline.feed)
    if outline.page and len(outline.page) < len(site.url):
        site.url = outline.page


def _home_of(feed: str) -> str:
    """Where no home page is named: the feed's host, but for a host of many sites' feeds the feed itself."""
    return feed if _is_of_service(feed) else urljoin(feed, "/")


def _is_of_service(url: str) -> bool:
    host = urlsplit(url).hostname
    return any(urlsplit(service).hostname == host for service in _FEED_SERVICES)
