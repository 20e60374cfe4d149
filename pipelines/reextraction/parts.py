"""The pages of one segment, extracted in worker processes in their order.

Owns the two files of a segment in between: its order, a page a line with what came of it already, and its part, what
came of each. Must not know what comes before or after. The same on this machine and on a cluster.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.boilerplate.model import NO_MODEL
from pipelines.records import Outcome
from pipelines.reextraction.heavy import HeavyPages, spared
from pipelines.reextraction.lines import LineFile, lines_of
from pipelines.reextraction.pages import ArchivedPage, Learned, Made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pipelines.workers import Workers

_LEARN = "pipelines.reextraction.learning:learn_site"
_EXTRACT = "pipelines.reextraction.extracting:extract_with"
_PAGES_A_TASK = 8               # what a task costs beside its pages, some milliseconds, is shared
_LINES_A_BATCH = 100
_TASKS_A_WORKER = 3             # handed out ahead


@dataclass(frozen=True, slots=True)
class Folders:
    """The site models, and the pages that are known as too much for a worker."""

    models: Path
    heavy: Path


def write_order(path: Path, pages: Iterable[tuple[ArchivedPage, bytes | None]]) -> None:
    with LineFile(path, level=1) as lines:
        for page, made in pages:
            lines.write(page.to_json() + b"\t" + (made or b"") + b"\n")


def read_order(path: Path) -> Iterator[ArchivedPage]:
    return (ArchivedPage.of_json(line.partition(b"\t")[0]) for line in lines_of(path))


def read_part(path: Path) -> Iterator[Made]:
    return map(Made.of_json, lines_of(path))


async def write_part(
    order: Path, part: Path, folders: Folders, workers: Workers, tell: Callable[[int], object],
) -> None:
    """Extract the pages of an order by the models in that folder. `tell` is called with how many are done."""
    heavy = HeavyPages(folders.heavy)
    most = _TASKS_A_WORKER * workers.count
    running: deque[asyncio.Task[list[bytes]]] = deque()
    with LineFile(part, level=1) as lines:
        try:
            for batch in _batches(order):
                running.append(asyncio.create_task(_batch(batch, folders.models, heavy, workers)))
                while len(running) >= most:
                    await _write_next(running, lines, tell)
            while running:
                await _write_next(running, lines, tell)
        finally:
            for task in running:
                task.cancel()


async def learn_in(workers: Workers, pages: Sequence[ArchivedPage], folders: Folders) -> Learned:
    """`learn_site` in a worker; a page that is too much for that costs itself alone."""
    learned, failed = await spared(workers, HeavyPages(folders.heavy), pages, _LEARN)
    learned = learned or Learned(NO_MODEL, ())
    return Learned(learned.model, tuple(_with_failed(learned.made, failed, len(pages))))


def _with_failed(made: Iterable[Made | None], failed: Mapping[int, str], count: int) -> Iterator[Made | None]:
    """What came of so many pages, in their order."""
    rest = iter(made)
    for number in range(count):
        yield Made(None, Outcome.EXTRACTION_FAILED, failed[number]) if number in failed else next(rest)


def _batches(order: Path) -> Iterator[list[ArchivedPage | bytes]]:
    """Pages to extract, a few at a time, and between them what came already of others."""
    batch: list[ArchivedPage | bytes] = []
    to_do = 0
    for line in lines_of(order):
        page, _, made = line.partition(b"\t")
        batch.append(made or _to_do(ArchivedPage.of_json(page)))
        to_do += isinstance(batch[-1], ArchivedPage)
        if to_do >= _PAGES_A_TASK or len(batch) >= _LINES_A_BATCH:
            yield batch
            batch, to_do = [], 0
    if batch:
        yield batch


def _to_do(page: ArchivedPage) -> ArchivedPage | bytes:
    return Made(None, page.fetch.outcome, page.fetch.reason).to_json() if page.is_decided else page


async def _batch(
    batch: Sequence[ArchivedPage | bytes], models: Path, heavy: HeavyPages, workers: Workers,
) -> list[bytes]:
    to_do = [each for each in batch if isinstance(each, ArchivedPage)]
    done, failed = await spared(workers, heavy, to_do, _EXTRACT, models)
    fresh = _with_failed(done or (), failed, len(to_do))
    return [each if isinstance(each, bytes) else _json_of(next(fresh)) for each in batch]


def _json_of(made: Made | None) -> bytes:
    if made is None:
        raise RuntimeError("an extraction tells something of every page")
    return made.to_json()


async def _write_next(
    running: deque[asyncio.Task[list[bytes]]], lines: LineFile, tell: Callable[[int], object],
) -> None:
    done = await running.popleft()
    for made in done:
        lines.write(made + b"\n")
    tell(len(done))
