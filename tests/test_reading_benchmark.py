"""The benchmark of reading in short: a few articles, few ways. Counts and keys, never speed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import reading, readingreport, readways
from benchmarks.figures import machine
from benchmarks.report import markers
from pipelines.reader import Archive
from tests.archives import make_archive

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 40


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return list(Archive(make_archive(tmp_path_factory.mktemp("source"))).lines("articles"))


@pytest.fixture(scope="module")
def made(source: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reading.made(tmp_path_factory.mktemp("made"), source, COUNT, "gzip")


def test_the_archive_that_is_read_has_each_article_under_an_id_of_its_own(source: list[bytes], made: Path) -> None:
    assert len(Archive(made).files("articles")) == reading.FILES
    articles = list(Archive(made).articles())
    assert len({one.id for one in articles}) == COUNT
    assert {one.text for one in articles} == {json.loads(line)["text"] for line in source}


@pytest.mark.parametrize("way", ["typed", "story", "story_shared", "rows", "before", "json_loads"])
def test_each_way_comes_to_the_same_sum(way: str, source: list[bytes], made: Path) -> None:
    assert readways.WAYS[way](str(made)) == (COUNT, reading._expected(source, COUNT))


@pytest.mark.parametrize("way", ["lines", "floor"])
def test_ways_without_texts_come_to_the_same_count(way: str, made: Path) -> None:
    assert readways.WAYS[way](str(made)) == (COUNT, 0)


def test_what_was_measured_is_put_into_the_readme(source: list[bytes], made: Path, tmp_path: Path) -> None:
    turn = ("typed", "gzip", sys.executable)
    run = reading._run(turn, made, reading._expected(source, COUNT))
    with pytest.raises(reading.WrongSumError, match="typed: "):
        reading._run(turn, made, 1)
    result = reading.document([[(turn, run)], [(turn, {**run, "seconds": 2 * run["seconds"]})]],
                              {"typed": {"few": 20.0, "many": 22.0}}, source, {"gzip": 1_000_000}, machine())
    assert json.loads(json.dumps(result)) == result
    assert result["ways"][0]["per_second"]["max"] >= 2 * result["ways"][0]["per_second"]["min"] - 1
    readme = tmp_path / "README.md"
    readme.write_text("\n".join(markers("reading")), "utf-8")
    readingreport.fill_readme(result, readme)
    assert "| `articles()` | gzip |" in readme.read_text("utf-8")
    assert "Memory: flat." in readme.read_text("utf-8")
