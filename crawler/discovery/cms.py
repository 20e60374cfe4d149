"""Which publishing system a site runs on, by what its home page, headers and robots.txt betray.

Owns the marks of each system, and where it puts feeds and sitemaps beside the well-known places. Pure. Must not know
any publisher, nor what the knowledge is used for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_CHARS = 1 << 20
_MAX_SHOWN = 60
_GENERATOR = re.compile(
    r"""<meta\b(?=[^<>]{0,300}?\bname\s*=\s*["']?generator\b)[^<>]{0,300}?\bcontent\s*=\s*(["'])([^<>]{1,120}?)\1""",
    re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class System:
    """A publishing system: `generator` as it names itself, `marks` in pages, `headers` (name and text), `robots`
    paths; all are told apart without case. `feeds` and `sitemaps` are paths of its own."""

    name: str
    generator: str = ""
    marks: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    robots: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Betrayed:
    """A system that a site seems to run on, and by what."""

    system: System
    evidence: str


SYSTEMS = (
    System("WordPress", "wordpress", ("/wp-content/", "/wp-includes/", "https://api.w.org/"),
           (("link", "api.w.org"), ("x-pingback", "xmlrpc.php")), ("/wp-admin/",), ("/?feed=rss2",),
           ("/wp-sitemap.xml",)),
    System("Drupal", "drupal", ("data-drupal-", "/sites/default/files/", "drupal-settings-json"),
           (("x-generator", "drupal"), ("x-drupal-cache", "")), ("/core/misc/", "/node/add"), ("/rss.xml",)),
    System("Joomla", "joomla", ("/media/jui/", "/components/com_", "option=com_"), (),
           ("/administrator/", "/components/"),
           ("/index.php?format=feed&type=rss",)),
    System("TYPO3", "typo3", ("/typo3temp/", "/typo3conf/", "this website is powered by typo3"), (), ("/typo3/",),
           ("/?type=9818",), ("/?type=1533906435",)),
    System("Ghost", "ghost", ("/ghost/api/", "ghost-sdk", "content.ghost.io"), (("x-ghost-cache-status", ""),),
           ("/ghost/",), ("/rss/",), ("/sitemap-posts.xml",)),
    System("Arc XP", "arc xp", ("/pf/dist/", "fusion.globalcontent", "/pf/resources/"), (("x-arc-", ""),),
           ("/arc/outboundfeeds/",), ("/arc/outboundfeeds/rss/?outputType=xml",),
           ("/arc/outboundfeeds/sitemap-index/?outputType=xml", "/arc/outboundfeeds/news-sitemap/?outputType=xml")),
    System("Squarespace", "squarespace", ("static1.squarespace.com", "squarespace_context"),
           (("server", "squarespace"),), (), ("/?format=rss", "/blog?format=rss", "/news?format=rss")),
    System("Wix", "wix.com", ("static.wixstatic.com", "static.parastorage.com"), (("x-wix-request-id", ""),), (),
           ("/blog-feed.xml",)),
    System("Blogger", "blogger", ("www.blogger.com/static/", "/feeds/posts/default"), (("server", "gse"),), (),
           ("/feeds/posts/default",)),
    System("Substack", "substack", ("substackcdn.com",), (("x-served-by", "substack"), ("x-powered-by", "substack")),
           (), ("/feed",)),
    System("Medium", "", ("cdn-client.medium.com", "miro.medium.com"), (("x-powered-by", "medium"),), (), ("/feed",)),
    System("Hugo", "hugo", (), (), (), ("/index.xml",)),
    System("Jekyll", "jekyll", (), (), (), ("/feed.xml",)),
    System("Movable Type", "movable type", ("/mt-static/",), (), ("/mt/",), ("/atom.xml",)),
    System("Next.js", "", ("__next_data__", "/_next/static/"), (("x-powered-by", "next.js"),)),
    System("Nuxt", "", ("__nuxt__", "/_nuxt/"), (("x-powered-by", "nuxt"),)),
    System("Gatsby", "gatsby", ('id="___gatsby"',), (), (), ("/rss.xml",)),
)
"""Frameworks come last: a site of WordPress behind Next.js is one of WordPress."""


def systems_of(page: str, headers: Mapping[str, str], robots: str) -> tuple[Betrayed, ...]:
    """The systems that a site seems to run on, in the order of `SYSTEMS`; header names are in lower case."""
    text = page[:_MAX_CHARS].lower()
    named = _GENERATOR.search(page[:_MAX_CHARS])
    generator = named[2].strip() if named else ""
    found = ((system, next(_evidence(system, text, generator, headers, robots.lower()), None)) for system in SYSTEMS)
    return tuple(Betrayed(system, evidence) for system, evidence in found if evidence)


def _evidence(
    system: System, text: str, generator: str, headers: Mapping[str, str], robots: str
) -> Iterator[str]:
    """What speaks for the system, the surest first."""
    if system.generator and system.generator in generator.lower():
        yield f'its generator is "{generator[:_MAX_SHOWN]}"'
    for name, value in system.headers:
        header = next((key for key in headers if key.startswith(name)), None)
        if header and value in headers[header].lower():
            yield f'header {header}: {headers[header][:_MAX_SHOWN]}'
    for mark in system.marks:
        if mark in text:
            yield f'"{mark}" in the home page'
    for path in system.robots:
        if f": {path}" in robots:
            yield f'"{path}" in robots.txt'
