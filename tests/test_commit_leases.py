"""Group commit and leases: what is stale is refused alone, and what the end of a visit means for later is kept."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pipelines import commit as commit_module
from pipelines.errors import StaleLeaseError
from pipelines.records import Outcome
from pipelines.segments import Segment
from pipelines.sqlite import SqliteStore
from pipelines.store import HostHealth, Run, Source
from tests.builders import (
    NOON,
    assert_sound,
    found,
    lines_of,
    open_files,
    page_of,
    plain,
    settle_together,
    warc_records,
)
from tests.desk import Desk, desk, recovered

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.draft import Committed
    from pipelines.store import Batch, Lease
    from pipelines.visit import Settlement


async def leased(at: Desk, *numbers: int) -> list[Lease]:
    """Leases of pages, in that order; each has a host of its own, since a host belongs to one worker at a time."""
    for number in numbers:
        at.committer.add(found(f"https://news.example/{number}", host=f"{number:04}.example"))
    leases = await at.committer.lease({}, len(numbers), 1)
    assert [lease.url.rpartition("/")[2] for lease in leases] == [str(number) for number in numbers]
    return leases


def taken_over(at: Desk, lease: Lease) -> Lease:
    """The same URL in the hands of another worker."""
    at.store.begin_run(Run("other", "news", 1, NOON))
    at.store.release([lease])
    [taken] = at.store.lease("other", {}, 1, 1, NOON)
    assert taken.url == lease.url
    return taken


def known_urls(root: Path) -> tuple[list[str], list[str], list[str]]:
    """Of every file of the archive, open ones too, what it says it is of: WARC records, articles, fetches."""
    def texts(kind: str) -> list[bytes]:
        return [path.read_bytes() if path.suffix == ".open" else plain(path)
                for path in sorted((root / kind).rglob("*")) if path.is_file()]

    warcs = [record.headers["warc-target-uri"] for path in sorted((root / "warc").rglob("*.warc.gz*"))
             for record in warc_records(path.read_bytes()) if record.headers["warc-type"] == "response"]
    articles, fetches = ([line["url"] for text in texts(kind) for line in lines_of(text)]
                         for kind in ("articles", "fetches"))
    return warcs, articles, fetches


def urls_of(*numbers: int) -> list[str]:
    return [f"https://news.example/{number}" for number in numbers]


@pytest.mark.parametrize("is_fresh", [True, False], ids=["the first of its files", "in files with others"])
@pytest.mark.parametrize("stale", [1, 2, 3], ids=["first", "middle", "last"])
def test_of_a_visit_whose_lease_is_stale_nothing_is_written_and_the_others_of_its_group_are(
    tmp_path: Path, stale: int, is_fresh: bool
) -> None:
    before = [] if is_fresh else [8, 9]
    good = [number for number in (1, 2, 3) if number != stale]

    async def run() -> None:
        async with desk(tmp_path) as at:
            if before:
                await at.settle(*(at.page(number) for number in before))
            leases = await leased(at, 1, 2, 3)
            taken = taken_over(at, leases[stale - 1])
            results = await settle_together(at.committer, [page_of(at.clock, lease) for lease in leases])
            refused = results.pop(stale - 1)
            assert isinstance(refused, StaleLeaseError)
            assert refused.tokens == {leases[stale - 1].token}
            assert [each.fetch.outcome for each in results] == ["article"] * 2  # type: ignore[union-attr]
            assert known_urls(tmp_path) == (urls_of(*before, *good),) * 3
            assert_sound(tmp_path)
            assert at.store.tallies("run") == {"osmere-courier": {"article": len(before) + 2}}
            at.store.release([taken])
            assert at.store.waiting() == 1, "the other worker's lease is as it was"

    asyncio.run(run())
    assert known_urls(tmp_path) == (urls_of(*before, *good),) * 3
    assert_sound(tmp_path)
    assert open_files(tmp_path) == []


def test_a_group_of_stale_visits_alone_leaves_no_file(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            [lease] = await leased(at, 1)
            taken_over(at, lease)
            [refused] = await settle_together(at.committer, [page_of(at.clock, lease)])
            assert isinstance(refused, StaleLeaseError)
            assert at.files() == {}
            assert (at.store.open_segments(), at.store.tallies("run")) == ([], {})
            await at.settle(at.page(2))

    asyncio.run(run())
    assert known_urls(tmp_path) == (urls_of(2),) * 3


def test_its_record_is_taken_back_though_it_had_been_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, int]] = []
    sync = Segment.sync
    monkeypatch.setattr(
        Segment, "sync", lambda self: (synced.append((self.name.kind, self.size)), sync(self))[1])
    monkeypatch.setattr(commit_module, "_SYNC_LINES_BYTES", 1)

    async def run() -> None:
        async with desk(tmp_path) as at:
            await at.settle(at.page(8))
            good, stale = await leased(at, 1, 2)
            taken_over(at, stale)
            del synced[:]
            await settle_together(at.committer, [page_of(at.clock, good), page_of(at.clock, stale)])
            with_stale, without = [size for kind, size in synced if kind == "warc"]
            marks = {mark.segment.kind: (mark.segment, mark.bytes) for _, mark in at.store.open_segments()}
            assert with_stale > without == marks["warc"][1], "what counts was synced once more"
            for segment, size in marks.values():
                assert (tmp_path / segment.open_path).stat().st_size == size
            await at.settle(at.page(9))
            assert known_urls(tmp_path) == (urls_of(8, 1, 9),) * 3
            assert_sound(tmp_path)

    asyncio.run(run())


def test_a_visit_that_was_a_copy_of_a_stale_one_is_the_article(tmp_path: Path) -> None:
    async def run() -> Committed | BaseException:
        async with desk(tmp_path) as at:
            stale, good = await leased(at, 1, 2)
            taken_over(at, stale)
            first = page_of(at.clock, stale)
            results = await settle_together(
                at.committer, [first, replace(page_of(at.clock, good), article=first.article)])
            return results[1]

    result = asyncio.run(run())
    assert result.fetch.outcome == "article"  # type: ignore[union-attr]
    assert known_urls(tmp_path) == (urls_of(2),) * 3


def test_what_was_found_is_kept_though_a_visit_of_the_same_group_is_stale(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            [lease] = await leased(at, 1)
            taken_over(at, lease)
            at.committer.add(found("https://news.example/next"))
            await settle_together(at.committer, [page_of(at.clock, lease)])
            assert at.store.is_known("news.example/next", "run")
            assert not at.committer.is_about_to_add("news.example/next")

    asyncio.run(run())


@pytest.mark.parametrize("limit", [1500, 10**6], ids=["several files of a kind", "one file of a kind"])
def test_files_are_sealed_with_true_figures_though_a_visit_is_refused(tmp_path: Path, limit: int) -> None:
    async def run() -> None:
        async with desk(tmp_path, max_warc_bytes=limit, max_jsonl_bytes=limit) as at:
            await at.settle(at.page(8), at.page(9))
            leases = await leased(at, 1, 2, 3, 4, 5)
            taken_over(at, leases[2])
            await settle_together(at.committer, [page_of(at.clock, lease) for lease in leases])

    asyncio.run(run())
    with closing(SqliteStore.open_to_read(tmp_path / "state.sqlite")) as store:
        files = store.sealed_files("run")
    assert {file.kind for file in files} == {"warc", "articles", "fetches"}
    for file in files:
        path = tmp_path / file.path
        rows = warc_records(path.read_bytes()) if file.kind == "warc" else lines_of(plain(path))
        assert (file.bytes, file.rows) == (path.stat().st_size, len(rows))
    assert [sorted(urls) for urls in known_urls(tmp_path)] == [urls_of(1, 2, 4, 5, 8, 9)] * 3
    assert_sound(tmp_path)


def test_a_crash_after_a_refusal_is_recovered_from(tmp_path: Path) -> None:
    async def run() -> None:
        at = Desk(tmp_path)
        good, stale = await leased(at, 1, 2)
        taken_over(at, stale)
        await settle_together(at.committer, [page_of(at.clock, good), page_of(at.clock, stale)])
        for growing in at.segments.growing():  # it is dead: nothing is sealed, nothing said
            growing.segment.close()
        at.committer._thread.shutdown()
        at.store.close()

    asyncio.run(run())
    with closing(recovered(tmp_path)) as store:
        assert store.waiting() == 1
    assert known_urls(tmp_path) == (urls_of(1),) * 3
    assert_sound(tmp_path)


# What the end of a visit means for later


SOURCE = Source("osmere-courier", "news.example/feed", "https://news.example/feed", "feed", "home", None, NOON, NOON,
                900.0)
ILL = HostHealth("news.example", 5, NOON + timedelta(hours=1))


def timed_out(at: Desk, lease: Lease, **consequences: object) -> Settlement:
    return replace(page_of(at.clock, lease), outcome=Outcome.TIMEOUT, article=None, **consequences)  # type: ignore[arg-type]


def test_a_page_that_is_to_be_visited_again_rests_until_then(tmp_path: Path) -> None:
    later = NOON + timedelta(minutes=5)

    async def run() -> None:
        async with desk(tmp_path) as at:
            [lease] = await leased(at, 1)
            await at.settle(timed_out(at, lease, retry_at=later))
            assert at.store.next_due(NOON) == later
            assert at.store.lease("run", {}, 9, 9, later - timedelta(seconds=1)) == []
            [again] = at.store.lease("run", {}, 9, 9, later)
            assert (again.url, again.attempts) == (lease.url, 1)

    asyncio.run(run())


@pytest.mark.parametrize("is_final", [True, False])
def test_a_page_that_is_given_up_is_known_for_good(tmp_path: Path, is_final: bool) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            [lease] = await leased(at, 1)
            await at.settle(timed_out(at, lease, is_final=is_final))
            assert at.store.is_known("news.example/1", "run")
            assert at.store.is_known("news.example/1", "next run") is is_final

    asyncio.run(run())


def test_what_is_known_of_sources_and_hosts_is_kept_in_the_transaction_that_ends_the_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[Batch] = []
    commit = SqliteStore.commit
    monkeypatch.setattr(
        SqliteStore, "commit", lambda self, run, batch: (batches.append(batch), commit(self, run, batch)))
    worse = replace(ILL, failures=6)

    async def run() -> None:
        async with desk(tmp_path) as at:
            first, second = await leased(at, 1, 2)
            del batches[:]
            await at.settle(timed_out(at, first, sources=(SOURCE,), host=ILL, retry_at=NOON),
                            timed_out(at, second, host=worse))
            [batch] = batches
            assert ([done.token for done in batch.done], batch.sources, batch.hosts) == (
                [first.token, second.token], (SOURCE,), (worse,))
            assert at.store.sources("osmere-courier") == [SOURCE]
            assert at.store.hosts() == [worse], "the last that was said of a host counts"
            await at.settle(at.page(3, host=HostHealth("news.example", 0, None)))
            assert at.store.hosts() == []

    asyncio.run(run())


def test_of_a_stale_visit_neither_is_kept(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            stale, good = await leased(at, 1, 2)
            taken_over(at, stale)
            await settle_together(at.committer, [
                timed_out(at, stale, sources=(SOURCE,), host=ILL, retry_at=NOON), page_of(at.clock, good)])
            assert (at.store.sources("osmere-courier"), at.store.hosts()) == ([], [])
            assert at.store.next_due(NOON) is None

    asyncio.run(run())


def test_an_article_that_cannot_be_written_down_may_be_tried_by_the_next_run(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            [lease] = await leased(at, 1)
            bad = replace(page_of(at.clock, lease), is_final=True)
            broken = replace(bad.exchanges[0], url="https://news.example/\r\nWARC-Type: forged")
            [done] = await at.settle(replace(bad, exchanges=(broken,)))
            assert done.fetch.outcome == "error"
            assert at.store.is_known("news.example/1", "run")
            assert not at.store.is_known("news.example/1", "next run")

    asyncio.run(run())
