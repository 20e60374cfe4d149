"""Does publishing cost a crawl anything, and does a reader of the bucket ever see what is not final?

Owns the crawls that are compared, what happens to the store meanwhile, and how the figures are kept. The store is
rclone on loopback; whoever watches the bucket, every 50 ms, is in tests/bucketwatch.py.

    python -m benchmarks.publishing --pages 330 --outage 60 --kills 10 --seed 1

Exit codes: 0, or 9 if anything was seen that was not final, or is missing at the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.figures import machine
from benchmarks.report import HERE, RESULTS, put_lines, write_result
from tests.bucketwatch import BucketWatch
from tests.crawls import Harvest, Running, scrapy, start_crawl
from tests.killing import SMALL_FILES
from tests.newsserver import RawServer
from tests.s3server import S3Server
from tests.storysite import StorySite

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED = 9
MOST_SECONDS = 900
OUTAGE_AT_REQUEST = 20
WAYS = ("without", "publishing", "outage")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    folder = Path(tempfile.mkdtemp(prefix="broadsheet-publishing-", dir=options.work))
    before = machine()
    try:
        crawls = {way: _crawl(way, folder / way, options) for way in WAYS}
        kills = _kill(folder / "kills", options)
    except AssertionError as error:
        print(f"error: {error}: see {folder}", file=sys.stderr)
        return FAILED
    shutil.rmtree(folder)
    result = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "pages": options.pages,
              "delay_seconds": options.delay, "outage_seconds": options.outage, "seed": options.seed,
              "crawls": crawls, "kills": kills, "machine": before}
    _keep(result, options.results)
    print("\n".join(_rows(result)))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publishing", description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=330, help="of the site that is crawled each time")
    parser.add_argument("--delay", type=float, default=0.45, help="seconds from an answer to the next request")
    parser.add_argument("--outage", type=float, default=60.0, help="seconds for which the store stalls, then is gone")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same instants")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    parser.add_argument("--work", type=Path, help="where the crawls write (default: /tmp)")
    return parser.parse_args(arguments)


def _crawl(way: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One crawl of the site: without publishing, with it, or with a store that fails for two outages."""
    root, stalls = folder / "archive", folder / "stalls.json"
    settings = {**SMALL_FILES, "DOWNLOAD_DELAY": options.delay, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "EXTRACT_WAIT": 0,
                "STALLS_FILE": stalls, "EXTENSIONS": json.dumps({"benchmarks.stalls.Stalls": 0})}
    if way != "without":
        settings |= {"PUBLISH_TO": "s3://news", "PUBLISH_WAIT": 120}
    with S3Server(folder / "s3") as store, RawServer() as server:
        store.make_bucket("news")
        site = StorySite(server, options.pages)
        outage = threading.Thread(target=_outage, args=(store, options.outage))
        if way == "outage":
            site.at_request(OUTAGE_AT_REQUEST, outage.start)
        watching = BucketWatch(store.environment, "news") if way != "without" else nullcontext()
        with watching as watch:
            began = time.monotonic()
            ended = start_crawl("news", root, url=site.url(), settings=settings,
                                environment=store.environment).wait(MOST_SECONDS)
            wall = time.monotonic() - began
            if way == "outage":
                outage.join()
        assert ended.exit_code == 0, f"{way}: exit code {ended.exit_code}: {ended.stderr[-2000:]}"
        harvest = Harvest(root)
        harvest.check()
        assert len(harvest.articles) == options.pages, f"{way}: {len(harvest.articles)} articles"
        figures = {"crawl_seconds": _run_seconds(harvest), "wall_seconds": round(wall, 1),
                   "files": len(_digests(root)), "event_loop": json.loads(stalls.read_text())}
        if watch is not None:
            figures |= _published(root, store, watch, ended.json["published"])
    return figures


def _outage(store: S3Server, seconds: float) -> None:
    """First it takes connections and does not answer, then it is gone; for so many seconds each."""
    never = threading.Event()
    with store.stalled():
        never.wait(seconds)
    store.kill()
    never.wait(seconds)
    store.start()


def _published(root: Path, store: S3Server, watch: BucketWatch, told: dict[str, Any]) -> dict[str, Any]:
    assert not watch.faults, f"a reader saw: {watch.faults[:3]}"
    assert _digests(store.root / "news") == _digests(root), "the bucket is not what the archive is"
    return {"published": told, "polls": watch.polls, "failed_polls": watch.failed_polls,
            "objects_seen": len(watch.seen), "faults": len(watch.faults)}


