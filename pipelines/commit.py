"""Group commit: many visits made durable by two syncs.

Owns the one thread that writes to the archive, and the order in it: append, fdatasync, one transaction, only then
the JSONL lines and the acknowledgement (design section 4). Must not know Scrapy; what a record looks like is the
draft's business.
"""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pipelines.draft import Beside, Committed, Draft, MakeRecords
from pipelines.errors import DiskFullError, StaleLeaseError
from pipelines.originals import NO_REVISITS, Originals, Revisits
from pipelines.visit import Payment, Settlement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Mapping
    from datetime import datetime

    from pipelines.records import Discovered, SealedFile
    from pipelines.segment_set import Growing, SegmentSet
    from pipelines.store import Found, KeptRights, Lease, SiteKnowledge
    from pipelines.storeprotocol import Store

MAX_SETTLEMENTS = 64
MAX_DELAY_SECONDS = 0.2
_SYNC_LINES_BYTES = 4 << 20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Waiting:
    settlement: Settlement | Payment
    future: asyncio.Future[Committed]


_NOTHING = Beside()


class Committer:
    """Use from one event loop. After a write that failed, every call raises that error: the crawl must stop."""

    def __init__(
        self, run_id: str, store: Store, segments: SegmentSet, make_records: MakeRecords, now: Callable[[], datetime],
        *, survives_power_loss: bool = True, revisits: Revisits = NO_REVISITS,
        on_sealed: Callable[[SealedFile], object] = lambda file: None,
    ) -> None:
        self._run_id, self._store, self._segments = run_id, store, segments
        self._survives_power_loss = survives_power_loss
        self._make_records, self._now = make_records, now
        self._revisits, self._on_sealed = revisits, on_sealed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._waiting: list[_Waiting] = []
        self._found: list[Found] = []
        self._also: list[tuple[str, Discovered]] = []
        self._found_keys: set[str] = set()
        self._knowledge: dict[str, SiteKnowledge] = {}
        self._rights: dict[str, KeptRights] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.failure: Exception | None = None

    async def settle(self, settlement: Settlement | Payment) -> Committed:
        """Return once the visit, or the end of a page that was owed its article, is durable and its lines are written.

        StaleLeaseError if another worker has its URL by now: then nothing of it is written.
        """
        self._check()
        future: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(settlement, future))
        self._arm(full=len(self._waiting) >= MAX_SETTLEMENTS)
        return await future

    def add(self, found: Found) -> None:
        """Remember a found URL; it is durable no later than the visit that is settled after it."""
        self._check()
        self._found.append(found)
        self._found_keys.add(found.url_key)
        self._arm(full=False)

    def note_found(self, url_key: str, discovered: Discovered) -> None:
        """Remember one more way in which a page that waits was found; durable as what is added."""
        self._check()
        self._also.append((url_key, discovered))
        self._arm(full=False)

    def keep(self, knowledge: SiteKnowledge) -> None:
        """Remember what is known of a site; it is durable no later than what is settled after it. After a failure there
        is nothing that could follow it, and it is let go."""
        if self.failure is None:
            self._knowledge[knowledge.site] = knowledge
            self._arm(full=False)

    def keep_rights(self, rights: KeptRights) -> None:
        """The same for what a host reserves, or what is done about a site's rights."""
        if self.failure is None:
            self._rights[rights.name] = rights
            self._arm(full=False)

    def is_about_to_add(self, url_key: str) -> bool:
        return url_key in self._found_keys

    async def lease(
        self, busy: Mapping[str, int], limit: int, per_host: int, without: Collection[str] = ()
    ) -> list[Lease]:
        """Found URLs first, then leases of what waits."""
        await self.flush()
        return await self._in_thread(self._store.lease, self._run_id, busy, limit, per_host, self._now(), without)

    async def next_due(self) -> datetime | None:
        """`Store.next_due` as of now."""
        return await self._in_thread(self._store.next_due, self._now())

    async def release(self, leases: list[Lease]) -> None:
        await self._in_thread(self._store.release, leases)

    async def flush(self) -> None:
        """Make durable what has come so far."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        extra = Beside(tuple(self._found), tuple(self._also), tuple(self._knowledge.values()),
                       tuple(self._rights.values()))
        self._found, self._also, self._knowledge, self._rights = [], [], {}, {}
        if waiting or extra != _NOTHING:  # shielded: whoever asked may go away, others wait for the same commit
            await asyncio.shield(self._task(self._commit_in_groups(waiting, extra)))

    async def _commit_in_groups(self, waiting: list[_Waiting], extra: Beside) -> None:
        while waiting or extra != _NOTHING:
            group, waiting = waiting[:MAX_SETTLEMENTS], waiting[MAX_SETTLEMENTS:]
            try:
                await self._commit(group, extra)
            except Exception as error:
                _fail(waiting, error)
                raise
            extra = _NOTHING

    async def close(self) -> None:
        """Commit what is left and seal every file. After a failure: seal nothing, recovery does it."""
        try:
            if self.failure is not None:
                _fail(self._waiting, self.failure)
            else:
                await self.flush()
                if self._tasks:  # a flush that began before has groups left
                    await asyncio.wait(self._tasks)
                await self._in_thread(self._seal, self._segments.take_all)
        finally:
            self._thread.shutdown(wait=True)
            for growing in self._segments.growing():
                growing.segment.close()

    def _check(self) -> None:
        if self.failure:
            raise self.failure

    def _arm(self, *, full: bool) -> None:
        if full:
            self._start_flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(MAX_DELAY_SECONDS, self._start_flush)

    def _start_flush(self) -> None:
        self._task(self._flush_quietly())

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _flush_quietly(self) -> None:
        """Whoever waits for a settlement gets the error, those too that came while it happened; `failure` keeps it."""
        try:
            await self.flush()
        except Exception as error:
            self.failure = self.failure or error

    async def _commit(self, waiting: list[_Waiting], extra: Beside) -> None:
        try:
            done = await self._in_thread(self._write, [entry.settlement for entry in waiting], extra)
        except Exception as error:
            _fail(waiting, error)
            raise
        self._found_keys -= {entry.url_key for entry in extra.found}
        for entry, committed in zip(waiting, done, strict=True):
            if isinstance(committed, StaleLeaseError):
                _fail([entry], committed)
            elif not entry.future.done():
                entry.future.set_result(committed)

    async def _in_thread(self, work: Callable[..., _T], *args: object) -> _T:
        self._check()
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work, *args)

    def _guarded(self, work: Callable[..., _T], *args: object) -> _T:
        """In the thread: the first failure is final, so that nothing is written after it."""
        self._check()
        try:
            return work(*args)
        except Exception as error:
            self.failure = named(error)
            if self.failure is error:
                raise
            raise self.failure from error

    def _write(
        self, settlements: list[Settlement | Payment], extra: Beside
    ) -> list[Committed | StaleLeaseError]:
        """Without the visits whose leases are stale: the store tells which, and has then done nothing."""
        now = self._now()
        try:
            return list(self._write_all(settlements, extra, now))
        except StaleLeaseError as error:
            self._segments.cut_back()
            good = [each for each in settlements if not _is_stale(each, error)]
            written = iter(self._write(good, extra))
            return [next(written) if each in good else StaleLeaseError(error.tokens) for each in settlements]

    def _write_all(
        self, settlements: list[Settlement | Payment], extra: Beside, now: datetime
    ) -> list[Committed]:
        originals = Originals(self._segments.root, self._store, self._revisits)
        draft = Draft(self._run_id, self._store, self._segments, self._make_records, originals)
        try:
            done = [draft.pay(each, now) if isinstance(each, Payment) else draft.add(each, now) for each in settlements]
            synced = self._sync()
        except Exception:
            self._segments.cut_back()
            raise
        # Nothing is cut once the transaction was begun: one whose sync failed may count after all (SQLite replays its
        # log), so what is past the marks is left to recovery, which cuts to what the store then says.
        self._store.commit(self._run_id, draft.batch(extra, synced))
        for growing, line in draft.lines:
            growing.segment.append(line)
        for growing in self._segments.growing():
            growing.committed_bytes, growing.committed_rows = growing.segment.size, growing.rows
        self._seal(lambda: self._segments.take_finished(now))
        return done

    def _sync(self) -> dict[str, int]:
        """Records before the transaction that names them; lines of earlier transactions now and then."""
        synced = {}
        for growing in self._segments.growing():
            is_warc = growing.segment.name.kind == "warc"
            unsynced = growing.segment.size - growing.synced_bytes
            if unsynced and (is_warc or unsynced > _SYNC_LINES_BYTES):
                if self._survives_power_loss:
                    growing.segment.sync()
                growing.synced_bytes = growing.segment.size
                if not is_warc:
                    synced[growing.segment.name.path] = growing.synced_bytes
        return synced

    def _seal(self, take: Callable[[], list[Growing]]) -> None:
        finished = take()
        try:
            for growing in finished:
                sealed = self._segments.seal(growing)
                self._store.seal(self._run_id, sealed)
                self._on_sealed(sealed)
        finally:
            for growing in finished:
                growing.segment.close()


def _is_stale(settlement: Settlement | Payment, error: StaleLeaseError) -> bool:
    return (isinstance(settlement, Settlement) and settlement.lease is not None
            and settlement.lease.token in error.tokens)


def _fail(waiting: list[_Waiting], error: Exception) -> None:
    for entry in waiting:
        if not entry.future.done():
            entry.future.set_exception(error)
            entry.future.exception()  # retrieved: a visit whose waiter is gone must not warn again


def named(error: Exception) -> Exception:
    """The error that users see: a full disk by its name, whichever layer met it."""
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    if full or (isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_FULL):
        place = getattr(error, "filename", None) or "while writing the archive"
        return DiskFullError(
            f"the disk is full ({place}): what was committed is safe; make room and run the same command again"
        )
    return error


def raise_named(error: Exception) -> NoReturn:
    """Raise it as users see it, with what it was as its cause."""
    told = named(error)
    raise told from (error if told is not error else error.__cause__)
