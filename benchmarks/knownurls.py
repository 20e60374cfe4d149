"""A store that knows any number of URLs, filled as a crawl fills it: added, leased, ended, 64 at a time.

Owns the made-up URLs and what a group commit of them holds. Must not know how a store is measured.
"""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from pipelines.records import Discovered
from pipelines.segments import SegmentName
from pipelines.sqlite import SqliteStore
from pipelines.store import ArticleKeys, Batch, Done, Found, Held, HostHealth, Mark, OutboxLine, Place, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pipelines.store import Lease

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOSTS = 2_000
GROUP, PER_HOST = 64, 2  # of `pipelines.commit` and CONCURRENT_REQUESTS_PER_DOMAIN
WAITING = 20_000
RESTING_URLS, RESTING_HOSTS = 500, 20
ARTICLES_IN_TEN = 7
_URLS_A_RUN = 50_000
_DAY = "2026-11-22"
_ARTICLE_BYTES, _FETCH_BYTES = 6_000, 700  # of a JSONL line, as the crawl benchmark writes them
_PRIORITY = 29_000_000


def found_url(number: int) -> Found:
    """The URL of that number, as the news spider finds it in a feed."""
    host = f"www.news-{number % HOSTS:04}.example"
    key = f"{host.removeprefix('www.')}/2026/11/22/politics/council-votes-on-the-new-harbour-bridge-{number}.html"
    discovered = {"via": "feed", "source_url": f"https://{host}/rss/politics.xml",
                  "title": f"Council votes on the new harbour bridge ({number})", "date": "2026-11-22T11:30:00Z"}
    url = f"https://www.{key}"
    request = {"url": url, "callback": "parse_page", "priority": _PRIORITY,
               "meta": {"site": site_of(number), "role": "page", "discovered": discovered}}
    return Found(key, url, host, site_of(number), "page", _PRIORITY, Discovered(**discovered), json.dumps(request))


def site_of(number: int) -> str:
    return f"news-{number % HOSTS:04}"


def number_of(url_key: str) -> int:
    return int(url_key.rpartition("-")[2].removesuffix(".html"))


def article_keys(url_key: str) -> ArticleKeys:
    """What `pipelines.assemble` makes of a page of its own, with a canonical address."""
    id_, canonical, text = (sha256(f"{part}{url_key}".encode()).hexdigest() for part in ("", "c", "t"))
    return ArticleKeys(id_[:32], site_of(number_of(url_key)), url_key, canonical, text)


def is_article(url_key: str) -> bool:
    return number_of(url_key) % 10 < ARTICLES_IN_TEN


def held(url_key: str, path: str, offset: int) -> Held:
    """The payload of the page, which is in the archive from then on."""
    return Held(f"sha1:{url_key}", Place(path, offset, 20_000))


def ended(leases: Sequence[Lease]) -> tuple[Done, ...]:
    return tuple(Done(lease.url_key, lease.token, "article", again=False) for lease in leases)


