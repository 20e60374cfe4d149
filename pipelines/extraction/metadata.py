"""One answer a field, out of all that a page says of itself.

Owns which source wins: JSON-LD, then meta tags, then what trafilatura and htmldate find in the page. Must not
know the article's text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from htmldate import find_date
from trafilatura.json_metadata import normalize_authors
from trafilatura.metadata import extract_title

from pipelines.extraction import metatags
from pipelines.extraction.authors import clean_authors, is_publisher
from pipelines.extraction.byline import byline
from pipelines.extraction.dates import LATEST, parse_moment
from pipelines.extraction.jsonld import read_linked_data
from pipelines.extraction.plaintext import distinct, line, web_address
from pipelines.extraction.title import choose_title
from pipelines.rights import rights_of_markup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.extraction.dates import Moment
    from pipelines.extraction.jsonld import LinkedData
    from pipelines.extraction.metatags import MetaTags
    from pipelines.records import Directive

_EARLIEST_GUESS = date(1995, 1, 1)  # before the web, what htmldate takes for a year is none
_LANGUAGE = re.compile(
    r"^([a-zA-Z]{2,3})(?:[-_]([a-zA-Z]{4}))?(?:[-_]([a-zA-Z]{2}|\d{3}))?(?:[.@].*|(?:-[a-zA-Z]{4,8})+)?$")

_MAY_BE_IN_ARTICLES = frozenset({
    "product", "productgroup", "sportsevent", "course", "collectionpage", "searchresultspage", "profilepage",
    "podcastepisode", "radioepisode"})
"""Types of pages that are articles all the same if their og:type says so: a test of a product, the report of a match.
Jobs, concerts and recipes have that og:type by their system's default."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The fields of an article beside its text, as `pipelines.records.Article` wants them.

    `states_article` says whether markup declares the page to be one, `other_type` what it declares it to be else: a
    schema.org type in lower case. `article_body` is the text as JSON-LD has it.
    `paid` is how it states that it is not free for everyone, where it does.
    """

    canonical_url: str | None
    title: str | None
    description: str | None
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
    states_article: bool
    other_type: str | None
    article_body: str | None
    rights: tuple[Directive, ...]
    paid: str | None
    warnings: tuple[str, ...]


def read_metadata(
    tree: Any, meta: MetaTags, url: str, latest: date | None = None, affixes: frozenset[str] = frozenset(), *,
    guesses_date: bool = True,
) -> Metadata:
    """Everything the page at `url` says of its article; `meta` is of its tree. `latest` is the last plausible day of a
    date: that of the fetch; `affixes` are the letters of what its site puts before or behind titles. A date that no
    markup states is looked for in the text, which is costly, if it `guesses_date`. The tree must still hold its head
    and its JSON-LD; it is not changed."""
    ld = read_linked_data(tree, url)
    canonical, warnings = _canonical(meta, url)
    title = _title(tree, ld, meta, affixes)
    published, source, stated = _published(tree, ld, meta, latest) or (
        _guessed_date(tree, canonical or url, latest) if guesses_date else (None, None, None))
    modified = next(_modified(tree, ld, meta, latest), None)
    is_open_graph_article = _is_open_graph_article(meta)
    other_type = None if is_open_graph_article and ld.other_type in _MAY_BE_IN_ARTICLES else ld.other_type
    return Metadata(
        canonical_url=canonical,
        title=title,
        description=ld.description or meta.first(metatags.DESCRIPTION),
        authors=_authors(tree, ld, meta),
        publisher=ld.publisher or meta.first(metatags.PUBLISHER),
        language=_language(tree, ld, meta),
        section=ld.section or meta.first(metatags.SECTION),
        tags=_tags(ld, meta),
        image=ld.image or web_address(meta.first(metatags.IMAGE), url),
        license=ld.license or _license(meta, url),
        date_published=published.rfc3339() if published else None,
        date_published_source=source,
        date_published_precision=published.precision if published else None,
        date_published_stated=stated,
        date_modified=modified.rfc3339() if modified else None,
        is_accessible_for_free=ld.is_accessible_for_free,
        states_article=ld.is_article or (is_open_graph_article and other_type is None),
        other_type=other_type,
        article_body=ld.article_body,
        rights=rights_of_markup(meta, meta.licences, ld.rights, url),
        paid=_paid(ld, meta),
        warnings=(*warnings, *_complaints(ld, title, published)),
    )


def titles_of(meta: MetaTags) -> tuple[str, ...]:
    """All that the page calls itself, outside JSON-LD: by that a story is known."""
    return distinct((meta.first(metatags.TITLE), *meta.headings[:1], meta.document_title))


def _complaints(ld: LinkedData, title: str | None, published: Moment | None) -> Iterator[str]:
    if ld.unreadable_blocks:
        yield f"json-ld: {ld.unreadable_blocks} unreadable"
    if title is None:
        yield "no title"
    if published is None:
        yield "no date"
    elif published.precision != "day" and not published.has_zone:
        yield "date_published: states no time zone, read as UTC"


def _paid(ld: LinkedData, meta: MetaTags) -> str | None:
    """In the words of its markup; `article:content_tier` is Facebook's: free, metered or locked."""
    if ld.is_accessible_for_free is False or ld.paid_parts:
        parts = f", hasPart {', '.join(ld.paid_parts)}" if ld.paid_parts else ""
        stated = "false" if ld.is_accessible_for_free is False else "of parts false"
        return f"json-ld isAccessibleForFree: {stated}{parts}"
    tier = (meta.first(("article:content_tier", "og:article:content_tier")) or "").lower()
    return f"article:content_tier: {tier}" if tier in {"metered", "locked"} else None


