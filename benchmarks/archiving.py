"""What archiving costs: a crawl beside one that writes no WARC, its memory over ten thousand pages, and a large WACZ.

Owns the three measurements and their bars.

    python -m benchmarks.archiving --corpus ../shared/corpus --work DIR

Exit codes: 0 done, 1 a bar was missed, 4 it cannot begin, 9 a crawl failed or fetched the wrong articles.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.archivingreport import fill_readme, show
from benchmarks.committing import settlement_of
from benchmarks.contenders import OURS, ROOT, Contender, WrongCountError, ours_with
from benchmarks.crawl import CANNOT_BEGIN, CORPUS, FAILED, take_turns
from benchmarks.figures import machine, ratios, summarise, versions
from benchmarks.knownurls import GROUP, found_url
from benchmarks.measure import CommandFailedError, measure
from benchmarks.report import HERE, RESULTS, write_result
from benchmarks.sites import SetupError, corpus_sites
from pipelines.archive import Archive, ArchiveConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figures import Figures

MISSED = 1
LEAST_RATIO = 0.85  # of pages a second, with WARC to without
FLAT = 0.1  # how far memory may be from that at a thousand pages
MOST_MORE_MIB = 100.0  # of memory, for the large WACZ beyond the small one
SMALL_BYTES, LARGE_BYTES = 10_000_000, 1_000_000_000
_PAYLOAD_BYTES = 100_000
WITHOUT = Contender("without", "the same crawl, writing no WARC",
                    ours_with("benchmarks.withoutwarc", WARC_REVISITS="False"))
BOTH = (OURS, WITHOUT)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    try:
        with tempfile.TemporaryDirectory(prefix="broadsheet-archiving-", dir=options.work) as folder:
            result = _measure(options, Path(folder), console)
    except SetupError as error:
        console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)
        return CANNOT_BEGIN
    except (WrongCountError, CommandFailedError, subprocess.CalledProcessError) as error:
        console.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return FAILED
    return _keep(result, options.results, console)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archiving", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py, serve.py and truth.jsonl")
    parser.add_argument("--rounds", type=int, default=5, help="how often each crawl takes its turn (default 5)")
    parser.add_argument("--copies", type=int, default=11, help="of each article, for the long crawl (default 11)")
    parser.add_argument("--wacz-bytes", type=int, default=LARGE_BYTES, help="of the large archive (default 10^9)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    parser.add_argument("--work", type=Path, help="where the archives are written")
    return parser.parse_args(arguments)


def _measure(options: argparse.Namespace, folder: Path, console: Console) -> dict[str, Any]:
    waczs = {name: wacz_cost(folder / name, size) for name, size in (
        ("small", SMALL_BYTES), ("large", options.wacz_bytes))}
    console.print(f"WACZ: {waczs}", highlight=False)
    (folder / "one").mkdir()
    with corpus_sites(options.corpus.resolve(), folder / "one") as sites:
        rounds = take_turns(BOTH, sites, options.rounds, folder, console)
    (folder / "many").mkdir()
    samples = long_crawl(options.corpus.resolve(), folder / "many", options.copies)
    console.print(f"memory: {samples}", highlight=False)
    return document(rounds, samples, waczs)


def long_crawl(corpus: Path, folder: Path, copies: int) -> list[tuple[int, float, float]]:
    """One crawl of the sites with more articles in each: pages, MiB and seconds at each thousand. WrongCountError if
    one of them was not fetched; a few have the text of another, and are on record as duplicates."""
    path = folder / "memory.json"
    extensions = json.dumps({"scrapy.extensions.logstats.LogStats": None, "benchmarks.memory.Memory": 0})
    with corpus_sites(corpus, folder, copies) as sites:
        (folder / "run").mkdir()
        ours_with(EXTENSIONS=extensions, MEMORY_FILE=str(path))(sites, folder / "run")
        [manifest] = (json.loads(file.read_text("utf-8")) for file in (folder / "run/out/runs").glob("*.json"))
        made = manifest["outcomes"]["article"] + manifest["outcomes"].get("duplicate", 0)
        if made != len(sites.articles):
            raise WrongCountError(f"long: {manifest['outcomes']} where there are {len(sites.articles)} articles")
    samples: list[tuple[int, float, float]] = [tuple(sample) for sample in json.loads(path.read_text("utf-8"))]
    return samples


def wacz_cost(root: Path, size: int) -> Figures:
    """An archive of that many bytes of WARC, and what `scrapy export wacz` takes for it."""
    pages = asyncio.run(_fill(root, max(1, size // _PAYLOAD_BYTES)))
    out = root.with_suffix(".wacz")
    command = [sys.executable, "-m", "scrapy", "export", "wacz", str(out), "-s", f"ARCHIVE_DIR={root}"]
    cost = measure(command, cwd=ROOT, log=root.with_suffix(".log"))
    figures = {"pages": pages, "warc_bytes": sum(path.stat().st_size for path in root.glob("warc/*/*")),
               "wacz_bytes": out.stat().st_size, "wall_seconds": cost.wall_seconds, "peak_mib": cost.main_peak_mib}
    out.unlink()
    return figures


async def _fill(root: Path, pages: int) -> int:
    """Pages whose bytes cannot be compressed, as pictures are and pages are not: they fill an archive soonest."""
    archive = Archive.open(ArchiveConfig(root, durability="process", max_warc_bytes=200_000_000), "news")
    for begin in range(0, pages, GROUP):
        numbers = range(begin, min(begin + GROUP, pages))
        for number in numbers:
            archive.committer.add(found_url(number))
        leases = await archive.committer.lease({}, len(numbers), GROUP)
        visits = [settlement_of(lease, f"{number}: a page of noise" + " word" * 500, _noise(number))
                  for lease, number in zip(leases, numbers, strict=True)]
        await asyncio.gather(*(archive.committer.settle(visit) for visit in visits), archive.committer.flush())
    await archive.close("finished")
    return sum(counts.get("article", 0) for counts in archive.final_tallies.values())


def _noise(number: int) -> bytes:
    return Random(number).randbytes(_PAYLOAD_BYTES)


def document(
    rounds: list[dict[str, Figures]], samples: list[tuple[int, float, float]], waczs: dict[str, Figures]
) -> dict[str, Any]:
    first, later = samples[0][1], [mib for _, mib, _ in samples]
    return {
        "benchmark": "archiving", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
        "versions": versions("scrapy", "warcio"), "contenders": {each.name: each.about for each in BOTH},
        "articles": rounds[0][OURS.name]["articles"], "rounds": rounds,
        "summary": {each.name: summarise([one[each.name] for one in rounds]) for each in BOTH},
        "ratio": ratios(rounds, "pages_per_second", OURS.name, WITHOUT.name),
        "memory": {"samples": samples, "least": round(min(later) / first, 3), "most": round(max(later) / first, 3)},
        "wacz": {**waczs, "more_mib": round(waczs["large"]["peak_mib"] - waczs["small"]["peak_mib"], 1)}}


def _keep(result: dict[str, Any], folder: Path, console: Console) -> int:
    path = write_result(result, folder, "archiving")
    if folder.resolve() == RESULTS:
        fill_readme(result, HERE / "README.md")
    show(result)
    console.print(f"Written: {path}", highlight=False, soft_wrap=True)
    missed = missed_bars(result)
    for text in missed:
        console.print(f"missed: {text}", style="red", highlight=False, soft_wrap=True)
    return MISSED if missed else 0


def missed_bars(result: dict[str, Any]) -> list[str]:
    memory, missed = result["memory"], []
    if result["ratio"]["median"] < LEAST_RATIO:
        missed.append(f"with WARC a crawl has {result['ratio']['median']:.2f} of the pages a second")
    if memory["most"] > 1 + FLAT or memory["least"] < 1 - FLAT:
        missed.append(f"memory is {memory['least']} to {memory['most']} times that at the first thousand pages")
    if result["wacz"]["more_mib"] >= MOST_MORE_MIB:
        missed.append(f"the large WACZ takes {result['wacz']['more_mib']} MiB more than the small one")
    return missed


if __name__ == "__main__":
    sys.exit(main())
