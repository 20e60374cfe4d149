"""What a host asks for is kept to: the delay of its site, Crawl-delay, Retry-After, and one request at a time."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request

from crawler.outcomes import PutBackError
from crawler.pace import PaceRules
from crawler.politeness import Politeness
from crawler.robotrules import RobotRules
from crawler.turns import Turns
from pipelines.exchange import Answer
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from collections.abc import Awaitable

DEFAULT = 1.0
AGENT = "Broadsheet/0.1.0 (+you@example.org)"
OK = b"HTTP/1.1 200 OK\r\n\r\nhello"


class Crawl:
    """Requests at a time that passes only while somebody sleeps, or a host takes `latency` to answer."""

    def __init__(self, at_once: int = 1, max_wait_seconds: float = 30.0, **rules: float) -> None:
        self.now, self.latency = 1000.0, 0.0
        self.answers: dict[str, bytes] = {}
        self.log: list[tuple[str, float]] = []
        self.under_way = 0
        self.politeness = Politeness(
            PaceRules(**{"default_seconds": DEFAULT, "latency_factor": 0.0, **rules}), Turns(at_once),
            max_wait_seconds=max_wait_seconds, clock=lambda: self.now, own_agent=AGENT)

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds

    async def _admit(self) -> None:
        """Nothing is left alone."""

    async def ask(self, url: str, site: str | None = None) -> None:
        request = Request(url, meta={VISIT: SimpleNamespace(site=site)} if site else None)
        async with self.politeness.turn(request, self._sleep, self._admit) as turn:
            self.under_way += 1
            self.log.append((url, self.now))
            await asyncio.sleep(0)  # others try to get in between
            self.now += self.latency
            self.under_way -= 1
            answer = Answer(self.answers.get(url, OK))
            turn.exchange = SimpleNamespace(response=answer, seconds=self.latency)

    def run(self, *asking: Awaitable[Any]) -> None:
        async def together() -> None:
            await asyncio.gather(*asking)

        asyncio.run(together())

    def waits(self, *urls: str, site: str | None = None) -> list[float]:
        """Seconds between the beginnings of requests that are all there from the start."""
        self.run(*(self.ask(url, site) for url in urls))
        moments = [moment for _, moment in self.log]
        return [round(later - earlier, 6) for earlier, later in pairwise(moments)]

    def robots(self, host: str, text: str) -> None:
        self.politeness.robots_parsed(RobotRules(text.encode()), Request(f"https://{host}/a"))

    def account(self, host: str) -> dict[str, Any]:
        return self.politeness.ledger.account(host).as_json()


A, B = "https://a.example/", "https://b.example/"


@pytest.mark.parametrize(("text", "delay"), [
    ("User-agent: *\nCrawl-delay: 7\n", 7.0),
    ("User-agent: *\nCrawl-delay: 2.5\n", 2.5),
    ("User-agent: *\nCrawl-delay: 0\n", DEFAULT),
    ("User-agent: *\nCrawl-delay: soon\n", DEFAULT),
    ("User-agent: other\nCrawl-delay: 7\n", DEFAULT),
    ("User-agent: broadsheet\nCrawl-delay: 9\n\nUser-agent: *\nCrawl-delay: 3\n", 9.0),
    ("", DEFAULT),
])
def test_a_crawl_delay_is_kept_if_it_is_longer(text, delay):
    crawl = Crawl()
    crawl.robots("a.example", text)
    assert crawl.waits(A + "1", A + "2", A + "3") == [delay, delay]
    assert Crawl().waits(B, B + "2") == [DEFAULT], "of that host alone"


@pytest.mark.parametrize(("own", "asked", "delay"), [(0.2, 5, 5.0), (10.0, 5, 10.0), (0.0, 0, 0.0)])
def test_the_longer_of_the_sites_own_and_the_one_asked_for_counts_in_whichever_order(own, asked, delay):
    for first_own in (True, False):
        crawl = Crawl()
        steps = [lambda crawl=crawl: crawl.politeness.set_delay("a.example", own),
                 lambda crawl=crawl: crawl.robots("a.example", f"User-agent: *\nCrawl-delay: {asked}\n")]
        for step in steps if first_own else reversed(steps):
            step()
        assert crawl.waits(A, A + "2") == [delay]


def test_of_two_sites_on_one_host_the_slower_counts():
    crawl = Crawl()
    for seconds in (2.0, 0.5, 3.0, 1.0):
        crawl.politeness.set_delay("a.example", seconds)
    assert crawl.waits(A, A + "2") == [3.0]


def test_an_absurd_crawl_delay_is_bounded_and_the_log_says_so(caplog):
    crawl = Crawl(max_crawl_delay_seconds=60.0)
    crawl.robots("a.example", "User-agent: *\nCrawl-delay: 86400\n")
    assert crawl.waits(A, A + "2") == [60.0]
    assert caplog.messages == ["robots.txt of a.example asks for a Crawl-delay of 86400 s: it is asked every 60 s, "
                               "which is the most that CRAWL_DELAY_MAX allows"]
    assert crawl.account("a.example")["asked_seconds"]["crawl_delay"] == 86400
    assert crawl.account("a.example")["delay_seconds"] == 60


def test_the_delay_counts_from_the_end_of_the_answer():
    crawl = Crawl()
    crawl.latency = 5.0
    assert crawl.waits(A, A + "2", A + "3") == [6.0, 6.0]


def test_a_host_is_a_name_whatever_the_port_and_the_scheme():
    crawl = Crawl()
    urls = [A, "http://a.example/2", "https://A.example:8443/3", "http://a.example.:8080/4", B]
    crawl.run(*map(crawl.ask, urls))
    assert sorted(moment for url, moment in crawl.log if url != B) == [1000.0, 1001.0, 1002.0, 1003.0]
    assert crawl.account("a.example")["most_at_once"] == 1
    assert crawl.account("b.example")["requests"] == 1


def test_without_a_delay_there_still_is_one_request_at_a_time():
    crawl = Crawl(default_seconds=0.0)
    assert crawl.waits(*(A + str(number) for number in range(20))) == [0.0] * 19
    assert crawl.account("a.example")["most_at_once"] == 1
    several = Crawl(at_once=3, default_seconds=0.0)
    several.waits(*(A + str(number) for number in range(20)))
    assert several.account("a.example")["most_at_once"] == 3


def test_hosts_that_no_site_names_get_the_delay_of_the_site_that_leads_to_them():
    crawl = Crawl()
    crawl.politeness.set_delay("a.example", 4.0)
    crawl.politeness.set_site_delay("a", 4.0)
    assert crawl.waits(B, B + "2", site="a") == [4.0]
    assert crawl.account("b.example")["delay_by"] == "registry"


def test_but_one_that_a_site_names_keeps_its_own():
    crawl = Crawl()
    crawl.politeness.set_site_delay("a", 4.0)
    crawl.politeness.set_delay("b.example", 2.0)
    assert crawl.waits(B, B + "2", site="a") == [2.0]


@pytest.mark.parametrize("status", [200, 301, 403, 404, 429, 503])
def test_retry_after_is_kept_to_whatever_the_status_even_by_what_waits_already(status):
    crawl = Crawl(max_throttle_seconds=0.0)
    crawl.answers[A] = f"HTTP/1.1 {status} X\r\nRetry-After: 20\r\n\r\n".encode()
    assert crawl.waits(A, A + "2", A + "3") == [20.0, 1.0]
    assert crawl.account("a.example")["asked_seconds"]["retry_after"] == 20
    assert crawl.account("a.example")["too_soon"] == 0


def test_a_date_is_meant_by_the_servers_clock():
    crawl = Crawl()
    crawl.answers[A] = (b"HTTP/1.1 503 X\r\nDate: Thu, 01 Jan 2026 12:00:00 GMT\r\n"
                        b"Retry-After: Thu, 01 Jan 2026 12:00:25 GMT\r\n\r\n")
    assert crawl.waits(A, A + "2") == [25.0]


def test_who_asks_for_longer_than_a_crawl_waits_is_not_waited_for():
    crawl = Crawl(max_wait_seconds=30.0)
    crawl.answers[A] = b"HTTP/1.1 200 OK\r\nRetry-After: 31\r\n\r\n"
    with pytest.raises(PutBackError, match=r"a\.example asked to be left alone for another 31 s"):
        crawl.run(crawl.ask(A), crawl.ask(A + "2"))
    assert [url for url, _ in crawl.log] == [A]
    assert not crawl.politeness._turns.hosts, "and nobody is left waiting"


def test_a_crawl_delay_of_any_length_is_waited_for():
    crawl = Crawl(max_wait_seconds=30.0)
    crawl.robots("a.example", "User-agent: *\nCrawl-delay: 200\n")
    assert crawl.waits(A, A + "2") == [200.0]


def test_a_host_that_gets_slow_is_asked_less_often():
    crawl = Crawl(latency_factor=2.0)
    crawl.latency = 3.0
    assert crawl.waits(A, A + "2", A + "3") == [9.0, 9.0]
    assert crawl.account("a.example")["delay_by"] == "throttle"


def test_a_host_that_is_busy_is_asked_half_as_often_each_time_up_to_the_longest_delay():
    crawl = Crawl(latency_factor=2.0, max_throttle_seconds=10.0)
    urls = [A + str(number) for number in range(8)]
    crawl.answers = dict.fromkeys(urls[:5], b"HTTP/1.1 503 X\r\n\r\n")
    assert crawl.waits(*urls) == [2.0, 4.0, 8.0, 10.0, 10.0, 8.0, 6.4]


def test_while_our_own_event_loop_was_held_up_it_is_not_the_host_that_was_slow():
    class HeldUp:
        """Five sixths of all the time."""

        @property
        def seconds(self) -> float:
            return (crawl.now - 1000.0) * 5 / 6

    crawl = Crawl(latency_factor=2.0)
    crawl.latency, crawl.politeness.stalls = 3.0, HeldUp()
    assert crawl.waits(A, A + "2") == [3.0 + 2.0 * 0.5]


@pytest.mark.parametrize("rules", [{"latency_factor": 2.0, "default_seconds": 0.0}, {"max_throttle_seconds": 0.0}])
def test_who_wants_no_delay_or_no_throttle_has_none(rules):
    crawl = Crawl(**{"latency_factor": 2.0, **rules})
    crawl.latency = 3.0
    crawl.answers[A] = b"HTTP/1.1 503 X\r\n\r\n"
    assert crawl.waits(A, A + "2") == [3.0 + rules.get("default_seconds", DEFAULT)]


def test_jitter_only_ever_lengthens_a_delay():
    crawl = Crawl(jitter=0.5)
    waits = crawl.waits(*(A + str(number) for number in range(50)))
    assert all(1.0 <= wait < 1.5 for wait in waits)
    assert len(set(waits)) > 10


def test_what_would_only_wait_need_not_be_leased_yet():
    crawl = Crawl()
    crawl.politeness.set_delay("b.example", 0.0)
    crawl.run(crawl.ask(A), crawl.ask(B))
    politeness = crawl.politeness
    assert (politeness.not_yet(), politeness.next_ripe_seconds()) == ({"a.example"}, 0.75)
    assert (politeness.keeps_apart("a.example"), politeness.keeps_apart("b.example")) == (True, False)
    crawl.now += 0.8
    assert (politeness.not_yet(), politeness.next_ripe_seconds()) == (set(), None)


def test_a_host_that_cannot_be_reached_is_not_slow():
    crawl = Crawl(latency_factor=2.0)

    async def fails() -> None:
        async with crawl.politeness.turn(Request(A), crawl._sleep, crawl._admit):
            crawl.now += 60.0
            raise TimeoutError

    with pytest.raises(TimeoutError):
        crawl.run(fails())
    assert crawl.waits(A, A + "2") == [DEFAULT]


def test_of_very_many_hosts_those_that_may_be_asked_again_are_forgotten(monkeypatch):
    monkeypatch.setattr("crawler.politeness.MAX_HOSTS", 3)
    crawl = Crawl()
    crawl.politeness.set_delay("a.example", 5.0)
    for number in range(9):
        crawl.run(crawl.ask(f"https://{number}.example/"))
        crawl.now += 2.0
    assert len(crawl.politeness._paces) == 3
    assert "a.example" in crawl.politeness._paces, "a site names it"
