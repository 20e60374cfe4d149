"""Sites of the test web each of whose sources tells only a part, or which must be entered by a detour. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.feedsites import alternate
from tests.web.layouts import BLOG, MICRODATA, MODERN, SEMANTIC, SOUP, TABLE
from tests.web.press import Press
from tests.web.site import RSS, document
from tests.web.sources import news_sitemap, rss

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site


def short_feed(now: datetime) -> Site:
    """The feed has the newest five alone; the sections show the week."""
    press = Press("trefoil-tribune.example", now, "a feed of the newest five, sections with the rest", MICRODATA,
                  count=12, has_most_read=True)
    press.write_stories()
    press.write_front(press.articles[:6], alternate("/rss.xml"))
    press.write_sections()
    press.write_furniture()
    press.at("/rss.xml", document(rss(press.title, press.entries(press.articles[:5])), RSS))
    return press.site()


def feeds_of_some_sections(now: datetime) -> Site:
    """Two of three sections have feeds, which the home page links; the third has none."""
    press = Press("umber-union.example", now, "feeds for two of three sections", SEMANTIC, count=12,
                  address=lambda article: f"/{article.section.lower()}/{article.published:%Y%m%d}/{article.slug}.html")
    press.write_stories()
    *with_feed, _ = press.sections.items()
    press.write_front(press.articles[:3], "".join(alternate(f"{path}rss.xml", title=name) for name, path in with_feed))
    press.write_sections()
    press.write_furniture()
    for name, path in with_feed:
        press.at(f"{path}rss.xml", document(rss(name, press.entries(press.of_section(name))), RSS))
    return press.site()


def page_of_feeds(now: datetime) -> Site:
    """A page for readers lists the feeds, one a section; nothing but a link in the menu leads to it."""
    press = Press("vetch-visitor.example", now, "a page that lists the feeds", TABLE, count=9,
                  address=lambda article: f"/read.php?article={4410 - article.number}", section="/{}.php")
    press.write_stories()
    press.write_front(press.articles[:3], after='<p><a href="/rss/">RSS</a></p>')
    press.write_sections(1)
    press.write_furniture()
    feeds = {f"/export/{number}.xml": name for number, name in enumerate(press.sections, 1)}
    links = "".join(f'<li><a href="{path}">{name}</a></li>' for path, name in feeds.items())
    press.html("/rss/", press.frame.plain("RSS", ("All our feeds.",), after=f"<ul>{links}</ul>"))
    for path, name in feeds.items():
        press.at(path, document(rss(name, press.entries(press.of_section(name))), "text/xml"))
    return press.site()


def two_days_of_news(now: datetime) -> Site:
    """The news sitemap has two days, as its protocol says; what is older stands in the sections."""
    press = Press("wheat-week.example", now, "a news sitemap of two days, sections with the rest", MODERN, count=14,
                  address=lambda article: f"/{article.section.lower()}/{article.slug}-{66000 + article.number}")
    press.write_stories()
    press.write_front(press.articles[:4])
    press.write_sections()
    press.write_furniture()
    robots = f"User-agent: *\nAllow: /\nSitemap: {press.url('/news-sitemap.xml')}\n"
    press.at("/robots.txt", document(robots, "text/plain"))
    recent = [article for article in press.articles if (now - article.published).days < 2]
    press.at("/news-sitemap.xml", document(news_sitemap(press.title, "en", press.entries(recent))))
    return press.site()


def refreshed_home(now: datetime) -> Site:
    """An old home page that only sends browsers on to where the content system stands."""
    press = Press("yarrow-yesterday.example", now, "a home page that is only a meta refresh", SOUP,
                  address=lambda article: f"/cms/{article.published:%Y/%m}/{article.slug}.html", section="/cms/{}/",
                  plain="/cms/{}/")
    press.write_stories()
    press.write_front(press.articles[:4], path="/cms/")
    press.html("/", '<html><head><meta http-equiv="refresh" content="0; URL=cms/"><title>Yarrow</title></head></html>')
    press.write_sections()
    press.write_furniture()
    return press.site()


def home_without_end(now: datetime) -> Site:
    """The home page goes on at ?offset=…, section pages there are none."""
    press = Press("zinnia-zeitung.example", now, "one long list: the home page and its older pages", BLOG, count=16,
                  language="de", has_sections=False, address=lambda article: f"/artikel/{article.slug}")
    press.write_stories()
    for start in range(0, 16, 4):
        older = f'<a class="older" href="/?offset={start + 4}" rel="next">Ältere Artikel</a>' if start < 12 else ""
        press.write_front(press.articles[start:start + 4], after=older, path=f"/?offset={start}" if start else "/")
    press.write_furniture()
    return press.site()


PART_SITES = (short_feed, feeds_of_some_sections, page_of_feeds, two_days_of_news, refreshed_home, home_without_end)
