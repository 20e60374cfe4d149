"""Where the work of a re-extraction is done: here in worker processes, or on a cluster.

Owns the protocol, and the way of one machine. Must not know the order of the work, nor what is done with what comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pipelines.extraction import PARSER
from pipelines.reextraction.named import call
from pipelines.reextraction.parts import learn_in, write_part
from pipelines.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pipelines.reextraction.archive import FeedRead
    from pipelines.reextraction.inputs import Segment
    from pipelines.reextraction.pages import ArchivedPage, Learned
    from pipelines.reextraction.parts import Folders
    from pipelines.reextraction.survey import Naming

PRELOAD = (PARSER, "pipelines.reextraction.learning", "pipelines.reextraction.survey")
_A_DAY = 86_400.0               # a survey takes as long as its file is large


def worker_pool(count: int, deadline_seconds: float, memory_mib: int, preload: Sequence[str]) -> Workers:
    """Workers with the limits of a crawl's; here they are what counts, and stand back for nothing."""
    return Workers(count=count, deadline_seconds=deadline_seconds, memory_bytes=memory_mib << 20, preload=preload,
                   niceness=0)


class Runner(Protocol):
    """`at_once` is how many sites, feeds or segments are worth handing out at a time."""

    at_once: int

    async def survey(self, segment: Segment, naming: Naming, target: Path) -> None:
        """`pipelines.reextraction.survey.survey`."""

    async def read_feed(self, feed: FeedRead, reader: str) -> Mapping[str, Sequence[int]]:
        """`pipelines.reextraction.feeds.paragraphs_in`; WorkerError if it cannot be read."""

    async def learn(self, pages: Sequence[ArchivedPage], folders: Folders) -> Learned:
        """`pipelines.reextraction.learning.learn_site`."""

    async def extract(self, order: Path, part: Path, folders: Folders, tell: Callable[[int], object]) -> None:
        """`pipelines.reextraction.parts.write_part`."""

    async def close(self) -> None:
        """End what was started for it."""


class LocalRunner:
    """On this machine, in the processes of `workers`."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.at_once = workers.count + 1

    async def survey(self, segment: Segment, naming: Naming, target: Path) -> None:
        await self._workers.run_within(_A_DAY, call, "pipelines.reextraction.survey:survey", segment, naming, target)

    async def read_feed(self, feed: FeedRead, reader: str) -> Mapping[str, Sequence[int]]:
        told: Mapping[str, Sequence[int]] = await self._workers.run(
            call, "pipelines.reextraction.feeds:paragraphs_in", feed, reader)
        return told

    async def learn(self, pages: Sequence[ArchivedPage], folders: Folders) -> Learned:
        return await learn_in(self._workers, pages, folders)

    async def extract(self, order: Path, part: Path, folders: Folders, tell: Callable[[int], object]) -> None:
        await write_part(order, part, folders, self._workers, tell)

    async def close(self) -> None:
        await self._workers.close()
