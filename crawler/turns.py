"""Turns at a host: one request after the other, each when its host's pace allows.

Owns who is next at which host. A host is a host name, whatever the port and the scheme, and however a request came: as
a page, as robots.txt, over a redirect or once more. Scrapy's slots do not see to that: a redirected request stays in
the slot of the host that it came from. Must not know requests and answers.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


class _Door:
    """Of one host: so many may be in, and one at a time waits for the moment to go in."""

    __slots__ = ("first", "seats", "users")

    def __init__(self, at_once: int) -> None:
        self.users = 0
        self.seats = asyncio.Semaphore(at_once)
        self.first = asyncio.Lock()


class Turns:
    """`at_once` requests a host. A host that nobody is at, or waits for, costs nothing."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._doors: dict[str, _Door] = {}

    def are_wanted(self, host: str) -> bool:
        """Whether somebody is at the host, or waits for it."""
        return host in self._doors

    @property
    def hosts(self) -> list[str]:
        """Those of which that is so."""
        return list(self._doors)

    @asynccontextmanager
    async def turn(self, host: str, until_ripe: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """In the order of their coming; `until_ripe` is awaited by who is next, and may raise to give its turn up."""
        door = self._doors.get(host)
        if door is None:
            door = self._doors[host] = _Door(self._at_once)
        door.users += 1
        try:
            async with door.seats:
                async with door.first:
                    await until_ripe()
                yield
        finally:
            door.users -= 1
            if not door.users:
                del self._doors[host]
