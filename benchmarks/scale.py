"""A store of millions of known URLs beside one of thousands: what each thing a crawl asks of it costs.

Owns the rounds, in which the sizes take turns, each in a fresh process with a fresh copy of its store, and the bars.

    python -m benchmarks.scale [--stores DIR]

Exit codes: 0 done, 1 a bar was missed, 9 a measurement failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from benchmarks.contenders import ROOT
from benchmarks.figures import machine, versions
from benchmarks.knownurls import WAITING, fill
from benchmarks.report import HERE, RESULTS, write_result
from benchmarks.scalereport import fill_readme, ratio_of, show, summarise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MISSED, FAILED = 1, 9
MOST_RATIO, MOST_MIB = 2.0, 300.0
BARRED = ("is_known, known", "is_known, unknown", "lease", "commit")
_TABLES = "SELECT name, sum(pgsize), sum(payload) FROM dbstat GROUP BY name ORDER BY 2 DESC"
_TABLE_OF = "SELECT name, tbl_name FROM sqlite_schema"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    try:
        with _folder(options.stores) as stores:
            result = _measure(options, stores, console)
    except subprocess.CalledProcessError as error:
        console.print(f"error: {' '.join(map(str, error.cmd))}: exit code {error.returncode}:\n{error.stderr}",
                      style="red", highlight=False, markup=False, soft_wrap=True)
        return FAILED
    path = write_result(result, options.results, "scale")
    if options.results.resolve() == RESULTS:
        fill_readme(result, HERE / "README.md")
    show(result)
    console.print(f"Written: {path}", highlight=False, soft_wrap=True)
    missed = missed_bars(result)
    for text in missed:
        console.print(f"missed: {text}", style="red", highlight=False, soft_wrap=True)
    return MISSED if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.partition("\n")[0])
    parser.add_argument("--known", type=int, nargs=2, default=[50_000, 5_000_000], help="URLs, the smaller store first")
    parser.add_argument("--waiting", type=int, default=WAITING, help=f"URLs in the queue (default {WAITING:,})")
    parser.add_argument("--rounds", type=int, default=3, help="how often each size takes its turn (default 3)")
    parser.add_argument("--cycles", type=int, default=200, help="group commits in a turn (default 200)")
    parser.add_argument("--stores", type=Path, help="where filled stores are kept, and found again; they take as much "
                                                    "room twice (default: a folder in /tmp that is removed)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    return parser.parse_args(arguments)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
    else:
        with tempfile.TemporaryDirectory(prefix="broadsheet-scale-") as folder:
            yield Path(folder)


def _measure(options: argparse.Namespace, stores: Path, console: Console) -> dict[str, Any]:
    paths = {known: _filled(stores, known, options.waiting, console) for known in options.known}
    rounds = []
    for number in range(1, options.rounds + 1):
        rounds.append({str(known): _one_turn(path, known, options) for known, path in paths.items()})
        console.print(f"round {number} of {options.rounds}: commit {_shown(rounds[-1], 'commit')}, "
                      f"lease {_shown(rounds[-1], 'lease')}", highlight=False)
    return {
        "benchmark": "scale", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
        "versions": {**versions(), "sqlite": sqlite3.sqlite_version}, "known": options.known,
        "waiting": options.waiting, "cycles": options.cycles, "rounds": rounds,
        "summary": summarise(rounds), "size": {str(known): size_of(path, known) for known, path in paths.items()}}


def _shown(turn: dict[str, Any], name: str) -> str:
    return " and ".join(f"{turn[known]['ms'][name]['median']:.2f} ms" for known in turn)


def _filled(stores: Path, known: int, waiting: int, console: Console) -> Path:
    """The store of that size: the one that is there, or a new one."""
    path = stores / f"known-{known}-{waiting}.sqlite"
    if path.exists():
        console.print(f"{path}: filled before", highlight=False, soft_wrap=True)
        return path
    columns = (SpinnerColumn(), TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())
    growing = path.with_suffix(".open")
    growing.unlink(missing_ok=True)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("URLs added, leased and ended", total=known)
        fill(growing, known, waiting, lambda done: bar.update(task, completed=done))
    return growing.rename(path)


def _one_turn(path: Path, known: int, options: argparse.Namespace) -> dict[str, Any]:
    """In a process of its own, with a copy of the store, which is in the page cache and on the disk."""
    with tempfile.TemporaryDirectory(prefix="turn-", dir=path.parent) as folder:
        copy = shutil.copyfile(path, Path(folder) / "state.sqlite")
        os.sync()
        arguments = (copy, known, options.waiting, options.cycles)
        command = [sys.executable, "-m", "benchmarks.storecosts", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def size_of(path: Path, known: int) -> dict[str, Any]:
    """Bytes of the file, for each known URL, and by table with its indexes."""
    tables: dict[str, int] = {}
    with closing(sqlite3.connect(path)) as database:
        table_of = dict(database.execute(_TABLE_OF))
        for name, size, _ in database.execute(_TABLES):
            table = table_of.get(name, "(schema)")
            tables[table] = tables.get(table, 0) + size
    total = path.stat().st_size
    return {"bytes": total, "bytes_a_url": round(total / known, 1), "tables": tables}


def missed_bars(result: dict[str, Any]) -> list[str]:
    """One line for each: costs at most twice as high, by median and by mean, and little memory."""
    small, large = map(str, result["known"])
    summary = result["summary"]
    missed = []
    for name in BARRED:
        for kind in ("median", "mean"):
            ratio = ratio_of(summary, small, large, name, kind)
            if ratio > MOST_RATIO:
                missed.append(f"{name}: its {kind} is {ratio:.2f} times that of the smaller store")
    if summary[large]["peak_mib"] >= MOST_MIB:
        missed.append(f"memory: {summary[large]['peak_mib']:.0f} MiB")
    return missed


if __name__ == "__main__":
    sys.exit(main())
