"""What it costs that a power cut loses nothing: a crawl that syncs beside one that does not, and the committer alone.

Owns the turns and the bar.

    python -m benchmarks.durability --corpus ../shared/corpus --work DIR

Exit codes: 0 done, 1 the bar was missed, 4 it cannot begin, 9 a crawl failed or fetched the wrong articles.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.contenders import ROOT, Contender, WrongCountError, ours_with
from benchmarks.crawl import CANNOT_BEGIN, CORPUS, FAILED, take_turns
from benchmarks.durabilityreport import fill_readme, show
from benchmarks.figures import machine, ratios, summarise, versions
from benchmarks.measure import CommandFailedError
from benchmarks.report import HERE, RESULTS, write_result
from benchmarks.sites import SetupError, corpus_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figures import Figures
    from benchmarks.sites import Sites

MISSED = 1
LEAST_RATIO = 0.9  # of pages a second, synced to not synced
POWER = Contender("power", "every group commit is synced to the disk", ours_with(DURABILITY="power"))
PROCESS = Contender("process", "nothing is synced", ours_with(DURABILITY="process"))
BOTH = (POWER, PROCESS)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    try:
        with (tempfile.TemporaryDirectory(prefix="broadsheet-durability-", dir=options.work) as folder,
              corpus_sites(options.corpus.resolve(), Path(folder)) as sites):
            result = measure(sites, options, Path(folder), console)
    except SetupError as error:
        console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)
        return CANNOT_BEGIN
    except (WrongCountError, CommandFailedError) as error:
        console.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return FAILED
    except subprocess.CalledProcessError as error:
        console.print(f"error: {error}\n{error.stderr}", style="red", highlight=False, markup=False, soft_wrap=True)
        return FAILED
    return _keep(result, options.results, console)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durability", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py, serve.py and truth.jsonl")
    parser.add_argument("--rounds", type=int, default=5, help="how often each takes its turn (default 5)")
    parser.add_argument("--pages", type=int, default=4_096, help="that the committer alone settles (default 4096)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    parser.add_argument("--work", type=Path, help="where the archives are written: the disk that is measured")
    return parser.parse_args(arguments)


def measure(sites: Sites, options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """First the committer alone, then the crawls."""
    alone = [{each.name: commit_alone(folder, each.name, options.pages) for each in BOTH}
             for _ in range(options.rounds)]
    for number, one in enumerate(alone, 1):
        both = ", ".join(f"{name} {run['pages_per_second']:.0f} pages/s" for name, run in one.items())
        console.print(f"committer alone, round {number}: {both}", highlight=False)
    return document(take_turns(BOTH, sites, options.rounds, folder, console), alone, _disk_of(folder))


def commit_alone(folder: Path, durability: str, pages: int) -> Figures:
    """In a process of its own, into a fresh archive. CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix="alone-", dir=folder) as root:
        command = [sys.executable, "-m", "benchmarks.committing", root, durability, str(pages)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures: Figures = json.loads(done.stdout)
    if figures["pages"] != pages:
        raise WrongCountError(f"{durability}: the committer wrote {figures['pages']} articles of {pages}")
    return figures


def document(crawls: list[dict[str, Figures]], alone: list[dict[str, Figures]], disk: str) -> dict[str, Any]:
    return {
        "benchmark": "durability", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
        "versions": versions("scrapy"), "disk": disk, "contenders": {each.name: each.about for each in BOTH},
        "articles": crawls[0][POWER.name]["articles"], "rounds": crawls,
        "summary": {each.name: summarise([one[each.name] for one in crawls]) for each in BOTH},
        "ratio": ratios(crawls, "pages_per_second", POWER.name, PROCESS.name),
        "alone": {"pages": alone[0][POWER.name]["pages"], "rounds": alone,
                  "ratio": ratios(alone, "pages_per_second", POWER.name, PROCESS.name)}}


def _disk_of(folder: Path) -> str:
    """Its device and file system, as /proc/self/mounts has them."""
    mounts = [line.split()[:3] for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
    above = [(len(point), device, system) for device, point, system in mounts if folder.resolve().is_relative_to(point)]
    return " ".join(max(above)[1:]) if above else "unknown"


def _keep(result: dict[str, Any], folder: Path, console: Console) -> int:
    path = write_result(result, folder, "durability")
    if folder.resolve() == RESULTS:
        fill_readme(result, HERE / "README.md")
    show(result)
    console.print(f"Written: {path}", highlight=False, soft_wrap=True)
    if result["ratio"]["median"] >= LEAST_RATIO:
        return 0
    console.print(f"missed: the crawl that syncs fetches {result['ratio']['median']:.2f} times as many pages a second",
                  style="red", highlight=False, soft_wrap=True)
    return MISSED


if __name__ == "__main__":
    sys.exit(main())
