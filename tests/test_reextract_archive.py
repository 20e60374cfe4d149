"""`scrapy reextract` out of an archive of ours: the crawl's articles again, and what changed beside them."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.reader import Archive
from tests.crawls import Harvest, crawl
from tests.newssites import fill_osmere, osmere
from tests.test_reextract import lines, outcomes, reextract

if TYPE_CHECKING:
    from pathlib import Path

Line = dict[str, Any]


@dataclass
class Ours:
    archive: Path
    harvest: Harvest
    home: Path


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Ours:
    home = tmp_path_factory.mktemp("ours")
    with osmere() as server:
        fill_osmere(server)
        assert crawl("news", home / "archive", url=server.url()).exit_code == 0
    return Ours(home / "archive", Harvest(home / "archive"), home)


def without_run_facts(article: Line) -> Line:
    told = json.loads(json.dumps(article))
    del told["run_id"], told["warc"]["file"], told["extraction"]["pipeline_version"], told["extraction"]["tool_version"]
    return dict(told)


def test_the_models_that_were_kept_give_the_crawls_articles_key_for_key(ours: Ours) -> None:
    out = ours.home / "kept"
    ended = reextract("--models", "kept", ours.archive, out, home=ours.home)
    assert ended.exit_code == 0, ended.stderr
    again = lines(out, "articles")
    assert again
    assert [*map(without_run_facts, again)] == [*map(without_run_facts, ours.harvest.articles)]
    before = {line["url"]: (line["outcome"], line["reason"], line["article_id"])
              for line in ours.harvest.fetches if line["role"] == "page" and line["url"] in outcomes(out)}
    assert {line["url"]: (line["outcome"], line["reason"], line["article_id"])
            for line in lines(out, "fetches")} == before
    assert ended.json["changes"] == {"same": len(again), "different": 0, "text": 0, "gained": 0, "lost": 0, "keys": {}}
    reader = Archive(out)
    for article in reader.rows("articles"):
        assert reader.payload(article) == Archive(ours.archive).payload(
            {"warc": article["warc"] | {"file": article["warc"]["file"].removeprefix("../archive/")}})


def test_what_changed_is_told_with_examples(ours: Ours) -> None:
    """Of the articles before, one is made to have another text, and one is taken away."""
    altered, out = ours.home / "altered", ours.home / "changed"
    shutil.copytree(ours.archive, altered)
    [path] = altered.glob("articles/*/*.gz")
    before = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    before[0]["text"] = before[0]["text"].split("\n", 1)[1]
    path.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in before[:-1])))
    ended = reextract(altered, out, home=ours.home)
    assert ended.exit_code == 0, ended.stderr
    changes = ended.json["changes"]
    assert (changes["text"], changes["gained"], changes["lost"]) == (1, 1, 0)
    report = (out / "changes.md").read_text("utf-8")
    assert "+" + without_first(lines(out, "articles")[0]["text"]) in report
    assert "## Gained: 1" in report
    assert before[-1]["title"] in report


def without_first(text: str) -> str:
    return text.split("\n", 1)[0][:150]
