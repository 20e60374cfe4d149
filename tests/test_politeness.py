"""The delay of a host: the site's own, and what robots.txt asks for if that is longer."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace

import pytest
from protego import Protego
from scrapy import Request
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.settings import Settings

from crawler.politeness import Politeness

DEFAULT = 1.0


class Hosts:
    """A downloader as far as delays go."""

    def __init__(self, *with_slot: str) -> None:
        self.downloader = SimpleNamespace(
            _delay=DEFAULT, per_slot_settings={},
            slots={host: SimpleNamespace(delay=DEFAULT, queue=deque()) for host in with_slot})
        settings = Settings({"USER_AGENT": "Broadsheet/0.1.0 (+you@example.org)"})
        self.politeness = Politeness(SimpleNamespace(engine=self, settings=settings))

    def robots(self, host: str, text: str) -> None:
        parser = ProtegoRobotParser.__new__(ProtegoRobotParser)
        parser.rp = Protego.parse(text)
        self.politeness.robots_parsed(parser, Request(f"https://{host}/a"))

    def delay(self, host: str) -> float:
        """What the downloader waits: of the slot if there is one, else what one will be made with."""
        slot = self.downloader.slots.get(host)
        made_with = self.downloader.per_slot_settings.get(host, {}).get("delay", DEFAULT)
        assert slot is None or slot.delay == made_with
        return made_with


@pytest.mark.parametrize("slots", [(), ("example.org",)], ids=["before the first request", "after it"])
@pytest.mark.parametrize(("text", "delay"), [
    ("User-agent: *\nCrawl-delay: 7\n", 7.0),
    ("User-agent: *\nCrawl-delay: 2.5\n", 2.5),
    ("User-agent: *\nCrawl-delay: 0\n", DEFAULT),
    ("User-agent: *\nCrawl-delay: soon\n", DEFAULT),
    ("User-agent: other\nCrawl-delay: 7\n", DEFAULT),
    ("User-agent: broadsheet\nCrawl-delay: 9\n\nUser-agent: *\nCrawl-delay: 3\n", 9.0),
    ("", DEFAULT),
])
def test_a_crawl_delay_is_kept_if_it_is_longer(slots, text, delay):
    hosts = Hosts(*slots)
    hosts.robots("example.org", text)
    assert hosts.delay("example.org") == delay
    assert hosts.delay("other.org") == DEFAULT


@pytest.mark.parametrize(("own", "asked", "delay"), [(0.2, 5, 5.0), (10.0, 5, 10.0), (0.0, 0, 0.0)])
def test_the_longer_of_the_sites_own_and_the_one_asked_for_counts_in_whichever_order(own, asked, delay):
    for first_own in (True, False):
        hosts = Hosts("example.org")
        steps = [lambda hosts=hosts: hosts.politeness.set_delay("example.org", own),
                 lambda hosts=hosts: hosts.robots("example.org", f"User-agent: *\nCrawl-delay: {asked}\n")]
        for step in steps if first_own else reversed(steps):
            step()
        assert hosts.delay("example.org") == delay


def test_of_two_sites_on_one_host_the_slower_counts():
    hosts = Hosts()
    for seconds in (2.0, 0.5, 3.0, 1.0):
        hosts.politeness.set_delay("example.org", seconds)
    assert hosts.delay("example.org") == 3.0
