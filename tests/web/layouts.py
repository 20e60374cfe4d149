"""Five looks of a news site: how a page, a story, a list of teasers and a plain page are marked up. No test itself.

Owns HTML. Must not know addresses or what is an article: it is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from tests.web.vocabulary import VOCABULARIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.web.stories import Article

Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Templates with {names}. `described` is how a story says what it is: json-ld, graph, og, microdata or nothing."""

    shell: str
    story: str
    teaser: str
    item: str
    plain: str
    paragraph: str = "<p>{}</p>"
    described: str = "nothing"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on every page of a site."""

    site: str
    language: str
    layout: Layout
    menu: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = ()
    head: str = ""
    charset: str = "utf-8"
    home: str = "/"
    most_read: tuple[Link, ...] = field(default=(), repr=False)

    def label(self, number: int) -> str:
        return VOCABULARIES[self.language].labels[number]

    def _items(self, links: Iterable[Link]) -> str:
        return "".join(self.layout.item.format(href=escape(href), text=escape(text)) for href, text in links)

    def page(self, title: str, body: str, head: str = "") -> str:
        return self.layout.shell.format(
            title=escape(title), site=escape(self.site), language=self.language, charset=self.charset, body=body,
            head=head + self.head, menu=self._items(self.menu), footer=self._items(self.footer), home=self.home,
            most_read=f"<h3>{self.label(10)}</h3><ul>{self._items(self.most_read)}</ul>" if self.most_read else "")

    def story(self, article: Article, url: str, *, head: str = "", related: Iterable[Link] = (),
              extra: str = "", cut: int | None = None, schema: dict[str, object] | None = None) -> str:
        """`extra` stands above the story; `cut` leaves out all paragraphs from there on."""
        texts = "".join(self.layout.paragraph.format(escape(text)) for text in article.paragraphs[:cut])
        links = self._items(related)
        body = self.layout.story.format(
            title=escape(article.title), author=escape(article.author), section=escape(article.section),
            moment=article.published.isoformat(timespec="seconds"), day=f"{article.published:%d.%m.%Y %H:%M}",
            text=texts, related=f"<ul>{links}</ul>" if links else "", more=self.label(11), url=escape(url))
        described = _description(self.layout.described, article, url, self.site, schema or {})
        return self.page(article.title, extra + body, described + head)

    def listing(self, title: str, teasers: Iterable[tuple[str, Article]], *, head: str = "", after: str = "") -> str:
        """Teasers of (href, article): headline, day and the beginning of the text."""
        body = "".join(self._teaser(href, article) for href, article in teasers)
        return self.page(title, f"<h2>{escape(title)}</h2>{body}{after}", head)

    def _teaser(self, href: str, article: Article) -> str:
        return self.layout.teaser.format(
            href=escape(href), title=escape(article.title), section=escape(article.section), more=self.label(11),
            day=f"{article.published:%d.%m.%Y}", begin=escape(article.paragraphs[0][:140]))

    def plain(self, title: str, paragraphs: Iterable[str], *, head: str = "", after: str = "") -> str:
        texts = "".join(self.layout.paragraph.format(escape(text)) for text in paragraphs)
        return self.page(title, self.layout.plain.format(title=escape(title), text=texts) + after, head)


def _description(way: str, article: Article, url: str, site: str, more: dict[str, object]) -> str:
    moment = article.published.isoformat(timespec="seconds")
    news = {"@type": "NewsArticle", "headline": article.title, "datePublished": moment, "url": url,
            "author": {"@type": "Person", "name": article.author},
            "publisher": {"@type": "NewsMediaOrganization", "name": site}, **more}
    if way == "graph":
        page = {"@type": "WebPage", "@id": url, "name": article.title}
        return _script({"@context": "https://schema.org", "@graph": [page, news]})
    if way == "json-ld" or more:
        return _script({"@context": "https://schema.org", **news})
    if way == "og":
        return ('<meta property="og:type" content="article">'
                f'<meta property="og:title" content="{escape(article.title)}">'
                f'<meta property="og:url" content="{escape(url)}"><meta property="article:published_time" '
                f'content="{moment}"><meta name="author" content="{escape(article.author)}">')
    return ""


def _script(described: dict[str, object]) -> str:
    text = json.dumps(described, ensure_ascii=True).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


SEMANTIC = Layout(
    '<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="{charset}"><title>{title} | {site}</title>{head}'
    '</head><body><header><a href="{home}">{site}</a><nav><ul>{menu}</ul></nav></header>\n<main>{body}</main>\n'
    '<aside>{most_read}</aside><footer><ul>{footer}</ul><p>© {site}</p></footer></body></html>\n',
    '<article><p class="kicker">{section}</p><h1>{title}</h1><address>{author}</address>'
    '<time datetime="{moment}">{day}</time>{text}</article><section class="related">{related}</section>',
    '<article class="teaser"><h3><a href="{href}">{title}</a></h3><p>{begin}…</p><time>{day}</time></article>\n',
    '<li><a href="{href}">{text}</a></li>', "<section><h1>{title}</h1>{text}</section>", described="json-ld")

BLOG = Layout(
    '<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="{charset}"><title>{title} – {site}</title>{head}'
    '</head><body class="wp-custom-logo"><div id="page" class="site"><header id="masthead"><p class="site-title">'
    '<a href="{home}" rel="home">{site}</a></p><ul id="primary-menu" class="menu">{menu}</ul></header>'
    '<div id="content" class="site-content">{body}</div><div id="secondary" class="widget-area">{most_read}</div>'
    '<footer id="colophon"><ul>{footer}</ul></footer></div></body></html>\n',
    '<article class="post type-post"><header class="entry-header"><h1 class="entry-title">{title}</h1>'
    '<div class="entry-meta"><span class="posted-on">'
    '<time class="entry-date published" datetime="{moment}">{day}</time>'
    '</span> <span class="byline">{author}</span></div></header><div class="entry-content">{text}</div>'
    '<footer class="entry-footer"><span class="cat-links">{section}</span></footer></article>'
    '<div class="related-posts">{related}</div><form id="commentform" action="/wp-comments-post.php"><textarea '
    'name="comment"></textarea></form>',
    '<article class="post"><h2 class="entry-title"><a href="{href}" rel="bookmark">{title}</a></h2>'
    '<div class="entry-summary"><p>{begin} <a class="more-link" href="{href}">{more}</a></p></div></article>\n',
    '<li class="menu-item"><a href="{href}">{text}</a></li>',
    '<article class="page type-page"><header><h1 class="entry-title">{title}</h1></header>'
    '<div class="entry-content">{text}</div></article>', described="og")

SOUP = Layout(
    '<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"><title>{title}</title>{head}'
    '</head>\n<body><div class="top"><div class="logo"><a href="{home}">{site}</a></div><div class="nav">{menu}</div>'
    '</div>\n<div class="mid">{body}</div><div class="side">{most_read}</div>\n<div class="bottom">{footer}</div>'
    '</body></html>\n',
    '<div class="headline"><h1>{title}</h1></div><div class="info"><span class="date">{day}</span> | {author}</div>'
    '<div class="text">{text}</div><div class="also">{related}</div>',
    '<div class="box"><a href="{href}"><img src="/img/thumb.jpg" alt=""></a><a href="{href}">{title}</a>'
    '<div class="lead">{begin} … <a href="{href}">{more}</a></div></div>\n',
    '<span><a href="{href}">{text}</a></span> ', '<div class="headline"><h1>{title}</h1></div>{text}',
    paragraph='<div class="t">{}</div>')

TABLE = Layout(
    '<HTML><HEAD><meta http-equiv="Content-Type" content="text/html; charset={charset}"><TITLE>{site}: {title}</TITLE>'
    '{head}</HEAD>\n<BODY bgcolor="#ffffff"><TABLE width="960">'
    '<TR><TD colspan="2"><A HREF="{home}">{site}</A></TD></TR>'
    '<TR><TD width="180" valign="top">{menu}{most_read}</TD><TD valign="top">{body}</TD></TR>'
    '<TR><TD colspan="2">{footer}</TD></TR></TABLE></BODY></HTML>\n',
    '<font size="5"><b>{title}</b></font><br><font size="1">{day}, {author}</font><br>{text}<hr>{related}',
    '<p><b><A HREF="{href}">{title}</A></b> <font size="1">({day})</font><br>{begin}... '
    '<A HREF="{href}">{more}</A></p>\n',
    '<A HREF="{href}">{text}</A><br>', '<font size="5"><b>{title}</b></font><br>{text}')

MODERN = Layout(
    '<!doctype html><html lang="{language}"><head><meta charset="{charset}"><meta name="viewport" '
    'content="width=device-width"><title>{title} • {site}</title>{head}<script>window.__consent={{}}</script></head>'
    '<body><div id="__next"><div class="sc-1a2b"><a href="{home}" aria-label="{site}"></a>'
    '<ul class="css-9x1">{menu}</ul></div><div class="sc-7f3c" role="main">{body}</div>'
    '<div class="css-77q">{most_read}</div><div class="sc-foot">'
    '<ul>{footer}</ul></div></div></body></html>\n',
    '<div data-testid="story"><div class="css-1u">{section}</div><h1 class="css-2k">{title}</h1><div class="css-by">'
    '{author} · <time datetime="{moment}">{day}</time></div><section name="body">{text}</section></div>'
    '<div data-testid="recommended">{related}</div>',
    '<div class="css-card"><a class="css-link" href="{href}"><span class="css-kick">{section}</span><h3>{title}</h3>'
    '<p>{begin}</p></a></div>\n',
    '<li class="css-li"><a href="{href}">{text}</a></li>',
    '<div class="css-page"><h1 class="css-2k">{title}</h1>{text}</div>', paragraph='<p class="css-p">{}</p>',
    described="graph")

MICRODATA = Layout(
    '<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="{charset}"><title>{title} - {site}</title>{head}'
    '</head><body><div id="header"><a id="logo" href="{home}">{site}</a>'
    '<div id="hauptmenue"><ul>{menu}</ul></div></div><div id="inhalt">{body}</div><div id="rechts">{most_read}</div>'
    '<div id="fuss"><ul>{footer}</ul></div></body></html>\n',
    '<div class="artikel" itemscope itemtype="https://schema.org/NewsArticle"><span class="dachzeile">{section}</span>'
    '<h1 itemprop="headline">{title}</h1><meta itemprop="datePublished" content="{moment}"><p class="autor">'
    '<span itemprop="author">{author}</span>, {day}</p><div itemprop="articleBody">{text}</div></div>'
    '<div class="mehr">{related}</div>',
    '<div class="meldung"><span class="dachzeile">{section}</span><a href="{href}"><strong>{title}</strong></a>'
    '<p>{begin} <a href="{href}">{more}</a></p></div>\n',
    '<li><a href="{href}">{text}</a></li>', '<div class="seite"><h1>{title}</h1>{text}</div>')
