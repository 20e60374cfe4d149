"""The disk of a real `scrapy crawl` is full, which ends with 3 and one clear line, or loses its power: the next run
completes it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from pipelines.archive import Archive, ArchiveConfig
from tests.aftermath import assert_final_files_are_whole, damage
from tests.builders import open_files, sealed_lines
from tests.crawls import Ended, Harvest, crawl, write_list
from tests.disk.model import LOSSES, Disk, write_state
from tests.disk.shim import Fault, environment, why_not
from tests.disk.story import ACKNOWLEDGED, Story
from tests.disk.trace import FAULT, RENAME, WRITE, read_trace
from tests.killing import SMALL_FILES
from tests.newsserver import RawServer, article_html, page
from tests.storysite import StorySite
from tests.witness import witnessed_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = 30
DISK_FULL = 3
AGAIN_EVERY = 40
"""After so many power failures one is followed by a whole crawl, the others by a recovery alone."""
FAULTS = (Fault(30, calls=WRITE), Fault(200, calls=WRITE), Fault(1, calls=RENAME), Fault(350, calls=WRITE),
          Fault(110, calls=WRITE))
"""What first finds no room, in crawls one after the other: as an archive is made, filled, recovered, filled, sealed."""
TOLD = ("the disk is full", "make room and run the same command again")

needs_shim = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def assert_told(ended: Ended) -> None:
    assert ended.exit_code == DISK_FULL, ended.stderr[-700:]
    assert [line for line in ended.stderr.splitlines() if all(part in line for part in TOLD)], ended.stderr[-700:]
    assert "Traceback" not in ended.stderr


def articles(root: Path) -> set[str]:
    return {line["final_url"] for line in sealed_lines(root, "articles")}


@needs_shim
def test_a_crawl_whose_disk_is_full_exits_with_3_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    root = tmp_path / "disk" / "archive"
    root.parent.mkdir()
    kept: set[str] = set()
    with RawServer() as server:
        site = StorySite(server, PAGES)
        for number, fault in enumerate(FAULTS):
            watched = environment(root.parent, tmp_path / f"{number}.trace", fault)
            ended = crawl("news", root, url=site.url(), settings=SMALL_FILES, environment=watched)
            met = [call.path for call in read_trace(tmp_path / f"{number}.trace") if call.kind == FAULT]
            print(f"{fault}: {met}")
            assert len(met) == 1
            assert_told(ended)
            assert damage(root) == []
            assert kept <= articles(root)
            kept = articles(root)
        assert crawl("news", root, url=site.url(), settings=SMALL_FILES).exit_code == 0
    assert kept <= articles(root)
    site.check_whole(Harvest(root))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "small"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], check=False, text=True,
                             stderr=subprocess.PIPE) if shutil.which("mount") else None
    if mounted is None or mounted.returncode:
        pytest.skip(f"no small disk: {mounted.stderr.strip() if mounted else 'there is no mount(8)'}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_small_disk_that_fills_up_ends_the_crawl_with_3_until_it_is_made_larger(small_disk: Path) -> None:
    root = small_disk / "archive"
    with RawServer() as server:
        site = StorySite(server, PAGES)
        for _ in range(2):          # the second time there is no room from the start
            assert_told(crawl("news", root, url=site.url(), settings=SMALL_FILES))
            assert damage(root) == []
        subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
        assert crawl("news", root, url=site.url(), settings=SMALL_FILES).exit_code == 0
    site.check_whole(Harvest(root))


def test_an_answer_that_finds_no_room_as_it_comes_ends_the_crawl_with_3_and_is_fetched_once_there_is_some(
    small_disk: Path, tmp_path: Path
) -> None:
    """It is spooled on the archive's disk, long before it is committed."""
    root = small_disk / "archive"
    subprocess.run(["mount", "-o", "remount,size=6m", small_disk], check=True)
    large = page(article_html("Too much") + f"<!-- {'x' * 9_000_000} -->")
    with RawServer({"/large": large, "/small": page(article_html("Enough"))}) as server:
        urls = write_list(tmp_path / "urls", [server.url("/small"), server.url("/large")])
        assert_told(crawl("pages", root, urls=urls))
        assert damage(root) == []
        assert server.url("/large") not in articles(root)
        subprocess.run(["mount", "-o", "remount,size=99m", small_disk], check=True)
        assert crawl("pages", root, urls=urls).exit_code == 0
        harvest = Harvest(root)
        harvest.check()
        assert [harvest.outcome(server.url(path)) for path in ("/small", "/large")] == ["article", "article"]
        assert harvest.exchanges(server.url("/large"))[0][1] == large


def recover(root: Path) -> None:
    async def work() -> None:
        await Archive.open(ArchiveConfig(root), "news").close("finished")

    asyncio.run(work())


@needs_shim
def test_whatever_a_power_failure_leaves_of_a_crawl_nothing_that_was_handed_on_is_lost(tmp_path: Path) -> None:
    disk, trace = tmp_path / "disk", tmp_path / "trace"
    disk.mkdir()
    with RawServer() as server:
        site = StorySite(server, PAGES)
        empty = Disk(disk)
        crawled = crawl("news", disk / "archive", url=site.url(), environment=environment(disk, trace),
                        settings={**SMALL_FILES, **witnessed_by(disk / ACKNOWLEDGED)})
        assert crawled.exit_code == 0
        to_crawl = []
        for number, moment in enumerate(Story(empty, read_trace(trace)).moments((LOSSES[0], LOSSES[-1]))):
            root = write_state(moment.state, tmp_path / f"{number:03}") / "archive"
            assert_final_files_are_whole(root)
            if root.exists() and number % AGAIN_EVERY:
                recover(root)
                assert open_files(root) == []
                assert damage(root) == []
                assert set(moment.acknowledged) <= articles(root), moment.step
            else:
                to_crawl.append(root)
        assert number > 40
        print(f"{number + 1} states, {len(to_crawl)} of them crawled")
        for root in to_crawl:
            assert crawl("news", root, url=site.url(), settings=SMALL_FILES).exit_code == 0
            site.check_whole(Harvest(root))
