"""Which sites have first pages that are being read at this moment.

Owns how long others wait for a reading. Must not know what is read.
"""

from __future__ import annotations

import asyncio
import contextlib

_PATIENCE_SECONDS = 2.0     # of fetched pages with a reading of their site; they hold up other fetches meanwhile


class Readings:
    """Of one crawl, one of a site at a time."""

    def __init__(self) -> None:
        self._under_way: dict[str, tuple[float, asyncio.Event]] = {}

    def __contains__(self, site: object) -> bool:
        return site in self._under_way

    def begin(self, site: str) -> None:
        self._under_way[site] = asyncio.get_running_loop().time() + _PATIENCE_SECONDS, asyncio.Event()

    def end(self, site: str) -> None:
        self._under_way.pop(site)[1].set()

    async def until_over(self, site: str) -> None:
        """Return once the site's reading has ended, if there is one; or when patience has."""
        if site in self._under_way:
            until, is_over = self._under_way[site]
            seconds = until - asyncio.get_running_loop().time()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(is_over.wait(), max(0.0, seconds))
