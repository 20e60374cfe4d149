"""How fast articles are read from an archive, in each form, beside what users would write instead; and in what memory.

    python -m benchmarks.reading --corpus ../shared/corpus
    python -m benchmarks.reading --archive DIR      with the articles of an archive that there is

Owns the archives that are read, and the turns. The articles are those of the corpus's sites as crawled, repeated with
other ids. Exit codes: 0 done, 1 a bar was missed, 4 it cannot begin, 9 a way came to another sum.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.contenders import OURS, ROOT
from benchmarks.figures import machine, versions
from benchmarks.readingreport import fill_readme, show
from benchmarks.report import HERE, RESULTS, write_result
from benchmarks.sites import SetupError, corpus_sites
from pipelines.errors import BroadsheetError
from pipelines.reader import Archive
from pipelines.segments import COMPRESSIONS, Segment, SegmentName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MISSED, CANNOT_BEGIN, FAILED = 1, 4, 9
BAR = 50_000            # articles a second, by the fastest way that gives typed records
FLAT = 1.15             # of peak memory, a hundred times as many articles
FEW = 1_000
_MEMORY_RUNS = 3
FILES = 8
OURS_WAYS = ("typed", "story", "typed_shared", "story_shared", "rows", "lines", "floor")
TYPED_WAYS = frozenset({"typed", "story", "typed_shared", "story_shared"})
PEERS = ("before", "json_loads")
DATA_PEERS = ("pandas_read_json", "duckdb_read_json")
_TEXTLESS = frozenset({"lines", "floor"})

Turn = tuple[str, str, str]
"""A way, a compression, and the Python that runs it."""


class WrongSumError(RuntimeError):
    """A way read other articles than there are."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    try:
        with tempfile.TemporaryDirectory(prefix="broadsheet-reading-", dir=options.work) as folder:
            result = measured(options, Path(folder), console)
    except (SetupError, BroadsheetError) as error:
        console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)
        return CANNOT_BEGIN
    except (WrongSumError, subprocess.CalledProcessError) as error:
        console.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return FAILED
    write_result(result, options.results, "reading")
    if options.results == RESULTS:
        fill_readme(result, HERE / "README.md")
    show(result)
    return 0 if result["is_met"] else MISSED


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=ROOT.parent / "shared" / "corpus",
                        help="folder of make_sites.py, serve.py and truth.jsonl: its sites are crawled first")
    parser.add_argument("--archive", type=Path, help="take the articles of this archive, and crawl nothing")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data-python", type=Path, default=ROOT / ".venv-data" / "bin" / "python",
                        help="has pandas and duckdb")
    parser.add_argument("--orjson-python", type=Path, help="has orjson")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    parser.add_argument("--work", type=Path, help="where the archives are written")
    return parser.parse_args(arguments)


def measured(options: argparse.Namespace, folder: Path, console: Console) -> dict[str, Any]:
    source = list(Archive(options.archive or _crawled(options.corpus.resolve(), folder)).lines("articles"))
    roots = {name: made(folder / name, source, options.articles, name) for name in COMPRESSIONS}
    few = made(folder / "few", source, min(FEW, options.articles), "gzip", files=1)
    expected = _expected(source, options.articles)
    turns, before = list(_turns(options)), machine()
    rounds = []
    for number in range(options.rounds):
        rounds.append([(turn, _run(turn, roots[turn[1]], expected)) for turn in turns])
        console.print(f"round {number + 1} of {options.rounds}", highlight=False)
    memory = {way: _memory(way, few, roots["gzip"]) for way in ("typed", "story", "rows", "lines")}
    return document(rounds, memory, source, {name: _bytes(root) for name, root in roots.items()}, before)


def _crawled(corpus: Path, folder: Path) -> Path:
    (folder / "crawl").mkdir()
    with corpus_sites(corpus, folder) as sites:
        OURS.run(sites, folder / "crawl")
    return folder / "crawl" / "out"


