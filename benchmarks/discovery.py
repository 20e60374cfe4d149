"""How much of a site is found from its address alone: every site of the test web, by recall and precision.

Owns the crawls and the bar that each site has to reach. The sites and their truth are those of tests/web.

    python -m benchmarks.discovery
    python -m benchmarks.discovery --site alder-gazette --keep /tmp/alder

Exit codes: 0 done, 1 a site is below the bar, 4 it cannot begin, 9 the crawl failed.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.discoveryreport import fill_readme, show
from benchmarks.figures import machine, versions
from benchmarks.report import HERE, RESULTS, write_result
from tests.web.catalogue import all_sites
from tests.web.crawling import crawl_web

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.web.crawling import Crawled
    from tests.web.score import Score
    from tests.web.site import Site

MISSED, CANNOT_BEGIN, FAILED = 1, 4, 9
LEAST = 0.97  # of recall and of precision, at every site (issue 6)
_ENDED_WELL = (0, 10)  # a site may fail as a whole; its recall says so


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    now = datetime.now(UTC).replace(microsecond=0)
    sites = [site for site in all_sites(now) if not options.site or site.name in options.site]
    if not sites:
        console.print(f"error: no such site: {', '.join(options.site)}: python -m tests.web lists them", style="red")
        return CANNOT_BEGIN
    if options.keep and options.keep.exists():
        console.print(f"error: {options.keep}: exists: give a folder that does not, as --keep DIR", style="red")
        return CANNOT_BEGIN
    with _folder(options.keep) as folder:
        console.print(f"Crawling {len(sites)} sites, {options.rounds} rounds …")
        crawled = crawl_web(sites, folder, options.rounds)
    if crawled.ended.exit_code not in _ENDED_WELL:
        console.print(f"error: the crawl failed: exit code {crawled.ended.exit_code}\n{crawled.ended.stderr[-2000:]}",
                      style="red", highlight=False, markup=False)
        return FAILED
    result = document(sites, crawled, options.rounds, now)
    if not options.site:
        path = write_result(result, options.results, "discovery")
        if options.results == RESULTS:
            fill_readme(result, HERE / "README.md")
        console.print(f"Written: {path}", highlight=False, soft_wrap=True)
    show(result)
    return MISSED if result["below"] else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.discovery", description=__doc__.partition("\n")[0])
    parser.add_argument("--site", action="append", default=[], metavar="NAME",
                        help="only this one; may be given again; nothing is written to the results")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave registry, archive and logs in this new folder")
    parser.add_argument("--rounds", type=int, default=1, help="ticks, each asking every source (default 1)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="broadsheet-discovery-") as folder:
            yield Path(folder)


def document(sites: Sequence[Site], crawled: Crawled, rounds: int, when: datetime) -> dict[str, Any]:
    """Everything that is known at the end."""
    rows = {site.name: _row(site, crawled.scores[site.name]) for site in sites}
    return {
        "benchmark": "discovery", "date": when.isoformat(timespec="seconds"), "machine": machine(),
        "versions": versions("scrapy", "trafilatura", "feedparser", "lxml"), "rounds": rounds,
        "seconds": round(crawled.seconds, 1), "least": LEAST, "sites": rows, "all": total(crawled.scores),
        "below": [name for name, found in crawled.scores.items() if not found.reaches(LEAST)],
    }


def _row(site: Site, found: Score) -> dict[str, Any]:
    return {
        "way": site.way, "keys": dict(site.keys), "articles": found.articles, "found": found.found,
        "records": found.records, "recall": round(found.recall, 4), "precision": round(found.precision, 4),
        "pages": found.pages, "idle_pages": found.idle_pages, "requests": found.requests,
        "missing": list(found.missing), "wrong": list(found.wrong),
    }


def total(scores: Mapping[str, Score]) -> dict[str, Any]:
    """Over all articles and all records, whichever site they are of."""
    sums = {name: sum(getattr(found, name) for found in scores.values())
            for name in ("articles", "found", "records", "pages", "idle_pages", "requests")}
    wrong = sum(len(found.wrong) for found in scores.values())
    precision = 1 - wrong / sums["records"] if sums["records"] else 1.0
    return {**sums, "recall": round(sums["found"] / sums["articles"], 4), "precision": round(precision, 4)}


if __name__ == "__main__":
    sys.exit(main())
