"""An edition: everything that one demo site says, read from `content/<name>.toml`.

Owns the shape of that file. Must not know HTML, XML, HTTP or the port that the site is served on.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NAMES = ("osmere-courier", "quernlandfunk")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the paper with a page of its own."""

    slug: str
    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Article:
    """A story. Unless `listed`, a sitemap alone names it; unless `free`, its metadata say it is paid for."""

    slug: str
    path: str
    section: Section
    title: str
    summary: str
    authors: tuple[str, ...]
    published: datetime
    updated: datetime
    tags: tuple[str, ...]
    paragraphs: tuple[str, ...]
    free: bool
    listed: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is no article. `html` goes out as it is, `pictures` are captions by name."""

    path: str
    title: str
    html: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)
    in_sitemap: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that a second address serves too. A list of it adds `query`, as a newsletter does."""

    path: str
    query: str
    article: Article


@dataclass(frozen=True, slots=True)
class Dead:
    """An address that the feed still names, though nothing is there any more."""

    path: str
    title: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Edition:
    """One site's content. `redirects` maps a path that moved to its article; `feed_format` is rss or atom."""

    name: str
    title: str
    language: str
    locale: str
    tagline: str
    place: str
    feed_format: str
    feed_path: str
    news_sitemap_path: str | None
    sitemap_index_path: str | None
    sitemap_path: str | None
    disallow: tuple[str, ...]
    words: Mapping[str, str]
    sections: tuple[Section, ...]
    articles: tuple[Article, ...]
    read_also: tuple[Article, ...]
    pages: tuple[Page, ...]
    redirects: Mapping[str, Article]
    copies: tuple[Copy, ...]
    dead: tuple[Dead, ...]

    @property
    def listed(self) -> tuple[Article, ...]:
        return tuple(article for article in self.articles if article.listed)

    @property
    def updated(self) -> datetime:
        """When the newest word of the edition was written: nothing in it depends on the clock."""
        return max(article.updated for article in self.articles)


def load_edition(name: str) -> Edition:
    """Read a bundled edition by its name, one of `NAMES`. Articles come newest first."""
    raw = tomllib.loads(files(__package__).joinpath("content", f"{name}.toml").read_text("utf-8"))
    sections = {entry["slug"]: _section(entry, raw) for entry in raw["section"]}
    articles = sorted((_article(entry, raw, sections) for entry in raw["article"]), key=_newest_first)
    by_slug = {article.slug: article for article in articles}
    return Edition(
        **{key: raw[key] for key in ("name", "title", "language", "locale", "tagline", "place")},
        feed_format=raw["feed_format"],
        feed_path=raw["feed_path"],
        news_sitemap_path=raw.get("news_sitemap_path"),
        sitemap_index_path=raw.get("sitemap_index_path"),
        sitemap_path=raw.get("sitemap_path"),
        disallow=tuple(raw["robots"]["disallow"]),
        words=raw["words"],
        sections=tuple(sections.values()),
        articles=tuple(articles),
        read_also=tuple(by_slug[slug] for slug in raw["read_also"]),
        pages=tuple(Page(**entry) for entry in raw["page"]),
        redirects={entry["from"]: by_slug[entry["to"]] for entry in raw.get("redirect", ())},
        copies=tuple(Copy(held["path"], held["query"], by_slug[held["of"]]) for held in raw.get("copy", ())),
        dead=tuple(Dead(**entry) for entry in raw.get("dead", ())),
    )


def _section(entry: dict[str, Any], raw: dict[str, Any]) -> Section:
    return Section(path=raw["section_path"].format(section=entry["slug"]), **entry)


def _article(entry: dict[str, Any], raw: dict[str, Any], sections: dict[str, Section]) -> Article:
    usual_path = raw["article_path"].format_map(entry)
    return Article(
        slug=entry["slug"],
        path=entry.get("path", usual_path),
        section=sections[entry["section"]],
        title=entry["title"],
        summary=entry["summary"],
        authors=tuple(entry["authors"]),
        published=entry["published"],
        updated=entry.get("modified", entry["published"]),
        tags=tuple(entry["tags"]),
        paragraphs=tuple(" ".join(block.split()) for block in entry["text"].strip().split("\n\n")),
        free=entry.get("free", True),
        listed=entry.get("listed", True),
    )


def _newest_first(article: Article) -> float:
    return -article.published.timestamp()