class Files:
    """The open files of a run, as far as the store hears of them: marks, lines on their way, lines on disk."""

    def __init__(self, run_id: str) -> None:
        self._names = {kind: SegmentName(f"{kind}/dt={_DAY}/{run_id}-00000.{kind}.gz", kind, _DAY)
                       for kind in ("warc", "articles", "fetches")}
        self._bytes = dict.fromkeys(self._names, 0)
        self._rows = dict.fromkeys(self._names, 0)
        self._unsynced_bytes = 0

    def group(self, leases: Sequence[Lease], found: tuple[Found, ...]) -> Batch:
        """The transaction of a group commit: what `pipelines.draft` would make of these visits."""
        articles = tuple(article_keys(lease.url_key) for lease in leases if is_article(lease.url_key))
        lines = [self._line("articles", _ARTICLE_BYTES) for _ in articles]
        lines += [self._line("fetches", _FETCH_BYTES) for _ in leases]
        path, at = self._names["warc"].path, self._bytes["warc"]
        payloads = tuple(held(lease.url_key, path, at + 30_000 * number) for number, lease in enumerate(leases))
        self._bytes["warc"] += 30_000 * len(leases)
        self._rows["warc"] += 3 * len(leases)
        marks = tuple(Mark(name, self._bytes[kind], self._rows[kind]) for kind, name in self._names.items())
        tally = {(site_of(number_of(lease.url_key)), "article"): 1 for lease in leases}
        return Batch(done=ended(leases), found=found, articles=articles, marks=marks, outbox=tuple(lines),
                     synced=self._synced(), tally=tally, held=payloads)

    def _line(self, kind: str, size: int) -> OutboxLine:
        line = OutboxLine(self._names[kind].path, self._bytes[kind], b"x" * size)
        self._bytes[kind] += size
        self._rows[kind] += 1
        self._unsynced_bytes += size
        return line

    def _synced(self) -> dict[str, int]:
        """Each 4 MiB lines are synced and leave the outbox."""
        if self._unsynced_bytes < 4 << 20:
            return {}
        self._unsynced_bytes = 0
        return {name.path: self._bytes[kind] for kind, name in self._names.items() if kind != "warc"}


def fill(path: Path, known: int, waiting: int, tell: Callable[[int], None]) -> None:
    """A store at `path` where the URLs 0 to `known` have ended and the next `waiting` wait. `tell` hears how many are
    known. Not synced until the end: what is measured comes later."""
    with closing(SqliteStore.open(path, survives_power_loss=False)) as store:
        for begin in range(0, known, _URLS_A_RUN):
            run = Run(f"fill-{begin:08}", "news", 1, NOW)
            store.begin_run(run)
            _fill_run(store, run.run_id, range(begin, min(begin + _URLS_A_RUN, known)), tell)
            store.end_run(run.run_id, NOW, "finished")
        _fill_queue(store, range(known, known + waiting))
        checkpoint(store)


def _fill_run(store: SqliteStore, run_id: str, numbers: range, tell: Callable[[int], None]) -> None:
    warc = SegmentName(f"warc/dt={_DAY}/{run_id}.warc.gz", "warc", _DAY)
    for begin in range(numbers.start, numbers.stop, GROUP):
        found = tuple(found_url(number) for number in range(begin, min(begin + GROUP, numbers.stop)))
        store.commit(run_id, Batch(found=found))
        leases = store.lease(run_id, {}, GROUP, PER_HOST, NOW)
        articles = tuple(article_keys(lease.url_key) for lease in leases if is_article(lease.url_key))
        offset = 30_000 * (begin - numbers.start)
        payloads = tuple(held(lease.url_key, warc.path, offset + 30_000 * n) for n, lease in enumerate(leases))
        store.commit(run_id, Batch(done=ended(leases), articles=articles, held=payloads,
                                   marks=(Mark(warc, offset + 30_000 * GROUP, 3 * (begin + GROUP)),)))
        tell(begin + len(found))


def _fill_queue(store: SqliteStore, numbers: range) -> None:
    """URLs that wait; some of them rest, and some hosts do."""
    run = Run("fill-queue", "news", 1, NOW)
    store.begin_run(run)
    later = NOW + timedelta(days=1)
    resting = min(RESTING_URLS, len(numbers) // 4)
    store.commit(run.run_id, Batch(found=tuple(found_url(number) for number in numbers[:resting])))
    while leases := store.lease(run.run_id, {}, GROUP, PER_HOST, NOW):
        store.commit(run.run_id, Batch(done=tuple(
            Done(lease.url_key, lease.token, "timeout", again=True, retry_at=later) for lease in leases)))
    store.commit(run.run_id, Batch(found=tuple(found_url(number) for number in numbers[resting:]), hosts=tuple(
        HostHealth(found_url(number).host, 5, later) for number in range(min(RESTING_HOSTS, resting)))))
    store.end_run(run.run_id, NOW, "finished")


def checkpoint(store: SqliteStore) -> None:
    """Everything into the one file, whose size then counts."""
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
