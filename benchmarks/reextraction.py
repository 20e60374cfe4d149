"""Articles made again: as fast as what others would use, the same as the crawl's, killed or not, here or on Ray.

Owns the parts and their order; how figures look is in `benchmarks.reextractionreport`. The archive is one crawl of the
corpus; every part reads it.

    python -m benchmarks.reextraction --minet VENV/bin/minet --warcprox VENV/bin/warcprox
    python -m benchmarks.reextraction --parts speed,kills --archive DIR    # of an archive that is there

Exit codes: 0 done, 4 it cannot begin, 9 something was not the same: the error says what.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks import warcwriters
from benchmarks.crawl import CORPUS
from benchmarks.figures import machine, versions
from benchmarks.rayparts import cluster, in_turn, killing
from benchmarks.reextractionprobes import processor_seconds, stage_of, tree
from benchmarks.reextractionreport import lines
from benchmarks.report import HERE, RESULTS, put_lines
from pipelines.reader import Archive
from tests import test_corpus

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = HERE.parent
WORKERS = 2
PARTS = ("same", "writers", "speed", "kills", "ray", "memory")


class NotTheSameError(Exception):
    """An output that is not what it must be."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    if not (options.corpus / "make_sites.py").is_file():
        console.print(f"error: {options.corpus}: holds no make_sites.py: give the corpus as --corpus DIR", style="red")
        return 4
    result: dict[str, Any] = {
        "benchmark": "reextraction", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
        "load_before": os.getloadavg()[0], "versions": versions("trafilatura", "fastwarc", "ray")}
    with tempfile.TemporaryDirectory(prefix="broadsheet-reextraction-", dir=options.work) as folder:
        bench = Bench(options, Path(folder), console)
        try:
            for part in options.parts.split(","):
                result[part] = getattr(bench, part)()
                console.print_json(json.dumps({part: result[part]}))
        except NotTheSameError as error:
            console.print(f"error: {error}", style="red")
            return 9
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"reextraction-{result['date'][:10]}.json"
    if path.exists():       # parts may be measured one by one
        result = {**json.loads(path.read_bytes()), **result}
    path.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    if options.results.resolve() == RESULTS:
        put_lines(lines(result), ROOT / "docs" / "reextraction.md", "reextraction")
    console.print("\n".join(lines(result)))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reextraction", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of make_sites.py and truth.jsonl")
    parser.add_argument("--archive", type=Path, help="an archive of the corpus; else one is made")
    parser.add_argument("--minet", type=Path, help="the program, of an environment of its own")
    parser.add_argument("--warcprox", type=Path, help="the same")
    parser.add_argument("--parts", default=",".join(PARTS), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--copies", type=int, default=4, help="of its pages, for Ray; default: %(default)s")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pages", default="1000,100000", help="of the archives whose memory is measured")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    parser.add_argument("--work", type=Path, help="where all is written (default: /tmp)")
    return parser.parse_args(arguments)