def _run_seconds(harvest: Harvest) -> float:
    manifest = harvest.manifests[-1]
    times = [datetime.fromisoformat(manifest[key]) for key in ("started_at", "finished_at")]
    return round((times[1] - times[0]).total_seconds(), 2)


def _digests(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob("*") if path.is_file() and not path.name.startswith("state.sqlite")}


def _kill(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Crawls of one archive killed at random moments while they publish, and `scrapy publish` too; then one more of
    each that is not."""
    chance, root = Random(options.seed), folder / "archive"
    settings = {**SMALL_FILES, "PUBLISH_TO": "s3://news", "PUBLISH_WAIT": 120, "EXTRACT_WAIT": 0, "EXTRACT_WORKERS": 1}
    with S3Server(folder / "s3") as store, RawServer() as server:
        store.make_bucket("news")
        site = StorySite(server, options.pages)
        with BucketWatch(store.environment, "news") as watch:
            kills = sum(_kill_one(number, chance, root, site, settings, store) for number in range(options.kills))
            ended = start_crawl("news", root, url=site.url(), settings=settings, environment=store.environment).wait()
        assert ended.exit_code == 0, f"after the kills: exit code {ended.exit_code}: {ended.stderr[-2000:]}"
        check = scrapy("publish", "s3://news", "--check", "--read", "--json", home=folder,
                       environment=store.environment, settings={"ARCHIVE_DIR": root})
        assert check.exit_code == 0, f"not as the manifests say: {check.stdout[-2000:]}"
        figures = _published(root, store, watch, ended.json["published"])
    harvest = Harvest(root)
    harvest.check()
    assert len(harvest.articles) == options.pages
    return {"kills": kills, "runs": len(harvest.manifests), "articles": len(harvest.articles),
            "files": len(_digests(root)), **figures}


def _kill_one(number: int, chance: Random, root: Path, site: StorySite, settings: dict[str, Any],
              store: S3Server) -> bool:
    """A crawl up to 1.5 s after its n-th request, or the command up to 3 s after its start; whether it was in time."""
    reached = threading.Event()
    if number % 4 == 3:
        process = Running(["publish", "s3://news"], root.parent, {"ARCHIVE_DIR": root}, store.environment)
        reached.wait(chance.uniform(0.5, 3.0))
    else:
        site.at_request(chance.randint(5, 25), reached.set)
        process = start_crawl("news", root, url=site.url(), settings=settings, environment=store.environment)
        reached.wait(30)
        threading.Event().wait(chance.uniform(0.0, 1.5))
    process.process.kill()
    return process.wait().exit_code == -signal.SIGKILL


def _keep(result: dict[str, Any], folder: Path) -> None:
    """JSON, and the README's table if these are the results that go with it."""
    write_result(result, folder, "publishing")
    if folder.resolve() == RESULTS:
        put_lines(_rows(result), HERE / "README.md", "publishing")


def _rows(result: dict[str, Any]) -> list[str]:
    names = {"without": "no publishing", "publishing": "published to S3",
             "outage": f"the store stalls for {result['outage_seconds']:.0f} s, then is gone for as long"}
    head = ["| | crawl, s | in all, s | event loop late, p99 ms | longest, ms | files sent | polls of the bucket "
            "| faults |", "|---|---|---|---|---|---|---|---|"]
    rows = []
    for way, crawl in result["crawls"].items():
        loop = crawl["event_loop"]
        sent = f"{crawl['published']['sent_files']} of {crawl['files']}" if "published" in crawl else ""
        polls = f"{crawl['polls']}, {crawl['failed_polls']} without an answer" if "polls" in crawl else ""
        rows.append(f"| {names[way]} | {crawl['crawl_seconds']} | {crawl['wall_seconds']} | {loop['p99_ms']} | "
                    f"{loop['longest_ms']} | {sent} | {polls} | {crawl.get('faults', '')} |")
    kills = result["kills"]
    return [f"{result['date'][:10]}; load before {result['machine']['load_before']}.", "", *head, *rows, "",
            f"{kills['kills']} kills (seed {result['seed']}) of crawls and of `scrapy publish`, then a crawl to its "
            f"end: {kills['runs']} runs, {kills['files']} files in the bucket as in the archive, {kills['articles']} "
            f"articles once each, {kills['polls']} polls, {kills['faults']} faults."]


if __name__ == "__main__":
    sys.exit(main())
