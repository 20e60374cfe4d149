"""Whether a site without an end holds up the others: the corpus's sites crawled alone, and with such a site beside.

Owns the trap, which answers every address with a new page that links to more, and when the others were done.

    python -m benchmarks.traps --corpus ../shared/corpus --rounds 3

Exit codes: 0 done, 1 the trap took more than its budget, 4 it cannot begin, 9 a crawl failed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.contenders import ours_with
from benchmarks.crawl import CORPUS
from benchmarks.figures import machine, versions
from benchmarks.measure import CommandFailedError
from benchmarks.report import RESULTS, write_result
from benchmarks.sites import SetupError, corpus_sites
from tests.endless import endless_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.sites import Sites

OVER, CANNOT_BEGIN, FAILED = 1, 4, 9
BUDGET = 40
_KEYS = f"max_pages = {BUDGET}\ndelay = 0.1\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traps", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py, serve.py and truth.jsonl")
    parser.add_argument("--rounds", type=int, default=3, help="crawls of each kind, in turn (default 3)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        with tempfile.TemporaryDirectory(prefix="broadsheet-traps-") as folder:
            rounds = _measure(options.corpus.resolve(), options.rounds, Path(folder), console)
    except SetupError as error:
        console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)
        return CANNOT_BEGIN
    except CommandFailedError as error:
        console.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return FAILED
    _keep(rounds, options.results, console)
    return 0 if all(each["trap_pages"] <= BUDGET for each in rounds) else OVER


def _measure(corpus: Path, count: int, folder: Path, console: Console) -> list[dict[str, Any]]:
    rounds = []
    with corpus_sites(corpus, folder) as sites, endless_site() as trap:
        entry = f'\n[[site]]\nname = "trap"\nurl = "{trap.url()}"\n{_KEYS}'
        beside = folder / "with-trap.toml"
        beside.write_text(sites.registry.read_text("utf-8") + entry, "utf-8")
        for number in range(1, count + 1):
            alone, _ = _others_done(sites, folder / "run")
            with_trap, trap_pages = _others_done(replace(sites, registry=beside), folder / "run")
            rounds.append({"seconds_alone": alone, "seconds_with_trap": with_trap, "trap_pages": trap_pages,
                           "ratio": round(with_trap / alone, 3)})
            console.print(f"round {number}: {json.dumps(rounds[-1])}", highlight=False)
    return rounds


def _others_done(sites: Sites, folder: Path) -> tuple[float, int]:
    """Seconds from the start of a crawl to the end of the last visit of another site, and pages fetched of the trap."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ours_with()(sites, folder)
    lines = [json.loads(line) for path in (folder / "out").glob("fetches/*/*.gz")
             for line in gzip.decompress(path.read_bytes()).splitlines()]
    moments = [datetime.fromisoformat(line["finished_at"]) for line in lines if line["site"] != "trap"]
    began = min(datetime.fromisoformat(line["started_at"]) for line in lines)
    trapped = [line for line in lines if line["site"] == "trap" and line["role"] == "page" and line["exchanges"]]
    return round((max(moments) - began).total_seconds(), 2), len(trapped)


def _keep(rounds: list[dict[str, Any]], folder: Path, console: Console) -> None:
    ratio = median(each["ratio"] for each in rounds)
    most = max(each["trap_pages"] for each in rounds)
    console.print(f"beside a trap the others are done after {ratio:.2f} times the time without it (median of "
                  f"{len(rounds)}); the trap gets {most} pages of at most {BUDGET}")
    now = datetime.now(UTC)
    result = {"benchmark": "traps", "date": now.isoformat(timespec="seconds"), "machine": machine(),
              "versions": versions("scrapy"), "budget_pages": BUDGET, "median_ratio": ratio, "rounds": rounds}
    write_result(result, folder, "traps")


if __name__ == "__main__":
    sys.exit(main())
