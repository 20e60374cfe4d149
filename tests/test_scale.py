"""The scale benchmark in short: tiny stores, one turn. Counts and keys, never speed."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from benchmarks import report, scale
from benchmarks.knownurls import NOW, Files, article_keys, fill, found_url, is_article
from benchmarks.storecosts import HOT, ONCE, measure
from pipelines.sqlite import SqliteStore
from pipelines.store import Run
from pipelines.urlkey import host_of, url_key

if TYPE_CHECKING:
    from pathlib import Path

KNOWN, QUEUED = 300, 200


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "state.sqlite"
    told: list[int] = []
    fill(path, KNOWN, QUEUED, told.append)
    assert told[-1] == KNOWN
    return path


def test_a_filled_store_knows_what_has_ended_and_keeps_the_rest_waiting(filled: Path) -> None:
    with closing(SqliteStore.open(filled)) as store:
        store.begin_run(Run("run-1", "news", 1, NOW))
        assert all(store.is_known(found_url(number).url_key, "run-1") for number in range(KNOWN + QUEUED))
        assert not store.is_known(found_url(KNOWN + QUEUED).url_key, "run-1")
        assert store.waiting() == QUEUED
        assert store.release_all() == 0
        assert store.next_due(NOW) is not None
        assert len(store.hosts()) == 20
        assert sum(1 for _ in store.article_ids()) == sum(is_article(found_url(n).url_key) for n in range(KNOWN))


@pytest.mark.parametrize("number", [0, 12345, 4_999_999])
def test_made_up_urls_have_the_keys_that_real_ones_would_have(number: int) -> None:
    found = found_url(number)
    assert (found.url_key, found.host) == (url_key(found.url), host_of(found.url))
    assert json.loads(found.request or "")["url"] == found.url


def test_every_cost_is_measured(filled: Path) -> None:
    figures = measure(filled, KNOWN, QUEUED, 2)
    assert set(figures["ms"]) == {*HOT, *ONCE}
    assert all(spread["calls"] and spread["median"] > 0 for spread in figures["ms"].values())
    assert figures["ms"]["commit"]["calls"] == 2
    assert figures["peak_mib"] > 0


def test_a_group_is_one_transaction_of_the_kind_that_a_crawl_makes(filled: Path) -> None:
    with closing(SqliteStore.open(filled)) as store:
        store.begin_run(Run("run-1", "news", 1, NOW))
        leases = store.lease("run-1", {}, 64, 2, NOW)
        batch = Files("run-1").group(leases, (found_url(999),))
        store.commit("run-1", batch)
        assert len(batch.done) == len(leases) == 64
        assert len(batch.outbox) == len(leases) + len(batch.articles)
        assert store.article_like(article_keys(leases[0].url_key)) == (
            article_keys(leases[0].url_key).id if is_article(leases[0].url_key) else None)
        assert sum(sum(site.values()) for site in store.tallies("run-1").values()) == 64


def test_the_benchmark_runs_from_end_to_end_and_finds_its_stores_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("\n".join(report.markers("scale")), "utf-8")
    monkeypatch.setattr(scale, "HERE", tmp_path)
    monkeypatch.setattr(scale, "RESULTS", tmp_path / "results")
    arguments = ["--known", "100", "200", "--waiting", "100", "--rounds", "1", "--cycles", "1",
                 "--stores", str(tmp_path / "stores"), "--results", str(tmp_path / "results")]
    for _ in range(2):
        assert scale.main(arguments) in {0, scale.MISSED}
    assert "filled before" in capsys.readouterr().err
    [path] = (tmp_path / "results").glob("scale-*.json")
    document = json.loads(path.read_text("utf-8"))
    assert document["size"]["200"]["bytes"] == sum(document["size"]["200"]["tables"].values())
    assert "bytes a URL" in (tmp_path / "README.md").read_text("utf-8")
    assert len(list((tmp_path / "stores").iterdir())) == 2


def test_a_cost_that_is_more_than_twice_as_high_misses_the_bar() -> None:
    low, high = (dict.fromkeys(("median", "mean", "p95"), value) for value in (1.0, 2.1))
    summary = {"1": {"peak_mib": 9.0, "ms": dict.fromkeys(HOT, low)},
               "2": {"peak_mib": 301.0, "ms": {**dict.fromkeys(HOT, low), "lease": high}}}
    missed = scale.missed_bars({"known": [1, 2], "summary": summary})
    assert missed == ["lease: its median is 2.10 times that of the smaller store",
                      "lease: its mean is 2.10 times that of the smaller store", "memory: 301 MiB"]
