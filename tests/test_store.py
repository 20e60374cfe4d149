"""What every backend of `Store` promises. A second backend is a second value of the fixture `opened`."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import StaleLeaseError
from pipelines.records import SealedFile
from pipelines.segments import SegmentName
from pipelines.sqlite import SqliteStore
from pipelines.store import (
    ArticleKeys,
    Batch,
    Done,
    Found,
    HostHealth,
    KeptRights,
    Lease,
    Mark,
    OutboxLine,
    Owed,
    Run,
    SiteKnowledge,
    Source,
)
from tests.builders import NOON, found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pipelines.storeprotocol import Store

    Opened = Callable[[], AbstractContextManager[Store]]

FIRST, SECOND = Run("run-1", "news", 11, NOON), Run("run-2", "news", 12, NOON + timedelta(hours=1))
LINES = SegmentName("articles/dt=2026-11-22/run-1-00000.jsonl.gz", "articles", "2026-11-22")
WARC = SegmentName("warc/dt=2026-11-22/broadsheet-1.warc.gz", "warc", "2026-11-22")
SEALED = SealedFile(LINES.path, LINES.kind, LINES.dt, 40, "ab" * 32, 2)
KEYS = ArticleKeys("01", "osmere-courier", "news.example/1", "canonical-1", "text-1")


@pytest.fixture(params=[SqliteStore])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the same store each time that it is called."""
    backend: type[SqliteStore] = request.param

    @contextmanager
    def open_store() -> Iterator[Store]:
        with closing(backend.open(tmp_path / "state.sqlite")) as store:
            yield store

    return open_store


@pytest.fixture
def store(opened: Opened) -> Iterator[Store]:
    with opened() as store:
        store.begin_run(FIRST)
        store.begin_run(SECOND)
        yield store


def wait_for(store: Store, *urls: Found) -> None:
    store.commit("run-1", Batch(found=urls))


def lease(
    store: Store, limit: int = 100, per_host: int = 100, run: str = "run-1", **busy: int
) -> list[Lease]:
    hosts = {f"{name}.example": count for name, count in busy.items()}
    return store.lease(run, hosts, limit, per_host, NOON)


def end(store: Store, lease: Lease, *, token: str = "", again: bool = False, run: str = "run-1") -> None:
    done = Done(lease.url_key, token or lease.token, "article", again)
    store.commit(run, Batch(done=(done,)))


def urls(leases: list[Lease]) -> list[str]:
    return [lease.url for lease in leases]


