"""The files that a run is writing: one open file for each kind and day, replaced when full.

Owns names, serials and rotation. Must not know what the bytes mean. Bytes appended are not safe until they are
synced and the store has committed the marks; until then they can be cut back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipelines.segments import COMPRESSIONS, Segment, SegmentName
from pipelines.store import Mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pipelines.records import SealedFile

_DAY_GRACE = timedelta(hours=1)  # a fetch that began before midnight may end after it


@dataclass(slots=True)
class Growing:
    """A segment and the figures that the store will hold of it. `context` is the id of a WARC's warcinfo."""

    segment: Segment
    rows: int = 0
    committed_bytes: int = 0
    committed_rows: int = 0
    synced_bytes: int = 0
    context: str = ""
    created_at: datetime | None = None

    @property
    def mark(self) -> Mark:
        return Mark(self.segment.name, self.segment.size, self.rows)


class SegmentSet:
    """Segments of one run by kind and day. `first_record` is called for each new WARC file with its name; `max_age` is
    how long a file is written to."""

    def __init__(
        self, root: Path, run_id: str, *, max_warc_bytes: int, max_jsonl_bytes: int, compression: str,
        first_record: Callable[[str], tuple[str, bytes]], max_age: timedelta | None = None,
    ) -> None:
        self.root, self._run_id = root, run_id
        self._max_bytes = {"warc": max_warc_bytes}
        self._max_jsonl_bytes = max_jsonl_bytes
        self._suffix = COMPRESSIONS[compression]
        self._first_record, self._max_age = first_record, max_age
        self._open: dict[tuple[str, str], Growing] = {}
        self._serials: dict[str, int] = {}
        self._full: list[Growing] = []

    def room(self, kind: str, dt: str, now: datetime) -> Growing:
        """The file for the next bytes of this kind and day: a new one if the last is full."""
        growing = self._open.get((kind, dt))
        limit = self._max_bytes.get(kind, self._max_jsonl_bytes)
        if growing and growing.segment.size >= limit:
            self._full.append(self._open.pop((kind, dt)))
            growing = None
        if growing is None:
            growing = self._create(kind, dt, now)
        return growing

    def _create(self, kind: str, dt: str, now: datetime) -> Growing:
        serial = self._serials.get(kind, 0)
        self._serials[kind] = serial + 1
        segment = Segment.create(self.root, self._name(kind, dt, serial, now))
        growing = self._open[kind, dt] = Growing(segment, created_at=now)
        if kind == "warc":
            file_name = growing.segment.name.path.rpartition("/")[2]
            growing.context, data = self._first_record(file_name)
            growing.segment.append(data)
            growing.rows = 1
        return growing

    def _name(self, kind: str, dt: str, serial: int, now: datetime) -> SegmentName:
        if kind == "warc":
            stamp = now.strftime("%Y%m%d%H%M%S") + f"{now.microsecond // 1000:03}"
            return SegmentName(f"warc/dt={dt}/broadsheet-{stamp}-{serial:05}-{self._run_id}.warc.gz", kind, dt)
        return SegmentName(f"{kind}/dt={dt}/{self._run_id}-{serial:05}.jsonl{self._suffix}", kind, dt)

    def growing(self) -> list[Growing]:
        """Every file that is not sealed, full ones included."""
        return [*self._full, *self._open.values()]

    def cut_back(self) -> None:
        """Undo what was appended since the last commit; a file of which nothing was committed goes."""
        for growing in self.growing():
            if growing.committed_bytes == 0:
                self._drop(growing)
            else:  # even where nothing was added: a write that failed may have left a part
                growing.segment.cut(growing.committed_bytes)
                growing.synced_bytes = min(growing.synced_bytes, growing.committed_bytes)
                growing.rows = growing.committed_rows

    def _drop(self, growing: Growing) -> None:
        growing.segment.discard()
        self._open = {key: other for key, other in self._open.items() if other is not growing}
        self._full = [other for other in self._full if other is not growing]

    def take_finished(self, now: datetime) -> list[Growing]:
        """Files that get nothing more: full ones, old ones, and those of a day that is over."""
        last_day = (now - _DAY_GRACE).strftime("%Y-%m-%d")
        for key in [key for key, growing in self._open.items() if key[1] < last_day or self._is_old(growing, now)]:
            self._full.append(self._open.pop(key))
        finished, self._full = self._full, []
        return finished

    def _is_old(self, growing: Growing, now: datetime) -> bool:
        return self._max_age is not None and growing.created_at is not None and (
            now - growing.created_at >= self._max_age)

    def take_all(self) -> list[Growing]:
        """Everything, to be sealed at the end of the run."""
        everything = self.growing()
        self._open, self._full = {}, []
        return everything

    def seal(self, growing: Growing) -> SealedFile:
        return growing.segment.seal(growing.rows)
