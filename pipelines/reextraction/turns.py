"""Work on many things, some at a time.

Owns how many are under way, and the order in which results come. Must not know what the work is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

_T = TypeVar("_T")


def _begun(work: Awaitable[_T]) -> asyncio.Future[_T]:
    """Where several fail, the first error is told, and asyncio is not to complain about the others."""
    future = asyncio.ensure_future(work)
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


async def as_done(
    items: Iterable[Any], work: Callable[[Any], Awaitable[_T]], at_once: int,
) -> AsyncIterator[_T]:
    """The results as they come, with so many under way."""
    waiting: set[asyncio.Future[_T]] = set()
    try:
        for item in items:
            waiting.add(_begun(work(item)))
            while len(waiting) >= at_once:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    yield each.result()
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                yield each.result()
    finally:
        for each in waiting:
            each.cancel()


async def in_order(
    items: Iterable[Any], work: Callable[[Any], Awaitable[_T]], at_once: int,
) -> AsyncIterator[_T]:
    """The results in the order of the items, with so many under way."""
    waiting: list[asyncio.Future[_T]] = []
    try:
        for item in items:
            waiting.append(_begun(work(item)))
            while len(waiting) >= at_once:
                yield await waiting[0]
                waiting.pop(0)
        while waiting:
            yield await waiting[0]
            waiting.pop(0)
    finally:
        for each in waiting:
            each.cancel()
