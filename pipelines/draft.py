"""One group commit in the making: records appended, lines laid out, and the transaction they belong to.

Owns the order of design section 4 up to the transaction: which file a record goes to, where it lies, what the
lines say. Must not know threads, timers or SQL. Nothing it did counts until the store has committed its batch.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pipelines.assemble import Places, article_keys, article_record, exchange_pointer, fetch_record, http_of
from pipelines.capturefacts import capture_facts
from pipelines.recordlines import from_fields, to_line
from pipelines.records import FetchRecord, Outcome, WarcPointer
from pipelines.store import Batch, Done, OutboxLine, Owed

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.exchange import Exchange
    from pipelines.originals import Original, Originals
    from pipelines.records import Article, ArticleRecord, Discovered, ExchangePointer, Http
    from pipelines.segment_set import Growing, SegmentSet
    from pipelines.store import ArticleKeys, Found, HostHealth, KeptRights, SiteKnowledge, Source
    from pipelines.storeprotocol import Store
    from pipelines.visit import Payment, Settlement
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
class Beside:
    """What goes into a transaction beside visits."""

    found: tuple[Found, ...] = ()
    also: tuple[tuple[str, Discovered], ...] = ()
    knowledge: tuple[SiteKnowledge, ...] = ()
    rights: tuple[KeptRights, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a settled visit: its fetch record, and the article if one was written; or what is owed, and then
    the fetch record is not written yet."""

    fetch: FetchRecord
    article: ArticleRecord | None
    owed: Owed | None = None


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
        self._owed: list[Owed] = []
        self._paid: list[str] = []
        self._again: list[str] = []
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
            self._take_back()
            failed = replace(settlement, article=None, outcome=Outcome.ERROR, is_final=False, is_owed=False,
                             reason=_told(settlement.url, error))
        try:
            return self._add(failed, now)
        except OSError:
            raise
        except Exception:
            self._take_back()
            return self._add(replace(failed, exchanges=(), redirects=()), now)

    def pay(self, payment: Payment, now: datetime) -> Committed:
        """Lay out the lines of a page that was owed its article. One that cannot be written down ends as an error."""
        owed = from_fields(FetchRecord, json.loads(payment.owed.fetch))
        fetch = replace(owed, run_id=self._run_id, outcome=payment.outcome, reason=payment.reason)
        try:
            committed = self._lay_out(fetch, payment.article, now)
        except OSError:
            raise
        except Exception as error:
            failed = replace(fetch, outcome=Outcome.ERROR, reason=_told(fetch.url, error))
            committed = self._lay_out(failed, None, now)
        self._paid.append(payment.owed.id)
        if committed.fetch.outcome in AGAIN and not payment.is_final:
            self._again.append(fetch.url_key)
        return committed

    def _add(self, settlement: Settlement, now: datetime) -> Committed:
        pointers = self._write_exchanges(settlement, settlement.started_at.strftime("%Y-%m-%d"), now)
        fetch = fetch_record(settlement, self._run_id, self._http(settlement), pointers)
        if settlement.is_owed:
            committed = Committed(fetch, None, self._owe(fetch, settlement))
        else:
            committed = self._lay_out(fetch, settlement.article, now)
        self._end(settlement, committed.fetch)
        self._originals.keep()
        return committed

    def _owe(self, fetch: FetchRecord, settlement: Settlement) -> Owed:
        answer = fetch.exchanges[-1].response if fetch.exchanges else None
        if answer is None:
            raise RuntimeError(f"{fetch.url}: owed an article without an archived answer")
        owed = Owed(answer.record_id, fetch.site, to_line(fetch).decode(), settlement.confirmed)
        self._owed.append(owed)
        return owed

    def _lay_out(self, fetch: FetchRecord, article: Article | None, now: datetime) -> Committed:
        """The lines of a fetch and of its article, and what they count."""
        if article and fetch.http:
            fetch = replace(fetch, http=replace(fetch.http, charset=article.charset or fetch.http.charset))
        record, keys, original = self._article(fetch, article)
        if original:
            fetch = replace(fetch, outcome=Outcome.DUPLICATE, reason="the same article as " + original)
        fetch = replace(fetch, article_id=record.id if record else original)
        fetch_line, article_line = to_line(fetch), to_line(record) if record else b""
        dt = fetch.started_at[:10]
        if keys and article_line:
            self._hold(keys)
            self._line("articles", dt, now, article_line)
        self._line("fetches", dt, now, fetch_line)
        self._tally[fetch.site, fetch.outcome] += 1
        return Committed(fetch, record)

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
        return http_of(settlement.exchanges[-1])

    def _article(
        self, fetch: FetchRecord, article: Article | None,
    ) -> tuple[ArticleRecord | None, ArticleKeys | None, str | None]:
        """The record of a new article with its keys, or the id of the one that this is a copy of."""
        if article is None or fetch.outcome != Outcome.ARTICLE:
            return None, None, None
        keys = article_keys(fetch, article)
        original = self._like(keys)
        if original:
            return None, None, original
        return article_record(fetch, article, keys), keys, None

    def _like(self, keys: ArticleKeys) -> str | None:
        return next((self._held[key] for key in lookups(keys) if key in self._held), None) or (
            self._store.article_like(keys))

    def _hold(self, keys: ArticleKeys) -> None:
        self._keys.append(keys)
        self._held.update(dict.fromkeys(lookups(keys), keys.id))

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
        if settlement.lease:
            gone = fetch.http is not None and fetch.http.status in _GONE
            again = fetch.outcome in AGAIN and not gone and not settlement.is_final
            self._done.append(Done(settlement.lease.url_key, settlement.lease.token, fetch.outcome, again,
                                   settlement.retry_at, failed=fetch.outcome in AGAIN))
        self._sources += settlement.sources
        for host in (*settlement.rests, *([settlement.host] if settlement.host else ())):
            self._hosts[host.host] = host

    def batch(self, beside: Beside, synced: dict[str, int]) -> Batch:
        """The transaction: marks as they will be once the lines are appended."""
        marks = []
        for growing in self._segments.growing():
            size = self._jsonl_size.get(growing.segment.name.path)
            marks.append(growing.mark if size is None else replace(growing.mark, bytes=size))
        return Batch(done=tuple(self._done), found=beside.found, sources=tuple(self._sources),
                     hosts=tuple(self._hosts.values()), articles=tuple(self._keys), marks=tuple(marks),
                     outbox=tuple(self._outbox), synced=synced, tally=dict(self._tally),
                     held=self._originals.held, owed=tuple(self._owed), paid=tuple(self._paid),
                     again=tuple(self._again), also=beside.also, knowledge=beside.knowledge, rights=beside.rights)


def _told(url: str, error: Exception) -> str:
    """What was wrong, for the record; its stack goes into the log."""
    logger.error("%s cannot be archived", url, exc_info=error)
    return f"cannot be archived: {type(error).__name__}: {error}"[:500]


def lookups(keys: ArticleKeys) -> list[tuple[str, str]]:
    """The same three ways as the store's `article_like`, for articles of the same transaction."""
    canonical = [(keys.site, "c:" + keys.canonical)] if keys.canonical else []
    text = [(keys.site, "t:" + keys.text)] if keys.text else []
    return [("", "i:" + keys.id), *canonical, *text]
