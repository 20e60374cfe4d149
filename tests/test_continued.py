"""Redirects and retries go on in the order in which their time came, each when its host may be asked."""

from __future__ import annotations

from scrapy import Request

from crawler.continued import Continued

A, B = "a.example", "b.example"


def waiting(*entries: tuple[str, str, float]) -> Continued:
    continued = Continued()
    for host, path, not_before in entries:
        continued.add(host, Request(f"http://{host}/{path}"), not_before)
    return continued


def taken(continued: Continued, now: float, held: str = "") -> list[str]:
    paths = []
    while (request := continued.take(now, lambda host: host == held)) is not None:
        paths.append(request.url[-1])
    return paths


def test_that_whose_time_came_first_goes_first_over_all_hosts():
    continued = waiting((A, "4", 9.0), (B, "2", 5.0), (A, "1", 0.0), (A, "3", 5.0))
    assert taken(continued, 5.0) == ["1", "2", "3"]
    assert continued
    assert taken(continued, 9.0) == ["4"]
    assert not continued


def test_those_of_a_host_that_is_held_keep_no_other_waiting():
    continued = waiting((A, "1", 0.0), (A, "2", 0.0), (B, "3", 0.0))
    assert taken(continued, 5.0, held=A) == ["3"]
    assert sorted(request.url[-1] for request in continued.requests()) == ["1", "2"]
    assert taken(continued, 5.0) == ["1", "2"]


def test_the_next_time_is_the_first_that_is_still_to_come():
    continued = waiting((A, "1", 9.0), (B, "2", 5.0))
    assert [continued.next_at(now) for now in (0.0, 5.0, 9.0)] == [5.0, 9.0, None]
