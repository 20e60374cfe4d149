"""Sites of the test web whose feeds are not what they should be: broken, mislabelled, elsewhere. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.web.feedsites import alternate
from tests.web.layouts import BLOG, MICRODATA, MODERN, SEMANTIC, SOUP, TABLE
from tests.web.press import Press
from tests.web.site import HTML, RSS, Answer, document, moved, page
from tests.web.sources import rss
from tests.web.stories import write

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site


def broken_xml(now: datetime) -> Site:
    """A notice of PHP above the prologue, ampersands that nobody escaped, an element that nobody closed."""
    press = Press("larch-ledger.example", now, "broken XML feed", TABLE,
                  address=lambda article: f"/news/{article.published:%Y-%m-%d}/{article.slug}.php")
    press.write_stories()
    press.write_front(press.articles[:2], alternate("/rss.php"))
    press.write_furniture()
    feed = rss(press.title, press.entries()).replace(" the ", " R&D the ", 3).replace("</category>", "", 1)
    notice = "<br />\n<b>Notice</b>: Undefined index: lang in <b>/var/www/rss.php</b> on line <b>12</b><br />\n"
    press.at("/rss.php", document(notice + feed.replace("</channel></rss>", ""), RSS))
    return press.site()


def feed_as_html(now: datetime) -> Site:
    press = Press("maple-mail.example", now, "feed served as text/html", SOUP)
    press.write_stories()
    press.write_front(press.articles[:2], alternate("/export/news"))
    press.write_furniture()
    press.at("/export/news", document(rss(press.title, press.entries()), HTML))
    return press.site()


def _charset(host: str, charset: str, language: str, now: datetime, **how: object) -> Site:
    press = Press(host, now, f"feed and pages in {charset}", language=language, charset=charset, **how)  # type: ignore[arg-type]
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/export/rss.xml"))
    press.write_sections(1)
    press.write_furniture()
    feed = rss(press.title, press.entries(), charset=charset)
    press.at("/export/rss.xml", document(feed, "text/xml", charset=charset))
    return press.site()


windows_1251 = partial(_charset, "kalina-vestnik.example", "windows-1251", "ru", layout=TABLE,
                       address=lambda article: f"/news/{23817 + article.number}.html")
iso_8859_15 = partial(_charset, "tilleul-echo.example", "iso-8859-15", "fr", layout=SEMANTIC,
                      address=lambda article: f"/actualites/{article.slug},{7100 + article.number}.html")
shift_jis = partial(_charset, "sakura-nippo.example", "shift_jis", "ja", layout=SOUP,
                    address=lambda article: f"/articles/{article.published:%Y%m%d}{article.number:03}.html")


def feed_elsewhere(now: datetime) -> Site:
    """A feed service: its links count readers and lead on; what they lead to stands beside them."""
    press = Press("oak-observer.example", now, "feed at a feed service, whose links redirect", BLOG)
    press.write_stories()
    press.write_front(press.articles[:3], alternate("http://feeds.feedservice.example/oak-observer"))
    press.write_furniture()
    service = "feeds.feedservice.example"
    links = {f"/~r/oak-observer/~3/{number:x}/": url for number, (url, _) in enumerate(press.entries(), 0xA0F1)}
    feed = rss(press.title, press.entries(), item="<feedburner:origLink>{url}</feedburner:origLink>")
    for path, url in links.items():
        feed = feed.replace(f"<link>{url}</link>", f"<link>{press.url(path, service)}</link>")
        press.at(path, moved(url, 302), service)
    half = len(links) // 2
    for url in list(links.values())[half:]:         # the second half has only the links that redirect
        feed = feed.replace(f"<feedburner:origLink>{url}</feedburner:origLink>", "")
    press.at("/oak-observer", document(feed, "text/xml"), service)
    return press.site()


def comments_feed(now: datetime) -> Site:
    """Beside the feed of articles one of readers' comments, and one for each article's comments."""
    press = Press("poplar-press.example", now, "feeds of comments beside the feed", BLOG)
    press.write_stories(lambda article: alternate(f"{press.path(article)}feed/", title="Comments Feed"))
    press.write_front(press.articles[:3], alternate("/feed/") + alternate("/comments/feed/", title="Comments Feed"))
    press.write_furniture()
    press.at("/feed/", document(rss(press.title, press.entries()), RSS))
    comments = [(f"{url}#comment-{number}", article) for url, article in press.entries() for number in range(2)]
    said = rss("Comments", comments).replace("<item><title>", "<item><title>Comment on ")
    press.at("/comments/feed/", document(said, RSS))
    for article in press.articles:
        press.at(f"{press.path(article)}feed/", document(rss("Comments", ()), RSS))
    return press.site()


def foreign_items(now: datetime) -> Site:
    """Partners' articles between its own: they stand on another site."""
    press = Press("spruce-standard.example", now, "a feed with items of other sites", SEMANTIC)
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/news.rss"))
    press.write_furniture()
    partner = "partner-weekly.example"
    borrowed = [(press.url(f"/2026/{article.slug}.html", partner), article)
                for article in write(partner, "en", 3, now)]
    for url, article in borrowed:
        press.html(url.removeprefix(f"http://{partner}"), press.frame.story(article, url), partner)
    entries = press.entries()
    press.at("/news.rss", document(rss(press.title, [*entries[:2], *borrowed, *entries[2:]]), RSS))
    return press.site()


