"""Two crawls started on one archive: exactly one runs, the other says so and exits with 75."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.crawls import Harvest, start_crawl
from tests.killing import NEVER_SECONDS, Crawl
from tests.newsserver import RawServer
from tests.storysite import StorySite

if TYPE_CHECKING:
    from pathlib import Path

PAGES = 5
ARCHIVE_HELD = 75
STAGGERS = {"at once": "", "as it begins": "Scrapy 2", "as it has the archive": "Enabled extensions",
            "as its spider is open": "Spider opened", "as it fetches": "GET /"}
"""When the second is started: what the log of the first says by then, or the server has been asked."""


class Start:
    """A crawl, when it began, and whether it was refused."""

    def __init__(self, site: StorySite, root: Path, awaited: str) -> None:
        self.began = time.monotonic()
        self.is_there = threading.Event()
        self.ended_after_seconds = 0.0
        running = start_crawl("news", root, url=site.url())
        self.process = running.process
        self.crawl = Crawl(running.process, self.is_there, awaited)
        self.exit_code = -1

    def end(self) -> None:
        self.exit_code = self.crawl.end()
        self.ended_after_seconds = time.monotonic() - self.began
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()


def end(start: Start, one_has_ended: threading.Event) -> None:
    start.end()
    one_has_ended.set()


@pytest.mark.parametrize("awaited", STAGGERS.values(), ids=STAGGERS)
def test_of_two_crawls_on_one_archive_one_runs_and_the_other_exits_with_75(tmp_path: Path, awaited: str) -> None:
    root = tmp_path / "archive"
    one_has_ended = threading.Event()
    with RawServer() as server:
        site = StorySite(server, PAGES)
        first = Start(site, root, awaited)
        home = server.routes["/"]

        def held(request: bytes) -> object:
            first.is_there.set()
            one_has_ended.wait(NEVER_SECONDS)
            return home(request)

        server.routes["/"] = held
        if awaited:
            assert first.is_there.wait(NEVER_SECONDS)
        both = [first, Start(site, root, "\0")]
        ends = [threading.Thread(target=end, args=[start, one_has_ended]) for start in both]
        for thread in ends:
            thread.start()
        for thread in ends:
            thread.join()
        homes = server.targets.count("/")
    ran, refused = sorted(both, key=lambda start: start.exit_code)
    assert (ran.exit_code, refused.exit_code, homes) == (0, ARCHIVE_HELD, 1), ran.crawl.tail + refused.crawl.tail
    assert not awaited or ran is first
    [said] = [line for line in refused.crawl.log if line.startswith("error: ")]
    assert "another crawl" in said
    assert "holds this archive" in said
    print(f"refused after {refused.ended_after_seconds:.2f} s")
    harvest = Harvest(root)
    site.check_whole(harvest)
    assert [manifest["finish_reason"] for manifest in harvest.manifests] == ["finished"]
