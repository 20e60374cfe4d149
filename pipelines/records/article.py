"""The line of an article and the values it is made of.

Owns their keys, and the article as extraction gives it. Must not know how it is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.records.fetch import Discovered, Http, Redirect, WarcPointer
from pipelines.records.rights import Directive, Wall


@dataclass(frozen=True, slots=True)
class Content:
    """Figures of the text by which copies are found. `text_sha256` is over the UTF-8 of `text`."""

    text_sha256: str
    text_chars: int


@dataclass(frozen=True, slots=True)
class Removed:
    """Text that was taken out of the page, cut after 300 characters, and why: `site: …` by the site's model,
    `known: …` by shipped knowledge, else what it is."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """Which model of the site was used, resting on how many `stories`, and what was removed: lines that read like text,
    40 at most. `blocks` and `chars` are all that was removed, menus too. No model: `model_id` is None.
    """

    model_id: str | None = None
    removed: tuple[Removed, ...] = ()
    stories: int = 0
    blocks: int = 0
    chars: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """Signals, never filters. Shares and likelihoods are from 0 to 1, None where nothing can be said.

    `text_share`: of the characters that the page shows. `link_density`: of the text, inside links. `repetition`: of the
    text's lines, that occur in it before. `article_body_share`: of JSON-LD's articleBody, that the text holds: a low
    one is a text cut short. `removed_share`: of the page's sentences, removed. `agreement`: of two ways to find the
    text, where both were gone. `consent_likelihood` and `paywall_likelihood`: that what the page shows is a wall.
    """

    paragraphs: int
    text_share: float | None
    link_density: float = 0.0
    repetition: float = 0.0
    article_body_share: float | None = None
    removed_share: float = 0.0
    agreement: float | None = None
    consent_likelihood: float = 0.0
    paywall_likelihood: float = 0.0


@dataclass(frozen=True, slots=True)
class Extraction:
    """With what the article was made. `way` is how the text was found: fast, precise, thorough or blocks (docs/
    extraction.md); `doubts` are what spoke against the first way tried, so that others were.
    """

    tool: str
    tool_version: str
    pipeline_version: str
    model_id: str | None
    way: str = field(default="", kw_only=True)
    doubts: tuple[str, ...] = field(default=(), kw_only=True)
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """What extraction makes of one page: the content alone, without where it came from.

    `kind` is article, listing, wall or other. Dates are RFC 3339 in UTC; `date_published_precision` is day, minute
    or second, `date_published_source` names the markup that the date was read from, and `date_published_stated` is the
    date as it stands there, in its own zone.
    """

    kind: str
    canonical_url: str | None
    title: str | None
    description: str | None
    text: str
    authors: tuple[str, ...]
    publisher: str | None
    language: str | None
    section: str | None
    tags: tuple[str, ...]
    image: str | None
    license: str | None
    date_published: str | None
    date_published_source: str | None
    date_published_precision: str | None
    date_published_stated: str | None
    date_modified: str | None
    is_accessible_for_free: bool | None
    word_count: int
    charset: str | None
    quality: Quality
    boilerplate: Boilerplate
    way: str
    doubts: tuple[str, ...]
    warnings: tuple[str, ...]
    rights: tuple[Directive, ...] = ()
    wall: Wall | None = None


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """One line of articles/: the contract with every reader downstream. `discovered` is how the page was found first,
    `discovered_also` how else until it was fetched. `rights` is all that page, answer and host say of what may be done
    with it."""

    schema_version: int
    id: str
    kind: str
    run_id: str
    site: str
    url: str
    final_url: str
    canonical_url: str | None
    url_key: str
    redirects: tuple[Redirect, ...]
    title: str | None
    description: str | None
    text: str
    authors: tuple[str, ...]
    publisher: str | None
    language: str | None
    section: str | None
    tags: tuple[str, ...]
    image: str | None
    license: str | None
    date_published: str | None
    date_published_source: str | None
    date_published_precision: str | None
    date_published_stated: str | None = field(default=None, kw_only=True)
    date_modified: str | None
    is_accessible_for_free: bool | None
    word_count: int
    discovered: Discovered
    http: Http
    warc: WarcPointer
    content: Content
    boilerplate: Boilerplate
    quality: Quality
    extraction: Extraction
    discovered_also: tuple[Discovered, ...] = ()
    rights: tuple[Directive, ...] = ()
    wall: Wall | None = None
