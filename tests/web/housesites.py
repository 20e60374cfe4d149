"""Sites of the test web that share their host, or have more than one front door. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.web.feedsites import alternate
from tests.web.layouts import BLOG, MODERN, SEMANTIC
from tests.web.press import Press
from tests.web.site import RSS, Answer, document, moved
from tests.web.sources import rss, sitemap
from tests.web.stories import slug_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site


def _robots(press: Press, path: str) -> None:
    press.at("/robots.txt", Answer(f"User-agent: *\nSitemap: {press.url(path)}\n".encode(), "text/plain"))


def shared_host(now: datetime) -> Site:
    """One of two papers on a host: its own feed lies in its folder, feed and sitemap of the host have both papers."""
    host = "xyster.example"
    press = Press(host, now, "a paper in a folder of a host that another shares", BLOG, count=16,
                  section="/paper/{}/", plain="/paper/{}/",
                  address=lambda article: f"/paper/{article.published:%Y/%m}/{article.slug}/")
    press.write_stories()
    press.frame = replace(press.frame, home="/paper/")
    other = Press(host, now, "", SEMANTIC, language="en-short", count=16, section="/city/{}/", plain="/city/{}/",
                  address=lambda article: f"/city/{article.published:%Y/%m}/{article.slug}/")
    other.write_stories()
    other.write_front(path="/city/")
    press.write_front(press.articles[:4], path="/paper/", after='<p><a href="/city/">The City</a></p>')
    press.html("/", press.frame.plain("Our papers", (), after='<a href="/paper/">Paper</a> <a href="/city/">City</a>'))
    press.write_furniture()
    press.at("/paper/feed/", document(rss(press.title, press.entries()), RSS))
    both = sorted([*press.entries(), *other.entries()], key=lambda entry: entry[1].number)
    press.at("/feed/", document(rss("All papers", both[:20]), RSS))
    press.at("/sitemap.xml", document(sitemap((url, article.published) for url, article in both)))
    _robots(press, "/sitemap.xml")
    for key, route in other.answers.items():
        press.answers.setdefault(key, route)
    return press.site(url=press.url("/paper/"))


def english_door(now: datetime) -> Site:
    """Its address sends readers to /en/; articles lie there."""
    press = Press("yarrow-yeoman.example", now, "its address redirects to /en/", SEMANTIC, count=12,
                  section="/en/{}/", plain="/en/{}/",
                  address=lambda article: f"/en/{slug_of(article.section)}/{article.slug}")
    press.frame = replace(press.frame, home="/en/")
    press.write_stories()
    press.write_front(press.articles[:5], path="/en/")
    press.at("/", moved(press.url("/en/"), 302))
    press.write_sections()
    press.write_furniture()
    return press.site()


def elsewhere(now: datetime) -> Site:
    """The home page lies in /en/, and no article does."""
    press = Press("zephyr-zone.example", now, "the home page in /en/, articles elsewhere, a feed at the root", MODERN,
                  count=12, address=lambda article: f"/{article.published:%Y/%m}/{article.slug}")
    press.frame = replace(press.frame, home="/en/")
    press.write_stories()
    press.write_front(press.articles[:5], path="/en/")
    press.at("/", moved(press.url("/en/"), 302))
    press.write_furniture()
    press.at("/feed/", document(rss(press.title, press.entries()), RSS))
    return press.site(url=press.url("/en/"))


def mixed_map(now: datetime) -> Site:
    """One sitemap of articles, sections, and pages about the house, which were last changed a year ago."""
    press = Press("alder-argus.example", now, "a sitemap that mixes articles with pages about the house", BLOG,
                  count=20, address=lambda article: f"/{article.slug}/")
    press.write_stories()
    press.write_front(press.articles[:5], alternate("/feed/"))
    press.write_sections()
    press.write_furniture()
    press.at("/feed/", document(rss(press.title, press.entries(press.articles[:5])), RSS))
    house = ["/our-history-and-our-values/", "/how-we-correct-our-mistakes/", "/who-owns-this-paper-and-why/"]
    for number, path in enumerate(house):
        text = [f"{paragraph} So it stands in rule {number + 1} of the house." for paragraph in _HOUSE]
        press.html(path, press.frame.plain(path.strip("/").replace("-", " ").capitalize(), text))
    entries = [(press.url(path), now) for path in press.sections.values()]
    entries += [(press.url(path), now - timedelta(days=365)) for path in house]
    entries += [(url, article.published) for url, article in press.entries()]
    press.at("/sitemap.xml", document(sitemap(entries)))
    _robots(press, "/sitemap.xml")
    return press.site()


_HOUSE = (
    "The paper was founded by three printers, who had a press, a horse and a great deal of paper that no one wanted.",
    "Its readers own half of it, and the rest belongs to a trust, which may neither sell its part nor give it away.",
    "Whoever finds a mistake writes to the desk, which answers within a week and says in public what was wrong.",
    "No advertiser sees a page before it is printed, and none has ever been told what would stand beside his notice.",
)


def behind_scripts(now: datetime) -> Site:
    """Teasers are boxes that a script makes links of, by what stands in data-href."""
    press = Press("bramble-bugle.example", now, "teasers with data-href in the place of links", SEMANTIC, count=12,
                  address=lambda article: f"/{slug_of(article.section)}/{article.slug}-{41000 + article.number}")
    plain = press.frame.layout
    press.frame = replace(press.frame, layout=replace(plain, teaser=(
        '<article class="teaser" data-href="{href}"><h3>{title}</h3><p>{begin}…</p><time>{day}</time></article>\n')))
    press.write_stories()
    press.write_front(press.articles[:4])
    press.write_sections()
    press.write_furniture()
    return press.site()


HOUSE_SITES = (shared_host, english_door, elsewhere, mixed_map, behind_scripts)
