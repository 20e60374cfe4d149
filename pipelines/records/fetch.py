"""The line of a fetch and the values it is made of.

Owns their keys. Must not know articles.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.records.rights import Directive


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
