"""A settled visit and the places of its records, put together into the lines that readers get.

Owns the mapping from values inside to the keys of design section 3. Pure: no file, no store, no clock.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipelines import __version__
from pipelines.recordlines import scrub
from pipelines.records import (
    SCHEMA_VERSION,
    ArticleRecord,
    Content,
    ExchangePointer,
    Extraction,
    FetchRecord,
    Http,
    WarcPointer,
    rfc3339,
)
from pipelines.store import ArticleKeys
from pipelines.urlkey import url_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.exchange import Exchange
    from pipelines.records import Article, Discovered
    from pipelines.visit import Settlement

TRAFILATURA_VERSION = version("trafilatura")


def article_keys(fetch: FetchRecord, article: Article) -> ArticleKeys:
    """By what the article is known again: its final address, its canonical address and title, its text."""
    key = url_key(fetch.final_url)
    canonical = _canonical_key(article)
    return ArticleKeys(
        id=_sha256(key)[:32], site=fetch.site, url_key=key, canonical=canonical,
        text=_sha256(folded) if (folded := _folded(article.text)) else None,
    )


def _canonical_key(article: Article) -> str | None:
    """None where the page names no canonical address of its own: many templates name the home page on every page."""
    try:
        if not article.canonical_url or not article.title or urlsplit(article.canonical_url).path in {"", "/"}:
            return None
        return _sha256(url_key(article.canonical_url) + "\n" + _folded(article.title))
    except ValueError:
        return None


def http_of(exchange: Exchange) -> Http:
    answer = exchange.response
    return Http(
        status=answer.status, fetched_at=rfc3339(exchange.started_at), ip=exchange.ip, protocol=answer.protocol,
        content_type=answer.header(b"content-type"), charset=answer.charset, bytes=answer.entity_size,
        etag=answer.header(b"etag"), last_modified=answer.header(b"last-modified"), duration_ms=exchange.duration_ms,
    )


@dataclass(frozen=True, slots=True)
class Places:
    """Where the records of an exchange lie; `refers_to` is the original of an answer that is a revisit."""

    request: WarcPointer
    response: WarcPointer | None
    metadata: WarcPointer
    refers_to: WarcPointer | None


def exchange_pointer(exchange: Exchange, places: Places) -> ExchangePointer:
    return ExchangePointer(
        url=exchange.url, method=exchange.method, status=exchange.response.status, request=places.request,
        response=places.response, metadata=places.metadata, refers_to=places.refers_to, truncated=exchange.truncated,
        error=exchange.error,
    )


def fetch_record(
    settlement: Settlement, run_id: str, http: Http | None, pointers: Sequence[ExchangePointer],
) -> FetchRecord:
    """The record of a fetch with the outcome that its visit came to, without an article."""
    return FetchRecord(
        schema_version=SCHEMA_VERSION, run_id=run_id, site=settlement.site, url=settlement.url,
        final_url=settlement.final_url, url_key=settlement.url_key, role=settlement.role, outcome=settlement.outcome,
        reason=settlement.reason, redirects=settlement.redirects, article_id=None, discovered=settlement.discovered,
        http=http, exchanges=tuple(pointers), started_at=rfc3339(settlement.started_at),
        finished_at=rfc3339(settlement.finished_at), discovered_also=settlement.also, rights=settlement.rights,
    )


def article_record(
    fetch: FetchRecord, article: Article, keys: ArticleKeys, place: WarcPointer | None = None,
) -> ArticleRecord:
    """The record of an article out of the page that was fetched, whose answer lies at `place`, or where the fetch says.
    RuntimeError if no answer of it is archived."""
    if place is None and fetch.exchanges:
        place = fetch.exchanges[-1].refers_to or fetch.exchanges[-1].response
    if fetch.http is None or place is None:
        raise RuntimeError(f"{fetch.url}: an article without an archived answer")
    published, source, precision, stated = _published(article, (fetch.discovered, *fetch.discovered_also))
    return ArticleRecord(
        schema_version=SCHEMA_VERSION, id=keys.id, kind=article.kind, run_id=fetch.run_id, site=fetch.site,
        url=fetch.url, final_url=fetch.final_url, canonical_url=article.canonical_url, url_key=keys.url_key,
        redirects=fetch.redirects, title=article.title, description=article.description, text=article.text,
        authors=article.authors, publisher=article.publisher, language=article.language, section=article.section,
        tags=article.tags, image=article.image, license=article.license, date_published=published,
        date_published_source=source, date_published_precision=precision, date_published_stated=stated,
        date_modified=article.date_modified, is_accessible_for_free=article.is_accessible_for_free,
        word_count=article.word_count, discovered=fetch.discovered, http=fetch.http, warc=place,
        content=Content(_sha256(article.text), len(article.text)), boilerplate=article.boilerplate,
        quality=article.quality, extraction=Extraction(
            "trafilatura", TRAFILATURA_VERSION, __version__, article.boilerplate.model_id, article.warnings,
            way=article.way, doubts=article.doubts),
        discovered_also=fetch.discovered_also, rights=article.rights, wall=article.wall,
    )


def _published(
    article: Article, ways: tuple[Discovered, ...],
) -> tuple[str | None, str | None, str | None, str | None]:
    """Date, source, precision and wording: as the page states them; failing that the date of a feed or of a news
    sitemap, which is the publisher's word too; only then what htmldate guessed from the text. Dates in other sitemaps
    are of changes, and not taken."""
    if article.date_published_source in {None, "htmldate"}:
        for via in ("feed", "news_sitemap"):
            date = min((way.date for way in ways if way.via == via and way.date), default=None)
            if date:
                return date, via, "second", date
    return (article.date_published, article.date_published_source, article.date_published_precision,
            article.date_published_stated)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _sha256(text: str) -> str:
    return hashlib.sha256(scrub(text).encode()).hexdigest()
