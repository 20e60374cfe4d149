"""What was done to a disk, call by call, and every way in which the power may end it. No test itself.

Owns the moments: which there are, and what had been acknowledged by then, as the file `acknowledged` at the disk's top
says. Must not know archives.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.disk.model import KEPT, Disk, Loss, State
from tests.disk.trace import SYNC, Call

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Moment:
    """Just before a sync, when most is pending: call `step` of the trace. `acknowledged` are URLs."""

    step: int
    loss: Loss
    acknowledged: tuple[str, ...]
    state: State


class Story:
    """What was done to a disk, call by call."""

    def __init__(self, disk: Disk, calls: Sequence[Call]) -> None:
        self.disk, self.calls = disk, calls

    def moments(self, losses: Sequence[Loss]) -> Iterator[Moment]:
        """Every sync with every loss, and the end. What looks as it did at another moment comes once."""
        disk, met = self.disk.fork(), set()
        for step, call in enumerate([*self.calls, None]):
            for loss in losses if call is None or call.kind == SYNC else ():
                state = disk.after(loss, Random(step))
                acknowledged = acknowledged_on(disk)
                state.pop(ACKNOWLEDGED, None)
                known = hash((acknowledged, frozenset(state.items())))
                if known not in met:
                    met.add(known)
                    yield Moment(step, loss, acknowledged, state)
            if call is not None:
                disk.apply(call)

    def killed_at(self, step: int) -> Disk:
        """The disk of a machine that went on when the process was killed after so many calls."""
        disk = self.disk.fork()
        for call in self.calls[:step]:
            disk.apply(call)
        return disk


def acknowledged_on(disk: Disk) -> tuple[str, ...]:
    return tuple((disk.after(KEPT, Random(0)).get(ACKNOWLEDGED) or b"").decode().split())
