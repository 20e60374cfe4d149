"""The sites of the corpus from their addresses alone: as they are, without their feed, and without feed and sitemap.

Owns what is taken away. Each is a crawl of its own through `scrapy crawl news`.

    python -m benchmarks.variants --corpus ../shared/corpus

Exit codes: 0 every article found each time, 1 some missing, 4 it cannot begin, 9 a crawl failed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.contenders import ours_with
from benchmarks.crawl import CORPUS
from benchmarks.figures import machine, versions
from benchmarks.measure import CommandFailedError
from benchmarks.report import RESULTS, write_result
from benchmarks.sites import SetupError, corpus_sites, read_sites, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.sites import Sites

MISSED, CANNOT_BEGIN, FAILED = 1, 4, 9
_ALTERNATE = re.compile(r'<link rel="alternate"[^>]*>')


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.variants", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py, serve.py and truth.jsonl")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        with tempfile.TemporaryDirectory(prefix="broadsheet-variants-") as folder:
            rows = list(_measure(options.corpus.resolve(), Path(folder), console))
    except SetupError as error:
        console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)
        return CANNOT_BEGIN
    except CommandFailedError as error:
        console.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return FAILED
    _keep(rows, options.results)
    return 0 if all(row["found"] == row["articles"] and not row["wrong"] for row in rows) else MISSED


def _measure(corpus: Path, folder: Path, console: Console) -> Iterator[dict[str, Any]]:
    with corpus_sites(corpus, folder) as sites:
        yield _crawled("as they are", sites, folder, console)
    for name, strip in (("without their feed", without_feed), ("without feed and sitemap", without_lists)):
        for site in [path for path in (folder / "sites").iterdir() if path.is_dir()]:
            strip(site)
        with serving(corpus, folder / "sites", folder / "sites.toml") as registry:
            yield _crawled(name, read_sites(registry, folder / "sites"), folder, console)


def without_feed(site: Path) -> None:
    """Neither the feed of a site's folder nor the link to it."""
    (site / "feed.xml").unlink(missing_ok=True)
    index = site / "index.html"
    index.write_text(_ALTERNATE.sub("", index.read_text("utf-8")), "utf-8")


def without_lists(site: Path) -> None:
    """Nor the sitemap, nor the line of robots.txt that names it."""
    without_feed(site)
    (site / "sitemap.xml").unlink(missing_ok=True)
    (site / "robots.txt").write_text("User-agent: *\nAllow: /\n", "utf-8")


def _crawled(name: str, sites: Sites, folder: Path, console: Console) -> dict[str, Any]:
    console.print(f"Crawling {len(sites.homes)} sites {name} …")
    run: Callable[[Sites, Path], Any] = ours_with()
    place = folder / "run"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    cost, urls = run(sites, place)
    found = set(urls)
    [manifest] = [json.loads(path.read_bytes()) for path in (place / "out" / "runs").glob("*.json")]
    return {"variant": name, "articles": len(sites.articles), "found": len(found & sites.articles),
            "wrong": len(urls) - len(found & sites.articles), "tried": manifest["tried"],
            "seconds": round(cost.wall_seconds, 1)}


def _keep(rows: list[dict[str, Any]], folder: Path) -> None:
    table = Table(title="The corpus's sites from their addresses alone", title_justify="left")
    for name in ("sites", "articles", "found", "wrong", "URLs tried", "seconds"):
        table.add_column(name, justify="left" if name == "sites" else "right")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)
    now = datetime.now(UTC)
    result = {"benchmark": "variants", "date": now.isoformat(timespec="seconds"), "machine": machine(),
              "versions": versions("scrapy", "lxml"), "variants": rows}
    write_result(result, folder, "variants")


if __name__ == "__main__":
    sys.exit(main())
