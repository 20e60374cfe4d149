"""A simulated month of feeds of different habits: how late their articles are found, and what is asked in vain.

Owns the runs, one for each tick length, and the two bars. Clock and servers are simulated; the policy
(`crawler.polling`) and the store are the real ones.

    python -m benchmarks.ticks

Exit codes: 0 done, 1 a bar was missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.figures import machine, versions
from benchmarks.habits import draw_feeds
from benchmarks.month import Month
from benchmarks.report import HERE, RESULTS, write_result
from benchmarks.tickfigures import MonthLedger, summary
from benchmarks.tickplot import svg
from benchmarks.tickreport import fill_readme, show
from pipelines.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.habits import Feed

MISSED = 1
LEAST_SPARED = 0.9  # of polls of unchanged feeds: not sent, or answered 304
_SPREAD_SECONDS = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    result = _measure(options, console)
    path = write_result(result, options.results, "ticks")
    picture = path.with_suffix(".svg")
    picture.write_text(svg(result), "utf-8")
    if options.results.resolve() == RESULTS:
        fill_readme(result, picture, HERE / "README.md")
    show(result)
    console.print(f"Written: {path} and {picture.name}", highlight=False, soft_wrap=True)
    missed = [text for run in result["runs"] for text in missed_bars(run)]
    for text in missed:
        console.print(f"missed: {text}", style="red", highlight=False, soft_wrap=True)
    return MISSED if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ticks", description=__doc__.partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--days", type=int, default=30, help="how long the month is (default 30)")
    parser.add_argument("--tick-minutes", type=float, nargs="+", default=[5, 15], help="a run each (default 5 15)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (default 1)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON and the plot")
    return parser.parse_args(arguments)


def _measure(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    feeds = draw_feeds(options.seed, options.feeds, options.days)
    columns = (SpinnerColumn(), TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(),
               TextColumn("days"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:

        def one_run(minutes: float) -> dict[str, Any]:
            task = bar.add_task(f"a tick every {minutes:g} minutes", total=options.days)
            return simulate(feeds, options.days, minutes * 60, options.seed,
                            lambda day: bar.update(task, completed=day))

        runs = [one_run(minutes) for minutes in options.tick_minutes]
    return {
        "benchmark": "ticks", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
        "versions": versions(), "seed": options.seed, "feeds": len(feeds), "days": options.days, "runs": runs}


def simulate(
    feeds: Sequence[Feed], days: int, tick_seconds: float, seed: int, tell: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """The figures of one run, out of a store of its own."""
    ledger = MonthLedger(feeds, days, tick_seconds)
    with (tempfile.TemporaryDirectory(prefix="broadsheet-ticks-") as folder,
          closing(SqliteStore.open(Path(folder) / "state.sqlite", survives_power_loss=False)) as store):
        known = Month(feeds, store, ledger, Random(seed), _SPREAD_SECONDS).run(days, tick_seconds, tell)
        sites = {each.site for each in known}
        ledger.end(known, {source.url_key: source for site in sites for source in store.sources(site)})
    return {"tick_seconds": tick_seconds, **summary(ledger)}


def missed_bars(run: dict[str, Any]) -> list[str]:
    """One line for each bar that was missed: none of the articles of a healthy feed late, nine polls in ten spared."""
    figures, minutes = run["all"], f"a tick every {run['tick_seconds'] / 60:g} minutes"
    late, unchanged = figures["found"]["healthy"]["late"] + figures["never_found"], figures["unchanged"]
    missed = [f"{minutes}: {late} articles were found later than twice the interval"] if late else []
    spared = unchanged["not sent"] + unchanged["304"]
    if spared < LEAST_SPARED:
        missed.append(f"{minutes}: only {spared:.1%} of polls of unchanged feeds were not sent, or answered 304")
    return missed


if __name__ == "__main__":
    sys.exit(main())
