"""The discovery benchmark in short: one site of the test web."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks import discovery
from benchmarks.discoveryreport import rows, show
from tests.crawls import Ended
from tests.web.catalogue import all_sites
from tests.web.crawling import Crawled
from tests.web.score import Score

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


def test_a_site_is_crawled_scored_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, results = tmp_path / "kept", tmp_path / "results"
    arguments = ["--site", "alder-gazette", "--keep", str(kept), "--results", str(results)]
    assert discovery.main(arguments) == 0
    assert "all: 8 of 8 articles, recall 1.0000, precision 1.0000" in capsys.readouterr().out
    assert {path.name for path in kept.iterdir()} >= {"sites.toml", "archive", "crawl.log", "requests.log"}
    assert "200 alder-gazette.example /rss/news.xml\n" in (kept / "requests.log").read_text("utf-8")
    assert not results.exists()


def test_what_cannot_begin_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert discovery.main(["--site", "nowhere"]) == 4
    assert "no such site: nowhere" in capsys.readouterr().err
    assert discovery.main(["--site", "alder-gazette", "--keep", str(tmp_path)]) == 4
    assert "exists" in capsys.readouterr().err


def test_a_site_below_the_bar_is_named_with_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    sites = all_sites(NOW)[:2]
    well = Score(sites[0].name, 8, 8, 8, (), (), 10, 2, 20)
    badly = Score(sites[1].name, 9, 6, 8, ("http://x.example/tag/",), ("http://x.example/a",), 9, 3, 12)
    scores = {well.site: well, badly.site: badly}
    result = discovery.document(sites, Crawled(Ended(0, "", ""), scores, 1.0, ()), 1, NOW)
    assert result["below"] == [sites[1].name]
    assert result["all"]["found"] == 14
    assert (result["all"]["recall"], result["all"]["precision"]) == (round(14 / 17, 4), round(15 / 16, 4))
    assert [row[2] for row in rows(result)] == ["1.000", "0.667", "0.824"]
    show(result)
    assert f"below 0.97: {sites[1].name}: {sites[1].way}: 1 missing: http://x.example/a" in capsys.readouterr().out
