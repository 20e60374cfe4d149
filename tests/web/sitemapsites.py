"""Sites of the test web that say in sitemaps what there is: small, packed, split, huge, mislabelled. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from tests.web.layouts import BLOG, MICRODATA, MODERN, SEMANTIC, SOUP, TABLE
from tests.web.press import ABOUT, CONTACT, JOBS, PRIVACY, Press
from tests.web.site import Answer, document, page
from tests.web.sources import news_sitemap, sitemap, sitemap_index
from tests.web.stories import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.web.site import Asked, Site
    from tests.web.stories import Article

HUGE = 50_000
_PLAIN = (ABOUT, CONTACT, PRIVACY, JOBS)


def _robots(press: Press, *sitemaps: str, rules: str = "Disallow: /cgi-bin/") -> None:
    lines = [f"User-agent: *\n{rules}", *(f"Sitemap: {press.url(path)}" for path in sitemaps)]
    press.at("/robots.txt", Answer("\n".join([*lines, ""]).encode(), "text/plain"))


def _everything(press: Press) -> list[tuple[str, datetime | None]]:
    """As content systems write sitemaps: pages of all kinds, articles only among them."""
    kept: list[tuple[str, datetime | None]] = [(press.url("/"), press.now)]
    kept += [(press.url(path), press.now) for path in press.sections.values()]
    kept += [(press.url(press.plain_path(number)), None) for number in _PLAIN]
    return [*kept, *((url, article.published) for url, article in press.entries())]


def _plain_site(press: Press) -> Press:
    press.write_stories()
    press.write_front(press.articles[:2])
    press.write_sections(1)
    press.write_furniture()
    return press


def by_robots(now: datetime) -> Site:
    press = _plain_site(Press("brook-bulletin.example", now, "sitemap named by robots.txt alone", BLOG,
                              address=lambda article: f"/{article.published:%Y/%m}/{article.slug}/"))
    _robots(press, "/maps/all-a1.xml")
    press.at("/maps/all-a1.xml", document(sitemap(_everything(press))))
    return press.site()


def at_sitemap_xml(now: datetime) -> Site:
    press = _plain_site(Press("creek-clarion.example", now, "/sitemap.xml, and no robots.txt", SOUP,
                              address=lambda article: f"/artikel/{article.slug}/{90310 + article.number}",
                              language="de"))
    press.at("/sitemap.xml", document(sitemap(_everything(press))))
    return press.site()


def gzip_index(now: datetime) -> Site:
    press = _plain_site(Press("delta-daily.example", now, "index of gzip sitemaps", SEMANTIC, count=10))
    _robots(press, "/sitemap_index.xml.gz")
    halves = {"/sitemaps/posts-1.xml.gz": press.articles[:5], "/sitemaps/posts-2.xml.gz": press.articles[5:]}
    index = sitemap_index([(press.url(path), press.now) for path in (*halves, "/sitemaps/pages.xml.gz")])
    documents = {path: sitemap([(url, article.published) for url, article in press.entries(part)])
                 for path, part in halves.items()}
    pages = sitemap([(press.url(press.plain_path(number)), None) for number in _PLAIN])
    for path, text in {"/sitemap_index.xml.gz": index, **documents, "/sitemaps/pages.xml.gz": pages}.items():
        press.at(path, Answer(gzip.compress(text.encode(), mtime=0), "application/x-gzip"))
    return press.site()


def beside_old(now: datetime) -> Site:
    """The news sitemap is fresh; the other was made in 2021 and lists what is long gone."""
    press = _plain_site(Press("estuary-express.example", now, "news sitemap beside an old sitemap", MODERN,
                              address=lambda article: f"/story/{article.slug}-{article.number:04x}c0ffee"))
    _robots(press, "/sitemap.xml", "/sitemap-news.xml")
    press.at("/sitemap-news.xml", document(news_sitemap(press.title, "en", press.entries())))
    old = now.replace(year=2021, month=3, day=2)
    gone = [(press.url(f"/story/{article.slug}-{article.number:04x}dead00"), old)
            for article in write("estuary-old.example", "en", 8, old)]
    plain = [(press.url(press.plain_path(number)), old) for number in _PLAIN]
    press.at("/sitemap.xml", document(sitemap([*plain, *gone])))
    return press.site()


def octet_stream(now: datetime) -> Site:
    press = _plain_site(Press("fjord-forum.example", now, "sitemap served as application/octet-stream", MICRODATA,
                              language="de", address=lambda article: f"/{article.section.lower()}/{article.slug}.html"))
    _robots(press, "/sitemap.xml")
    press.at("/sitemap.xml", document(sitemap(_everything(press)), "application/octet-stream"))
    return press.site()


def huge(now: datetime) -> Site:
    """As many addresses as the protocol allows, the oldest first; all but the last twelve are years old."""
    press = _plain_site(Press("glacier-globe.example", now, "a sitemap of 50,000 addresses, 12 of them recent",
                              SEMANTIC, count=12))
    _robots(press, "/sitemap.xml")
    whole = cache(lambda: document(sitemap(_all_reports(press))))
    press.at("/sitemap.xml", lambda _: whole())
    return press.site(keys={"max_age_days": 60}, others=lambda asked: _old_report(press, asked))


def _all_reports(press: Press) -> Iterator[tuple[str, datetime]]:
    first = press.now - timedelta(days=9000)
    for number in range(HUGE - len(press.articles)):
        then = first + timedelta(hours=4 * number)
        yield press.url(f"/archive/{then:%Y/%m/%d}/report-{number}/"), then
    yield from ((url, article.published) for url, article in reversed(press.entries()))


def _old_report(press: Press, asked: Asked) -> Answer | None:
    if not asked.path.startswith("/archive/"):
        return None
    [article] = write(asked.path, "en", 1, press.now - timedelta(days=3000))
    return page(press.frame.story(article, press.url(asked.path)))


def by_month(now: datetime) -> Site:
    """A sitemap a month, each dated by its newest article: the last year's need not be read."""
    press = _plain_site(Press("harbor-harbinger.example", now, "index of monthly sitemaps with lastmod", BLOG, count=9))
    _robots(press, "/sitemap-index.xml")
    months: dict[str, list[Article]] = {}
    for article in press.articles:
        months.setdefault(f"{article.published:%Y-%m}", []).append(article)
    for back in range(3, 11):
        then = now - timedelta(days=30 * back)
        past = write(f"harbor-{back}", "en", 6, then)
        for article in past:
            press.html(press.path(article), press.story(article))
        months.setdefault(f"{then:%Y-%m}", []).extend(past)
    for month, articles in months.items():
        listed = [(url, article.published) for url, article in press.entries(articles)]
        press.at(f"/sitemaps/{month}.xml", document(sitemap(listed)))
    index = [(press.url(f"/sitemaps/{month}.xml"), max(each.published for each in articles))
             for month, articles in sorted(months.items())]
    press.at("/sitemap-index.xml", document(sitemap_index(index)))
    return press.site(keys={"max_age_days": 45})


