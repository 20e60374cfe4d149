"""Requests that go on with a visit, redirects and retries: each kept back until its time has come, and its host's.

Owns the order among them. Must not know leases, nor why a host is to be left alone for now.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scrapy import Request


class Continued:
    """Times are those of time.monotonic()."""

    def __init__(self) -> None:
        self._of_host: dict[str, list[tuple[float, int, Request]]] = {}
        self._order = count()

    def __bool__(self) -> bool:
        return bool(self._of_host)

    def add(self, host: str, request: Request, not_before: float) -> None:
        heappush(self._of_host.setdefault(host, []), (not_before, next(self._order), request))

    def take(self, now: float, is_held: Callable[[str], bool]) -> Request | None:
        """Of those that may go now the one whose time came first; its host's is not held."""
        hosts = [host for host, waiting in self._of_host.items() if waiting[0][0] <= now and not is_held(host)]
        if not hosts:
            return None
        host = min(hosts, key=lambda each: self._of_host[each][0][:2])
        request = heappop(self._of_host[host])[2]
        if not self._of_host[host]:
            del self._of_host[host]
        return request

    def next_at(self, now: float) -> float | None:
        """The first time that is still to come."""
        return min((waiting[0][0] for waiting in self._of_host.values() if waiting[0][0] > now), default=None)

    def requests(self) -> Iterable[Request]:
        return (request for waiting in self._of_host.values() for _, _, request in waiting)
