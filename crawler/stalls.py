"""How long the event loop was held up: what a host seems to take longer meanwhile is none of its doing.

Owns that one measure. A tick that comes late tells; what is less than the loop always has to do counts for nothing.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_TICK_SECONDS = 0.1
_USUAL_SECONDS = 0.05


class Stalls:
    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._due = float("inf")
        self._seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._seconds = self.seconds
        self._due = self._clock() + _TICK_SECONDS
        self._timer = loop.call_later(_TICK_SECONDS, self.watch, loop)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    @property
    def seconds(self) -> float:
        """In all, with a stall that ends only now."""
        late = self._clock() - self._due
        return self._seconds + (late if late > _USUAL_SECONDS else 0.0)
