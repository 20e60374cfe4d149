"""The recipes of docs/data.md, run as they stand there, give the counts and sums that the archive itself gives."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.commandline import REPOSITORY, scrapy
from tests.monthofnews import OLD_DAY, age, make_month

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = (REPOSITORY / "docs" / "data.md").read_text("utf-8")
PYTHON = REPOSITORY / ".venv-data" / "bin" / "python"
TIMEOUT_SECONDS = 240
FILES = ("totals", "german", "requests")
SPARK = """
spark.master                        local[2]
spark.ui.enabled                    false
spark.driver.host                   127.0.0.1
spark.driver.bindAddress            127.0.0.1
spark.sql.shuffle.partitions        1
spark.driver.extraJavaOptions       -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
"""
"""For a few rows on this machine: no shuffle over 200 partitions, no second compiler."""

Table = dict[tuple[str, ...], list[int]]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds `archive` and `tables`, as the recipes want it, and `renewed`: tables that lack no column."""
    folder = tmp_path_factory.mktemp("month")
    put_a_wall_before_one(make_month(folder / "archive"))
    done = scrapy("export", "parquet", str(folder / "tables"), "--kind", "all", archive=folder / "archive")
    assert done.returncode == 0, done.stderr
    shutil.copytree(folder / "tables", folder / "renewed")
    for kind in ("articles", "fetches"):
        age(folder / "tables", kind)
    return folder


def put_a_wall_before_one(archive: Path) -> None:
    """An article in German, whose text the recipes leave out of `german`."""
    for path in (archive / "articles" / "dt=2026-11-20").iterdir():
        articles = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
        next(one for one in articles if one["language"] == "de")["wall"] = {"kind": "paywall", "evidence": "metered"}
        path.write_bytes(gzip.compress("".join(json.dumps(one) + "\n" for one in articles).encode()))


def lines(root: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((root / "archive" / kind).glob("dt=*/*.gz")):
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            yield path.parent.name.removeprefix("dt="), json.loads(line)


@pytest.fixture(scope="module")
def expected(month: Path) -> dict[str, Table]:
    """By gzip and json alone."""
    tables: dict[str, Table] = {name: defaultdict(lambda: [0, 0]) for name in FILES}
    taken = {fetch["article_id"]: len(fetch["exchanges"]) for _, fetch in lines(month, "fetches")
             if fetch["outcome"] == "article"}

    def add(name: str, key: tuple[str, ...], figure: int) -> None:
        tables[name][key][0] += 1
        tables[name][key][1] += figure

    for day, article in lines(month, "articles"):
        add("totals", (article["site"], day[:7]), len(article["text"]))
        add("requests", (article["site"],), taken[article["id"]])
        if article["language"] == "de" and day >= "2026-11-10" and article.get("wall") is None:
            add("german", (article["site"],), len(article["text"]))
    return tables


def blocks(heading: str, language: str) -> str:
    """The code under a heading of the document."""
    section = re.split(r"^#+ ", DOCUMENT.partition(f"\n### {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found, f"no {language} under {heading!r}"
    return "\n".join(found)


def run(command: list[str], month: Path, folder: Path, tables: str = "tables", **environment: str) -> None:
    (folder / "archive").symlink_to(month / "archive")
    (folder / "tables").symlink_to(month / tables)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS,
                          env={**os.environ, "HOME": str(folder), "TZ": "Pacific/Auckland", **environment})
    assert done.returncode == 0, done.stderr[-3000:]


def table(path: Path) -> Table:
    """A CSV file, or a folder with one as Spark writes them: its last two columns are figures."""
    file = next(path.glob("part-*.csv")) if path.is_dir() else path
    with file.open(newline="", encoding="utf-8") as text:
        _, *rows = csv.reader(text)
    return {tuple(row[:-2]): [int(float(figure)) for figure in row[-2:]] for row in rows}


def tables(folder: Path, suffix: str = "") -> dict[str, Table]:
    return {name: table(folder / f"{name}{suffix}.csv") for name in FILES}


needs_data = pytest.mark.skipif(not PYTHON.exists(), reason=f"{PYTHON} is not there: make test installs it")


@needs_data
@pytest.mark.parametrize("heading", [
    "pandas", "pandas, from JSONL", "Polars", "Polars, from JSONL", "DuckDB", "DuckDB, from JSONL",
    "Hugging Face datasets", "Hugging Face datasets, from JSONL"])
def test_a_recipe_in_python_gives_the_figures_of_the_archive(
    heading: str, month: Path, expected: dict[str, Table], tmp_path: Path
) -> None:
    made = "renewed" if heading == "Hugging Face datasets" else "tables"      # that page says to run the export again
    run([str(PYTHON), "-c", blocks(heading, "python")], month, tmp_path, made, HF_HUB_OFFLINE="1",
        HF_DATASETS_OFFLINE="1", HF_HOME=str(tmp_path / "hf"))
    assert tables(tmp_path) == expected


@needs_data
@pytest.mark.skipif(shutil.which("java") is None, reason="java is not there: Debian has it in default-jre-headless")
def test_the_recipes_of_spark_give_the_figures_of_the_archive(
    month: Path, expected: dict[str, Table], tmp_path: Path
) -> None:
    (tmp_path / "spark-defaults.conf").write_text(SPARK)
    code = blocks("Spark", "python") + blocks("Spark, from JSONL", "python")
    run([str(PYTHON), "-c", code], month, tmp_path, SPARK_CONF_DIR=str(tmp_path), SPARK_LOCAL_IP="127.0.0.1")
    assert tables(tmp_path) == expected
    assert tables(tmp_path, "-jsonl") == expected


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not there: Debian has it under this name")
def test_the_recipe_of_jq_gives_the_figures_of_the_archive(
    month: Path, expected: dict[str, Table], tmp_path: Path
) -> None:
    run(["bash", "-euo", "pipefail", "-c", blocks("jq", "sh")], month, tmp_path)
    assert tables(tmp_path) == expected


def test_the_month_has_what_readers_stumble_over(month: Path, expected: dict[str, Table]) -> None:
    found = [article for _, article in lines(month, "articles")]
    text = "".join(article["text"] for article in found)
    assert len(text) < len(text.encode("utf-16-le")) // 2 < len(text.encode()), "three lengths"
    filled = Counter(key for article in found for key, value in article.items() if value not in (None, []))
    assert {"section", "image", "rights", "redirects", "date_published"}.isdisjoint(filled), "always empty"
    assert filled["wall"] == 1
    assert {day for day, article in lines(month, "articles") if "wall" not in article} == {OLD_DAY}
    assert len(expected["totals"]) == 8
    assert list(month.rglob("*.open"))


def test_every_recipe_of_the_document_is_run() -> None:
    """A heading that is added must be added above."""
    recipes = re.findall(r"^### (.+)$", DOCUMENT.partition("\n## Recipes\n")[2], re.MULTILINE)
    assert [name for name in recipes if f'"{name}"' not in Path(__file__).read_text("utf-8")] == []
