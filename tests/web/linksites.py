"""Sites of the test web without feed and sitemap: what there is stands on their pages alone. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tests.web.layouts import BLOG, MICRODATA, MODERN, SEMANTIC, SOUP, TABLE
from tests.web.press import NEXT_PAGE, Press
from tests.web.site import Answer, page
from tests.web.stories import slug_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.web.site import Asked, Site
    from tests.web.stories import Article

JSON = "application/json; charset=UTF-8"


def home_and_sections(now: datetime) -> Site:
    """The home page shows the newest four; each section all of its own."""
    press = Press("meadow-monitor.example", now, "neither feed nor sitemap: home page and sections", SEMANTIC, count=10,
                  has_most_read=True)
    press.write_stories()
    press.write_front(press.articles[:4])
    press.write_sections()
    press.write_furniture()
    return press.site()


def _paged(press: Press, path_of: Callable[[str, int], str], *, by_rel: bool) -> Site:
    """Sections of three articles a page, by number and by "next"."""
    press.write_stories()
    press.write_front(press.articles[:3])
    press.write_furniture()
    for name, path in press.sections.items():
        own = press.of_section(name)
        pages = [own[start:start + 3] for start in range(0, len(own), 3)]
        for number, shown in enumerate(pages, 1):
            links = "".join(f' <a href="{path_of(path, other)}">{other}</a>' for other in range(1, len(pages) + 1))
            head = ""
            if number < len(pages):
                links += f' <a class="next" href="{path_of(path, number + 1)}">{press.labels[NEXT_PAGE]} »</a>'
                head = f'<link rel="next" href="{path_of(path, number + 1)}">' if by_rel else ""
            html = press.frame.listing(name, press.teasers(shown), head=head, after=f'<div class="pager">{links}</div>')
            press.html(path if number == 1 else path_of(path, number), html)
    return press.site()


def paged_by_query(now: datetime) -> Site:
    press = Press("nettle-news.example", now, "sections with paging: rel=next and ?page=2", MODERN, count=18,
                  has_most_read=True,
                  address=lambda article: f"/{article.section.lower()}/{article.slug}-{51200 + article.number}")
    return _paged(press, lambda path, number: f"{path}?page={number}", by_rel=True)


def paged_by_path(now: datetime) -> Site:
    press = Press("orchard-outlook.example", now, "sections with paging: /page/2/", BLOG, count=18,
                  section="/category/{}/", address=lambda article: f"/{article.slug}/")
    return _paged(press, lambda path, number: f"{path}page/{number}/" if number > 1 else path, by_rel=False)


def wordpress_rest(now: datetime) -> Site:
    """A front page of one's own, feeds switched off, no sitemap: the REST interface lists the posts."""
    press = Press("prairie-pioneer.example", now, "WordPress REST interface, feeds switched off", BLOG, count=15,
                  address=lambda article: f"/{short(article)}/")
    api = f'<link rel="https://api.w.org/" href="{press.url("/wp-json/")}">'
    press.write_stories(lambda _: api)
    press.write_front(press.articles[:3], api + '<meta name="generator" content="WordPress 6.7.1">')
    press.write_furniture()
    for path in ("/feed/", "/feed", "/comments/feed/"):
        press.at(path, page("<h1>No feed available</h1>", status=410))
    root = {"name": press.title, "home": press.url(""), "namespaces": ["wp/v2"], "routes": {"/wp/v2/posts": {}}}
    press.at("/wp-json/", Answer(json.dumps(root).encode(), JSON))
    press.at("/wp-json/wp/v2/posts", lambda asked: _posts(press, asked))
    return press.site()


