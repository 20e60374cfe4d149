"""What it costs to be polite: fifty hosts, one request at a time to each, beside eight at a time.

Owns the rounds: the kinds take turns, so that each round's figures met the same noise. See README.md here.

    python -m benchmarks.manners --corpus ../shared/corpus

Exit codes: 0 done, 4 it cannot begin, 9 a crawl failed or fetched the wrong articles.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contenders import Contender, WrongCountError, ours_with, run_round
from benchmarks.figures import machine, versions
from benchmarks.measure import CommandFailedError
from benchmarks.report import write_result
from benchmarks.sites import SetupError, Sites, corpus_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

CANNOT_BEGIN, FAILED = 4, 9
HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent.parent / "shared" / "corpus"
HOSTS = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """A crawl of the same hosts with so many requests at once to each, and a delay between them."""

    name: str
    at_once: int
    delay_seconds: float


KINDS = (Kind("one at a time", 1, 0.0), Kind("eight at a time", 8, 0.0), Kind("one a second", 1, 1.0))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.manners", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py, serve.py and truth.jsonl")
    parser.add_argument("--rounds", type=int, default=3, help="how often each takes its turn (default 3)")
    parser.add_argument("--hosts", type=int, default=HOSTS, help=f"how many hosts (default {HOSTS})")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder for the JSON")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="broadsheet-manners-") as folder:
            rounds = measured(options.corpus.resolve(), options.hosts, options.rounds, Path(folder))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return CANNOT_BEGIN
    except (WrongCountError, CommandFailedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    keep(rounds, options.hosts, options.results)
    return 0


def measured(corpus: Path, hosts: int, rounds: int, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The figures of every round by kind."""
    found: dict[str, list[dict[str, Any]]] = {kind.name: [] for kind in KINDS}
    with corpus_sites(corpus, folder) as sites:
        for number in range(rounds):
            for kind in KINDS:
                some = first_of(sites, hosts, kind.delay_seconds, folder / f"{hosts}.toml")
                run = ours_with(CONCURRENT_REQUESTS_PER_DOMAIN=str(kind.at_once), DOWNLOAD_DELAY="0")
                figures = run_round(Contender(kind.name, "", run), some, folder / "round")
                figures["busy"] = round(figures["cpu_seconds"] / figures["wall_seconds"] / (os.cpu_count() or 1), 3)
                found[kind.name].append(figures)
                print(f"{number + 1}. {kind.name}: {figures['pages_per_second']} pages/s, busy {figures['busy']:.0%}",
                      file=sys.stderr)
    return found


def first_of(sites: Sites, hosts: int, delay_seconds: float, registry: Path) -> Sites:
    """The first hosts of the corpus, as sites that keep this delay."""
    with sites.registry.open("rb") as file:
        entries = tomllib.load(file)["site"][:hosts]
    registry.write_text("".join(f'[[site]]\nname = "{entry["name"]}"\nurl = "{entry["url"]}"\ndelay = {delay_seconds}\n'
                                for entry in entries), "utf-8")
    homes = tuple(entry["url"] for entry in entries)
    return Sites(registry, homes, frozenset(url for url in sites.articles if url.startswith(homes)))


def keep(rounds: dict[str, list[dict[str, Any]]], hosts: int, results: Path) -> None:
    """Print the medians as a table, and write all of it down."""
    print(f"| {hosts} hosts | at once | delay | pages/s | processors busy | seconds | processor seconds |")
    print("|---|---|---|---|---|---|---|")
    for kind in KINDS:
        pages, busy, wall, cpu = (statistics.median(each[key] for each in rounds[kind.name])
                                  for key in ("pages_per_second", "busy", "wall_seconds", "cpu_seconds"))
        print(f"| {kind.name} | {kind.at_once} | {kind.delay_seconds:g} s | {pages:.1f} | {busy:.0%} | {wall:.1f} "
              f"| {cpu:.1f} |")
    print(write_result({"benchmark": "manners", "date": datetime.now(UTC).isoformat(timespec="seconds"),
                        "machine": machine(), "versions": versions("scrapy"), "hosts": hosts, "rounds": rounds},
                       results, "manners"))


if __name__ == "__main__":
    sys.exit(main())
