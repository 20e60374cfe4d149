"""The newest of many records, or all of them newest first, without holding them in memory.

Owns the sorting. Must not know what a record is beyond its key.
"""

from __future__ import annotations

import heapq
import json
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Record = dict[str, Any]


class Newest:
    """Takes `records` in; iterate for those with the largest keys first, at most `limit`, None for all of
    them.

    `total` counts all that came. With a limit, that many records are in memory; without, they wait in a
    temporary file, and only their keys are in memory.
    """

    def __init__(self, records: Iterable[Record], key: Callable[[Record], Any], limit: int | None) -> None:
        self.total = 0
        self._key = key
        self._sorted = self._all(self._counted(records)) if limit is None else iter(
            heapq.nlargest(limit, self._counted(records), key=key))

    def __iter__(self) -> Iterator[Record]:
        return self._sorted

    def _counted(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            self.total += 1
            yield record

    def _all(self, records: Iterable[Record]) -> Iterator[Record]:
        with tempfile.TemporaryFile() as spool:
            places = []
            for record in records:
                places.append((self._key(record), spool.tell()))
                spool.write(json.dumps(record).encode() + b"\n")
            for _, offset in sorted(places, key=lambda place: place[0], reverse=True):
                spool.seek(offset)
                yield json.loads(spool.readline())
