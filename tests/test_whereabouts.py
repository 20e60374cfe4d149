"""Where visits are: a redirected one is with the host that it goes to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from crawler.whereabouts import MOST_AWAY, Whereabouts

A, B = "a.example", "b.example"


class Visit(SimpleNamespace):
    __hash__ = object.__hash__
    __eq__ = object.__eq__


def visits(number: int, host: str = A) -> list[Any]:
    return [Visit(lease=SimpleNamespace(host=host), in_download=True) for _ in range(number)]


def test_a_visit_counts_at_the_host_that_it_is_at_or_waits_for():
    out, (first, second, third) = Whereabouts(), visits(3)
    assert not out
    for visit in (first, second, third):
        out.send(visit, A)
    out.wait(second, B)
    assert out.by_host(1) == {A: 2, B: 1}
    assert (out.is_sent(A), out.is_sent(B)) == (True, False)
    out.send(second, B)
    assert out.is_sent(B)


def test_one_that_landed_counts_nowhere_and_is_told_once():
    out, (first, second) = Whereabouts(), visits(2)
    out.send(first, A)
    out.wait(second, B)
    first.in_download = False
    assert out.landed() == [first]
    assert (out.landed(), out.by_host(1)) == ([], {B: 1})
    assert out


def test_a_host_with_many_pages_that_wait_elsewhere_has_all_it_may_have():
    out, away = Whereabouts(), visits(MOST_AWAY)
    for visit in away[:-1]:
        out.wait(visit, B)
    assert out.by_host(2) == {B: MOST_AWAY - 1}
    out.send(away[-1], B)
    assert out.by_host(2) == {A: 2, B: MOST_AWAY}
