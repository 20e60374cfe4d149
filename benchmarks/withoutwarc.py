"""`scrapy …` as it would be if nothing were written to WARC files: what archiving costs is the difference.

Owns what is left out: building records, their digests, compression, appending, syncing. Everything else is the same,
but for pointers, which lead nowhere.

    python -m benchmarks.withoutwarc crawl news …
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scrapy.cmdline import execute

import pipelines.archive
from pipelines.records import rfc3339
from pipelines.warc import new_record_id
from pipelines.warcrecords import ExchangeRecords

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.exchange import Exchange


@dataclass(frozen=True, slots=True)
class _Unwritten:
    """A member of no bytes."""

    record_id: str
    payload_digest: str
    date: str

    def write_to(self, append: Callable[[bytes], object]) -> None:
        """Nothing."""


def nothing(exchange: Exchange, *_: Any, **__: Any) -> ExchangeRecords:
    def member() -> Any:
        return _Unwritten(new_record_id(), "sha1:", rfc3339(exchange.started_at))

    return ExchangeRecords(member() if exchange.response else None, member(), member())


if __name__ == "__main__":
    pipelines.archive.exchange_records = nothing  # type: ignore[assignment]
    sys.argv[0] = "scrapy"
    execute()
