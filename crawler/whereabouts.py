"""Where the visits of a crawl are: the host that each is at, or waits for.

Owns how many a host has. A visit that was redirected is its new host's business, and no longer that of the host whose
page it is. Must not know when a host may be asked.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.visit import Visit

MOST_AWAY = 16
"""So many pages of a host wait at other hosts, which its redirects lead to, before no more of it are fetched: whatever
leads to a host that is slow would fill the memory."""


class Whereabouts:
    """Of visits from being handed out to having landed: what becomes of their answers is no host's business."""

    def __init__(self) -> None:
        self._sent: dict[Visit, str] = {}
        self._waiting: dict[Visit, str] = {}

    def __bool__(self) -> bool:
        return bool(self._sent or self._waiting)

    def send(self, visit: Visit, host: str) -> None:
        """It is with the downloader, on its way to the host."""
        self._waiting.pop(visit, None)
        self._sent[visit] = host

    def wait(self, visit: Visit, host: str) -> None:
        """It waits to go on at the host."""
        self._sent.pop(visit, None)
        self._waiting[visit] = host

    def landed(self) -> list[Visit]:
        """Those whose download has ended; told once."""
        landed = [visit for visit in self._sent if not visit.in_download]
        for visit in landed:
            del self._sent[visit]
        return landed

    def is_sent(self, host: str) -> bool:
        """Whether one is on its way to the host."""
        return host in self._sent.values()

    def by_host(self, per_host: int) -> Counter[str]:
        """How many each host has, of `per_host` that it may have."""
        at = [(visit, host) for visits in (self._sent, self._waiting) for visit, host in visits.items()]
        busy = Counter(host for _, host in at)
        away = Counter(visit.lease.host for visit, host in at if visit.lease and visit.lease.host != host)
        busy.update({host: per_host for host, number in away.items() if number >= MOST_AWAY})
        return busy
