"""Our crawl beside what users would pick instead, over the same articles from the same server, in one run.

Owns the rounds: the contenders take turns, so that each round's figures met the same noise. See README.md here.

    python -m benchmarks.crawl --corpus ../shared/corpus

Exit codes: 0 done, 4 it cannot begin, 9 a contender failed or fetched the wrong articles.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.contenders import OURS, PLAIN, WGET, WrongCountError, run_round
from benchmarks.figures import document, value_of
from benchmarks.measure import CommandFailedError
from benchmarks.report import HERE, RESULTS, fill_readme, show, write_bars, write_result
from benchmarks.sites import SetupError, corpus_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Contender
    from benchmarks.figures import Figures
    from benchmarks.sites import Sites

CANNOT_BEGIN, FAILED = 4, 9
CORPUS = HERE.parent.parent / "shared" / "corpus"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    contenders = [OURS, PLAIN, *([] if options.no_wget else [WGET])]
    try:
        with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-", dir=options.work) as folder:
            result = _measure(contenders, options.corpus.resolve(), options.rounds, Path(folder), console)
    except SetupError as error:
        console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)
        return CANNOT_BEGIN
    except (WrongCountError, CommandFailedError) as error:
        console.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return FAILED
    _keep(result, options.results, console)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawl", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py, serve.py and truth.jsonl")
    parser.add_argument("--rounds", type=_at_least_one, default=3, help="how often each takes its turn (default 3)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON and the bars")
    parser.add_argument("--work", type=Path, help="where the crawls write: the disk that is measured (default: /tmp)")
    parser.add_argument("--no-wget", action="store_true", help="leave wget out")
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    if int(text) < 1:
        raise ValueError
    return int(text)


def _measure(contenders: Sequence[Contender], corpus: Path, rounds: int, folder: Path, console: Console) -> Figures:
    if WGET in contenders and not shutil.which("wget"):
        raise SetupError("wget: not found: install it, or leave it out with --no-wget")
    console.print("Making the sites …")
    with corpus_sites(corpus, folder) as sites:
        console.print(f"{len(sites.homes)} sites with {len(sites.articles)} articles: {sites.homes[0]} and so on")
        measured = take_turns(contenders, sites, rounds, folder, console)
    return document(contenders, measured, datetime.now(UTC))


def take_turns(
    contenders: Sequence[Contender], sites: Sites, rounds: int, folder: Path, console: Console
) -> list[dict[str, Figures]]:
    """A B C A B C …: the figures of each round, by contender."""
    columns = (SpinnerColumn(), TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=rounds * len(contenders))

        def one_run(number: int, contender: Contender) -> Figures:
            bar.update(task, description=f"round {number} of {rounds}: {contender.name}")
            figures = run_round(contender, sites, folder / "run")
            console.print(f"round {number}  {contender.name:<10}  {_line(figures)}", highlight=False, soft_wrap=True)
            bar.advance(task)
            return figures

        return [{contender.name: one_run(number, contender) for contender in contenders}
                for number in range(1, rounds + 1)]


def _line(figures: Figures) -> str:
    late = value_of(figures, "stalls.p99_ms")
    text = (f"{figures['pages_per_second']:6.1f} pages/s  {figures['cpu_seconds']:6.1f} s of processor  "
            f"{figures['tree_peak_mib']:5.0f} MiB")
    return text if late is None else f"{text}  {late:7.1f} ms late (99th percentile)"


def _keep(result: Figures, folder: Path, console: Console) -> None:
    """JSON, bars, and the README's figures if these are the results that go with it."""
    path = write_result(result, folder, "crawl")
    picture = write_bars(result, path)
    if folder.resolve() == RESULTS:
        fill_readme(result, picture, HERE / "README.md")
    show(result)
    console.print(f"Written: {path} and {picture.name}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
