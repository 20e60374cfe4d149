"""How clean the articles of a crawl are, against the truth of the corpus, and what each part of extraction adds.

Owns the crawls and what they are compared with: stock trafilatura over the same bytes, and our own extraction with one
part left out at a time. The scorer is the corpus's own, score.py.

    python -m benchmarks.quality --corpus ../shared/corpus

Exit codes: 0 done, 4 it cannot begin, 9 a crawl failed.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.ablation import PARTS, ablate
from benchmarks.crawl import CORPUS
from benchmarks.figures import machine, versions
from benchmarks.qualityreport import fill, show, write_picture
from benchmarks.report import HERE, RESULTS, write_result
from benchmarks.sites import SetupError, corpus_sites, serving

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Rows = dict[str, dict[str, Any]]
CANNOT_BEGIN, FAILED = 4, 9
FIELDS = ("title", "authors", "date")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py, serve.py and truth.jsonl")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON and the picture")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        with tempfile.TemporaryDirectory(prefix="broadsheet-quality-") as folder:
            result = _measure(options.corpus.resolve(), Path(folder), console)
    except SetupError as error:
        console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)
        return CANNOT_BEGIN
    except subprocess.CalledProcessError as error:
        console.print(f"error: {error}\n{error.stderr[-2000:]}", style="red", highlight=False, markup=False)
        return FAILED
    path = write_result(result, options.results, "quality")
    picture = write_picture(result, path)
    if options.results.resolve() == RESULTS:
        fill(result, f"../benchmarks/results/{picture.name}", HERE.parent / "docs" / "extraction.md")
    show(result)
    return 0


def _measure(corpus: Path, folder: Path, console: Console) -> dict[str, Any]:
    score = scorer(corpus)
    pages = {row["id"]: row for row in _lines(corpus / "truth.jsonl")}
    console.print("Making the sites …")
    with corpus_sites(corpus, folder) as sites:
        truth = {row["id"]: row for row in _lines(folder / "sites" / "truth.jsonl")}
        console.print(f"Crawling {len(truth)} articles of {len(sites.homes)} sites …")
        crawled = _crawl(folder / "archive", "news", "-a", f"sites={sites.registry}")
        of_sites = {f"{line['site']}/{line['url'].rpartition('/')[2]}": _prediction(line) for line in crawled}
        htmls = {page_id: (folder / "sites" / page_id).read_bytes() for page_id in truth}
    console.print(f"Crawling {len(pages)} single pages …")
    of_pages = _crawl_pages(corpus, folder, pages)
    singles = {page_id: gzip.decompress((corpus / row["file"]).read_bytes()) for page_id, row in pages.items()}
    parts = {}
    for part in PARTS:
        console.print(f"Extracting: {part.name} …")
        made = ablate(part, singles, {page_id: row.get("url") for page_id, row in pages.items()}, htmls)
        parts[part.name] = {"about": part.about, **scores(score, {**pages, **truth}, made)}
    return {
        "benchmark": "quality", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
        "versions": versions("trafilatura", "htmldate", "lxml"),
        "crawled": scores(score, {**pages, **truth}, {**of_pages, **of_sites}),
        "parts": parts,
    }


def _crawl_pages(corpus: Path, folder: Path, pages: Rows) -> Rows:
    """All from one host, which is one site to us, though its pages have nothing in common."""
    served = folder / "single" / "pages"
    served.mkdir(parents=True)
    (served / "robots.txt").write_text("User-agent: *\nAllow: /\n", "utf-8")
    for page_id, row in pages.items():
        (served / f"{page_id}.html").write_bytes(gzip.decompress((corpus / row["file"]).read_bytes()))
    with serving(corpus, folder / "single", folder / "single.toml") as registry:
        host = tomllib.loads(registry.read_text("utf-8"))["site"][0]["url"]
        (folder / "urls.txt").write_text("".join(f"{host}{page_id}.html\n" for page_id in pages), "utf-8")
        lines = _crawl(folder / "archive", "pages", "-a", f"urls={folder / 'urls.txt'}", "-s", "DOWNLOAD_DELAY=0")
    return {line["url"].rpartition("/")[2].removesuffix(".html"): _prediction(line) for line in lines}


def _crawl(archive: Path, *arguments: str) -> list[dict[str, Any]]:
    subprocess.run([sys.executable, "-m", "scrapy", "crawl", *arguments, "-s", f"ARCHIVE_DIR={archive}"],
                   cwd=HERE.parent, check=True, capture_output=True, text=True)
    lines = [line for path in archive.glob("articles/*/*.jsonl.gz") for line in _lines(path)]
    shutil.rmtree(archive)
    return lines


def _lines(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.splitlines()]


def _prediction(line: Mapping[str, Any]) -> dict[str, Any]:
    """The day is that of the publisher's own zone, as the page states it; `date_published` is in UTC."""
    stated = line["date_published_stated"] or ""
    return {"text": line["text"], "title": line["title"], "authors": line["authors"],
            "date": stated if stated[4:5] == "-" else line["date_published"], "utc_date": line["date_published"]}


def scorer(corpus: Path) -> Any:
    """The corpus's score.py as a module."""
    spec = importlib.util.spec_from_file_location("score", corpus / "score.py")
    if spec is None or spec.loader is None:
        raise SetupError(f"{corpus / 'score.py'}: not found: give the folder of the corpus as --corpus DIR")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scores(score: Any, truth: Rows, made: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Precision, recall and F1 of each set of pages, and the share of fields that match exactly, as score.py has it."""
    groups: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    hits: defaultdict[str, list[bool]] = defaultdict(list)
    for page_id, row in truth.items():
        got = made.get(page_id, {})
        groups[row["set"]].append(score.body_score(got.get("text"), row["text"]))
        for name, is_same in _same_fields(score, got, row):
            if row.get(name.removeprefix("utc_")) and row["set"] != "sites":
                hits[name].append(is_same)
    bodies = {name: _body(score, pairs) for name, pairs in sorted(groups.items())}
    return {"bodies": bodies, "fields": {name: round(mean(found), 4) for name, found in hits.items()}}


def _same_fields(score: Any, got: Mapping[str, Any], row: Mapping[str, Any]) -> Iterable[tuple[str, bool]]:
    authors = [sorted(map(score.squash, each.get("authors") or [])) for each in (got, row)]
    yield "title", score.squash(got.get("title")) == score.squash(row.get("title"))
    yield "authors", authors[0] == authors[1]
    yield "date", (got.get("date") or "")[:10] == row.get("date")
    yield "utc_date", (got.get("utc_date") or "")[:10] == row.get("date")


def _body(score: Any, pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    precision, recall = mean(pair[0] for pair in pairs), mean(pair[1] for pair in pairs)
    return {"pages": len(pairs), "precision": round(precision, 4), "recall": round(recall, 4),
            "f1": round(score.f1(precision, recall), 4)}


if __name__ == "__main__":
    sys.exit(main())
