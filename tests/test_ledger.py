"""The ledger by host tells what happened, also what should not have."""

from __future__ import annotations

import tracemalloc
from typing import Any

from crawler.ledger import HostLedger

HOST = "a.example"


def account(ledger: HostLedger, host: str = HOST) -> dict[str, Any]:
    return next(line for line in ledger.lines() if line["host"] == host)


def ask(ledger: HostLedger, began_at: float, ended_at: float, delay: float = 1.0, host: str = HOST) -> None:
    ledger.ended(host, ledger.began(host, began_at, delay, "registry"), ended_at, 100)


def test_the_shortest_gap_is_from_an_end_to_the_next_beginning():
    ledger = HostLedger()
    for began_at, ended_at in ((10.0, 15.0), (16.5, 17.0), (18.25, 19.0)):
        ask(ledger, began_at, ended_at)
    line = account(ledger)
    assert (line["requests"], line["bytes"], line["most_at_once"]) == (3, 300, 1)
    assert (line["shortest_gap_seconds"], line["too_soon"]) == (1.25, 0)
    assert (line["delay_seconds"], line["delay_by"], line["asked_seconds"]) == (1.0, "registry", {"registry": 1.0})


def test_a_request_that_comes_too_soon_is_told():
    ledger = HostLedger()
    ask(ledger, 10.0, 11.0)
    ask(ledger, 11.9, 12.0)
    assert account(ledger)["too_soon"] == 1
    ask(ledger, 13.0, 13.5)
    assert account(ledger)["too_soon"] == 1


def test_so_is_one_before_the_end_of_a_retry_after():
    ledger = HostLedger()
    ask(ledger, 10.0, 11.0)
    ledger.asked_to_wait(HOST, 11.0, 20.0)
    ask(ledger, 30.9, 31.0)
    assert account(ledger)["too_soon"] == 1
    assert (account(ledger)["retry_afters"], account(ledger)["asked_seconds"]["retry_after"]) == (1, 20.0)


def test_where_no_connection_was_had_nothing_was_sent_and_there_is_no_gap():
    ledger = HostLedger()
    ask(ledger, 10.0, 11.0)
    for began_at in (11.5, 11.6):
        ledger.ended(HOST, ledger.began(HOST, began_at, 1.0, "registry"), began_at + 0.2, None)
    ask(ledger, 12.0, 12.5)
    line = account(ledger)
    assert (line["requests"], line["too_soon"], line["shortest_gap_seconds"]) == (2, 0, 1.0)
    assert line["most_at_once"] == 1


def test_requests_that_are_under_way_together_are_counted():
    ledger = HostLedger()
    for _ in range(3):
        begun = ledger.began(HOST, 10.0, 0.0, "default")
    ledger.ended(HOST, begun, 11.0, 10)
    ledger.began(HOST, 11.0, 0.0, "default")
    assert account(ledger)["most_at_once"] == 3


def test_what_was_asked_for_is_the_longest_of_each_whoever_had_his_way():
    ledger = HostLedger()
    ledger.asked_by(HOST, "crawl_delay", 86400.0)
    ledger.asked_by(HOST, "crawl_delay", 5.0)
    ledger.ended(HOST, ledger.began(HOST, 10.0, 300.0, "crawl_delay"), 11.0, 10)
    ledger.began(HOST, 500.0, 350.0, "throttle")
    line = account(ledger)
    assert line["asked_seconds"] == {"crawl_delay": 86400.0, "throttle": 350.0}
    assert (line["delay_seconds"], line["delay_by"]) == (350.0, "throttle")


def test_hosts_beyond_the_limit_share_a_line_that_says_nothing_of_gaps():
    ledger = HostLedger(max_hosts=2)
    for number, host in enumerate(("b.example", "a.example", "c.example", "d.example")):
        ask(ledger, number, number + 1.0, host=host)
        ledger.denied(host)
    lines = list(ledger.lines())
    assert [line["host"] for line in lines] == ["a.example", "b.example", None]
    assert (lines[2]["requests"], lines[2]["bytes"], lines[2]["robots_denied"]) == (2, 200, 2)
    assert (lines[2]["shortest_gap_seconds"], lines[2]["most_at_once"], lines[2]["too_soon"]) == (None, 0, 0)


def test_a_ledger_of_nothing_has_no_lines():
    assert list(HostLedger().lines()) == []


def test_a_hundred_thousand_hosts_take_no_more_than_fifty_mebibytes_and_more_hosts_no_more_than_they():
    names = [f"host{number}.example" for number in range(120_000)]
    ledger = HostLedger()
    tracemalloc.start()
    try:
        for number, host in enumerate(names):
            ask(ledger, number, number + 0.5, host=host)
            if number == 99_999:
                full = tracemalloc.get_traced_memory()[0]
        assert full < 50 << 20
        assert tracemalloc.get_traced_memory()[0] < full + 10_000
    finally:
        tracemalloc.stop()