def other_scheme(now: datetime) -> Site:
    """Its sitemap names https, where nobody answers; the site itself is http."""
    press = Press("isle-inquirer.example", now, "sitemap of https addresses, where nobody answers", TABLE,
                  address=lambda article: f"/news/{article.published:%Y%m%d}/{article.slug}.html")
    press.write_stories()
    press.write_front()
    press.write_sections()
    press.write_furniture()
    _robots(press, "/sitemap.xml")
    press.at("/sitemap.xml", document(sitemap(_everything(press)).replace("<loc>http:", "<loc>https:")))
    return press.site()


def single_page_app(now: datetime) -> Site:
    """The home page is a script and its data; the articles are rendered by the server."""
    press = Press("jetty-journal.example", now, "single-page home page, links only in JSON, with a sitemap", MODERN,
                  address=lambda article: f"/a/{article.slug}-{700100 + article.number}")
    press.write_stories()
    press.write_furniture()
    cards = [{"id": 700100 + article.number, "headline": article.title, "href": path}
             for path, article in press.teasers(press.articles[:4])]
    data = json.dumps({"props": {"pageProps": {"cards": cards}}, "page": "/"}).replace("</", "<\\/")
    script = f'<div id="root"></div><script id="__NEXT_DATA__" type="application/json">{data}</script>'
    shell = f'<!doctype html><html lang="en"><title>{escape(press.title)}</title><body>{script}</body></html>'
    for path in ("/", *press.sections.values()):
        press.html(path, shell)
    _robots(press, "/sitemap.xml")
    press.at("/sitemap.xml", document(sitemap(_everything(press))))
    return press.site()


def private_parts(now: datetime) -> Site:
    """robots.txt forbids a folder in which articles stand, and the sitemap lists them all the same."""
    press = Press("kiln-kurier.example", now, "robots.txt forbids /private/, where articles stand", SEMANTIC,
                  language="de", address=lambda article: f"/{article.published:%Y/%m}/{article.slug}/")
    _plain_site(press)
    _robots(press, "/sitemap.xml", rules="Disallow: /private/\nAllow: /\nDisallow: /*?print=")
    hidden = [(press.url(f"/private/{article.slug}/"), article) for article in write("kiln-private", "de", 4, now)]
    for url, article in hidden:
        press.html(url.removeprefix(press.url("")), press.story(article))
    dates = [(url, article.published) for url, article in hidden]
    press.at("/sitemap.xml", document(sitemap([*_everything(press), *dates])))
    return press.site()


SITEMAP_SITES = (by_robots, at_sitemap_xml, gzip_index, beside_old, octet_stream, huge, by_month, other_scheme,
                 single_page_app, private_parts)
