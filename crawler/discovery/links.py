"""Links of a home page or section: the feeds and sitemaps it names, its articles and its sections.

Owns what a link of a page is by its place and its markup. Must not know HTML's syntax (`anchors`), nor what makes an
address an article's (`judgement`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from w3lib.encoding import html_to_unicode

from crawler.discovery.anchors import Anchor, read_anchors
from crawler.discovery.found import Found, Link, clean_title, newest_first
from crawler.discovery.judgement import (
    is_comments_feed,
    is_feed_address,
    is_feed_list,
    is_service_host,
    verdict_of,
)
from crawler.discovery.paging import next_page
from crawler.discovery.urls import is_home, resolved, same_site
from crawler.discovery.voting import Candidate, roles_by_likes
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FEED_TYPES = frozenset((
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
    "application/rss", "application/atom", "application/x.atom+xml", "application/x-atom+xml",
    "text/rss", "text/rss+xml", "text/atom+xml",
))
_VAGUE_TYPES = frozenset(("application/json", "application/xml", "text/xml"))       # also of APIs
_SITEMAP_PATH = re.compile(r"/[\w.-]*sitemap[\w.-]*\.xml(\.gz)?$", re.IGNORECASE)
_REFRESH = re.compile(r"\s*[0-5](?:\.\d*)?\s*[;,]?\s*(?:url\s*=\s*)?['\"]?([^'\"]+?)['\"]?\s*", re.IGNORECASE)
_XML_FILE = re.compile(r"\.(?:xml|rss|rdf|atom)$", re.IGNORECASE)
_ROLES = (Role.FEED, Role.SITEMAP, Role.PAGE, Role.SECTION)
_WORDPRESS_API = "https://api.w.org/"           # the relation, by which WordPress sites name it


def feeds_on_page(data: bytes, url: str) -> tuple[Link, ...]:
    """The feeds that a page in the place of a feed leads to: it may be one that lists them, and then any XML is one."""
    page = read_anchors(_text_of(data, None)[0])
    base = resolved(page.base or "", url) or url
    named = (link for link in _links_of_head(page.head, base) if link.role is Role.FEED)
    linked = (Link(found, Role.FEED, anchor.title() or None)
              for found, anchor in _anchors_by_url(page.anchors, url, base, "utf-8").items()
              if (is_feed_address(found) or _XML_FILE.search(urlsplit(found).path))
              and not _SITEMAP_PATH.search(urlsplit(found).path) and not is_comments_feed(found, anchor.title()))
    return newest_first((*named, *linked))


def page_links(data: bytes, url: str, content_type: str | None) -> Found:
    """What an HTML page leads to: feeds, then sitemaps, articles, sections, each in the order of the page.

    Feeds and sitemaps that its head names may lie on other hosts; all else is of the same site (`same_site`).
    """
    text, encoding = _text_of(data, content_type)
    page = read_anchors(text)
    base = resolved(page.base or "", url) or url
    anchors = _anchors_by_url(page.anchors, url, base, encoding)
    candidates = _candidates(anchors, url)
    roles = roles_by_likes(candidates)
    links = [*_links_of_head(page.head, base), *_links_of_anchors(anchors, roles)]
    if not any(link.role is Role.FEED for link in links):
        links += [Link(found, Role.FEED) for found in anchors if is_feed_list(found)]
    declared = [*_targets(page.head, "next", base), *(found for found, anchor in anchors.items() if anchor.is_next)]
    return Found(newest_first(sorted(links, key=lambda link: _ROLES.index(link.role))),
                 next_url=next_page(url, declared, anchors),
                 wordpress_api=next(_targets(page.head, _WORDPRESS_API, base), None),
                 doubtful=tuple(Link(found, Role.PAGE, anchors[found].title()) for found, each in candidates.items()
                                if roles[found] is not Role.PAGE and _is_doubtful(each, anchors[found])),
                 moved_to=_refreshed(page.refresh, base), is_article=page.marks.is_article())


def _text_of(data: bytes, content_type: str | None) -> tuple[str, str]:
    """Valid UTF-8 is UTF-8, whatever a header says; only the old Japanese mail encoding can look like it."""
    if b"\x1b$" not in data:
        try:
            return data.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError:
            pass
    encoding, text = html_to_unicode(content_type, data, default_encoding="cp1252")
    return text, "utf-8" if encoding.startswith("utf-") else encoding          # URL Standard: output encoding


def _links_of_head(head: list[dict[str, str]], base: str) -> Iterator[Link]:
    for attributes in head:
        found = resolved(attributes["href"], base)
        role = _role_in_head(attributes, found) if found else None
        if found and role:
            yield Link(found, role, clean_title(attributes.get("title")))


def _role_in_head(attributes: dict[str, str], url: str) -> Role | None:
    relations = attributes.get("rel", "").lower().split()
    media_type = attributes.get("type", "").partition(";")[0].strip().lower()
    if "sitemap" in relations:
        return Role.SITEMAP
    if "alternate" not in relations and "feed" not in relations:
        return None
    is_feed = media_type in _FEED_TYPES or "feed" in relations or (
        media_type in _VAGUE_TYPES and is_feed_address(url))
    return Role.FEED if is_feed and not is_comments_feed(url, attributes.get("title", "")) else None


def _targets(head: list[dict[str, str]], relation: str, base: str) -> Iterator[str]:
    """Where the `<link>`s of a relation lead."""
    for attributes in head:
        if relation in attributes.get("rel", "").lower().split() and (found := resolved(attributes["href"], base)):
            yield found


def _refreshed(content: str | None, base: str) -> str | None:
    """Where a page sends its reader at once (HTML, "shared declarative refresh steps")."""
    written = _REFRESH.fullmatch(content or "")
    return resolved(written[1], base) if written else None


def _anchors_by_url(anchors: list[Anchor], url: str, base: str, encoding: str) -> dict[str, Anchor]:
    """An article is linked by its picture, its headline and "more": the best of them gives the title."""
    best: dict[str, Anchor] = {}
    for anchor in anchors:
        found = resolved(anchor.href, base, encoding=encoding)
        if found and same_site(found, url) and not _is_here(found, url):
            best[found] = best[found].beside(anchor) if found in best else anchor
    return best


def _candidates(anchors: dict[str, Anchor], url: str) -> dict[str, Candidate]:
    """Of links that are no feed or sitemap by their address."""
    return {found: Candidate(verdict_of(found, anchor.title(), is_framed=anchor.is_framed), anchor.is_teaser,
                             anchor.is_framed)
            for found, anchor in anchors.items()
            if _role_by_address(found, anchor.title()) is None and not _is_of_a_service(found, url)}


def _is_doubtful(candidate: Candidate, anchor: Anchor) -> bool:
    """Whether a link may lead to a page, if others of its shape do."""
    verdict = candidate.verdict
    if verdict.leads_nowhere or verdict.is_vetoed:
        return False
    is_likely = verdict.is_brief or (anchor.is_teaser and " " in anchor.title())
    return verdict.is_headline or (is_likely and not candidate.is_framed)


def _links_of_anchors(anchors: dict[str, Anchor], roles: Mapping[str, Role | None]) -> Iterator[Link]:
    for found, anchor in anchors.items():
        if role := _role_by_address(found, anchor.title()):
            yield Link(found, role, anchor.title() or None)
    for found in sorted(roles, key=lambda url: "?" in url):  # sections with a query may as well be facets
        if role := roles[found]:
            yield Link(found, role, anchors[found].title() or None)


def _role_by_address(found: str, title: str) -> Role | None:
    if is_feed_address(found):
        return None if is_comments_feed(found, title) else Role.FEED
    return Role.SITEMAP if _SITEMAP_PATH.search(urlsplit(found).path) else None


def _is_of_a_service(found: str, url: str) -> bool:
    return is_feed_address(found) or (urlsplit(found).netloc != urlsplit(url).netloc and is_service_host(found))


def _is_here(found: str, url: str) -> bool:
    """The page itself, or the home page of its host: both are known already."""
    there, here = (urlsplit(address).netloc.removeprefix("www.") for address in (found, url))
    return found == url or (is_home(found) and there == here)
