"""Group commit: records, then one transaction, and only then lines and acknowledgements."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipelines import commit as commit_module
from pipelines.records import Outcome
from pipelines.segments import Segment
from pipelines.sqlite import SqliteStore
from tests import archives
from tests.builders import (
    assert_sound,
    found,
    lines_of,
    open_files,
    page_of,
    plain,
    sealed,
    sealed_lines,
    warc_records,
)
from tests.desk import Desk, desk

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.draft import Committed
    from pipelines.store import Batch


def test_records_are_synced_before_the_transaction_and_lines_written_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    append, sync, commit = Segment.append, Segment.sync, SqliteStore.commit
    monkeypatch.setattr(
        Segment, "append", lambda self, data: (steps.append(f"append {self.name.kind}"), append(self, data))
    )
    monkeypatch.setattr(Segment, "sync", lambda self: (steps.append(f"sync {self.name.kind}"), sync(self)))
    monkeypatch.setattr(
        SqliteStore, "commit", lambda self, *args: (steps.append("commit"), commit(self, *args))
    )

    async def run() -> None:
        async with desk(tmp_path) as at:
            waiter = asyncio.ensure_future(at.committer.settle(at.page(0)))
            waiter.add_done_callback(lambda _: steps.append("acknowledged"))
            await asyncio.sleep(0)
            await at.committer.flush()
            await waiter
            del steps[steps.index("acknowledged") + 1:]

    asyncio.run(run())
    assert steps == ["append warc"] * 4 + [
        "sync warc",
        "commit",
        "append articles",
        "append fetches",
        "acknowledged",
    ]


@pytest.mark.parametrize("count", [64, 200])
def test_many_visits_share_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    batches: list[Batch] = []
    commit = SqliteStore.commit
    monkeypatch.setattr(
        SqliteStore, "commit", lambda self, run, batch: (batches.append(batch), commit(self, run, batch))
    )
    monkeypatch.setattr(commit_module, "MAX_DELAY_SECONDS", 3600)

    async def run() -> list[Committed]:
        async with desk(tmp_path) as at:
            return await asyncio.gather(*(at.committer.settle(at.page(number)) for number in range(count)))

    assert len({result.fetch.url for result in asyncio.run(run())}) == count
    assert len(batches) <= 4
    assert max(len(batch.done) + len(batch.articles) for batch in batches) == 64
    assert sum(len(batch.articles) for batch in batches) == count


def test_a_visit_that_comes_alone_is_committed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_module, "MAX_DELAY_SECONDS", 0.001)

    async def run() -> Committed:
        async with desk(tmp_path) as at:
            return await asyncio.wait_for(at.committer.settle(at.page(0)), 30)

    assert asyncio.run(run()).fetch.outcome == Outcome.ARTICLE


def test_the_offsets_of_the_outbox_are_those_of_the_lines_on_disk(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, max_jsonl_bytes=4000) as at:
            for batch in range(4):
                await at.settle(*(at.page(batch * 3 + number) for number in range(3)))
            paths = {
                mark.segment.path: mark for _, mark in at.store.open_segments() if mark.segment.kind != "warc"
            }
            assert len(paths) == 2
            for path, mark in paths.items():
                text = (tmp_path / mark.segment.open_path).read_bytes()
                outbox = at.store.outbox(path)
                assert b"".join(line.line for line in outbox) == text
                assert [text[line.offset : line.offset + len(line.line)] for line in outbox] == [
                    line.line for line in outbox
                ]
                assert (mark.bytes, mark.rows) == (len(text), len(lines_of(text))) == (len(text), len(outbox))

    asyncio.run(run())


def test_lines_that_are_on_disk_leave_the_outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit_module, "_SYNC_LINES_BYTES", 1)

    async def run() -> None:
        async with desk(tmp_path) as at:
            for number in range(3):
                await at.settle(at.page(number))
            [path] = [mark.segment for _, mark in at.store.open_segments() if mark.segment.kind == "articles"]
            text = (tmp_path / path.open_path).read_bytes()
            [last] = at.store.outbox(path.path)
            assert text[last.offset:] == last.line
            assert len(lines_of(text)) == 3

    asyncio.run(run())


def test_full_files_are_sealed_while_the_run_goes_on_and_their_figures_are_true(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, max_warc_bytes=2000, max_jsonl_bytes=2000) as at:
            for number in range(6):
                await at.settle(at.page(number))
            files = at.store.sealed_files("run")
            assert {file.kind for file in files} == {"warc", "articles", "fetches"}
            for file in files:
                path = tmp_path / file.path
                rows = warc_records(path.read_bytes()) if file.kind == "warc" else lines_of(plain(path))
                assert (file.bytes, file.rows) == (path.stat().st_size, len(rows))

    asyncio.run(run())
    assert len(sealed_lines(tmp_path, "articles")) == 6
    assert_sound(tmp_path)


def test_a_copy_is_a_duplicate_in_one_batch_and_across_batches_but_not_in_another_site(
    tmp_path: Path,
) -> None:
    async def run() -> list[list[Committed]]:
        async with desk(tmp_path) as at:
            copy = at.page(1).article
            together = await at.settle(at.page(1), at.page(2, article=copy), at.page(1))
            later = await at.settle(
                at.page(3, article=copy), at.page(1), at.page(4, article=copy, site="other")
            )
            return [together, later]

    together, later = asyncio.run(run())
    original = together[0].article
    assert original is not None
    assert [each.fetch.outcome for each in together] == ["article", "duplicate", "duplicate"]
    assert [each.fetch.outcome for each in later] == ["duplicate", "duplicate", "article"]
    copies = [*together[1:], *later[:2]]
    assert {(each.article, each.fetch.article_id, each.fetch.reason) for each in copies} == {
        (None, original.id, f"the same article as {original.id}")}
    assert len(sealed_lines(tmp_path, "articles")) == 2
    assert len(sealed_lines(tmp_path, "fetches")) == 6
    assert sum(len(warc_records(path.read_bytes())) for path in sealed(tmp_path, "warc")) == 1 + 6 * 3


def test_every_visit_has_one_line_and_the_tallies_add_up(tmp_path: Path) -> None:
    async def run() -> dict[str, dict[str, int]]:
        async with desk(tmp_path) as at:
            await at.settle(*(at.page(number, site=f"site-{number % 2}") for number in range(5)),
                            *archives.oddities(at.clock))
            return at.store.tallies("run")

    tallies = asyncio.run(run())
    lines = Counter((line["site"], line["outcome"]) for line in sealed_lines(tmp_path, "fetches"))
    assert {
        (site, outcome): count for site, counts in tallies.items() for outcome, count in counts.items()
    } == lines
    assert sum(lines.values()) == 11
    articles = sealed_lines(tmp_path, "articles")
    assert sum(count for (_, outcome), count in lines.items() if outcome == "article") == len(articles)


def test_found_urls_are_durable_no_later_than_the_visit_that_is_settled_after_them(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            with closing(SqliteStore.open_to_read(tmp_path / "state.sqlite")) as reader:
                at.committer.add(found("https://news.example/next"))
                assert at.committer.is_about_to_add("news.example/next")
                assert not reader.is_known("news.example/next", "run")
                await at.settle(at.page(0))
                assert reader.is_known("news.example/next", "run")
                assert not at.committer.is_about_to_add("news.example/next")

    asyncio.run(run())


def test_what_was_found_can_be_leased_at_once_and_its_lease_ends_with_the_visit(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            for number in range(3):
                at.committer.add(found(f"https://news.example/{number}", priority=-number))
            ended, given_back, left = await at.committer.lease({}, 10, 10)
            await at.settle(page_of(at.clock, ended))
            await at.committer.release([given_back])
            assert at.store.waiting() == 1
            assert await at.committer.lease({}, 10, 10) != []
            assert at.store.release_all() == 2
            assert left.url == "https://news.example/2"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("outcome", "status", "is_tried_again"),
    [
        (Outcome.ARTICLE, "200 OK", False),
        (Outcome.NO_ARTICLE, "200 OK", False),
        (Outcome.SOURCE, "200 OK", False),
        (Outcome.HTTP_ERROR, "404 No", False),
        (Outcome.HTTP_ERROR, "410 Gone", False),
        (Outcome.HTTP_ERROR, "403 No", True),
        (Outcome.HTTP_ERROR, "503 No", True),
        (Outcome.TIMEOUT, "200 OK", True),
        (Outcome.TRUNCATED, "200 OK", True),
        (Outcome.EXTRACTION_FAILED, "200 OK", True),
        (Outcome.ERROR, "200 OK", True),
        (Outcome.FETCHED, "200 OK", False),
    ],
)
def test_the_next_run_tries_again_what_may_go_better(
    tmp_path: Path, outcome: Outcome, status: str, is_tried_again: bool
) -> None:
    async def run() -> bool:
        async with desk(tmp_path) as at:
            at.committer.add(found("https://news.example/0"))
            [lease] = await at.committer.lease({}, 1, 1)
            answered = archives.exchange(at.clock, lease.url, archives.answer(status, b"<p>x"))
            await at.settle(replace(page_of(at.clock, lease), outcome=outcome, exchanges=(answered,)))
            assert at.store.is_known("news.example/0", "run")
            return not at.store.is_known("news.example/0", "next run")

    assert asyncio.run(run()) is is_tried_again


def test_a_waiter_that_went_away_holds_up_nobody(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            gone, stays = (asyncio.ensure_future(at.committer.settle(at.page(number))) for number in range(2))
            await asyncio.sleep(0)
            gone.cancel()
            await at.committer.flush()
            assert (await stays).fetch.outcome == Outcome.ARTICLE

    asyncio.run(run())
    assert len(sealed_lines(tmp_path, "articles")) == 2


def test_whoever_asked_for_the_flush_may_go_away_and_the_visits_end_all_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as at:
            waiter = asyncio.ensure_future(at.committer.settle(at.page(0)))
            await asyncio.sleep(0)
            asking = asyncio.ensure_future(at.committer.lease({}, 1, 1))
            await asyncio.sleep(0)
            asking.cancel()
            assert (await asyncio.wait_for(waiter, 30)).fetch.outcome == Outcome.ARTICLE

    asyncio.run(run())


def test_closing_waits_for_every_visit_that_was_settled_before(tmp_path: Path) -> None:
    async def run() -> list[Committed]:
        async with desk(tmp_path) as at:
            waiters = [asyncio.ensure_future(at.committer.settle(at.page(number))) for number in range(200)]
            await asyncio.sleep(0)      # they have handed in what they have
            await asyncio.sleep(0)      # and a flush is on its way
        return await asyncio.gather(*waiters)

    assert {result.fetch.outcome for result in asyncio.run(run())} == {Outcome.ARTICLE}
    assert open_files(tmp_path) == []
    assert len(sealed_lines(tmp_path, "articles")) == 200


def test_nothing_is_settled_after_the_end(tmp_path: Path) -> None:
    async def run() -> None:
        at = Desk(tmp_path)
        with closing(at.store):
            await at.settle(at.page(0))
            await at.committer.close()
            with pytest.raises(RuntimeError):
                await at.settle(at.page(1))

    asyncio.run(run())
    assert len(sealed_lines(tmp_path, "articles")) == 1


def test_a_visit_that_cannot_be_written_down_costs_itself_alone(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as at:
            good, bad, other = (at.page(number) for number in range(3))
            broken = replace(bad.exchanges[0], url="https://news.example/\r\nWARC-Type: forged")
            bad = replace(bad, exchanges=(bad.exchanges[0], broken))
            done = await at.settle(good, bad, other)
            assert [committed.fetch.outcome for committed in done] == ["article", "error", "article"]
            assert "control characters" in (done[1].fetch.reason or "")
            assert done[1].fetch.exchanges == ()

    asyncio.run(story())
    [warc] = sealed(tmp_path, "warc")
    assert len(warc_records(warc.read_bytes())) == 1 + 2 * 3
