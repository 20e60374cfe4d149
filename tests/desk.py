"""The committer at work over real files, with its store and segments at hand. No test itself."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.commit import Committer
from pipelines.recovery import recover
from pipelines.segment_set import SegmentSet
from pipelines.sqlite import SqliteStore
from pipelines.store import Run
from pipelines.warc import new_record_id, warcinfo_member, written
from pipelines.warcrecords import exchange_records
from tests import archives
from tests.builders import NOON, open_files, settle_together

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pipelines.draft import Committed
    from pipelines.visit import Settlement


class Desk:
    """A committer over real files, with its store and segments at hand."""

    def __init__(self, root: Path, **limits: int) -> None:
        self.root, self.clock = root, archives.Clock()
        self.store = SqliteStore.open(root / "state.sqlite")
        self.store.begin_run(Run("run", "news", os.getpid(), NOON))
        sizes = {"max_warc_bytes": 10**6, "max_jsonl_bytes": 10**6, **limits}
        self.segments = SegmentSet(root, "run", compression="gzip", first_record=self._warcinfo, **sizes)
        self.committer = Committer("run", self.store, self.segments, exchange_records, self.clock)

    def _warcinfo(self, file_name: str) -> tuple[str, bytes]:
        record_id = new_record_id()
        return record_id, written(warcinfo_member(file_name, record_id, NOON, archives.WARCINFO))

    def page(self, number: int, **changes: object) -> Settlement:
        return replace(archives.page(self.clock, number), **changes)

    async def settle(self, *settlements: Settlement) -> list[Committed]:
        results = await settle_together(self.committer, list(settlements))
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results  # type: ignore[return-value]

    def files(self) -> dict[str, bytes]:
        return {name: (self.root / name).read_bytes() for name in open_files(self.root)}


@asynccontextmanager
async def desk(root: Path, **limits: int) -> AsyncIterator[Desk]:
    opened = Desk(root, **limits)
    try:
        yield opened
    finally:
        await opened.committer.close()
        opened.store.close()


def recovered(root: Path) -> SqliteStore:
    store = SqliteStore.open(root / "state.sqlite")
    recover(root, store, NOON)
    return store
