"""What Broadsheet hands on: the article record, the fetch record, and the values they are made of.

Owns the names, order and types of every key that a reader of ARCHIVE_DIR sees. Must not know Scrapy, the store
or any library outside the standard one. The JSON Schemas in `schemas/` are generated from these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

SCHEMA_VERSION = 1


class Outcome(StrEnum):
    """How a URL that was tried ended: exactly one each, so that tried = the sum of outcomes."""

    ARTICLE = "article"                          # an article was written
    DUPLICATE = "duplicate"                      # the page is an article that is held already
    NO_ARTICLE = "no_article"                    # a page without an article
    SOURCE = "source"                            # a home page, feed, sitemap, section or robots.txt was read
    NOT_MODIFIED = "not_modified"                # a source says that it has not changed since it was last read
    ABSENT = "absent"                            # nothing lies where something often does: a feed, a tdmrep.json
    SOURCE_INVALID = "source_invalid"            # it could not be read as what it should be
    FETCHED = "fetched"                          # archived; the spider asked for no extraction
    EXTRACTION_FAILED = "extraction_failed"      # the parser hung, crashed or ran out of memory on this page
    REDIRECTED = "redirected"                    # one hop of a chain that no lease stands behind: robots.txt
    HTTP_ERROR = "http_error"                    # an answer with an error status
    ROBOTS_DENIED = "robots_denied"              # robots.txt forbids it
    REFUSED = "refused"                          # our own rules forbid it
    TOO_LARGE = "too_large"                      # over the limit on the size of a body
    TIMEOUT = "timeout"
    DNS_FAILED = "dns_failed"
    CONNECTION_FAILED = "connection_failed"
    TLS_FAILED = "tls_failed"
    INVALID_RESPONSE = "invalid_response"        # what came is not HTTP that can be read
    TRUNCATED = "truncated"                      # the connection broke before the body was whole
    REDIRECT_FAILED = "redirect_failed"          # a loop, too many hops, or a place that cannot be fetched
    WITHHELD = "withheld"                        # our policy on a site's rights: no article is written of the page
    DROPPED = "dropped"                          # a pipeline of the user's own dropped it
    ERROR = "error"                              # an error of ours


class Role(StrEnum):
    """What a URL was fetched as."""

    HOME = "home"
    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"
    PAGE = "page"
    ROBOTS = "robots"
    RIGHTS = "rights"                            # what a host reserves: /.well-known/tdmrep.json
    OTHER = "other"


SOURCES = frozenset({Role.HOME, Role.FEED, Role.SITEMAP, Role.SECTION, Role.ROBOTS})
"""Roles of what lists pages. A source belongs to one site alone and is fetched time and again."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop that was followed: the address that answered, its status, and where it pointed."""

    url: str
    status: int
    location: str


@dataclass(frozen=True, slots=True)
class Discovered:
    """How a URL came to be known: `via` is home, feed, sitemap, news_sitemap, section, list or spider.

    `date` is that of publication from a feed or a news sitemap, and of the last change from a sitemap; `updated` is
    there beside the former alone. `image` is the picture that goes with it.
    """

    via: str
    source_url: str | None = None
    title: str | None = None
    date: str | None = None
    updated: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Http:
    """The final answer of a fetch. `bytes` is the size of the body as it came, `duration_ms` the whole exchange."""

    status: int | None
    fetched_at: str
    ip: str | None
    protocol: str | None
    content_type: str | None
    charset: str | None
    bytes: int
    etag: str | None
    last_modified: str | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class WarcPointer:
    """Where a response record lies: `file` is relative to ARCHIVE_DIR, offset and length are those of its gzip member.

    `payload_digest` is of the entity body: after Transfer-Encoding is taken off, before Content-Encoding is.
    """

    file: str
    offset: int
    length: int
    record_id: str
    payload_digest: str
    date: str


@dataclass(frozen=True, slots=True)
class ExchangePointer:
    """One exchange of a fetch: what was asked, what came, and where the records lie.

    `response` is None where nothing came back; `error` then says why. Where it is a revisit record, `refers_to` is the
    response record that holds the payload.
    """

    url: str
    method: str
    status: int | None
    request: WarcPointer
    response: WarcPointer | None
    metadata: WarcPointer
    refers_to: WarcPointer | None
    truncated: str | None
    error: str | None


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
    way: str
    doubts: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directive:
    """One thing that a site says of what may be done with a page: a reservation, a preference or a licence.

    `source` is where it stands (meta, header, tdmrep.json, robots.txt, json-ld, link, a, script, feed), `evidence` what
    stands there. `agent` is whom it is addressed to, None for everyone. `applies` says whether it counts for us: it is
    addressed to us, and nothing that goes before it says otherwise.
    """

    name: str
    value: str | None
    agent: str | None
    source: str
    evidence: str
    applies: bool = True


@dataclass(frozen=True, slots=True)
class Wall:
    """What stands in front of a page's article, or of a part of it: `kind` is consent, paywall, registration, bot or
    geo, `evidence` by what it was told."""

    kind: str
    evidence: str


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
    date_published_stated: str | None
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


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """One line of fetches/: a URL that was tried, and the one outcome it had. `discovered_also` are further ways in
    which it was found until then; `rights` is what the host and the headers of the answer say of a page."""

    schema_version: int
    run_id: str
    site: str
    url: str
    final_url: str
    url_key: str
    role: str
    outcome: str
    reason: str | None
    redirects: tuple[Redirect, ...]
    article_id: str | None
    discovered: Discovered
    http: Http | None
    exchanges: tuple[ExchangePointer, ...]
    started_at: str
    finished_at: str
    discovered_also: tuple[Discovered, ...] = ()
    rights: tuple[Directive, ...] = ()


def rfc3339(moment: datetime) -> str:
    """An aware time as RFC 3339 in UTC with microseconds: 2026-11-22T14:15:00.123456Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
