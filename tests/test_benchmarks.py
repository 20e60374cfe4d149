"""The crawl benchmark in short: two small sites, one round, no nginx and no corpus. Counts and keys, never speed."""

from __future__ import annotations

import io
import json
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from benchmarks import contenders, crawl, figures, measure, report, stalls
from benchmarks.contenders import OURS, PLAIN, WrongCountError
from benchmarks.sites import SetupError, Sites, corpus_sites
from tests.newsserver import RawServer, article_html, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = 5
ROBOTS = page("User-agent: *\nAllow: /\n", Content_Type="text/plain")


def a_site(server: RawServer) -> list[str]:
    """Give the server a home page with links to its articles; returns their addresses."""
    titles = {f"/article-{n}.html": f"The {word} report of {server.host}"
              for n, word in enumerate(("first", "second", "third", "fourth", "fifth")[:PAGES])}
    links = "".join(f'<li><a href="{path}">{title}, told at length</a></li>' for path, title in titles.items())
    server.routes["/"] = page(f"<html><body><ul>{links}</ul></body></html>")
    server.routes["/robots.txt"] = ROBOTS
    for path, title in titles.items():
        server.routes[path] = page(article_html(title, published="2026-11-22T10:00:00Z"))
    return [server.url(path) for path in titles]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    registry = tmp_path_factory.mktemp("sites") / "sites.toml"
    with RawServer() as one, RawServer(host="127.0.0.2") as other:
        articles = [url for server in (one, other) for url in a_site(server)]
        homes = (one.url(), other.url())
        entries = "".join(f'[[site]]\nname = "site-{n}"\nurl = "{home}"\n' for n, home in enumerate(homes))
        registry.write_text(f"[defaults]\ndelay = 0\n\n{entries}", "utf-8")
        yield Sites(registry, homes, frozenset(articles))


@pytest.fixture(scope="module")
def result(sites: Sites, tmp_path_factory: pytest.TempPathFactory) -> figures.Figures:
    console = Console(file=io.StringIO())
    both = [OURS, PLAIN]
    rounds = crawl.take_turns(both, sites, 1, tmp_path_factory.mktemp("work"), console)
    return figures.document(both, rounds, datetime(2026, 11, 22, tzinfo=UTC))


def test_both_fetch_every_article(result: figures.Figures) -> None:
    assert [run["articles"] for run in result["rounds"][0].values()] == [2 * PAGES, 2 * PAGES]


def test_every_figure_is_measured_for_both(result: figures.Figures) -> None:
    for name in ("broadsheet", "plain"):
        run = result["rounds"][0][name]
        assert {metric.key for metric in figures.METRICS if figures.value_of(run, metric.key) is None} == set()
        assert run["stalls"]["ticks"] > 0
        assert 0 < run["main_cpu_seconds"] <= run["cpu_seconds"]
        assert run["main_peak_mib"] > 0
        assert run["written_mib"] > 0
    assert result["rounds"][0]["broadsheet"]["workers_cpu_seconds"] > 0


def test_the_result_survives_json_and_is_shown(result: figures.Figures, tmp_path: Path) -> None:
    document = json.loads(json.dumps(result))
    assert set(document) == {"benchmark", "date", "machine", "versions", "articles", "contenders", "rounds", "summary",
                             "ratios"}
    readme = tmp_path / "README.md"
    readme.write_text("before\n" + "\nold\n".join(report.markers()) + "\nafter\n", "utf-8")
    picture = report.write_bars(document, tmp_path / "crawl-2026-11-22.json")
    report.fill_readme(document, picture, readme)
    text = readme.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert all(f"| {metric.label} | " in text for metric in figures.METRICS)
    assert ET.parse(picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert report.table(document).row_count == len(figures.METRICS)


def test_a_missing_article_is_an_error(sites: Sites, tmp_path: Path) -> None:
    more = Sites(sites.registry, sites.homes, sites.articles | {"http://127.0.0.1:1/article-9.html"})
    with pytest.raises(WrongCountError, match=r"10 articles where there are 11: 1 are missing, for one http://127"):
        contenders.run_round(PLAIN, more, tmp_path / "run")


def test_a_missing_corpus_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fact = r"make_sites\.py: not found: give the folder"
    with pytest.raises(SetupError, match=fact), corpus_sites(tmp_path, tmp_path):
        pass
    assert crawl.main(["--corpus", str(tmp_path), "--no-wget"]) == crawl.CANNOT_BEGIN
    assert "--corpus DIR" in capsys.readouterr().err


def test_ratios_are_taken_within_a_round() -> None:
    rounds = [{"broadsheet": {"pages_per_second": ours}, "plain": {"pages_per_second": plain}}
              for ours, plain in ((30.0, 20.0), (60.0, 30.0), (11.0, 10.0))]
    assert figures.ratios(rounds, "pages_per_second") == {"pairs": [1.5, 2.0, 1.1], "median": 1.5}


def test_a_busy_loop_makes_every_tick_that_it_missed_late() -> None:
    late, due = stalls.ticks(due=1.0, now=1.012)
    assert late == pytest.approx([0.012, 0.007, 0.002])
    assert due == pytest.approx(1.015)


def test_stalls_are_summed_up_in_milliseconds() -> None:
    figures_of_100 = stalls.summary([n / 1000 for n in range(100)])
    assert figures_of_100 == {"ticks": 100, "p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "longest_ms": 99.0}
    assert stalls.summary([])["longest_ms"] == 0


def test_processes_that_outlive_their_parent_are_counted_and_waited_for(tmp_path: Path) -> None:
    burn = "import time; began = time.process_time()\nwhile time.process_time() < began + 0.3: pass"
    orphan = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])"
    cost = measure.measure([sys.executable, "-c", orphan], cwd=tmp_path, log=tmp_path / "log")
    assert cost.cpu_seconds >= 0.3
    assert cost.cpu_seconds > cost.main_cpu_seconds


def test_a_command_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(measure.CommandFailedError, match=r"(?s)exit code 3.*what went wrong"):
        measure.measure([sys.executable, "-c", "import sys; print('what went wrong'); sys.exit(3)"], cwd=tmp_path,
                        log=tmp_path / "log")


def test_a_command_that_hangs_is_ended_at_the_deadline(tmp_path: Path) -> None:
    with pytest.raises(measure.CommandFailedError, match="exit code -9"):
        measure.measure([sys.executable, "-c", "import signal; signal.pause()"], cwd=tmp_path, log=tmp_path / "log",
                        deadline_seconds=0)
