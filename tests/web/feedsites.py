"""Sites of the test web that say in feeds what is new: each in a format or at a place of its own. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.layouts import BLOG, MICRODATA, MODERN, SEMANTIC, SOUP, TABLE
from tests.web.press import Press
from tests.web.site import HTML, RSS, Answer, document
from tests.web.sources import atom, json_feed, rdf, rss

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site


def alternate(href: str, media_type: str = "application/rss+xml", title: str = "News") -> str:
    return f'<link rel="alternate" type="{media_type}" title="{title}" href="{href}">'


_GENERATOR = "<generator>https://wordpress.org/?v=6.6.2</generator>"


def feed_only(now: datetime) -> Site:
    press = Press("alder-gazette.example", now, "RSS linked from the home page, no sitemap", SEMANTIC)
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/rss/news.xml"))
    press.write_sections(1)
    press.write_furniture()
    press.at("/rss/news.xml", document(rss(press.title, press.entries()), RSS))
    return press.site()


def feed_of_a_section(now: datetime) -> Site:
    """One feed a section, linked from its page alone."""
    press = Press("birch-courier.example", now, "a feed for each section, linked only from its page", SOUP, count=9,
                  has_most_read=True,
                  address=lambda article: f"/{article.published:%Y%m%d}-{article.slug}.html")
    press.write_stories()
    press.write_front(press.articles[:2])
    press.write_furniture()
    for name, path in press.sections.items():
        own = press.of_section(name)
        feed = f"{path}headlines.rss"
        press.html(path, press.frame.listing(name, press.teasers(own[:1]), head=alternate(feed)))
        press.at(feed, document(rss(name, press.entries(own)), RSS))
    return press.site()


def _well_known(host: str, path: str, now: datetime, **how: object) -> Site:
    press = Press(host, now, f"RSS at {path}, linked nowhere", **how)  # type: ignore[arg-type]
    press.write_stories()
    press.write_front(press.articles[:3])
    press.write_sections(1)
    press.write_furniture()
    press.at(path, document(rss(press.title, press.entries()), RSS))
    return press.site()


def feed_at_feed(now: datetime) -> Site:
    return _well_known("cedar-post.example", "/feed/", now, layout=BLOG,
                       address=lambda article: f"/{article.published:%Y/%m}/{article.slug}/")


def feed_at_rss_xml(now: datetime) -> Site:
    return _well_known("dogwood-dispatch.example", "/rss.xml", now, layout=MODERN, has_most_read=True,
                       address=lambda article: f"/news/{article.slug}-{48210 + article.number}")


def feed_at_index_xml(now: datetime) -> Site:
    return _well_known("elm-examiner.example", "/index.xml", now, layout=MICRODATA,
                       address=lambda article: f"/posts/{article.slug}/")


def rdf_feed(now: datetime) -> Site:
    press = Press("rowan-record.example", now, "RDF (RSS 1.0)", TABLE,
                  address=lambda article: f"/archives/{article.published:%Y/%m}/{100 + article.number:06}.html")
    press.write_stories()
    press.write_front(press.articles[:4], alternate("/index.rdf", "application/rdf+xml"))
    press.write_furniture()
    press.at("/index.rdf", document(rdf(press.title, press.url("/"), press.entries()), "application/rdf+xml"))
    return press.site()


def atom_feed(now: datetime) -> Site:
    press = Press("aspen-argus.example", now, "Atom", MODERN)
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/atom.xml", "application/atom+xml"))
    press.write_sections(1)
    press.write_furniture()
    press.at("/atom.xml", document(atom(press.title, press.url("/"), press.entries()), "application/atom+xml"))
    return press.site()


def atom_pages(now: datetime) -> Site:
    """RFC 5005: the subscription document, a second page, and an archive of what is older."""
    press = Press("willow-witness.example", now, "Atom with RFC 5005 paging and an archive", BLOG, count=15)
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/feed.atom", "application/atom+xml"))
    press.write_furniture()
    parts = {"/feed.atom": (press.articles[:5], [("next", "/feed.atom?page=2"), ("self", "/feed.atom")]),
             "/feed.atom?page=2": (press.articles[5:10], [("previous", "/feed.atom"), ("prev-archive", "/old/1.atom")]),
             "/old/1.atom": (press.articles[10:], [("current", "/feed.atom")])}
    for path, (articles, links) in parts.items():
        absolute = [(rel, press.url(href)) for rel, href in links]
        press.at(path, document(atom(press.title, press.url("/"), press.entries(articles), links=absolute),
                                "application/atom+xml"))
    return press.site()


def wordpress_feed_pages(now: datetime) -> Site:
    """WordPress without sitemaps: the feed has the newest five, ?paged=2 and /page/2/ what came before."""
    press = Press("hazel-herald.example", now, "WordPress: /feed/?paged=2 and /page/2/", BLOG, count=14,
                  address=lambda article: f"/{article.published:%Y/%m/%d}/{article.slug}/")
    press.write_stories()
    generator = '<meta name="generator" content="WordPress 6.6.2">'
    head = generator + alternate("/feed/") + alternate("/comments/feed/", title="Comments Feed")
    for number in range(3):
        shown = press.articles[5 * number:5 * number + 5]
        older = f'<div class="nav-previous"><a href="/page/{number + 2}/">Older posts</a></div>' if number < 2 else ""
        press.write_front(shown, head, older, "/" if not number else f"/page/{number + 1}/")
        feed = document(rss(press.title, press.entries(shown), channel=_GENERATOR), RSS)
        press.at("/feed/" if not number else f"/feed/?paged={number + 1}", feed)
    press.at("/feed/?paged=4", Answer(b"", HTML, 404))
    press.at("/comments/feed/", document(rss("Comments", ()), RSS))
    press.write_furniture()
    return press.site()


def json_feed_pages(now: datetime) -> Site:
    press = Press("juniper-journal.example", now, "JSON Feed with next_url", SEMANTIC, count=12,
                  address=lambda article: f"/story/{article.slug}")
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/feed.json", "application/feed+json"))
    press.write_furniture()
    pages = {"/feed.json": (press.articles[:6], press.url("/feed.json?page=2")),
             "/feed.json?page=2": (press.articles[6:], None)}
    for path, (articles, following) in pages.items():
        feed = json_feed(press.title, press.url("/"), press.entries(articles), following)
        press.at(path, document(feed, "application/feed+json"))
    return press.site()


def full_content(now: datetime) -> Site:
    """The feed has the whole texts; the pages say only how they begin."""
    press = Press("linden-leader.example", now, "feed with full content", BLOG)
    press.write_stories(cut=3)
    press.write_front(press.articles[:3], alternate("/feed/"))
    press.write_furniture()
    press.at("/feed/", document(rss(press.title, press.entries(), full=True), RSS))
    return press.site()


FEED_SITES = (feed_only, feed_of_a_section, feed_at_feed, feed_at_rss_xml, feed_at_index_xml, rdf_feed, atom_feed,
              atom_pages, wordpress_feed_pages, json_feed_pages, full_content)
