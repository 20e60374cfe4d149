"""One publisher while its site is put together: stories, front page, sections, and all that is no article.

Owns which pages a site has and how they link to each other. Must not know how they are marked up, nor crawls.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.web.layouts import Frame
from tests.web.site import Answer, Site, page
from tests.web.stories import paragraphs, slug_of, write
from tests.web.vocabulary import VOCABULARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tests.web.layouts import Layout, Link
    from tests.web.site import Asked, Keys, Route
    from tests.web.stories import Article

ABOUT, CONTACT, IMPRINT, PRIVACY, LOGIN, SEARCH, NEWSLETTER, JOBS, EVENTS, PICTURES = range(10)
MORE, NEXT_PAGE, HOME = 11, 12, 13
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01" \
       b"\x00\x01\x00\x00\x02\x02D\x01\x00;"
JOB_ADS = ("Sales assistant for our front desk", "Local reporter with a driving licence")
JOB_TEXTS = (
    "We are looking for you from the first of the month, in part time of twenty hours a week, for a term of two years.",
    "Your tasks: you greet our readers, take small advertisements, keep the subscriptions in order and help at events.",
    "We offer: thirty days of leave, a pension of the house, a place to park, and colleagues who share their cake.",
    "Please send your letter, with the date from which you can begin and the pay that you expect, by e-mail.",
)
LEAVES = "autumn-leaves-along-the-river"
TAGS = (("/tag/valley/", "Valley"), ("/topics/harbour-river-and-coast-news/", "Harbour, river and coast"))
GALLERY = "Autumn leaves along the river: the best pictures"


def dated(article: Article) -> str:
    return f"/{article.published:%Y/%m/%d}/{article.slug}/"


def author_path(author: str) -> str:
    return f"/author/{quote(slug_of(author))}/"


class Press:
    """`address` gives an article's path; `section` and `plain` are the paths of lists and of plain pages, with {}."""

    def __init__(self, host: str, now: datetime, way: str, layout: Layout, *, language: str = "en", count: int = 8,
                 address: Callable[[Article], str] = dated, section: str = "/{}/", plain: str = "/{}/",
                 charset: str = "utf-8", has_sections: bool = True,
                 has_most_read: bool = False) -> None:
        self.host, self.way, self.now, self.language, self.charset = host, way, now, language, charset
        self.title = host.partition(".")[0].replace("-", " ").title()
        self.articles = write(host, language, count, now)
        self.answers: dict[str, Route] = {}
        self.truth: dict[str, str] = {}
        self.hosts = {host}
        self._address, self._section, self._plain = address, section, plain
        words = VOCABULARIES[language]
        self.labels = words.labels
        names = words if re.match("[a-z]", words.labels[0], re.IGNORECASE) else VOCABULARIES["en"]
        self._names = tuple(slug_of(label) for label in names.labels)
        self._sections = {name: section.format(slug_of(latin))
                          for name, latin in zip(words.sections, names.sections, strict=True)} if has_sections else {}
        menu = [*((path, name) for name, path in self._sections.items()),
                *((self.plain_path(number), self.labels[number]) for number in (PICTURES, SEARCH, LOGIN))]
        footer = [(self.plain_path(number), self.labels[number])
                  for number in (ABOUT, CONTACT, IMPRINT, PRIVACY, NEWSLETTER, JOBS, EVENTS)]
        footer.append(("https://social.example/@us", "Social"))
        read = tuple((self.path(article), article.title) for article in self.articles[:3]) if has_most_read else ()
        self.frame = Frame(self.title, language, layout, tuple(menu), tuple(footer), charset=charset, most_read=read)

    def below(self, number: int, name: str) -> str:
        return self._plain.format(f"{self._names[number]}/{name}")

    def url(self, path: str, host: str | None = None) -> str:
        return f"http://{host or self.host}{path}"

    def path(self, article: Article) -> str:
        return quote(self._address(article), safe="/?=&;:,%")

    def plain_path(self, number: int) -> str:
        return self._plain.format(self._names[number])

    def at(self, path: str, answer: Route, host: str | None = None) -> None:
        self.answers[f"{host or self.host}{path}"] = answer
        self.hosts.add(host or self.host)

    def html(self, path: str, html: str, host: str | None = None) -> None:
        self.at(path, page(html, charset=self.charset), host)

    def entries(self, articles: Iterable[Article] | None = None) -> list[tuple[str, Article]]:
        """(URL, article), for feeds and sitemaps."""
        return [(self.url(self.path(article)), article) for article in self._chosen(articles)]

    def teasers(self, articles: Iterable[Article] | None = None) -> list[tuple[str, Article]]:
        """(path, article), for lists."""
        return [(self.path(article), article) for article in self._chosen(articles)]

    def _chosen(self, articles: Iterable[Article] | None) -> Iterable[Article]:
        return self.articles if articles is None else articles

    def is_at(self, article: Article, *addresses: str) -> None:
        """The article's one address is that of its path; it is known under the others, too."""
        canonical = self.url(self.path(article))
        self.truth |= dict.fromkeys((canonical, *addresses), canonical)

    def write_stories(self, head: Callable[[Article], str] = lambda _: "", articles: Iterable[Article] | None = None,
                      **how: object) -> None:
        """A page for each article, with links to two others, its author and a tag."""
        for article in self._chosen(articles):
            self.is_at(article)
            self.html(self.path(article), self.story(article, head(article), **how))
        self._write_lists()

    def story(self, article: Article, head: str = "", **how: object) -> str:
        others = [each for each in self.articles if each.number in (article.number + 1, article.number + 3)]
        related: list[Link] = [(self.path(other), other.title) for other in others]
        related += [(author_path(article.author), article.author), TAGS[0]]
        return self.frame.story(article, self.url(self.path(article)), head=head, related=related, **how)  # type: ignore[arg-type]

    def _write_lists(self) -> None:
        """What stories and the home page link to: the authors, and tags."""
        for author in {article.author for article in self.articles}:
            own = [article for article in self.articles if article.author == author]
            self.html(author_path(author), self.frame.listing(author, self.teasers(own)))
        for path, name in TAGS:
            self.html(path, self.frame.listing(name, self.teasers(self.articles[::2])))

    def write_front(self, shown: Iterable[Article] | None = None, head: str = "", after: str = "", path: str = "/",
                    host: str | None = None) -> None:
        """The home page, which also shows tags, authors, a gallery, a paper edition as PDF and a picture."""
        writers = [(author_path(author), author) for author in sorted({each.author for each in self.articles})]
        lists = "".join(f'<a href="{href}">{text}</a> ' for href, text in (*TAGS, *writers[:2]))
        extra = (f'<div class="tags">{lists}</div>'
                 f'<div class="extra"><a href="{self.below(PICTURES, LEAVES)}">{GALLERY}</a> '
                 '<a href="/files/edition-of-the-week.pdf">PDF</a> <a href="/img/front.gif"><img src="/img/front.gif" '
                 'alt="Front page of the paper edition of this week"></a></div>')
        self.html(path, self.frame.listing(self.title, self.teasers(shown), head=head, after=after + extra), host)

    def write_sections(self, shown: int | None = None, head: str = "") -> None:
        """A page for each section, with its newest articles."""
        for name, path in self._sections.items():
            self.html(path, self.frame.listing(name, self.teasers(self.of_section(name)[:shown]), head=head))

    def of_section(self, name: str) -> list[Article]:
        return [article for article in self.articles if article.section == name]

    @property
    def sections(self) -> dict[str, str]:
        return self._sections

    def write_furniture(self) -> None:
        """About, contact, imprint, log-in, search, jobs, events, galleries, files: all that is no article; and sections
        with little in them, where they are not written yet."""
        for name, path in self._sections.items():
            if f"{self.host}{path}" not in self.answers:
                self.html(path, self.frame.listing(name, self.teasers(self.of_section(name)[:1])))
        for number in (ABOUT, CONTACT, IMPRINT, PRIVACY, NEWSLETTER):
            texts = paragraphs(f"{self.host}-plain-{number}", self.language)[:4 if number in (ABOUT, PRIVACY) else 2]
            self.html(self.plain_path(number), self.frame.plain(self.labels[number], texts))
        form = '<form action="/"><input name="q"><input type="submit"></form>'
        for number in (LOGIN, SEARCH):
            self.html(self.plain_path(number), self.frame.plain(self.labels[number], (), after=form))
        self._write_jobs()
        self._write_events()
        self._write_pictures()
        self.at("/files/edition-of-the-week.pdf", Answer(_PDF, "application/pdf"))
        for picture in ("/img/front.gif", "/img/thumb.jpg"):
            self.at(picture, Answer(_GIF, "image/gif"))

    def _write_jobs(self) -> None:
        links = "".join(f'<p><a href="{self.below(JOBS, slug_of(ad))}">{ad}</a></p>' for ad in JOB_ADS)
        self.html(self.plain_path(JOBS), self.frame.plain(self.labels[JOBS], (), after=links))
        for ad in JOB_ADS:
            texts = [f"{ad}. {text}" for text in JOB_TEXTS]
            schema = ('<script type="application/ld+json">{"@context": "https://schema.org/", "@type": "JobPosting", '
                      f'"title": "{ad}", "datePosted": "{self.now:%Y-%m-%d}"}}</script>')
            self.html(self.below(JOBS, slug_of(ad)), self.frame.plain(ad, texts, head=schema))

    def _write_events(self) -> None:
        days = [f"{self.now:%Y-%m}-{day:02}" for day in (5, 12, 28)]
        links = "".join(f'<li><a href="{self.below(EVENTS, day)}">{day}</a></li>' for day in days)
        self.html(self.plain_path(EVENTS), self.frame.plain(self.labels[EVENTS], (), after=f"<ul>{links}</ul>"))
        for day in days:
            self.html(self.below(EVENTS, day), self.frame.plain(day, ("19:30", "20:00")))

    def _write_pictures(self) -> None:
        path = self.below(PICTURES, LEAVES)
        link = f'<a href="{path}">{GALLERY}</a>'
        self.html(self.plain_path(PICTURES), self.frame.plain(self.labels[PICTURES], (), after=link))
        captions = "".join(f'<figure><img src="/img/thumb.jpg"><figcaption>{number} / 12</figcaption></figure>'
                           for number in range(1, 13))
        self.html(path, self.frame.plain(GALLERY, (), after=captions))

    def site(self, *, keys: Keys | None = None, url: str | None = None,
             others: Callable[[Asked], Answer | None] | None = None, sessions: re.Pattern[str] | None = None,
             lost: Answer | None = None) -> Site:
        html = self.frame.plain("404", ("This page does not exist.",))
        return Site(self.host.partition(".")[0], url or self.url("/"), self.way, self.answers, self.truth,
                    frozenset(self.hosts), others, sessions, keys or {}, lost or page(html, status=404))
