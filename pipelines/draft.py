"""One group commit in the making: records appended, lines laid out, and the transaction they belong to.

Owns the order of design section 4 up to the transaction: which file a record goes to, where it lies, what the
lines say. Must not know threads, timers or SQL. Nothing it did counts until the store has committed its batch.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pipelines.assemble import Places, article_keys, article_record, exchange_pointer, fetch_record, http_of
from pipelines.capturefacts import capture_facts
from pipelines.recordlines import to_line
from pipelines.records import Outcome, WarcPointer
from pipelines.store import Batch, Done, OutboxLine

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.exchange import Exchange
    from pipelines.originals import Original, Originals
    from pipelines.records import ArticleRecord, ExchangePointer, FetchRecord, Http
    from pipelines.segment_set import Growing, SegmentSet
    from pipelines.store import ArticleKeys, Found, HostHealth, Source, Store
    from pipelines.visit import Settlement
    from pipelines.warc import Member
    from pipelines.warcrecords import ExchangeRecords

logger = logging.getLogger(__name__)

AGAIN = frozenset({
    Outcome.HTTP_ERROR, Outcome.ROBOTS_DENIED, Outcome.REFUSED, Outcome.TIMEOUT, Outcome.DNS_FAILED, Outcome.TLS_FAILED,
    Outcome.CONNECTION_FAILED, Outcome.INVALID_RESPONSE, Outcome.TRUNCATED, Outcome.REDIRECT_FAILED, Outcome.ERROR,
    Outcome.EXTRACTION_FAILED, Outcome.SOURCE_INVALID,
})
"""Outcomes after which a later run may try the URL once more, when it finds it again."""

_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a settled visit: its fetch record, and the article if one was written."""

    fetch: FetchRecord
    article: ArticleRecord | None


class MakeRecords(Protocol):
    """Turns an exchange into records; the composition root passes `pipelines.warcrecords.exchange_records`."""

    def __call__(
        self, exchange: Exchange, warcinfo_id: str, facts: tuple[tuple[str, str], ...], original: Original | None
    ) -> ExchangeRecords: ...


