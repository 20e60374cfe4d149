"""Sites of the test web at which one article has many addresses, or its address a query. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tests.web.feedsites import alternate
from tests.web.layouts import BLOG, MICRODATA, MODERN, SEMANTIC, SOUP, TABLE
from tests.web.press import Press
from tests.web.site import RSS, Answer, document, moved
from tests.web.sources import rss, sitemap

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.web.site import Asked, Site
    from tests.web.stories import Article

SESSION_CHARS = "0123456789abcdef"


def canonical(press: Press) -> Callable[[Article], str]:
    return lambda article: f'<link rel="canonical" href="{press.url(press.path(article))}">'


def to_www(now: datetime) -> Site:
    """Everything without www. redirects; the feed still names the addresses without it."""
    bare, host = "anchor-age.example", "www.anchor-age.example"
    press = Press(host, now, "redirects to www", BLOG)
    press.title = "Anchor Age"
    press.write_stories()
    press.write_front(press.articles[:3], alternate("/feed/"))
    press.write_furniture()
    entries = [(url.replace(host, bare), article) for url, article in press.entries()]
    for url, article in entries:
        press.is_at(article, url)
    press.at("/feed/", document(rss(press.title, entries), RSS))
    press.hosts.add(bare)

    def with_www(asked: Asked) -> Answer | None:
        return moved(press.url(asked.target)) if asked.host == bare else None

    return replace(press.site(url=press.url("/", bare), others=with_www), name="anchor-age")


def to_another_name(now: datetime) -> Site:
    """The paper has a new name; the old host redirects to the new one, page by page."""
    old = "beacon-and-post.example"
    press = Press("beaconpost.example", now, "redirects to another host name", SEMANTIC)
    press.write_stories()
    press.write_front(press.articles[:4])
    press.write_sections()
    press.write_furniture()
    press.at("/robots.txt", Answer(f"User-agent: *\nSitemap: {press.url('/sitemap.xml')}\n".encode(), "text/plain"))
    press.at("/sitemap.xml", document(sitemap((url, article.published) for url, article in press.entries())))
    press.hosts.add(old)

    def renamed(asked: Asked) -> Answer | None:
        return moved(press.url(asked.target), 302) if asked.host == old else None

    return press.site(url=press.url("/", old), others=renamed)


def base_href(now: datetime) -> Site:
    """All links count from <base>, which no page stands at."""
    press = Press("capstan-courant.example", now, "<base href>", TABLE, count=9,
                  address=lambda article: f"/content/{article.published:%Y-%m}/{article.slug}.htm",
                  section="/content/{}.htm", plain="/content/{}.htm")
    base = f'<base href="{press.url("/content/")}">'
    press.frame = replace(press.frame, head=base, menu=tuple((path.removeprefix("/content/"), name)
                                                             for path, name in press.frame.menu))
    press.write_stories()
    short = {article.number: path.removeprefix("/content/") for path, article in press.teasers()}
    press.html("/", press.frame.listing(press.title, [(short[each.number], each) for each in press.articles[:4]]))
    for name, path in press.sections.items():
        own = [(short[article.number], article) for article in press.of_section(name)]
        press.html(path, press.frame.listing(name, own))
    press.write_furniture()
    return press.site()


def amp_twins(now: datetime) -> Site:
    """The home page links the AMP page of some articles; each page names its twin."""
    press = Press("dinghy-digest.example", now, "AMP twins, some of them linked from the home page", MODERN,
                  address=lambda article: f"/news/{article.slug}")
    press.write_stories(lambda article: f'{canonical(press)(article)}<link rel="amphtml" '
                        f'href="{press.url(press.path(article))}/amp">')
    for article in press.articles:
        path, url = press.path(article), press.url(press.path(article))
        html = press.story(article, canonical(press)(article)).replace("<html ", "<html amp ", 1)
        press.html(f"{path}/amp", html)
        press.is_at(article, f"{url}/amp", f"{url}?outputType=amp")
    shown = [(f"{path}/amp" if article.number % 2 else path, article) for path, article in press.teasers()]
    press.html("/", press.frame.listing(press.title, shown))
    press.write_sections()
    press.write_furniture()
    return press.site()


def mobile_twins(now: datetime) -> Site:
    """m. has the same articles, each naming its page on www as canonical; both homes link each other."""
    press = Press("www.ebb-and-echo.example", now, "mobile twins on m., with canonical", SEMANTIC,
                  address=lambda article: f"/{article.section.lower()}/{article.slug}-{3300 + article.number}.html")
    mobile = "m.ebb-and-echo.example"
    press.write_stories(lambda article: f'{canonical(press)(article)}<link rel="alternate" media="only screen and '
                        f'(max-width: 640px)" href="{press.url(press.path(article), mobile)}">')
    for article in press.articles:
        press.html(press.path(article), press.story(article, canonical(press)(article)), mobile)
        press.is_at(article, press.url(press.path(article), mobile))
    switch = f'<p><a href="{press.url("/", mobile)}">Mobile version</a></p>'
    latest = "".join(f'<li><a href="{press.url(path, mobile)}">{article.title}</a></li>'
                     for path, article in press.teasers(press.articles[:3]))
    press.write_front(press.articles[:5], after=f"{switch}<ul>{latest}</ul>")
    press.html("/", press.frame.listing(press.title, press.teasers()), mobile)
    press.write_sections()
    press.write_furniture()
    return replace(press.site(), name="ebb-and-echo")


def print_views(now: datetime) -> Site:
    """Beside each teaser stands a link to print it; the print view is the same text without a menu."""
    press = Press("ferry-flag.example", now, "print views", SOUP, has_most_read=True,
                  address=lambda article: f"/{article.published:%Y/%m/%d}/{article.slug}.html")
    links = []
    press.write_stories()
    for article in press.articles:
        path = press.path(article)
        views = (f"{path}?print=1", path.replace(".html", "-print.html"))
        for view in views:
            texts = "".join(f"<p>{text}</p>" for text in article.paragraphs)
            press.html(view, f"<html><head><title>{article.title}</title></head><body><h1>{article.title}</h1>"
                       f"{texts}</body></html>")
            press.is_at(article, press.url(view))
        links += [(views[article.number % 2], f"Print: {article.title}")]
    after = "".join(f'<a rel="nofollow" href="{href}">{text}</a> ' for href, text in links)
    press.write_front(after=after)
    press.write_sections()
    press.write_furniture()
    return press.site()


def _lists(press: Press) -> Site:
    press.write_stories()
    press.write_front(press.articles[:5])
    press.write_sections()
    press.write_furniture()
    return press.site()


def id_query(now: datetime) -> Site:
    return _lists(Press("gull-gazette.example", now, "article.php?id=123", TABLE, count=9, has_most_read=True,
                        section="/list.php?rubric={}", plain="/page.php?name={}",
                        address=lambda article: f"/article.php?id={5123 - article.number}"))


def joomla(now: datetime) -> Site:
    return _lists(Press(
        "haven-hub.example", now, "index.php?option=com_content&view=article&id=5:slug", MICRODATA, count=9,
        section="/index.php?option=com_content&view=category&id={}",
        plain="/index.php?option=com_content&view=page&id={}",
        address=lambda article: "/index.php?option=com_content&view=article"
                                f"&id={77 - article.number}:{article.slug}&catid=2"))


def _sessions(host: str, mark: str, now: datetime, **how: object) -> Site:
    """Every page that is served links everything with a session of its own."""
    press = Press(host, now, f"{mark} in every link, new with every request", **how)  # type: ignore[arg-type]
    site = _lists(press)
    answers = {key: partial(_with_session, route, mark) if isinstance(route, Answer) and b"<a" in route.body.lower()
               else route for key, route in press.answers.items()}

    def without(asked: Asked) -> Answer | None:
        target = _SESSIONS[mark].sub("", asked.target).rstrip("?&")
        return None if target == asked.target else site_of.answer(replace(asked, target=target))

    site_of = replace(site, answers=answers, sessions=_SESSIONS[mark], others=without)
    return site_of


_SESSIONS = {"jsessionid": re.compile(r";jsessionid=[0-9A-F]+"), "PHPSESSID": re.compile(r"(?<=[?&])PHPSESSID=\w+&?"),
             "sid": re.compile(r"(?<=[?&])sid=\w+&?")}
_OWN_LINK = re.compile(r'(?i)(<a [^>]*?href=")(/[^"?]*)(\?[^"]*)?"')


def _with_session(answer: Answer, mark: str, asked: Asked) -> Answer:
    session = f"{asked.number * 2654435761 % (1 << 64):016X}{asked.number:016X}"

    def rewritten(link: re.Match[str]) -> str:
        start, path, query = link[1], link[2], link[3] or ""
        if mark == "jsessionid":
            return f'{start}{path};jsessionid={session}{query}"'
        return f'{start}{path}{query}{"&amp;" if query else "?"}{mark}={session.lower()}"'

    html = _OWN_LINK.sub(rewritten, answer.body.decode())
    return replace(answer, body=html.encode(), headers=(("Set-Cookie", f"{mark}={session}"),))


jsessionid = partial(_sessions, "inlet-item.example", "jsessionid", layout=SEMANTIC,
                     has_most_read=True, section="/{}.do", plain="/{}.do",
                     address=lambda article: f"/story/{article.slug}.do")
phpsessid = partial(_sessions, "keel-kicker.example", "PHPSESSID", layout=TABLE, section="/section.php?name={}",
                    plain="/page.php?name={}", address=lambda article: f"/show.php?id={2210 - article.number}")
sid = partial(_sessions, "lagoon-look.example", "sid", layout=SOUP, address=lambda article: f"/{article.slug}.html")


def trailing_slashes(now: datetime) -> Site:
    """The feed writes addresses with a slash, the pages without, the sitemap both; all answer alike."""
    press = Press("mooring-mirror.example", now, "trailing slashes mixed", BLOG,
                  address=lambda article: f"/{article.published:%Y/%m}/{article.slug}")
    press.write_stories()
    press.write_front()
    press.write_sections()
    press.write_furniture()
    for article in press.articles:
        path = press.path(article)
        press.at(f"{path}/", press.answers[f"{press.host}{path}"])
        press.is_at(article, press.url(f"{path}/"))
    slashed = [(f"{url}/", article) for url, article in press.entries()]
    press.write_front(press.articles[:5], alternate("/feed"))
    press.at("/feed", document(rss(press.title, slashed), RSS))
    mixed = [(slashed if article.number % 2 else press.entries())[article.number] for article in press.articles]
    press.at("/sitemap.xml", document(sitemap((url, article.published) for url, article in mixed)))
    return press.site()


ADDRESS_SITES = (to_www, to_another_name, base_href, amp_twins, mobile_twins, print_views, id_query, joomla, jsessionid,
                 phpsessid, sid, trailing_slashes)
