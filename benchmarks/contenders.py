"""Who is compared: how each crawls the same sites into a folder of its own, and what it has fetched then.

Owns the commands and how their output is counted. Must not know how they are measured over rounds.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from benchmarks.measure import measure
from crawler import settings as ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.measure import Cost
    from benchmarks.sites import Sites

ROOT = Path(__file__).resolve().parent.parent
PLAIN_SPIDER = Path(__file__).resolve().with_name("plain_spider.py")
_STALLS = {"scrapy.extensions.logstats.LogStats": None, "benchmarks.stalls.Stalls": 0}


class WrongCountError(RuntimeError):
    """A contender has not fetched exactly the articles that there are: its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`run` crawls into an empty folder and returns what that cost and the addresses of the articles it wrote."""

    name: str
    about: str
    run: Callable[[Sites, Path], tuple[Cost, list[str]]]


def run_round(contender: Contender, sites: Sites, folder: Path) -> dict[str, Any]:
    """One run in a fresh folder, which is removed. WrongCountError, CommandFailedError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cost, fetched = contender.run(sites, folder)
    _check(contender.name, sites.articles, fetched)
    figures = {
        "articles": len(fetched), "pages_per_second": round(len(fetched) / cost.wall_seconds, 2), **asdict(cost),
        "workers_cpu_seconds": round(max(0.0, cost.cpu_seconds - cost.main_cpu_seconds), 2),
        "written_mib": round(_size(folder / "out") / (1 << 20), 2), "stalls": _stalls(folder),
    }
    shutil.rmtree(folder)
    return figures


def _check(name: str, wanted: frozenset[str], fetched: Sequence[str]) -> None:
    if len(fetched) != len(wanted) or set(fetched) != wanted:
        missing = sorted(wanted - set(fetched))
        example = f", for one {missing[0]}" if missing else ""
        raise WrongCountError(
            f"{name}: {len(fetched)} articles where there are {len(wanted)}: {len(missing)} are missing{example}")


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _stalls(folder: Path) -> dict[str, float] | None:
    path = folder / "stalls.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def ours_with(program: str = "scrapy", **settings: str) -> Callable[[Sites, Path], tuple[Cost, list[str]]]:
    """Our crawl with these settings besides its own; `program` is the module that is started in place of scrapy."""
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    return functools.partial(_ours, options=options, program=program)


def _ours(
    sites: Sites, folder: Path, options: Sequence[str] = (), program: str = "scrapy"
) -> tuple[Cost, list[str]]:
    archive = folder / "out"
    command = _scrapy("crawl", "news", "-a", f"sites={sites.registry}", "-s", f"ARCHIVE_DIR={archive}",
                      folder=folder, program=program) + list(options)
    cost = measure(command, cwd=ROOT, log=folder / "log.txt", env=_environment())
    return cost, [line["url"] for path in archive.glob("articles/*/*.jsonl.gz") for line in _lines(gzip.open(path))]


def _plain(sites: Sites, folder: Path) -> tuple[Cost, list[str]]:
    homes, feed = folder / "homes.txt", folder / "out" / "articles.jsonl"
    homes.write_text("\n".join(sites.homes) + "\n", "utf-8")
    feed.parent.mkdir()
    command = _scrapy("runspider", str(PLAIN_SPIDER), "-a", f"homes={homes}", "-O", str(feed),
                      "-s", f"CONCURRENT_REQUESTS={ours.CONCURRENT_REQUESTS}", folder=folder)
    cost = measure(command, cwd=folder, log=folder / "log.txt", env=_environment())
    return cost, [line["address"] for line in _lines(feed.open("rb"))]


def _wget(sites: Sites, folder: Path) -> tuple[Cost, list[str]]:
    urls = folder / "urls.txt"
    urls.write_text("\n".join(sorted(sites.articles)) + "\n", "utf-8")
    (folder / "out").mkdir()
    command = ["wget", "--no-verbose", "--no-config", "--input-file", str(urls), "--output-document", "/dev/null",
               "--warc-file", str(folder / "out" / "wget"), "--warc-tempdir", str(folder)]
    cost = measure(command, cwd=folder, log=folder / "log.txt")
    return cost, _answered(folder / "out" / "wget.warc.gz")


def _scrapy(*arguments: str, folder: Path, program: str = "scrapy") -> list[str]:
    return [sys.executable, "-m", program, *arguments, "-s", f"EXTENSIONS={json.dumps(_STALLS)}",
            "-s", f"STALLS_FILE={folder / 'stalls.json'}"]


def _environment() -> dict[str, str]:
    """Scrapy finds its project by the current folder; the path is for the extension, which both need. Compiled modules
    are kept, as on any machine that crawls twice."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("SCRAPY_") and name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _lines(file: Iterable[bytes]) -> list[dict[str, Any]]:
    with file:  # type: ignore[attr-defined]
        return [json.loads(line) for line in file]


def _answered(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [record.rec_headers.get_header("WARC-Target-URI").strip("<>") for record in ArchiveIterator(file)
                if record.rec_type == "response" and record.http_headers.get_statuscode() == "200"]


OURS = Contender("broadsheet", "scrapy crawl news: exact WARC, articles, state that survives kill -9", _ours)
PLAIN = Contender("plain", "a Scrapy spider that calls trafilatura in its callback, JSONL feed, no archive", _plain)
WGET = Contender("wget", "wget --warc-file over the list of articles: WARC, no extraction", _wget)
