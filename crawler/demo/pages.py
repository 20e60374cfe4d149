"""What a demo site shows to people: its pages, filled into `templates/<name>/`.

Owns the HTML. Must not know HTTP, feeds or sitemaps. Every page carries the same menu, consent banner,
teasers, newsletter box and footer: to tell these from an article is what the demo is there to show.
"""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crawler.demo.edition import Article, Edition, Page, Section

WORDS_A_MINUTE = 110        # read aloud, as a local paper is
TEASERS = 3


class Html(str):
    """Text that is markup already: `Pages._fill` escapes any other."""

    __slots__ = ()


NOTHING = Html()

class Pages:
    """Renders `edition` for a site at `base`: scheme, host and port, without a slash at the end."""

    def __init__(self, edition: Edition, base: str) -> None:
        self.edition = edition
        self.base = base

    def home(self) -> str:
        newest = self.edition.listed
        body = self._fill("listing.html", heading=self.edition.words["latest"], teasers=self._teasers(newest))
        return self._page(self.edition.title, "/", body)

    def section(self, section: Section) -> str:
        articles = [article for article in self.edition.listed if article.section == section]
        body = self._fill("listing.html", heading=section.title, teasers=self._teasers(articles))
        return self._page(section.title, section.path, body)

    def article(self, article: Article) -> str:
        values = self._article_values(article)
        head = self._fill("article_head.html", **values, json_ld=Html(self._json_ld(article)))
        body = self._fill("article.html", **values)
        return self._page(article.title, article.path, body, head, article)

    def plain(self, page: Page) -> str:
        images = "".join(f'<img src="/img/{name}.svg" alt="{escape(caption)}">'
                         for name, caption in page.pictures.items())
        html = Html(f'{page.html}<div class="gallery">{images}</div>' if images else page.html)
        return self._page(page.title, page.path, self._fill("plain.html", heading=page.title, html=html))

    def not_found(self) -> str:
        said = Html(f"<p>{escape(self.edition.words['not_found'])}</p>")
        return self._page("404", "/404", self._fill("plain.html", heading="404", html=said))

    def _page(self, title: str, path: str, body: Html, head: Html = NOTHING,
              about: Article | None = None) -> str:
        return self._fill("shell.html", page_title=title, canonical=self.base + path, head=head, body=body,
                          menu=self._menu(path), read_also_links=self._links(self._read_also(about)))

    def _article_values(self, article: Article) -> dict[str, str]:
        words = self.edition.words
        minutes = max(2, round(sum(len(text.split()) for text in article.paragraphs) / WORDS_A_MINUTE))
        changed = f"{words['updated']}: {self.edition.words['date_format'].format(article.updated)}"
        return {
            "headline": article.title, "summary": article.summary, "slug": article.slug,
            "section": article.section.title, "section_path": article.section.path,
            "authors": f" {words['and']} ".join(article.authors),
            "published": self._date(article.published), "published_iso": article.published.isoformat(),
            "updated": changed if article.updated != article.published else "",
            "updated_iso": article.updated.isoformat(), "url": self.base + article.path,
            "read_time_said": f"{words['read_time']}: {minutes} {words['minutes']}",
            "tags_meta": Html("\n".join(f'<meta property="article:tag" content="{escape(tag)}">'
                                        for tag in article.tags)),
            "opening": _paragraphs(article.paragraphs[:2]), "rest": _paragraphs(article.paragraphs[2:]),
            "inset": self._links([self._inset(article)]),
        }

    def _date(self, moment: datetime) -> str:
        return f"{self.edition.place}, {self.edition.words['date_format'].format(moment)}"

    def _json_ld(self, article: Article) -> str:
        publisher = {"@type": "NewsMediaOrganization", "name": self.edition.title, "url": f"{self.base}/"}
        url = self.base + article.path
        described = {
            "@context": "https://schema.org", "@type": "NewsArticle", "headline": article.title,
            "description": article.summary, "url": url, "mainEntityOfPage": url,
            "image": [f"{self.base}/img/{article.slug}.svg"],
            "datePublished": article.published.isoformat(), "dateModified": article.updated.isoformat(),
            "author": [{"@type": "Person", "name": name} for name in article.authors], "publisher": publisher,
            "articleSection": article.section.title, "keywords": list(article.tags),
            "inLanguage": self.edition.language, "isAccessibleForFree": article.free,
        }
        return json.dumps(described, ensure_ascii=False, indent=1).replace("</", "<\\/")

    def _read_also(self, about: Article | None) -> list[Article]:
        return [article for article in self.edition.read_also if article != about][:TEASERS]

    def _inset(self, article: Article) -> Article:
        """The teaser amid the text: one of two by turns, so that each comes back on many pages."""
        return self._read_also(article)[self.edition.articles.index(article) % 2]

    def _links(self, articles: Iterable[Article]) -> Html:
        return Html("".join(f'<a href="{escape(article.path)}">{escape(article.title, quote=False)}</a>'
                            for article in articles))

    def _teasers(self, articles: Iterable[Article]) -> Html:
        return Html("".join(self._fill("teaser.html", **self._article_values(article), path=article.path)
                            for article in articles))

    def _menu(self, current: str) -> Html:
        entries = [("/", self.edition.words["home"])]
        entries += [(part.path, part.title) for part in self.edition.sections]
        entries += [(page.path, page.title.split(":")[0]) for page in self.edition.pages]
        return Html("".join(f'<a href="{path}"{" class=here" if path == current else ""}>{escape(title)}</a>'
                            for path, title in entries))

    def _fill(self, template: str, **values: str) -> Html:
        site = {"site": self.edition.title, "language": self.edition.language, "locale": self.edition.locale,
                "tagline": self.edition.tagline, "base": self.base, "feed_path": self.edition.feed_path}
        shown = {**self.edition.words, **site, **values}
        escaped = {key: text if isinstance(text, Html) else escape(text) for key, text in shown.items()}
        return Html(_template(self.edition.name, template).substitute(escaped))


def picture(slug: str, name: str) -> str:
    """An SVG of hills under a sky: the same for the same slug, and different for most others."""
    seed = sum(ord(letter) * place for place, letter in enumerate(slug, 1))
    return _template(name, "picture.svg").substitute(
        hue=seed % 360, near=(seed + 40) % 360, sun_x=120 + seed % 560, sun_y=80 + seed % 90,
        left=200 + seed % 70, middle=150 + seed % 130, right=190 + seed % 90)


def stylesheet(name: str) -> str:
    return _template(name, "style.css").template


def _paragraphs(texts: Iterable[str]) -> Html:
    return Html("\n".join(f"<p>{escape(text, quote=False)}</p>" for text in texts))


@cache
def _template(site: str, name: str) -> Template:
    return Template(files(__package__).joinpath("templates", site, name).read_text("utf-8"))
