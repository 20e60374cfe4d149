"""Stalls of the event loop are told from its usual work."""

from __future__ import annotations

from typing import Any

from crawler.stalls import Stalls


class Loop:
    """At a time that is set; what is to be called waits until it is asked for."""

    def __init__(self) -> None:
        self.now, self.calls = 1000.0, 0

    def call_later(self, seconds: float, call: Any, *arguments: Any) -> None:
        self.calls += 1
        self.next = (self.now + seconds, call, arguments)

    def tick(self, late: float) -> None:
        due, call, arguments = self.next
        self.now = due + late
        call(*arguments)


def test_what_a_tick_is_late_by_is_a_stall_unless_it_is_usual():
    loop = Loop()
    stalls = Stalls(lambda: loop.now)
    assert stalls.seconds == 0.0
    stalls.watch(loop)  # type: ignore[arg-type]
    for late, total in ((0.0, 0.0), (0.04, 0.0), (2.0, 2.0), (0.0, 2.0), (0.5, 2.5)):
        loop.tick(late)
        assert round(stalls.seconds, 6) == total
    assert loop.calls == 6


def test_a_stall_counts_before_its_tick_has_come():
    """What came in meanwhile is read before that."""
    loop = Loop()
    stalls = Stalls(lambda: loop.now)
    stalls.watch(loop)  # type: ignore[arg-type]
    loop.now += 3.1
    assert round(stalls.seconds, 6) == 3.0
    loop.tick(3.0)
    assert round(stalls.seconds, 6) == 3.0