def _posts(press: Press, asked: Asked) -> Answer:
    """As WordPress answers: ten a page unless asked for up to a hundred, 400 beyond the last."""
    asked_for = dict(pair.partition("=")[::2] for pair in asked.query.split("&"))
    a_page, number = int(asked_for.get("per_page", "10")), int(asked_for.get("page", "1"))
    entries = press.entries()
    pages = -(-len(entries) // a_page)
    if a_page > 100 or number > pages:
        return Answer(b'{"code":"rest_post_invalid_page_number","data":{"status":400}}', JSON, 400)
    posts = [_post(url, article) for url, article in entries[a_page * (number - 1):a_page * number]]
    headers = (("X-WP-Total", str(len(entries))), ("X-WP-TotalPages", str(pages)))
    return Answer(json.dumps(posts).encode(), JSON, headers=headers)


def _post(url: str, article: Article) -> dict[str, object]:
    moment = f"{article.published:%Y-%m-%dT%H:%M:%S}"
    html = "".join(f"<p>{text}</p>\n" for text in article.paragraphs)
    return {"id": 4000 - article.number, "date": moment, "date_gmt": moment, "modified_gmt": moment,
            "slug": short(article), "status": "publish", "type": "post", "link": url,
            "title": {"rendered": article.title}, "content": {"rendered": html, "protected": False},
            "excerpt": {"rendered": f"<p>{article.paragraphs[0][:100]}</p>"}}


def short(article: Article) -> str:
    """A slug of two words, as editors shorten them."""
    words = [word for word in article.slug.split("-") if len(word) > 3]
    return f"{words[-1]}-{words[0]}" if article.number % 2 else f"{words[0]}-{words[-1]}"


def short_slugs(now: datetime) -> Site:
    press = Press("quellen-bote.example", now, "flat short slugs, without dates and numbers", MICRODATA, language="de",
                  address=lambda article: f"/{short(article)}", plain="/{}", has_most_read=True)
    press.write_stories()
    press.write_front(press.articles[:5])
    press.write_sections()
    press.write_furniture()
    return press.site()


def _headlines_only(host: str, way: str, now: datetime, **how: object) -> Site:
    press = Press(host, now, way, **how)  # type: ignore[arg-type]
    press.write_stories()
    press.write_front(press.articles[:4])
    press.write_sections()
    press.write_furniture()
    return press.site()


numbers_only = partial(_headlines_only, "reed-report.example", "addresses of a number alone", layout=SOUP,
                       has_most_read=True, address=lambda article: f"/{12345 - article.number}")
cyrillic = partial(_headlines_only, "sosna-gazeta.example", "Cyrillic addresses", layout=SEMANTIC, language="ru",
                   address=lambda article: f"/новости/{article.slug}/")
japanese = partial(_headlines_only, "takebayashi-shimpo.example", "headlines in Japanese, short numeric addresses",
                   layout=TABLE, language="ja", address=lambda article: f"/news/{3120 - article.number}.html")


def two_languages(now: datetime) -> Site:
    """/de/ and /fr/ are two editions, which name each other as translations; each has articles of its own."""
    press, other = (
        Press("ufer-rives.example", now, "two languages, hreflang between editions", SEMANTIC, language=code, count=6,
              address=lambda article: f"/{article.language}/{slug_of(article.section)}/{article.slug}",
              section=f"/{code}/{{}}/", plain=f"/{code}/{{}}/") for code in ("de", "fr"))
    twins = "".join(f'<link rel="alternate" hreflang="{code}" href="{press.url(f"/{code}/")}">'
                    for code in ("de", "fr"))
    switch = '<p class="lang"><a href="/de/" hreflang="de">Deutsch</a> <a href="/fr/" hreflang="fr">Français</a></p>'
    for edition, path in ((press, "/de/"), (other, "/fr/")):
        edition.write_stories()
        edition.write_front(edition.articles[:3], twins, switch, path)
        edition.write_sections()
        edition.write_furniture()
    press.html("/", press.frame.plain("Ufer – Rives", (), head=twins, after=switch))
    press.answers.update({key: route for key, route in other.answers.items() if key not in press.answers})
    press.truth.update(other.truth)
    return press.site()


def section_hosts(now: datetime) -> Site:
    """Every section has a host of its own."""
    press = Press("vale-voice.example", now, "a subdomain for each section", MODERN, count=9, has_sections=False)
    names = {article.section for article in press.articles}
    hosts = {name: f"{name.lower()}.{press.host}" for name in sorted(names)}
    menu = tuple((press.url("/", host), name) for name, host in hosts.items())
    press.frame = replace(press.frame, menu=menu)
    urls = {article.number: press.url(press.path(article), hosts[article.section]) for article in press.articles}
    for article in press.articles:
        url = urls[article.number]
        press.truth[url] = url
        press.html(press.path(article), press.frame.story(article, url), hosts[article.section])
    for name, host in hosts.items():
        own = [(urls[article.number], article) for article in press.articles if article.section == name]
        press.html("/", press.frame.listing(name, own), host)
    shown = [(urls[article.number], article) for article in press.articles[:3]]
    press.html("/", press.frame.listing(press.title, shown))
    press.write_furniture()
    return press.site()


LINK_SITES = (home_and_sections, paged_by_query, paged_by_path, wordpress_rest, short_slugs, numbers_only, cyrillic,
              japanese, two_languages, section_hosts)