class Draft:
    """Collects settlements for one transaction. Use once."""

    def __init__(
        self, run_id: str, store: Store, segments: SegmentSet, make_records: MakeRecords, originals: Originals
    ) -> None:
        self._run_id, self._store, self._segments, self._make_records = run_id, store, segments, make_records
        self._originals = originals
        self._done: list[Done] = []
        self._sources: list[Source] = []
        self._hosts: dict[str, HostHealth] = {}
        self._keys: list[ArticleKeys] = []
        self._held: dict[tuple[str, str], str] = {}
        self._tally: Counter[tuple[str, str]] = Counter()
        self.lines: list[tuple[Growing, bytes]] = []
        self._jsonl_size: dict[str, int] = {}
        self._outbox: list[OutboxLine] = []
        self._before: tuple[Growing, int, int] | None = None

    def add(self, settlement: Settlement, now: datetime) -> Committed:
        """Append its records to the open segment and lay out its lines. OSError if a write fails.

        What cannot be written down by a fault of ours costs this visit alone: it ends as an error, without its
        article, and without its records only if it is they that cannot be written.
        """
        try:
            return self._add(settlement, now)
        except OSError:
            raise
        except Exception as error:
            logger.exception("%s cannot be archived", settlement.url)
            self._take_back()
            reason = f"cannot be archived: {type(error).__name__}: {error}"[:500]
            failed = replace(settlement, article=None, outcome=Outcome.ERROR, reason=reason, is_final=False)
        try:
            return self._add(failed, now)
        except OSError:
            raise
        except Exception:
            self._take_back()
            return self._add(replace(failed, exchanges=(), redirects=()), now)

    def _add(self, settlement: Settlement, now: datetime) -> Committed:
        dt = settlement.started_at.strftime("%Y-%m-%d")
        pointers = self._write_exchanges(settlement, dt, now)
        http = self._http(settlement)
        article, keys, original = self._article(settlement, http, pointers)
        outcome, reason = settlement.outcome, settlement.reason
        if original:
            outcome, reason = Outcome.DUPLICATE, "the same article as " + original
        article_id = article.id if article else original
        fetch = fetch_record(settlement, self._run_id, http, pointers, article_id, outcome, reason)
        fetch_line, article_line = to_line(fetch), to_line(article) if article else b""
        if keys and article_line:
            self._hold(keys)
            self._line("articles", dt, now, article_line)
        self._line("fetches", dt, now, fetch_line)
        self._end(settlement, fetch)
        self._originals.keep()
        return Committed(fetch, article)

    def _take_back(self) -> None:
        """The records of the visit at hand; nothing else of it has been taken up by then."""
        self._originals.forget()
        if self._before:
            growing, size, rows = self._before
            growing.segment.cut(size)
            growing.rows = rows

    def _write_exchanges(self, settlement: Settlement, dt: str, now: datetime) -> list[ExchangePointer]:
        self._before = None
        if not settlement.exchanges:
            return []
        growing = self._segments.room("warc", dt, now)
        self._before = growing, growing.segment.size, growing.rows
        return [self._write_exchange(settlement, number, growing) for number in range(len(settlement.exchanges))]

    def _write_exchange(self, settlement: Settlement, number: int, growing: Growing) -> ExchangePointer:
        exchange = settlement.exchanges[number]
        original = self._originals.of(exchange)
        records = self._make_records(exchange, growing.context, capture_facts(settlement, number), original)
        places = {member.record_id: self._append(growing, member) for member in records.members}
        answer = places[records.answer.record_id] if records.answer else None
        if answer:
            self._originals.hold(exchange, settlement.role, original.place if original else answer)
        return exchange_pointer(exchange, Places(
            places[records.request.record_id], answer, places[records.metadata.record_id],
            original.place if original else None))

    @staticmethod
    def _append(growing: Growing, member: Member) -> WarcPointer:
        offset = growing.segment.size
        member.write_to(growing.segment.append)
        growing.rows += 1
        return WarcPointer(growing.segment.name.path, offset, growing.segment.size - offset, member.record_id,
                           member.payload_digest, member.date)

    @staticmethod
    def _http(settlement: Settlement) -> Http | None:
        if not settlement.exchanges or settlement.exchanges[-1].response.status is None:
            return None
        return http_of(settlement.exchanges[-1], settlement.article.charset if settlement.article else None)

    def _article(
        self, settlement: Settlement, http: Http | None, pointers: list[ExchangePointer]
    ) -> tuple[ArticleRecord | None, ArticleKeys | None, str | None]:
        """The record of a new article with its keys, or the id of the one that this is a copy of."""
        if settlement.article is None or settlement.outcome is not Outcome.ARTICLE:
            return None, None, None
        keys = article_keys(settlement, settlement.article)
        original = self._like(keys)
        if original:
            return None, None, original
        place = (pointers[-1].refers_to or pointers[-1].response) if pointers else None
        if http is None or place is None:
            raise RuntimeError(f"{settlement.url}: an article without an archived answer")
        record = article_record(settlement, settlement.article, keys, self._run_id, http, place)
        return record, keys, None

    def _like(self, keys: ArticleKeys) -> str | None:
        return next((self._held[key] for key in _lookups(keys) if key in self._held), None) or (
            self._store.article_like(keys))

    def _hold(self, keys: ArticleKeys) -> None:
        self._keys.append(keys)
        self._held.update(dict.fromkeys(_lookups(keys), keys.id))

    def _line(self, kind: str, dt: str, now: datetime, line: bytes) -> None:
        """Lay a line out; it is appended only after the commit, so its file cannot name what is not there."""
        growing = self._segments.room(kind, dt, now)
        path = growing.segment.name.path
        offset = self._jsonl_size.setdefault(path, growing.segment.size)
        self._jsonl_size[path] = offset + len(line)
        self._outbox.append(OutboxLine(path, offset, line))
        self.lines.append((growing, line))
        growing.rows += 1

    def _end(self, settlement: Settlement, fetch: FetchRecord) -> None:
        self._tally[settlement.site, fetch.outcome] += 1
        if settlement.lease:
            gone = fetch.http is not None and fetch.http.status in _GONE
            again = fetch.outcome in AGAIN and not gone and not settlement.is_final
            self._done.append(Done(settlement.lease.url_key, settlement.lease.token, fetch.outcome, again,
                                   settlement.retry_at, failed=fetch.outcome in AGAIN))
        self._sources += settlement.sources
        if settlement.host:
            self._hosts[settlement.host.host] = settlement.host

    def batch(self, found: tuple[Found, ...], synced: dict[str, int]) -> Batch:
        """The transaction: marks as they will be once the lines are appended."""
        marks = []
        for growing in self._segments.growing():
            size = self._jsonl_size.get(growing.segment.name.path)
            marks.append(growing.mark if size is None else replace(growing.mark, bytes=size))
        return Batch(done=tuple(self._done), found=found, sources=tuple(self._sources),
                     hosts=tuple(self._hosts.values()), articles=tuple(self._keys), marks=tuple(marks),
                     outbox=tuple(self._outbox), synced=synced, tally=dict(self._tally),
                     held=self._originals.held)


def _lookups(keys: ArticleKeys) -> list[tuple[str, str]]:
    """The same three ways as the store's `article_like`, for articles of the same transaction."""
    canonical = [(keys.site, "c:" + keys.canonical)] if keys.canonical else []
    text = [(keys.site, "t:" + keys.text)] if keys.text else []
    return [("", "i:" + keys.id), *canonical, *text]