class Bench:
    def __init__(self, options: argparse.Namespace, folder: Path, console: Console) -> None:
        self._options, self._folder, self._console = options, folder, console
        self._made = folder / "made"
        self._random = random.Random(options.seed)
        subprocess.run([sys.executable, options.corpus / "make_sites.py", self._made], check=True,
                       stdout=subprocess.DEVNULL)
        self.archive = options.archive.resolve() if options.archive else self._crawled()

    def _crawled(self) -> Path:
        test_corpus.CORPUS = self._options.corpus
        server, served = test_corpus.serve(self._made, self._folder / "sites.toml")
        try:
            test_corpus.crawl("news", "-a", f"sites={served.registry}", archive=self._folder / "archive",
                              home=self._folder)
        finally:
            test_corpus.stop(server)
        return self._folder / "archive"

    def same(self) -> dict[str, Any]:
        """Beside the crawl's articles, by the models that it kept and by learned ones."""
        told = {}
        for models in ("kept", "learn"):
            manifest = self._reextract([self.archive], self._folder / models, "--models", models)
            told[models] = manifest["changes"]
        if told["kept"]["different"] or told["kept"]["lost"] or told["kept"]["gained"]:
            raise NotTheSameError(f"by the models that were kept: {told['kept']}")
        return told

    def writers(self) -> dict[str, Any]:
        """The same pages, archived by others, give the same texts."""
        before = {article["url"]: article["text"] for article in Archive(self.archive).rows("articles")}
        port = int(next(iter(before)).split(":")[2].split("/")[0])
        urls = self._folder / "urls.txt"
        urls.write_text("".join(f"{url}\n" for url in sorted(before)))
        server = subprocess.Popen([sys.executable, self._options.corpus / "serve.py", self._made, "--port", str(port)],
                                  stdout=subprocess.DEVNULL)
        made: dict[str, Path] = {}
        try:
            warcwriters.until_open(port, server, host="127.0.1.1")
            made["wget"] = warcwriters.wget(urls, self._folder / "by-wget")
            made["warcio"] = warcwriters.warcio(urls, self._folder / "by-warcio")
            if self._options.warcprox:
                made["warcprox"] = warcwriters.warcprox(self._options.warcprox, urls, self._folder / "by-warcprox")
        finally:
            server.terminate()
            server.wait(60)
        return {name: self._beside(before, path, self._folder / f"out-{name}") for name, path in made.items()}

    def _beside(self, before: dict[str, str], warcs: Path, out: Path) -> dict[str, int]:
        self._reextract([warcs], out)
        after = {article["url"]: article["text"] for article in Archive(out).rows("articles")}
        told = {"pages": len(before), "same_text": sum(after.get(url) == text for url, text in before.items())}
        if told["same_text"] != told["pages"]:
            raise NotTheSameError(f"{warcs}: {told}")
        return told

    def speed(self) -> dict[str, Any]:
        """From the command line to the end, in turn: by the clock, and in processor time, which others on the machine
        touch less."""
        pages = self._pages_for_minet()
        rounds = []
        for number in range(self._options.rounds):
            works = {"broadsheet": lambda out: self._reextract([self.archive], out)}
            if self._options.minet:
                works["minet"] = lambda out: self._minet(pages, out)
            figures: dict[str, Any] = {}
            for name, work in works.items():
                before = processor_seconds()
                figures[name] = self._rate(work, f"{name}-{number}")
                figures[f"{name}_cpu_ms"] = round((processor_seconds() - before) / 948 * 1000, 1)
            rounds.append({**figures, "load": round(os.getloadavg()[0], 2)})
            self._console.print(str(rounds[-1]))
        pairs = [round(each["broadsheet"] / each["minet"], 3) for each in rounds if "minet" in each]
        return {"pages": 948, "workers": WORKERS, "rounds": rounds, "ratio": median(pairs) if pairs else None,
                "pairs": pairs}

    def _rate(self, work: Any, name: str) -> float:
        began = time.monotonic()
        work(self._folder / name)
        return round(948 / (time.monotonic() - began), 2)

    def _pages_for_minet(self) -> Path:
        folder = self._folder / "for-minet"
        folder.mkdir(exist_ok=True)
        for page in self._made.glob("*/article-*.html"):
            shutil.copyfile(page, folder / f"{page.parent.name}-{page.name}")
        return folder

    def _minet(self, pages: Path, out: Path) -> None:
        ended = subprocess.run(
            [self._options.minet, "extract", "-g", str(pages / "*.html"), "-p", str(WORKERS), "--silent", "-o", out],
            check=True, capture_output=True, text=True, env={**os.environ, "HOME": str(self._folder)})
        rows = out.read_text("utf-8").count("\n")
        if rows < 948:
            raise NotTheSameError(f"minet wrote {rows} lines: {ended.stderr[-500:]}")

    def kills(self) -> dict[str, Any]:
        """SIGKILL at random, again and again, until it ends; then every byte as without."""
        whole = self._folder / "whole"
        began = time.monotonic()
        self._reextract([self.archive], whole)
        seconds = time.monotonic() - began
        wanted, killed, outs, stages = tree(whole), 0, 0, dict[str, int]()
        while killed < self._options.kills:
            out = self._folder / f"killed-{outs}"
            outs += 1
            while killed < self._options.kills and not (out / "reextraction.json").exists():
                process = subprocess.Popen(self._command([self.archive], out), cwd=ROOT, env=self._environment(),
                                           stdout=subprocess.DEVNULL)
                try:
                    process.wait(self._random.uniform(0.5, max(2.0, seconds / 6)))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    killed += 1
                    stage = stage_of(out)
                    stages[stage] = stages.get(stage, 0) + 1
            self._reextract([self.archive], out)
            if tree(out) != wanted:
                raise NotTheSameError(f"{out}: not the same after {killed} kills (seed {self._options.seed})")
            shutil.rmtree(out)
        return {"kills": killed, "seed": self._options.seed, "outputs": outs, "while": stages, "different": 0}

    def ray(self) -> dict[str, Any]:
        """A cluster of two processors on loopback that is there already, beside two workers without it, in turn: of the
        archive, and of its pages several times, as if other sites had them too, in a file each; then once more with
        workers killed meanwhile."""
        copies = self._folder / "copies"
        pages = warcwriters.copies(self.archive, copies, self._options.copies)
        with cluster(WORKERS, self._environment()) as (address, temporary):
            once = self._beside_ray(self.archive, "once", address)
            often = self._beside_ray(copies, "often", address)
            killed = self._with_workers_killed(address, temporary)
        return {"archive": {"pages": 948, "files": 1, **once},
                "copies": {"pages": pages, "files": self._options.copies, **often}, "workers_killed": killed}

    def _beside_ray(self, given: Path, name: str, address: str) -> dict[str, Any]:
        def out(way: str, number: int) -> Path:
            return self._folder / f"{name}-{way}-{number}"

        told = in_turn(self._options.rounds,
                       lambda number: self._reextract([given], out("plain", number)),
                       lambda number: self._reextract([given], out("ray", number), "--ray", address))
        self._console.print(str(told))
        if any(tree(out("plain", number)) != tree(out("ray", number)) for number in range(self._options.rounds)):
            raise NotTheSameError("on Ray")
        return told

    def _with_workers_killed(self, address: str, temporary: str) -> int:
        out = self._folder / "ray-killed"
        process = subprocess.Popen(self._command([self.archive], out, "--ray", address), cwd=ROOT,
                                   env=self._environment(), stdout=subprocess.DEVNULL)
        killed = killing(process, temporary, self._random)
        if process.returncode or not killed:
            raise NotTheSameError(f"on Ray with {killed} workers killed: exit code {process.returncode}")
        if tree(out) != tree(self._folder / "once-plain-0"):
            raise NotTheSameError("on Ray with workers killed")
        return killed

    def memory(self) -> dict[str, Any]:
        """The most that the main process ever had, for archives of so many small pages in files of 1,000."""
        told = {}
        for pages in map(int, self._options.pages.split(",")):
            folder = self._folder / f"pages-{pages}"
            warcwriters.many_small_pages(folder, pages)
            began = time.monotonic()
            process = subprocess.Popen(self._command([folder], folder / "out"), cwd=ROOT, env=self._environment(),
                                       stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            if status:
                raise NotTheSameError(f"{pages} pages: status {status}")
            articles = json.loads((folder / "out" / "reextraction.json").read_bytes())["articles"]
            told[str(pages)] = {"articles": articles, "peak_mib": round(usage.ru_maxrss / 1024, 1),
                                "seconds": round(time.monotonic() - began, 1)}
            self._console.print(f"{pages} pages: {told[str(pages)]}")
            shutil.rmtree(folder)
        return told

    def _command(self, inputs: list[Path], out: Path, *options: str) -> list[str]:
        return [sys.executable, "-m", "scrapy", "reextract", "--json", "--workers", str(WORKERS), *options,
                *map(str, inputs), str(out)]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self._folder)}

    def _reextract(self, inputs: list[Path], out: Path, *options: str) -> dict[str, Any]:
        ended = subprocess.run(self._command(inputs, out, *options), cwd=ROOT, env=self._environment(), check=False,
                               capture_output=True, text=True)
        if ended.returncode:
            raise NotTheSameError(f"{out}: exit code {ended.returncode}: {ended.stderr[-1000:]}")
        return dict(json.loads(ended.stdout))


if __name__ == "__main__":
    sys.exit(main())