def _is_open_graph_article(meta: MetaTags) -> bool:
    return meta.first(("og:type",)) == "article"


def _license(meta: MetaTags, url: str) -> str | None:
    return web_address(meta.target("license") or meta.first(metatags.LICENSE), url)


def _canonical(meta: MetaTags, url: str) -> tuple[str | None, tuple[str, ...]]:
    """The canonical address. One that names the home page from elsewhere is a template's slip: it would make
    all articles of the site the same."""
    stated = meta.target("canonical") or meta.first(("og:url",))
    canonical = web_address(stated, url)
    if canonical is not None and _is_root(canonical) and not _is_root(url):
        return None, ("canonical names the home page",)
    return canonical, ()


def _is_root(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _title(tree: Any, ld: LinkedData, meta: MetaTags, affixes: frozenset[str]) -> str | None:
    stated = choose_title(ld.headline, meta.first(metatags.TITLE), meta.headings, meta.document_title, affixes)
    return stated or line(extract_title(tree))


def _authors(tree: Any, ld: LinkedData, meta: MetaTags) -> tuple[str, ...]:
    """A publisher in the author's place gives way to a person in a meta tag, and then to the byline in the page, which
    is read only where markup names no person."""
    named = clean_authors(ld.authors)
    if named and not all(is_publisher(name, ld.publisher) for name in named):
        return named
    tagged = (clean_authors(meta.all(name)) for name in metatags.AUTHOR)
    persons = next((names for names in tagged if names), ())
    if persons and not all(is_publisher(name, ld.publisher) for name in persons):
        return persons
    shown = clean_authors((normalize_authors(None, byline(tree) or "") or "").split("; "))
    return shown or persons or named


def _language(tree: Any, ld: LinkedData, meta: MetaTags) -> str | None:
    stated = (tree.get("lang"), tree.get("xml:lang"), ld.language,
              *(content for _, content in meta.found(metatags.LANGUAGE)))
    return next((tag for value in stated if (tag := language_tag(value)) is not None), None)


def language_tag(stated: str | None) -> str | None:
    """A BCP 47 tag in its usual case ("de", "de-AT", "zh-Hant-TW") out of "de_AT", "DE-at" and the like, or
    None."""
    match = _LANGUAGE.match((stated or "").strip())
    if match is None:
        return None
    primary, script, region = match.groups()
    return "-".join(filter(None, (primary.lower(), script and script.title(), region and region.upper())))


def _tags(ld: LinkedData, meta: MetaTags) -> tuple[str, ...]:
    """All that name a tag: one a meta element, or several with commas between."""
    words = (word for _, content in meta.found(metatags.TAGS) for word in content.split(","))
    return distinct((*ld.keywords, *map(line, words)))


def _published(
    tree: Any, ld: LinkedData, meta: MetaTags, latest: date | None,
) -> tuple[Moment, str, str | None] | None:
    """The first stated date that can be read, where it stood, and how."""
    for source, stated in _stated_publication(tree, ld, meta):
        if (moment := parse_moment(stated, latest)) is not None:
            return moment, source, line(stated)
    return None


def _guessed_date(
    tree: Any, url: str, latest: date | None,
) -> tuple[Moment | None, str | None, str | None]:
    guessed = find_date(tree, original_date=True, url=url, min_date=_EARLIEST_GUESS.isoformat(),
                        max_date=(latest or LATEST).isoformat())
    moment = parse_moment(guessed, latest)
    if moment is None or (moment.at.month, moment.at.day) == (1, 1):
        return None, None, None  # 1 January is what htmldate makes of a bare year, such as that of a copyright line
    return moment, "htmldate", guessed


def _stated_publication(tree: Any, ld: LinkedData, meta: MetaTags) -> Iterator[tuple[str, str | None]]:
    yield "json-ld", ld.date_published
    yield from ((f"meta:{name}", content) for name, content in meta.found(metatags.PUBLISHED))
    yield from (("itemprop:datePublished", stated) for stated in metatags.stated_times(tree, "datepublished"))
    yield "json-ld:page", ld.page_date_published
    yield "time", metatags.time_by_heading(tree)


def _modified(tree: Any, ld: LinkedData, meta: MetaTags, latest: date | None) -> Iterator[Moment]:
    stated = chain((ld.date_modified,), (content for _, content in meta.found(metatags.MODIFIED)),
                   metatags.stated_times(tree, "datemodified"), (ld.page_date_modified,))
    yield from (moment for value in stated if (moment := parse_moment(value, latest)) is not None)
