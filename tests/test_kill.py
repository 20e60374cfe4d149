"""Guarantees of design section 4, tried on real crawls: killed at any moment, or stopped, and begun again."""

from __future__ import annotations

import signal
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.crawls import Harvest, Running, crawl, start_crawl
from tests.newsserver import RawServer, Route, article_html, feed, page, redirect
from tests.newssites import alternate, home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES = 60
TARGETS = [f"/2026/11/{1 + number % 20:02}/story-{number}" for number in range(PAGES)]
KILLS = 3
STOPPED = 11


class Site:
    """A site of some sixty pages that calls `on_request` once, as the n-th request of a crawl arrives."""

    def __init__(self, server: RawServer) -> None:
        self.url = server.url
        self._countdown = 0
        self._on_request: Callable[[], None] = lambda: None
        pages: dict[str, bytes] = {target: page(article_html(f"The story at {target}")) for target in TARGETS}
        for target in TARGETS[::10]:
            pages[f"/moved{target}"] = redirect(target)
        listed = [f"/moved{target}" if f"/moved{target}" in pages else target for target in TARGETS]
        pages["/feed.xml"] = feed([(server.url(target), target) for target in listed])
        pages["/"] = home(alternate("rss", "/feed.xml"))
        server.routes.update({target: self._counted(answer) for target, answer in pages.items()})

    def _counted(self, answer: bytes) -> Route:
        def counted(_: bytes) -> bytes:
            self._countdown -= 1
            if self._countdown == 0:
                self._on_request()
            return answer

        return counted

    def crawl_until(self, number: int, root: Path, end: Callable[[Running], None]) -> Running:
        """A crawl on which `end` is called from within its n-th request."""
        started: list[Running] = []
        self._countdown, self._on_request = number, lambda: end(started[0])
        started.append(start_crawl("news", root, url=self.url()))      # Python starts for longer than this line takes
        return started[0]


def check_whole(harvest: Harvest, site: Site) -> None:
    """Every article once, no record without a line, every line's records there, every page tried to its end once."""
    harvest.check()
    assert sorted(article["final_url"] for article in harvest.articles) == sorted(map(site.url, TARGETS))
    ended = [line["url"] for line in harvest.fetches if line["role"] == "page"]
    assert len(ended) == len(set(ended)) == PAGES
    assert {line["outcome"] for line in harvest.fetches if line["role"] == "page"} == {"article"}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_crawl_killed_again_and_again_ends_with_every_article_once(tmp_path, seed):
    chance = Random(seed)
    root = tmp_path / "archive"
    with RawServer() as server:
        site = Site(server)
        moments = [chance.randint(2, 35) for _ in range(KILLS)]
        for number in moments:
            killed = site.crawl_until(number, root, lambda running: running.process.kill()).wait()
            assert killed.exit_code == -signal.SIGKILL, f"killed at request {moments}"
        ended = crawl("news", root, url=site.url())
    assert ended.exit_code == 0, ended.stderr
    harvest = Harvest(root)
    check_whole(harvest, site)
    assert [manifest["finish_reason"] for manifest in harvest.manifests] == ["interrupted"] * KILLS + ["finished"]


def test_what_a_killed_crawl_had_sealed_or_committed_stands_in_the_next(tmp_path):
    root = tmp_path / "archive"
    with RawServer() as server:
        site = Site(server)
        site.crawl_until(45, root, lambda running: running.process.kill()).wait()
        asked = set(server.targets)
        crawl("news", root, url=site.url())
        again = [wire.target for wire in server.log if wire.target in TARGETS]
    harvest = Harvest(root)
    check_whole(harvest, site)
    first, second = harvest.manifests
    assert first["articles"] + second["articles"] == PAGES
    assert first["tried"] > 0
    kept = [line["final_url"] for line in harvest.fetches if line["run_id"] == first["run_id"]]
    for target in asked & set(TARGETS):
        assert again.count(target) == (1 if site.url(target) in kept else 2), "fetched again though it was committed"


def test_a_crawl_stopped_once_ends_in_order_and_the_next_one_completes_it(tmp_path):
    root = tmp_path / "archive"
    with RawServer() as server:
        site = Site(server)
        stopped = site.crawl_until(20, root, lambda running: running.process.send_signal(signal.SIGINT)).wait()
        assert stopped.exit_code == STOPPED
        after_stop = Harvest(root)
        after_stop.check()
        ended = crawl("news", root, url=site.url())
        assert server.targets.count("/robots.txt") == 2
        assert [target for target in TARGETS if server.targets.count(target) != 1] == []
    assert ended.exit_code == 0
    harvest = Harvest(root)
    check_whole(harvest, site)
    assert 0 < len(after_stop.articles) < PAGES
    assert harvest.articles[:len(after_stop.articles)] == after_stop.articles
    assert [manifest["finish_reason"] for manifest in harvest.manifests] == ["shutdown", "finished"]