def tracking(now: datetime) -> Site:
    """Every list has campaign parameters and fragments of its own."""
    press = Press("sycamore-sun.example", now, "campaign parameters and fragments in links", MODERN,
                  address=lambda article: f"/articles/{article.slug}")
    press.write_stories(lambda article: f'<link rel="canonical" href="{press.url(press.path(article))}">')
    press.write_furniture()
    campaign = "?utm_source=rss&utm_medium=feed&utm_campaign=daily&fbclid=IwAR0{}"
    tagged = [(url + campaign.format(article.number) + "#xtor=RSS-1", article) for url, article in press.entries()]
    for (url, _), article in zip(tagged, press.articles, strict=True):
        press.is_at(article, url.partition("#")[0], url.partition("#")[0].replace("utm_source=rss&utm_medium=feed&"
                    "utm_campaign=daily&", ""))
    press.at("/feed.xml", document(rss(press.title, tagged), RSS))
    shown = [(f"{path}?utm_source=home&utm_medium=teaser#comments", article) for path, article in press.teasers()]
    press.html("/", press.frame.listing(press.title, shown, head=alternate("/feed.xml?utm_source=head")))
    press.write_sections()
    return press.site()


def gone_entries(now: datetime) -> Site:
    """The feed still lists what is gone: 410, 404, and a page that says so with status 200."""
    press = Press("yew-yeoman.example", now, "feed entries that are gone, some of them softly", MICRODATA)
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/rss"))
    press.write_furniture()
    gone = write("yew-gone.example", "en", 6, now)
    paths = [f"/{article.published:%Y/%m/%d}/{article.slug}/" for article in gone]
    for path, status in zip(paths, (410, 404, 200, 200, 410, 200), strict=True):
        sorry = ("We are sorry. The page that you are looking for does not exist any more or has been moved.",
                 "Please use the search, or go back to the front page, where you find the latest news of the valley.")
        press.at(path, page(press.frame.plain("Page not found", sorry), status=status))
    listed = [*press.entries(), *zip(map(press.url, paths), gone, strict=True)]
    press.at("/rss", document(rss(press.title, listed), RSS))
    return press.site()


def relative_links(now: datetime) -> Site:
    press = Press("acacia-advertiser.example", now, "relative links in feed and pages", SOUP,
                  address=lambda article: f"/paper/{article.published:%Y}/{article.slug}.html")
    press.write_stories()
    press.write_furniture()
    short = [(path.removeprefix("/paper/"), article) for path, article in press.teasers()]
    front = press.frame.listing(press.title, short[:3], head=alternate("feeds/all.xml"))
    press.html("/paper/", front)
    press.at("/", moved("paper/", 302))
    above = [(f"../{path}", article) for path, article in short]
    press.at("/paper/feeds/all.xml", document(rss(press.title, above), RSS))
    return press.site()


def sloppy_feed(now: datetime) -> Site:
    """Links in CDATA with blanks around, hosts in upper case and with the port, or no link but a guid."""
    press = Press("elder-echo.example", now, "sloppy links in the feed: blanks, ports, capitals, guid alone", BLOG,
                  address=lambda article: f"/node/{9020 + article.number}?lang=en")
    press.write_stories()
    press.write_front(press.articles[:2], alternate("/node.rss"))
    press.write_furniture()
    feed = rss(press.title, press.entries())
    for number, (url, article) in enumerate(press.entries()):
        guid = f'<guid isPermaLink="false">{article.number}@{press.title}</guid>'
        shouted = url.replace(press.host, f"{press.host.upper()}:80").replace("&", "&amp;")
        written = [f"<link>\n  <![CDATA[ {url} ]]>\n</link>{guid}", f"<link>{shouted}</link>{guid}",
                   f'<guid isPermaLink="true">{url}</guid>', f"<link/><guid>{url}</guid>"][number % 4]
        feed = feed.replace(f"<link>{url}</link>{guid}", written)
    press.at("/node.rss", document(feed, RSS))
    return press.site()


def one_feed_moved(now: datetime) -> Site:
    """The feed that the head names is gone to a new address; a sitemap index that it names is an HTML page."""
    press = Press("chestnut-chronicle.example", now, "the linked feed redirects; a sitemap that is an HTML page",
                  SEMANTIC)
    press.write_stories()
    press.write_front(press.articles[:2], alternate("/old-feed.xml"))
    press.write_furniture()
    press.at("/old-feed.xml", moved("/new-feed.xml"))
    press.at("/new-feed.xml", document(rss(press.title, press.entries()), "text/xml"))
    press.at("/robots.txt", Answer(f"User-agent: *\nSitemap: {press.url('/sitemap/')}\n".encode(), "text/plain"))
    links = "".join(f'<li><a href="{path}">{name}</a></li>' for name, path in press.sections.items())
    press.html("/sitemap/", press.frame.plain("Site map", (), after=f"<ul>{links}</ul>"))
    press.write_sections()
    return press.site()


ODD_FEED_SITES = (broken_xml, feed_as_html, windows_1251, iso_8859_15, shift_jis, feed_elsewhere, comments_feed,
                  foreign_items, tracking, gone_entries, relative_links, sloppy_feed, one_feed_moved)
