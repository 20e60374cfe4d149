"""Sites of the test web whose pages mislead: walls, wrong canonicals, pages that are no plain article. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from tests.web.feedsites import alternate
from tests.web.layouts import BLOG, MICRODATA, SEMANTIC, SOUP
from tests.web.press import Press
from tests.web.site import RSS, document, page
from tests.web.sources import rss
from tests.web.stories import paragraphs

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site
    from tests.web.stories import Article

_WALL = ('<div class="paywall"><h3>Keep reading</h3><p>This article is for subscribers. Subscribe for 1 euro a week.'
         '</p><a href="/subscribe/">Subscribe</a> <a href="/log-in/">Log in</a></div>')
_PART = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paywall"}


def walls(now: datetime) -> Site:
    """Half of its articles end in a pay wall and say so; a consent dialogue stands in front of every page's text."""
    press = Press("pier-paper.example", now, "pay wall, and a consent dialogue on every page", SEMANTIC, count=10)
    consent = ('<div id="cmp" role="dialog"><h2>We value your privacy</h2><p>We and our 843 partners store and access '
               "information on a device, such as cookies, and process personal data. You may accept or manage your "
               "choices.</p><button>Accept all</button><button>Manage options</button></div>")
    paid = press.articles[::2]
    press.write_stories(articles=press.articles[1::2], extra=consent)
    press.write_stories(articles=paid, extra=consent, cut=2,
                        schema={"isAccessibleForFree": False, "hasPart": _PART})
    for article in paid:
        press.html(press.path(article), press.story(
            article, extra=consent, cut=2, schema={"isAccessibleForFree": False, "hasPart": _PART}).replace(
                '<section class="related">', f'{_WALL}<section class="related">', 1))
    press.write_front(press.articles[:4], alternate("/feed.rss"))
    press.write_furniture()
    press.html("/subscribe/", press.frame.plain("Subscribe", paragraphs("pier-subscribe", "en")[:2]))
    press.at("/feed.rss", document(rss(press.title, press.entries()), RSS))
    return press.site()


def consent_wall(now: datetime) -> Site:
    """Some pages are nothing but a consent wall: no article can be had there, and none is to be made of it."""
    press = Press("quay-quarterly.example", now, "a consent wall instead of some pages", BLOG, count=9)
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/feed/"))
    press.write_furniture()
    press.at("/feed/", document(rss(press.title, press.entries()), RSS))
    wall = page("<html><head><title>Your privacy choices</title></head><body><h1>Before you continue</h1><p>We use "
                "cookies and data to deliver and maintain our services, to measure audience engagement and to show "
                "personalised advertising.</p><p>If you choose to accept all, we and our partners will also "
                "use cookies to develop new services.</p><p>You can withdraw your consent at any "
                "time.</p><form><button>Reject all</button><button>Accept all</button></form></body></html>")
    for article in press.articles[2::3]:
        press.at(press.path(article), wall)
        del press.truth[press.url(press.path(article))]
    return press.site()


def _canonical_abuse(host: str, way: str, target: str, now: datetime, **how: object) -> Site:
    press = Press(host, now, way, **how)  # type: ignore[arg-type]

    def canonical(article: Article) -> str:
        return f'<link rel="canonical" href="{press.url(target or f"/{article.section.lower()}/")}">'

    press.write_stories(canonical)
    press.write_front(press.articles[:4], alternate("/rss/"))
    press.write_sections()
    press.write_furniture()
    press.at("/rss/", document(rss(press.title, press.entries()), RSS))
    return press.site()


canonical_home = partial(_canonical_abuse, "reef-review.example", "every page names the home page as canonical", "/",
                         layout=MICRODATA)
canonical_section = partial(_canonical_abuse, "sound-star.example", "every page names its section as canonical", "",
                            layout=SOUP, address=lambda article: f"/{article.section.lower()}/{article.slug}.html")


def liveblog(now: datetime) -> Site:
    """A live blog is one article, each of its entries has a fragment; galleries and a video page are none."""
    press = Press("tide-times.example", now, "live blog, galleries and videos", SEMANTIC,
                  address=lambda article: f"/{article.section}/{article.published:%Y/%b/%d}/{article.slug}".lower())
    press.write_stories()
    live = press.articles[0]
    posts = [paragraphs(f"tide-live-{number}", "en")[:2] for number in range(8)]
    entries = "".join(f'<div class="block" id="block-{number}"><h2>{20 - number}:15 Update</h2>'
                      f'{"".join(f"<p>{escape(text)}</p>" for text in post)}</div>'
                      for number, post in enumerate(posts))
    body = f"<article><h1>{escape(live.title)} – live</h1>{entries}</article>"
    schema = '<script type="application/ld+json">{"@type": "LiveBlogPosting"}</script>'
    press.html(press.path(live), press.frame.page(f"{live.title} – live", body, schema))
    jumps = "".join(f'<a href="{press.path(live)}?page=with:block-{number}#block-{number}">What happened at '
                    f"{20 - number}:15, in short</a> " for number in range(3))
    for number in range(3):
        press.is_at(live, press.url(f"{press.path(live)}?page=with:block-{number}"))
    video = f"/video/{now:%Y/%b/%d}/the-ferry-in-the-storm-video".lower()
    press.html(video, press.frame.plain("The ferry in the storm – video", (), after='<video src="/v.mp4"></video>'))
    filmed = f'<a href="{video}">The ferry in the storm, as our readers filmed it</a>'
    press.write_front(press.articles[:5], after=jumps + filmed)
    press.write_sections()
    press.write_furniture()
    return press.site()


PAGE_SITES = (walls, consent_wall, canonical_home, canonical_section, liveblog)
