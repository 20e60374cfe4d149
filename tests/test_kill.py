"""Guarantees of design section 4, tried on real crawls: killed at any moment, or stopped, and begun again."""

from __future__ import annotations

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from tests.crawls import Harvest, crawl
from tests.killing import Tally, kill_again_and_again
from tests.newsserver import RawServer
from tests.storysite import StorySite
from tests.warm import Warm

if TYPE_CHECKING:
    from pathlib import Path

PAGES = 60
SEEDS = (1, 2)
"""One archive each, at the same time. `python -m benchmarks.kills` takes others, and more."""
KILLS_AN_ARCHIVE = 26
STOPPED = 11


def test_crawls_of_200_pages_killed_again_and_again_end_with_every_article_once(tmp_path: Path) -> None:
    def kill(seed: int) -> Tally:
        folder = tmp_path / str(seed)
        folder.mkdir()
        with closing(Warm()) as warm:
            return kill_again_and_again(folder, KILLS_AN_ARCHIVE, 200, seed, start_warm=warm.start)

    with ThreadPoolExecutor(len(SEEDS)) as threads:
        tallies = list(threads.map(kill, SEEDS))
    assert sum(tally.kills for tally in tallies) >= 50
    assert [tally.articles for tally in tallies] == [200] * len(SEEDS)
    phases = sum((tally.phases for tally in tallies), Counter())
    assert set(phases) == {"starting", "opening", "crawling", "closing"}


def test_what_a_killed_crawl_had_sealed_or_committed_stands_in_the_next(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    with RawServer() as server:
        site = StorySite(server, PAGES)
        site.crawl_until(45, root, lambda running: running.process.kill()).wait()
        asked = set(server.targets)
        crawl("news", root, url=site.url())
        again = [wire.target for wire in server.log if wire.target in site.targets]
    harvest = Harvest(root)
    site.check_whole(harvest)
    first, second = harvest.manifests
    assert first["articles"] + second["articles"] == PAGES
    assert first["tried"] > 0
    files = {file["path"] for file in first["files"]}
    kept = {line["final_url"] for line in harvest.fetches  # some were owed their articles, which the second run made
            if line["exchanges"] and (line["exchanges"][-1]["response"] or {}).get("file") in files}
    for target in asked & set(site.targets):
        assert again.count(target) == (1 if site.url(target) in kept else 2), "fetched again though it was committed"


def test_a_crawl_stopped_once_ends_in_order_and_the_next_one_completes_it(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    with RawServer() as server:
        site = StorySite(server, PAGES)
        stopped = site.crawl_until(20, root, lambda running: running.process.send_signal(signal.SIGINT)).wait()
        assert stopped.exit_code == STOPPED
        after_stop = Harvest(root)
        after_stop.check()
        ended = crawl("news", root, url=site.url())
        assert server.targets.count("/robots.txt") == 2
        assert [target for target in site.targets if server.targets.count(target) != 1] == []
    assert ended.exit_code == 0
    harvest = Harvest(root)
    site.check_whole(harvest)
    assert 0 < len(after_stop.articles) + stopped.json["owed"] < PAGES  # the second run makes what is owed
    assert harvest.articles[:len(after_stop.articles)] == after_stop.articles
    assert [manifest["finish_reason"] for manifest in harvest.manifests] == ["shutdown", "finished"]
