"""Tells a visit that its callback has ended, so that its page is committed no sooner than the links it found.

Owns that one signal. A spider middleware, outermost on the engine's side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.http import Response


class VisitMiddleware:
    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        visit: Visit | None = response.meta.get(VISIT)
        try:
            async for output in result:
                yield output
        finally:
            if visit is not None:
                visit.callback_ended.set()