def made(root: Path, source: Sequence[bytes], articles: int, compression: str, files: int = FILES) -> Path:
    """An archive of so many articles in several files of a day each, sealed as a crawl seals them."""
    numbers = range(articles)
    for file in range(files):
        day = (date(2026, 11, 1) + timedelta(days=file)).isoformat()
        name = f"articles/dt={day}/run-{file:05}.jsonl{COMPRESSIONS[compression]}"
        segment = Segment.create(root, SegmentName(name, "articles", day))
        share = numbers[articles * file // files : articles * (file + 1) // files]
        for number in share:
            segment.append(_with_id(source[number % len(source)], number))
        segment.seal(len(share))
    return root


def _with_id(line: bytes, number: int) -> bytes:
    begin = line.index(b'"id":"') + len(b'"id":"')
    new = hashlib.sha256(b"%d" % number).hexdigest()[:32].encode()
    return line[:begin] + new + line[begin + len(new):] + b"\n"


def _expected(source: Sequence[bytes], articles: int) -> int:
    chars = [len(json.loads(line)["text"]) for line in source]
    whole, rest = divmod(articles, len(source))
    return whole * sum(chars) + sum(chars[:rest])


def _turns(options: argparse.Namespace) -> Iterator[Turn]:
    for compression in COMPRESSIONS:
        for way in OURS_WAYS:
            if (way, compression) != ("floor", "none"):
                yield way, compression, sys.executable
    for way in PEERS:
        yield way, "gzip", sys.executable
    if options.orjson_python:
        yield "orjson_loads", "gzip", str(options.orjson_python)
    if options.data_python.exists():
        for way in DATA_PEERS:
            yield way, "gzip", str(options.data_python)


def _run(turn: Turn, root: Path, expected: int | None) -> dict[str, Any]:
    way, _, python = turn
    command = [python, str(HERE / "readways.py"), way, str(root)]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, check=True,
                          stdout=subprocess.PIPE)
    figures: dict[str, Any] = json.loads(done.stdout)
    if expected is not None and way not in _TEXTLESS and figures["chars"] != expected:
        raise WrongSumError(f"{way}: {figures['chars']} characters of text where there are {expected}")
    return figures


def _memory(way: str, few: Path, many: Path) -> dict[str, float]:
    """Peak MiB of a process that reads few articles, and of one that reads all: the median of some, for the allocator
    keeps now more and now less."""
    turn = (way, "gzip", sys.executable)
    return {name: median(_run(turn, root, None)["peak_mib"] for _ in range(_MEMORY_RUNS))
            for name, root in (("few", few), ("many", many))}


def _bytes(root: Path) -> int:
    return sum(path.stat().st_size for path in root.glob("articles/*/*"))


def document(
    rounds: Sequence[Sequence[tuple[Turn, dict[str, Any]]]], memory: dict[str, dict[str, float]],
    source: Sequence[bytes], sizes: dict[str, int], before: dict[str, Any],
) -> dict[str, Any]:
    """Medians and spans over the rounds, and whether the bars are met."""
    ways = []
    for index, ((way, compression, _), first) in enumerate(rounds[0]):
        runs = [one[index][1] for one in rounds]
        rates = sorted(round(first["articles"] / run["seconds"]) for run in runs)
        ways.append({
            "way": way, "compression": compression, "articles": first["articles"],
            "per_second": {"min": rates[0], "median": round(median(rates)), "max": rates[-1]},
            "cpu_us": round(median(run["cpu_seconds"] / run["articles"] * 1e6 for run in runs), 1),
            "peak_mib": max(run["peak_mib"] for run in runs)})
    best = max(one["per_second"]["median"] for one in ways if one["way"] in TYPED_WAYS)
    is_flat = all(one["many"] <= FLAT * one["few"] for one in memory.values())
    return {
        "benchmark": "reading", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": before,
        "versions": versions("msgspec"), "rounds": len(rounds), "different_articles": len(source),
        "mean_line_bytes": round(sum(map(len, source)) / len(source)), "sizes": sizes, "ways": ways, "memory": memory,
        "few": FEW, "best_typed_per_second": best, "bar": BAR, "is_flat": is_flat, "is_met": best >= BAR and is_flat}


if __name__ == "__main__":
    sys.exit(main())
