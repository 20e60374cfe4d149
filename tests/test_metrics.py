"""The Prometheus textfile of a crawl, read by Prometheus's own parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.metrics import write_metrics
from pipelines.errors import ConfigurationError
from tests.builders import NOON
from tests.crawls import crawl
from tests.newsserver import RawServer
from tests.newssites import home
from tests.test_summary import BAD, GOOD, end

if TYPE_CHECKING:
    from pathlib import Path


def series(path: Path) -> dict[tuple[str, ...], float]:
    samples = (sample for family in text_string_to_metric_families(path.read_text()) for sample in family.samples)
    return {(sample.name.removeprefix("broadsheet_"), *(sample.labels[name] for name in ("site", "outcome")
                                                       if name in sample.labels)): sample.value for sample in samples}


def test_the_file_tells_of_the_run_and_of_each_site(tmp_path):
    path = tmp_path / "crawl.prom"
    write_metrics(end(tallies={**GOOD, **BAD}, asked_sites=frozenset({"osmere", "silent"}), not_due={"a": 3}), path)
    told = series(path)
    assert told["run_urls", "osmere", "article"] == 3
    assert sum(value for names, value in told.items() if names[0] == "run_urls") == 9, "tried = the sum of outcomes"
    assert (told["site_failed", "osmere"], told["site_failed", "silent"]) == (0, 1)
    assert told["site_last_new_time_seconds", "osmere"] == NOON.timestamp()
    assert told["run_start_time_seconds",] == told["run_end_time_seconds",] - 180 == NOON.timestamp()
    assert (told["run_exit_code",], told["waiting_urls",], told["sources_not_due",]) == (10, 7, 3)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="PROMETHEUS_TEXTFILE"):
        write_metrics(end(), tmp_path / "missing" / "crawl.prom")


def test_a_crawl_leaves_the_file_and_names_one_that_it_cannot_write(tmp_path):
    with RawServer({"/": home()}) as server:
        good = crawl("news", tmp_path / "a", url=server.url(), settings={"PROMETHEUS_TEXTFILE": tmp_path / "a.prom"})
        bad = crawl("news", tmp_path / "b", url=server.url(), settings={"PROMETHEUS_TEXTFILE": tmp_path / "no" / "b"})
    assert series(tmp_path / "a.prom")["run_exit_code",] == good.exit_code == bad.exit_code == 0
    assert [error.partition(":")[0] for error in bad.errors] == ["PROMETHEUS_TEXTFILE"]
