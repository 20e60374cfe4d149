"""The power goes at every sync of a crawl, and of a recovery: nothing that was acknowledged is lost, nothing doubled.

What was written since the last sync is gone, or there in part, or its name is there and its content is not: every way
in which a disk may look then (tests/disk/model.py). SQLite's own writes are among them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.aftermath import assert_final_files_are_whole, assert_nothing_is_lost_or_doubled
from tests.builders import ROOT
from tests.disk.model import KEPT, LOSSES, Disk, Loss, write_state
from tests.disk.recorded import ARCHIVE
from tests.disk.shim import environment, why_not
from tests.disk.story import Moment, Story
from tests.disk.trace import RENAME, read_trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """What is synced is the model's to say: the disk beneath may be the fastest there is."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None, prefix="broadsheet-") as name:
        yield Path(name)


def watched(what: str, root: Path, trace: Path | None, *arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "tests.disk.recorded", what, str(root), *map(str, arguments)], cwd=ROOT,
                   check=True, env={**os.environ, **environment(root, trace)})


def check(story: Story, losses: Sequence[Loss], base: Path) -> Counter[str]:
    """Every moment of the story is survived; how many there were of each loss."""
    counts: Counter[str] = Counter()
    for number, moment in enumerate(story.moments(losses)):
        assert_survived(moment, base / f"{number:04}")
        counts[moment.loss.name] += 1
    return counts


def assert_survived(moment: Moment, top: Path) -> None:
    root = write_state(moment.state, top) / ARCHIVE
    try:
        assert_final_files_are_whole(root)
        assert_nothing_is_lost_or_doubled(root, list(moment.acknowledged))
    except BaseException as error:
        error.add_note(f"the power went before call {moment.step}, {moment.loss.name}: {top}")
        raise
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def crawl(memory: Path) -> Story:
    top, trace = memory / "crawl", memory / "crawl.trace"
    top.mkdir()
    disk = Disk(top)
    watched("crawl", top, trace)
    return Story(disk, read_trace(trace))


def test_the_model_and_the_disk_agree_on_a_crawl_that_got_through(crawl: Story, memory: Path) -> None:
    top = memory / "crawl"
    modelled = crawl.killed_at(len(crawl.calls)).after(KEPT, Random(0))
    real = {str(path.relative_to(top)): None if path.is_dir() else path.read_bytes() for path in top.rglob("*")}
    assert modelled == real
    assert {call.kind for call in crawl.calls} == set("cwmstru")


def test_whatever_a_power_failure_leaves_of_a_crawl_nothing_acknowledged_is_lost(crawl: Story, memory: Path) -> None:
    counts = check(crawl, LOSSES, memory / "crawls")
    assert set(counts) == {loss.name for loss in LOSSES}
    assert sum(counts.values()) > 100


def recoveries(crawl: Story, steps: Sequence[int], base: Path) -> list[Story]:
    """Runs that begin where the process was killed after so many calls, and the machine had written nothing back."""
    disks = [crawl.killed_at(step) for step in steps]
    tops = [write_state(disk.after(KEPT, Random(0)), base / "tops" / f"{step:04}")
            for step, disk in zip(steps, disks, strict=True)]
    for disk, top in zip(disks, tops, strict=True):
        disk.attach(top)
    (base / "traces").mkdir()
    watched("recover", base / "tops", None, base / "traces")
    return [Story(disk, read_trace(base / "traces" / f"{top.name}.trace"))
            for disk, top in zip(disks, tops, strict=True)]


def test_whatever_a_power_failure_leaves_of_a_recovery_nothing_acknowledged_is_lost(
    crawl: Story, memory: Path
) -> None:
    renamed = {Path(call.to).suffixes[0]: step + 1 for step, call in enumerate(crawl.calls) if call.kind == RENAME}
    steps = sorted(renamed.values())
    assert set(renamed) == {".warc", ".jsonl", ".json"}, renamed
    for number, story in enumerate(recoveries(crawl, steps, memory / "recoveries")):
        check(story, (LOSSES[0], LOSSES[-1]), memory / f"recovered-{number}")
