"""The pages that wait for their articles, from memory or from the archive.

Owns how many are kept in memory, and how a page is read back as it was fetched. Must not know what they wait for.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import DropItem
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes

from pipelines.errors import BroadsheetError
from pipelines.extract import CONFIRMED
from pipelines.items import Page
from pipelines.reader import Archive
from pipelines.visit import VISIT, OwedVisit

if TYPE_CHECKING:
    from pathlib import Path

    from scrapy.http import Response

    from pipelines.store import Owed
    from pipelines.visit import Pay, Visit

_MEMORY_BYTES = 32 << 20    # of bodies


async def owe(visit: Visit, confirmed: tuple[int, ...], pay: Pay) -> OwedVisit | None:
    """Archive a page without its article, which is made later; None if an error of ours has become its outcome."""
    try:
        await visit.take_page()
        committed = await visit.owe(confirmed)
    except (OSError, sqlite3.Error, BroadsheetError, RuntimeError) as error:  # the session has said it, or does
        raise DropItem(f"not committed: {error}", log_level="DEBUG") from error
    return OwedVisit(committed.owed, committed.fetch, pay) if committed.owed is not None else None


class OwedPages:
    """Those of the archive at `root`."""

    def __init__(self, root: Path) -> None:
        self._reader = Archive(root)
        self._at_hand: dict[str, Response] = {}
        self._bytes = 0

    def keep(self, owed: Owed, response: Response) -> None:
        """Have the page's response at hand, if there is room."""
        if self._bytes + len(response.body) <= _MEMORY_BYTES:
            self._bytes += len(response.body)
            self._at_hand[owed.id] = response

    async def page(self, visit: OwedVisit, *, keeps: bool = False) -> Page:
        """The page of a visit, as it was; what was at hand stays there if one `keeps` it. ArchiveDamagedError, OSError
        or ValueError if it cannot be read."""
        owed = visit.owed
        response = self._at_hand.get(owed.id)
        if response is None:
            response = await asyncio.to_thread(self._from_archive, owed)
        elif not keeps:
            del self._at_hand[owed.id]
            self._bytes -= len(response.body)
        request = response.request or Request(response.url)
        response.request = request.replace(meta={**request.meta, VISIT: visit, CONFIRMED: list(owed.confirmed)})
        return Page(response)

    def _from_archive(self, owed: Owed) -> Response:
        fields = json.loads(owed.fetch)
        exchange = fields["exchanges"][-1]
        pointer = exchange["refers_to"] or exchange["response"]
        body = self._reader.payload({"warc": pointer})
        headers = Headers({"Content-Type": fields["http"]["content_type"]} if fields["http"]["content_type"] else {})
        kind = responsetypes.from_args(headers=headers, url=fields["final_url"], body=body)
        return kind(url=fields["final_url"], status=fields["http"]["status"], headers=headers, body=body,
                    request=Request(fields["final_url"]))
