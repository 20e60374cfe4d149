"""Three hundred crawls killed at random instants: is anything lost, or there twice?

Owns the rounds and how their figures are kept. What a kill is, and what must hold after it, is in tests/killing.py.

    python -m benchmarks.kills --kills 300 --seed 1

Exit codes: 0 nothing was lost, 9 something was: the error names the seed and the instants that show it again.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.figures import machine
from benchmarks.report import HERE, RESULTS, put_lines, write_result
from tests.killing import Tally, kill_again_and_again

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FAILED = 9


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="broadsheet-kills-", dir=options.work))
    try:
        tally = _kill(options, folder, console)
    except AssertionError as error:
        console.print_exception()
        console.print(f"error: {error}", *getattr(error, "__notes__", ()), sep="\n", style="red", markup=False)
        return FAILED
    shutil.rmtree(folder)               # what failed is left to be looked at
    result = document(options, tally, time.monotonic() - began)
    _keep(result, options.results)
    console.print(f"{tally.kills} kills: nothing lost, nothing twice. {dict(tally.phases)}", highlight=False)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="the same seed, the same instants")
    parser.add_argument("--pages", type=int, default=200, help="articles of each site")
    parser.add_argument("--kills-an-archive", type=int, default=25)
    parser.add_argument("--at-once", type=int, default=2, help="archives under way at the same time")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    parser.add_argument("--work", type=Path, help="where the crawls write (default: /tmp)")
    return parser.parse_args(arguments)


def _kill(options: argparse.Namespace, folder: Path, console: Console) -> Tally:
    whole, rest = divmod(options.kills, options.kills_an_archive)
    shares = [options.kills_an_archive] * whole + [rest] * (rest > 0)
    columns = (TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar, ThreadPoolExecutor(options.at_once) as threads:
        task = bar.add_task(f"kills (seed {options.seed})", total=options.kills)
        tallies = [threads.submit(_in_one_archive, folder / str(number), share, options.pages, options.seed + number,
                                  lambda: bar.advance(task)) for number, share in enumerate(shares)]
        total = Tally()
        for tally in tallies:
            total.add(tally.result())
    return total


def _in_one_archive(folder: Path, kills: int, pages: int, seed: int, on_kill: Callable[[], object]) -> Tally:
    folder.mkdir()
    return kill_again_and_again(folder, kills, pages, seed, on_kill=on_kill)


def document(options: argparse.Namespace, tally: Tally, seconds: float) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "seed": options.seed, "kills": tally.kills,
        "kills_an_archive": options.kills_an_archive, "pages": options.pages, "runs": tally.runs,
        "phases": dict(sorted(tally.phases.items())), "acknowledged_and_killed": tally.acknowledged,
        "articles": tally.articles, "lost": 0, "twice": 0, "wall_seconds": round(seconds, 1), "machine": machine(),
    }


def _keep(result: dict[str, Any], folder: Path) -> None:
    """JSON, and the README's table if these are the results that go with it."""
    write_result(result, folder, "kills")
    if folder.resolve() == RESULTS:
        put_lines(_rows(result), HERE / "README.md", "kills")


def _rows(result: dict[str, Any]) -> list[str]:
    phases = ", ".join(f"{count} while {phase}" for phase, count in result["phases"].items())
    rows = {
        "kills": f"{result['kills']} (seed {result['seed']}): {phases}",
        "archives": f"{result['articles'] // result['pages']}, each of {result['pages']} pages and "
                    f"{result['kills_an_archive']} kills",
        "articles handed on by crawls killed half-way": str(result["acknowledged_and_killed"]),
        "lost": str(result["lost"]), "there twice": str(result["twice"]),
        "articles at the end": f"{result['articles']}: every page once",
    }
    cells = [f"| {name} | {text} |" for name, text in rows.items()]
    return [f"{result['date'][:10]}.", "", "| | |", "|---|---|", *cells]


if __name__ == "__main__":
    sys.exit(main())