class TestLeases:
    def test_a_lease_is_what_was_found_with_a_token_and_a_deadline(self, store: Store) -> None:
        asked = found("https://a.example/1", request='{"url": "…"}', role="feed", priority=3)
        wait_for(store, asked)
        [got] = lease(store)
        names = ("url_key", "url", "host", "site", "role", "discovered", "request")
        assert [getattr(got, name) for name in names] == [getattr(asked, name) for name in names]
        assert got.token
        assert got.deadline > NOON

    def test_what_is_leased_is_not_handed_out_again(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"), found("https://a.example/2"))
        assert len(lease(store)) == 2
        assert lease(store) == []
        assert store.waiting() == 0

    def test_in_a_host_the_highest_priority_goes_first_and_then_what_came_first(self, store: Store) -> None:
        wait_for(store, *(found(f"https://a.example/{number}", priority=priority)
                          for number, priority in enumerate([0, 5, -1, 5, 10])))
        assert urls(lease(store)) == [f"https://a.example/{number}" for number in (4, 1, 3, 0, 2)]

    def test_hosts_take_turns(self, store: Store) -> None:
        wait_for(store, *(found(f"https://{host}.example/{number}", priority=100 if host == "a" else 0)
                          for host in "abc" for number in range(2)))
        turns = [lease(store, limit=1)[0].host for _ in range(6)]
        assert turns == [f"{host}.example" for host in "abcabc"]

    def test_a_host_gets_no_more_than_its_share_at_a_time(self, store: Store) -> None:
        wait_for(store, *(found(f"https://{host}.example/{number}") for host in "ab" for number in range(5)))
        assert sorted(got.host for got in lease(store, per_host=2)) == ["a.example"] * 2 + ["b.example"] * 2

    def test_what_the_caller_holds_of_a_host_counts(self, store: Store) -> None:
        wait_for(store, *(found(f"https://{host}.example/{number}") for host in "abc" for number in range(5)))
        got = lease(store, per_host=2, a=1, b=2, c=7)
        assert [each.host for each in got] == ["a.example"]

    def test_no_more_than_the_limit_is_handed_out(self, store: Store) -> None:
        wait_for(store, *(found(f"https://{host}.example/{number}") for host in "abc" for number in range(5)))
        assert len(lease(store, limit=7, per_host=3)) == 7
        assert lease(store, limit=0) == []
        assert store.waiting() == 8

    def test_tokens_differ_even_for_one_url(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        tokens = set()
        for _ in range(10):
            got = lease(store)
            tokens.add(got[0].token)
            store.release(got)
        assert len(tokens) == 10

    def test_what_is_released_waits_again_and_nothing_else_changes(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1", priority=1), found("https://a.example/2"))
        first, second = lease(store)
        store.release([first])
        assert urls(lease(store)) == [first.url]
        end(store, second)
        store.release([second])
        assert store.waiting() == 0

    def test_releasing_forgets_nothing_that_waits(self, store: Store) -> None:
        wait_for(
            store, found("https://a.example/1", priority=1), found("https://b.example/live", request=None)
        )
        store.release(lease(store, limit=1))
        assert store.waiting() == 2

    def test_releasing_all_returns_every_lease_and_forgets_what_cannot_be_resumed(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"), found("https://a.example/2"), found("https://a.example/3"),
                 found("https://b.example/live", request=None), found("https://c.example/live", request=None))
        end(store, lease(store, per_host=1)[0])
        lease(store, limit=1)
        assert store.release_all() >= 2
        assert store.waiting() == 2
        assert not store.is_known("b.example/live", "run-1")
        assert not store.is_known("c.example/live", "run-1")
        assert store.release_all() == 0


class TestEnds:
    def test_what_is_done_is_known_for_good(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        end(store, lease(store)[0])
        wait_for(store, found("https://a.example/1"))
        assert store.waiting() == 0
        assert store.release_all() == 0
        assert store.is_known("a.example/1", "run-1")
        assert store.is_known("a.example/1", "run-2")

    def test_what_may_be_tried_again_is_known_to_this_run_and_not_to_the_next(self, store: Store) -> None:
        again = found("https://a.example/1", priority=7)
        wait_for(store, again)
        end(store, lease(store)[0], again=True)
        assert store.is_known("a.example/1", "run-1")
        store.commit("run-1", Batch(found=(again,)))
        assert store.waiting() == 0
        assert not store.is_known("a.example/1", "run-2")
        store.commit("run-2", Batch(found=(again,)))
        assert store.is_known("a.example/1", "run-2")
        assert urls(lease(store, run="run-2")) == ["https://a.example/1"]

    @pytest.mark.parametrize("run", ["run-1", "run-2"])
    def test_what_is_waiting_or_leased_is_known_and_found_once(self, store: Store, run: str) -> None:
        wait_for(store, found("https://a.example/1"), found("https://a.example/1"))
        wait_for(store, found("https://a.example/1", force=True))
        assert store.is_known("a.example/1", run)
        assert len(lease(store)) == 1
        wait_for(store, found("https://a.example/1", force=True))
        assert store.is_known("a.example/1", run)
        assert lease(store) == []

    def test_what_is_done_is_fetched_again_where_that_is_asked_for(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        end(store, lease(store)[0])
        wait_for(
            store, found("https://a.example/1", force=True, request='{"second": 1}', role="feed", priority=2)
        )
        [got] = lease(store)
        assert (got.request, got.role) == ('{"second": 1}', "feed")

    def test_a_url_may_be_asked_for_again_in_the_transaction_that_ends_it(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        [got] = lease(store)
        store.commit("run-1", Batch(done=(Done(got.url_key, got.token, "source", again=False),),
                                    found=(found("https://a.example/1", force=True),)))
        assert urls(lease(store)) == ["https://a.example/1"]

    def test_a_url_that_is_found_again_at_another_host_belongs_to_that_host(self, store: Store) -> None:
        wait_for(store, found("https://www.a.example/1"))
        end(store, lease(store)[0])
        wait_for(store, found("https://a.example/1", force=True))
        [got] = lease(store)
        assert (got.url, got.host) == ("https://a.example/1", "a.example")

    def test_a_wrong_token_ends_nothing(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        [got] = lease(store)
        with pytest.raises(StaleLeaseError) as raised:
            end(store, got, token="made up")
        assert raised.value.tokens == {"made up"}
        assert store.release_all() == 1

    def test_a_stale_token_ends_nothing(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        stale = lease(store)
        store.release(stale)
        with pytest.raises(StaleLeaseError):
            end(store, stale[0])
        assert store.waiting() == 1
        fresh = lease(store)
        with pytest.raises(StaleLeaseError):
            end(store, stale[0])
        assert store.release_all() == 1
        assert fresh[0].token != stale[0].token

    def test_a_lease_that_has_ended_does_not_end_again(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        [got] = lease(store)
        end(store, got, again=False)
        with pytest.raises(StaleLeaseError):
            end(store, got, again=True)
        assert store.is_known("a.example/1", "run-2")

    def test_with_one_stale_lease_nothing_of_the_batch_is_done(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"), found("https://b.example/1"))
        stale, good = lease(store)
        store.release([stale])
        done = tuple(Done(each.url_key, each.token, "article", again=False) for each in (good, stale))
        with pytest.raises(StaleLeaseError) as raised:
            store.commit("run-1", Batch(done=done, articles=(KEYS,), tally={("a", "article"): 2}))
        assert raised.value.tokens == {stale.token}
        assert (store.article_like(KEYS), store.tallies("run-1")) == (None, {})
        store.commit("run-1", Batch(done=done[:1], articles=(KEYS,)))
        assert store.waiting() == 1


class TestRest:
    """URLs that rest until they are due, hosts that are left alone, sources between two visits."""

    def test_a_url_that_is_to_be_retried_rests_and_comes_back_with_its_attempts_counted(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1", priority=5))
        for attempt in range(3):
            now = NOON + timedelta(hours=attempt)
            [got] = store.lease("run-1", {}, 9, 9, now)
            assert got.attempts == attempt
            done = Done(got.url_key, got.token, "timeout", again=False, retry_at=now + timedelta(minutes=59))
            store.commit("run-1", Batch(done=(done,)))
            assert store.lease("run-1", {}, 9, 9, now + timedelta(minutes=58)) == []
            assert store.next_due(now) == now + timedelta(minutes=59)
        assert store.is_known("a.example/1", "run-2")
        assert store.waiting() == 1

    def test_finding_a_url_again_does_not_hasten_its_retry(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        [got] = lease(store)
        later = NOON + timedelta(hours=1)
        store.commit("run-1", Batch(done=(Done(got.url_key, got.token, "timeout", again=False, retry_at=later),)))
        wait_for(store, found("https://a.example/1"), found("https://a.example/1", force=True))
        assert lease(store) == []
        store.begin_run(Run("run-3", "news", 13, NOON))
        assert lease(store, run="run-3") == []
        assert len(store.lease("run-3", {}, 9, 9, later)) == 1

    def test_nothing_is_handed_out_of_a_host_that_rests(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"), found("https://b.example/1"))
        later = NOON + timedelta(minutes=7)
        store.commit("run-1", Batch(hosts=(HostHealth("a.example", 5, later),)))
        assert [each.host for each in lease(store)] == ["b.example"]
        assert store.next_due(NOON) == later
        assert [each.host for each in store.lease("run-1", {}, 9, 9, later)] == ["a.example"]
        assert store.next_due(later) is None

    def test_what_rests_for_years_was_let_rest_by_a_clock_that_was_ahead_and_is_handed_out(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"), found("https://b.example/1"))
        years = NOON + timedelta(days=700)
        [got, _] = lease(store)
        store.commit("run-1", Batch(done=(Done(got.url_key, got.token, "timeout", again=False, retry_at=years),)))
        store.release_all()
        store.commit("run-1", Batch(hosts=(HostHealth("b.example", 5, years),)))
        assert sorted(each.host for each in lease(store)) == ["a.example", "b.example"]

    def test_a_host_is_in_trouble_until_it_is_well(self, store: Store) -> None:
        ill, resting = HostHealth("a.example", 2, None), HostHealth("b.example", 5, NOON)
        store.commit("run-1", Batch(hosts=(ill, resting)))
        assert sorted(store.hosts(), key=lambda each: each.host) == [ill, resting]
        store.commit("run-1", Batch(hosts=(HostHealth("b.example", 0, None),)))
        assert store.hosts() == [ill]

    def test_a_source_is_kept_for_its_site_as_it_was_last(self, store: Store) -> None:
        feed = Source("a", "a.example/feed", "https://a.example/feed", "feed", "home", "https://a.example/", NOON,
                      NOON, 900.0, '"x"', "Sun, 22 Nov 2026 12:00:00 GMT", "rules", 12, 0.5, 86400.0, 3, 1, None)
        store.commit("run-1", Batch(sources=(feed, replace(feed, site="b"))))
        retired = replace(feed, retired="410", due=NOON + timedelta(days=1))
        store.commit("run-1", Batch(sources=(retired,)))
        assert store.sources("a") == [retired]
        assert store.sources("b") == [replace(feed, site="b")]
        assert store.sources("c") == []

    def test_a_source_that_two_sites_share_is_fetched_for_each(self, store: Store) -> None:
        for site in ("a", "b", "a"):
            wait_for(store, found("https://a.example/feed", role="feed", site=site, force=True))
        assert sorted(each.site for each in lease(store)) == ["a", "b"]

    def test_a_source_that_has_been_read_is_no_page_that_is_known(self, store: Store) -> None:
        wait_for(store, found("https://a.example/", role="home", force=True))
        end(store, lease(store)[0])
        assert not store.is_known("a.example/", "run-1")


class TestWorkers:
    """Two runs over one store, as machines that share one will be."""

    def test_a_host_belongs_to_one_worker_at_a_time(self, store: Store) -> None:
        wait_for(store, *(found(f"https://{host}.example/{number}") for host in "ab" for number in range(4)))
        first = lease(store, limit=1, run="run-1")
        second = lease(store, per_host=2, run="run-2")
        assert {each.host for each in first}.isdisjoint(each.host for each in second)
        assert len(second) == 2
        store.release(first)
        assert {each.host for each in lease(store, run="run-2")} == {"a.example", "b.example"}

    def test_a_lease_past_its_deadline_goes_to_another_worker_and_its_token_is_stale(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        [dead] = lease(store, run="run-1")
        assert store.lease("run-2", {}, 9, 9, dead.deadline - timedelta(seconds=1)) == []
        [taken] = store.lease("run-2", {}, 9, 9, dead.deadline + timedelta(seconds=1))
        assert taken.url == dead.url
        with pytest.raises(StaleLeaseError):
            end(store, dead, run="run-1")
        end(store, taken, run="run-2")
        assert store.waiting() == 0

    def test_a_worker_that_leases_on_keeps_what_it_has(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        [mine] = lease(store, run="run-1")
        half_over = mine.deadline - timedelta(minutes=10)
        store.lease("run-1", {}, 9, 9, half_over)
        assert store.lease("run-2", {}, 9, 9, mine.deadline + timedelta(minutes=10)) == []
        end(store, mine, run="run-1")


class TestArticles:
    @pytest.mark.parametrize(("changes", "expected"), [
        ({}, "01"),
        ({"canonical": None, "text": "other"}, "01"),
        ({"site": "other", "canonical": None, "text": "other"}, "01"),
        ({"id": "02", "text": "other"}, "01"),
        ({"id": "02", "canonical": None}, "01"),
        ({"id": "02", "canonical": "other", "text": "other"}, None),
        ({"id": "02", "canonical": None, "text": "other"}, None),
        ({"id": "02", "site": "other", "text": "other"}, None),
        ({"id": "02", "site": "other", "canonical": None}, None),
    ])
    def test_an_article_is_known_by_its_id_everywhere_and_by_address_and_text_in_its_site(
        self, store: Store, changes: dict[str, str | None], expected: str | None
    ) -> None:
        without_canonical = ArticleKeys("00", "osmere-courier", "news.example/0", None, "text-0")
        store.commit("run-1", Batch(articles=(KEYS, without_canonical)))
        assert store.article_like(replace(KEYS, **changes)) == expected

    def test_an_empty_store_knows_no_article(self, store: Store) -> None:
        assert store.article_like(KEYS) is None


class TestTransactions:
    def test_a_batch_that_fails_leaves_nothing(self, store: Store) -> None:
        wait_for(store, found("https://a.example/1"))
        [got] = lease(store)
        batch = Batch(
            done=(Done(got.url_key, got.token, "article", again=False),), found=(found("https://a.example/2"),),
            articles=(KEYS, KEYS), marks=(Mark(LINES, 10, 1),), outbox=(OutboxLine(LINES.path, 0, b"{}\n"),),
            tally={("osmere-courier", "article"): 1})
        with pytest.raises(Exception, match=r"."):
            store.commit("run-1", batch)
        assert store.article_like(KEYS) is None
        assert not store.is_known("a.example/2", "run-1")
        assert (store.open_segments(), store.outbox(LINES.path), store.tallies("run-1")) == ([], [], {})
        assert store.release_all() == 1
        store.commit("run-1", replace(batch, done=(), articles=(KEYS,)))
        assert store.article_like(KEYS) == "01"

    def test_outcomes_are_counted_by_run_and_site_and_add_up(self, store: Store) -> None:
        store.commit("run-1", Batch(tally={("a", "article"): 2, ("b", "timeout"): 1}))
        store.commit("run-1", Batch(tally={("a", "article"): 3, ("a", "duplicate"): 1}))
        store.commit("run-2", Batch(tally={("a", "article"): 1}))
        assert store.tallies("run-1") == {"a": {"article": 5, "duplicate": 1}, "b": {"timeout": 1}}
        assert store.tallies("run-2") == {"a": {"article": 1}}
        assert store.tallies("run-3") == {}

    def test_the_last_mark_of_a_file_counts(self, store: Store) -> None:
        store.commit("run-1", Batch(marks=(Mark(LINES, 10, 1), Mark(WARC, 99, 3))))
        store.commit("run-1", Batch(marks=(Mark(LINES, 25, 2),)))
        assert {mark.segment: (run, mark) for run, mark in store.open_segments()} == {
            LINES: ("run-1", Mark(LINES, 25, 2)), WARC: ("run-1", Mark(WARC, 99, 3))}

    def test_lines_wait_in_order_until_they_are_on_disk(self, store: Store) -> None:
        late, early, middle, other = (
            OutboxLine(LINES.path, 9, b'{"c":"\xc3\xa9"}\n'),
            OutboxLine(LINES.path, 0, b"{}\n"),
            OutboxLine(LINES.path, 3, b'{"a":1}\n'),
            OutboxLine("other", 0, b"{}\n"),
        )
        store.commit("run-1", Batch(outbox=(late, early, other)))
        store.commit("run-1", Batch(outbox=(middle,)))
        assert store.outbox(LINES.path) == [early, middle, late]
        store.commit("run-1", Batch(synced={LINES.path: 9}))
        assert store.outbox(LINES.path) == [late]
        assert store.outbox("other") == [other]

    def test_a_sealed_file_is_not_open_and_owes_no_lines(self, store: Store) -> None:
        other = OutboxLine("other", 0, b"{}\n")
        store.commit("run-1", Batch(marks=(Mark(LINES, 10, 1), Mark(WARC, 99, 3)),
                                    outbox=(OutboxLine(LINES.path, 0, b"{}\n"), other)))
        store.seal("run-1", SEALED)
        assert store.open_segments() == [("run-1", Mark(WARC, 99, 3))]
        assert (store.outbox(LINES.path), store.outbox("other")) == ([], [other])
        assert store.sealed_files("run-1") == [SEALED]
        assert store.sealed_files("run-2") == []


class TestLasting:
    def test_runs_that_never_ended_are_known(self, store: Store) -> None:
        assert store.unfinished_runs() == [FIRST, SECOND]
        store.end_run("run-1", NOON + timedelta(minutes=5), "finished")
        assert store.unfinished_runs() == [SECOND]

    def test_all_is_there_when_the_store_is_opened_again(self, opened: Opened) -> None:
        with opened() as store:
            store.begin_run(FIRST)
            wait_for(store, *(found(f"https://a.example/{number}", priority=-number) for number in range(3)))
            done, leased = lease(store, limit=2)
            store.commit("run-1", Batch(
                done=(Done(done.url_key, done.token, "article", again=False),), articles=(KEYS,),
                marks=(Mark(LINES, 10, 1), Mark(WARC, 99, 3)), outbox=(OutboxLine(WARC.path, 0, b"{}\n"),),
                tally={("a", "article"): 1}))
            store.seal("run-1", SEALED)
        with opened() as store:
            assert store.unfinished_runs() == [FIRST]
            assert store.article_like(KEYS) == "01"
            assert store.open_segments() == [("run-1", Mark(WARC, 99, 3))]
            assert store.outbox(WARC.path) == [OutboxLine(WARC.path, 0, b"{}\n")]
            assert store.sealed_files("run-1") == [SEALED]
            assert store.tallies("run-1") == {"a": {"article": 1}}
            assert urls(lease(store)) == ["https://a.example/2"]
            end(store, leased)
            assert store.release_all() == 1


class TestScope:
    THIRD = Run("run-3", "pages", 13, NOON + timedelta(hours=2))

    def test_what_waits_for_another_spider_is_parked_until_it_runs_again(self, store: Store) -> None:
        wait_for(store, found("https://a/1"))
        store.begin_run(self.THIRD)
        assert lease(store, run="run-3") == []
        assert store.waiting() == 1
        store.begin_run(Run("run-4", "news", 14, NOON))
        assert [handed.url_key for handed in lease(store, run="run-4")] == ["a/1"]

    def test_what_waits_for_other_sites_is_parked_until_they_are_meant(self, store: Store) -> None:
        wait_for(store, found("https://a/1", site="a"), found("https://b/1", site="b"))
        store.begin_run(Run("run-4", "news", 14, NOON), {"b"})
        assert [handed.url_key for handed in lease(store, run="run-4")] == ["b/1"]
        store.begin_run(Run("run-5", "news", 15, NOON), {"a", "b"})
        assert [handed.url_key for handed in lease(store, run="run-5")] == ["a/1"]

    def test_what_another_spider_took_over_and_could_not_fetch_goes_back(self, store: Store) -> None:
        asked = found("https://a/1", site="a", request='{"news": 1}', priority=7)
        wait_for(store, asked)
        store.begin_run(self.THIRD)
        store.commit("run-3", Batch(found=(found("https://a/1", site="list", request='{"pages": 1}'),)))
        [taken] = lease(store, run="run-3")
        failed = Done(taken.url_key, taken.token, "http_error", again=False, failed=True)
        store.commit("run-3", Batch(done=(failed,)))
        assert store.waiting() == 1
        store.begin_run(Run("run-4", "news", 14, NOON))
        [back] = lease(store, run="run-4")
        assert (back.site, back.request, back.role) == ("a", asked.request, asked.role)
        end(store, back, again=True, run="run-4")
        assert store.waiting() == 0

    def test_what_is_parked_is_fetched_by_the_run_that_finds_it_itself(self, store: Store) -> None:
        wait_for(store, found("https://a/1"))
        store.begin_run(self.THIRD)
        assert not store.is_known("a/1", "run-3")
        store.commit("run-3", Batch(found=(found("https://a/1", site="list"),)))
        assert [(handed.url_key, handed.site) for handed in lease(store, run="run-3")] == [("a/1", "list")]



class TestOwedPages:
    FIRST_PAGE = Owed("<urn:uuid:1>", "osmere-courier", '{"url": "…"}', (1, 2**44 - 1))
    SECOND_PAGE = Owed("<urn:uuid:2>", "wend-gazette", "{}")

    def test_they_are_there_in_their_order_until_they_are_paid(self, opened: Opened, store: Store) -> None:
        store.commit("run-1", Batch(owed=(self.FIRST_PAGE, self.SECOND_PAGE)))
        with opened() as again:
            assert again.owed() == [self.FIRST_PAGE, self.SECOND_PAGE]
        store.commit("run-2", Batch(paid=(self.FIRST_PAGE.id,), articles=(KEYS,)))
        assert store.owed() == [self.SECOND_PAGE]
        assert store.article_like(KEYS) == KEYS.id

    def test_nothing_of_a_transaction_that_fails_is_owed_or_paid(self, store: Store) -> None:
        store.commit("run-1", Batch(owed=(self.FIRST_PAGE,)))
        with pytest.raises(StaleLeaseError):
            store.commit("run-1", Batch(owed=(self.SECOND_PAGE,), paid=(self.FIRST_PAGE.id,),
                                        done=(Done("key", "no-such-token", "article", again=False),)))
        assert store.owed() == [self.FIRST_PAGE]


class TestKnowledgeOfSites:
    def test_the_last_of_a_site_counts_and_every_model_stays(self, store: Store) -> None:
        assert store.knowledge("a") is None
        store.commit("run-1", Batch(knowledge=(SiteKnowledge("a", b"counts 1", "model-1", b"rules 1"),)))
        store.commit("run-1", Batch(knowledge=(SiteKnowledge("a", b"counts 2", "model-2", b"rules 2"),
                                               SiteKnowledge("b", b"counts 3", None, None))))
        assert store.knowledge("a") == SiteKnowledge("a", b"counts 2", "model-2", b"rules 2")
        assert store.knowledge("b") == SiteKnowledge("b", b"counts 3", None, None)
        assert (store.site_model("model-1"), store.site_model("model-2")) == (b"rules 1", b"rules 2")
        assert store.site_model("model-3") is None


class TestRights:
    def test_the_last_that_was_kept_under_a_name_counts(self, opened: Opened, store: Store) -> None:
        assert store.rights("host news.example") is None
        store.commit("run-1", Batch(rights=(KeptRights("host news.example", "[1]"), KeptRights("site a", "[]"))))
        store.commit("run-1", Batch(rights=(KeptRights("host news.example", '["ü"]'),)))
        with opened() as again:
            assert (again.rights("host news.example"), again.rights("site a")) == ('["ü"]', "[]")

    def test_nothing_of_a_transaction_that_fails_is_kept(self, store: Store) -> None:
        with pytest.raises(StaleLeaseError):
            store.commit("run-1", Batch(rights=(KeptRights("site a", "[]"),),
                                        done=(Done("key", "no-such-token", "article", again=False),)))
        assert store.rights("site a") is None
