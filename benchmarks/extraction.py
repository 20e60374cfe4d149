"""How fast pages become articles, beside what users would write: a pool of two processes that call trafilatura.

Owns the two pools, which take turns in one run over the same pages in the same order. Ours learns the sites' models as
a crawl does: the first six pages of a site are read together.

    python -m benchmarks.extraction --corpus ../shared/corpus

Exit codes: 0 done, 4 it cannot begin.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import trafilatura
from rich.console import Console

from benchmarks.crawl import CORPUS
from benchmarks.figures import machine, versions
from benchmarks.report import HERE, RESULTS, markdown_table, origin, put_lines, write_result
from pipelines.boilerplate.learner import STORIES_TO_KNOW
from pipelines.boilerplate.library import SiteLibrary
from pipelines.extraction import NO_HINTS, Fetched, extract_and_observe, read_together
from pipelines.workers import tune_collector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Pages = list[tuple[str, str, bytes]]
PROCESSES = 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extraction", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py and truth.jsonl")
    parser.add_argument("--rounds", type=int, default=3, help="how often each takes its turn (default 3)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    maker = options.corpus.resolve() / "make_sites.py"
    if not maker.is_file():
        console.print(f"error: {maker}: not found: give the folder of the corpus as --corpus DIR", style="red")
        return 4
    with tempfile.TemporaryDirectory(prefix="broadsheet-extraction-") as folder:
        subprocess.run([sys.executable, maker, folder], check=True, stdout=subprocess.DEVNULL)
        pages = _pages(Path(folder))
    rounds = []
    for number in range(options.rounds):
        figures = {"broadsheet": _rate(pages, ours), "plain": _rate(pages, plain)}
        said = ", ".join(f"{name} {rate:.1f} pages/s" for name, rate in figures.items())
        console.print(f"round {number + 1}: {said}")
        rounds.append(figures)
    result = document(rounds, len(pages))
    write_result(result, options.results, "extraction")
    if options.results.resolve() == RESULTS:
        put_lines(lines(result), HERE.parent / "docs" / "extraction.md", "extraction")
    console.print("\n".join(lines(result)))
    return 0


def _pages(folder: Path) -> Pages:
    """Site, address and bytes; a page of every site, then the next of every site, as a crawl brings them."""
    by_site = [sorted(site.glob("article-*.html"), key=lambda path: int(path.stem.rpartition("-")[2]))
               for site in sorted(folder.iterdir()) if site.is_dir()]
    return [(path.parent.name, f"http://127.0.0.1/{path.parent.name}/{path.name}", path.read_bytes())
            for row in zip(*by_site, strict=True) for path in row]


def _rate(pages: Pages, run: Any) -> float:
    began = time.monotonic()
    made = run(pages)
    seconds = time.monotonic() - began
    if made != len(pages):
        raise RuntimeError(f"{run.__name__}: {made} articles of {len(pages)} pages")
    return round(len(pages) / seconds, 2)


def plain(pages: Pages) -> int:
    """Starting the processes and importing is part of it, as it is of ours."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        return sum(pool.map(_plain, [html for _, _, html in pages], [url for _, url, _ in pages]))


def _plain(html: bytes, url: str) -> bool:
    return trafilatura.bare_extraction(html.decode("utf-8", "replace"), url=url, with_metadata=True) is not None


def ours(pages: Pages) -> int:
    library = SiteLibrary({}.get, lambda _: None)
    sites = len({site for site, _, _ in pages})
    waiting: defaultdict[str, list[Fetched]] = defaultdict(list)
    for site, url, html in pages[:STORIES_TO_KNOW * sites]:
        waiting[site].append(Fetched(html, url, NO_HINTS))
    with ProcessPoolExecutor(PROCESSES, initializer=tune_collector) as pool:
        readings = {site: pool.submit(read_together, held) for site, held in waiting.items()}
        made = []
        for site, url, html in pages[STORIES_TO_KNOW * sites:]:
            if site in readings:
                for observation in (reading := readings.pop(site).result()).observations:
                    library.observe(site, observation)
                made += reading.articles
            made.append(pool.submit(extract_and_observe, html, url, library.model(site)))
        return sum(bool((each.result()[0] if isinstance(each, Future) else each).text) for each in made)


def document(rounds: list[dict[str, float]], pages: int) -> dict[str, Any]:
    pairs = [round(each["broadsheet"] / each["plain"], 3) for each in rounds]
    return {"benchmark": "extraction", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
            "versions": versions("trafilatura", "htmldate", "lxml"), "pages": pages, "rounds": rounds,
            "ratio": {"median": median(pairs), "pairs": pairs}}


def lines(result: Mapping[str, Any]) -> list[str]:
    rounds = result["rounds"]
    names = list(rounds[0])
    rows = [("pages a second, median", *(f"{median(each[name] for each in rounds):.1f}" for name in names))]
    pairs = ", ".join(f"{pair:.2f}" for pair in result["ratio"]["pairs"])
    return [f"{result['pages']} pages, {len(rounds)} rounds in turn. {origin(result)}", "",
            *markdown_table(("", *names), rows), "",
            f"Broadsheet to plain: median {result['ratio']['median']:.2f} × (round by round: {pairs})."]


if __name__ == "__main__":
    sys.exit(main())
