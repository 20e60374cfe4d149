"""The durability benchmark in short: a few pages through the committer, and what a crawl is told. Never speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import contenders, durability, report
from benchmarks.committing import settle
from benchmarks.durability import BOTH, POWER, PROCESS
from benchmarks.durabilityreport import fill_readme
from benchmarks.figures import METRICS
from benchmarks.sites import Sites
from pipelines.archive import ArchiveConfig
from tests.builders import assert_sound, sealed_lines

if TYPE_CHECKING:
    from pathlib import Path


def test_the_committer_alone_writes_every_page_as_an_article(tmp_path: Path) -> None:
    figures = settle(ArchiveConfig(tmp_path), 130)
    assert figures["pages"] == len(sealed_lines(tmp_path, "articles")) == 130
    assert figures["pages_per_second"] > 0
    assert_sound(tmp_path)


@pytest.mark.parametrize(("contender", "setting"), [(POWER, "DURABILITY=power"), (PROCESS, "DURABILITY=process")])
def test_each_crawl_is_told_what_to_survive(
    contender: contenders.Contender, setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(contenders, "measure", lambda command, **_: commands.append(command))
    contender.run(Sites(tmp_path / "sites.toml", (), frozenset()), tmp_path)
    assert setting in commands[0]
    assert commands[0][commands[0].index(setting) - 1] == "-s"


def test_the_document_compares_within_a_round_and_is_shown(tmp_path: Path) -> None:
    crawl = {metric.key: 1.0 for metric in METRICS if "." not in metric.key} | {"articles": 9, "stalls": None}
    crawls = [{"power": {**crawl, "pages_per_second": power}, "process": {**crawl, "pages_per_second": 20.0}}
              for power in (19.0, 17.0, 20.0)]
    alone = [{name.name: {"pages": 64, "pages_per_second": 100.0} for name in BOTH} for _ in range(3)]
    document = durability.document(crawls, alone, "/dev/vda ext4")
    assert document["ratio"] == {"pairs": [0.95, 0.85, 1.0], "median": 0.95}
    readme = tmp_path / "README.md"
    readme.write_text("\n".join(report.markers("durability")), "utf-8")
    fill_readme(document, readme)
    assert "0.95 (0.95, 0.85, 1.00)" in readme.read_text("utf-8")
    assert "on /dev/vda ext4" in readme.read_text("utf-8")


def test_a_missing_corpus_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert durability.main(["--corpus", str(tmp_path)]) == durability.CANNOT_BEGIN
    assert "--corpus DIR" in capsys.readouterr().err
