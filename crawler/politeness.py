"""How politely each host of a crawl is treated: what it asks for, kept to and accounted for.

Owns the pace of every host and its account in the ledger: what the registry, robots.txt and the answers say comes in
here, and the wiretap asks here before it sends anything. Must not know how turns are taken (`crawler.turns`), when a
pace allows the next request (`crawler.pace`), nor which host is left alone for longer (`crawler.hosts`).
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import asynccontextmanager
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

from scrapy import signals

from crawler.hosts import asked_to_wait_seconds
from crawler.ledger import MAX_HOSTS, HostLedger
from crawler.outcomes import PutBackError
from crawler.pace import Asker, Pace, PaceRules
from crawler.robotrules import agent_of_request
from crawler.stalls import Stalls
from crawler.turns import Turns
from pipelines.clock import utc_now
from pipelines.urlkey import host_of
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

    from crawler.ledger import Begun
    from pipelines.exchange import Exchange

logger = logging.getLogger(__name__)

_LOOKED_AT = 8
AHEAD_SECONDS = 0.25
"""So long before a host may be asked again its next page is leased: before that it would only wait in memory."""


class Politeness:
    """For every request of a crawl: `async with politeness.turn(…)` around it, with what came of it in the turn."""

    def __init__(
        self, rules: PaceRules, turns: Turns, *, max_wait_seconds: float, clock: Callable[[], float] = monotonic,
        own_agent: str = "",
    ) -> None:
        self.ledger, self.stalls = HostLedger(), Stalls(clock)
        self._rules, self._turns, self._clock = rules, turns, clock
        self._max_wait_seconds, self._own_agent = max_wait_seconds, own_agent
        self._paces: dict[str, Pace] = {}
        self._site_delays: dict[str, float] = {}
        self._ripening: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        rules = PaceRules(
            default_seconds=settings.getfloat("DOWNLOAD_DELAY"), latency_factor=settings.getfloat("THROTTLE_FACTOR"),
            max_throttle_seconds=settings.getfloat("THROTTLE_MAX_DELAY"),
            max_crawl_delay_seconds=settings.getfloat("CRAWL_DELAY_MAX"),
            jitter=settings.getfloat("DOWNLOAD_DELAY_JITTER"))
        extension = cls(rules, Turns(settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")),
                        max_wait_seconds=settings.getfloat("CRAWL_WAIT"), own_agent=settings["USER_AGENT"])
        crawler.signals.connect(extension.robots_parsed, signal=signals.robots_parsed)
        crawler.signals.connect(_stopping_clocks(crawler), signal=signals.spider_opened, weak=False)
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.stalls.end, signal=signals.spider_closed)
        return extension

    def spider_opened(self) -> None:
        self.stalls.watch(asyncio.get_running_loop())

    # What is asked for

    def set_delay(self, host: str, seconds: float) -> None:
        """The delay of a host that a site's entry names; of two sites on one host the longer."""
        pace = self._pace(host)
        pace.named_seconds = max(seconds, pace.named_seconds or 0.0)
        self.ledger.asked_by(host, Asker.REGISTRY, seconds)

    def set_site_delay(self, site: str, seconds: float) -> None:
        """The delay of whatever other hosts the links and redirects of this site lead to."""
        self._site_delays[site] = seconds

    def pause(self, host: str, seconds: float) -> None:
        """Send nothing to the host for a while, not even what waits its turn."""
        self._pace(host).pause(self._clock() + seconds)

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Its robots.txt may ask for a Crawl-delay; of several (by scheme and port) the longest counts."""
        asked = robotparser.crawl_delay(agent_of_request(request, self._own_agent))
        if not asked:
            return
        host, longest = _host(request), self._rules.max_crawl_delay_seconds
        if asked > longest:
            logger.warning("robots.txt of %s asks for a Crawl-delay of %g s: it is asked every %g s, which is the most "
                           "that CRAWL_DELAY_MAX allows", host, asked, longest)
        pace = self._pace(host)
        pace.crawl_delay_seconds = max(pace.crawl_delay_seconds, asked)
        self.ledger.asked_by(host, Asker.CRAWL_DELAY, asked)

    # How it is kept to

    @asynccontextmanager
    async def turn(
        self, request: Request, sleep: Callable[[float], Awaitable[None]], admit: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[Turn]:
        """The host is this request's alone for as long as this lasts. PutBackError from `sleep` or `admit`, which has
        the last word before something is sent, or for a host that has asked for a long wait."""
        host = _host(request)
        pace = self._pace(host)
        self._belongs(pace, request)

        async def until_ripe() -> None:
            while (seconds := pace.ripe_at(self._rules) - self._clock()) > 0:
                if pace.paused_until - self._clock() > self._max_wait_seconds:
                    raise PutBackError(f"{host} asked to be left alone for another {seconds:.0f} s")
                await sleep(seconds)
            await admit()

        async with self._turns.turn(host, until_ripe):
            turn = Turn(self._clock(), self.stalls.seconds)
            seconds, asker = pace.delay(self._rules)
            begun = self.ledger.began(host, turn.began_at, seconds, asker)
            pace.began(turn.began_at)
            try:
                yield turn
            finally:
                self._end(host, pace, turn, begun)

    def _end(self, host: str, pace: Pace, turn: Turn, begun: Begun) -> None:
        now, answer = self._clock(), turn.exchange.response if turn.exchange else None
        self.ledger.ended(host, begun, now, answer.size if answer is not None else None)
        if turn.exchange:  # one that could not be reached is the breaker's business
            seconds = max(turn.exchange.seconds - (self.stalls.seconds - turn.stalled_seconds), 0.0)
            pace.ended(now, seconds, turn.exchange.response.status, self._rules)
        pace.stretch = 1.0 + self._rules.jitter * random.random()  # noqa: S311
        wait = asked_to_wait_seconds(answer, utc_now()) if answer else 0.0
        if wait:
            pace.pause(now + wait)
            self.ledger.asked_to_wait(host, now, wait)
        if pace.ripe_at(self._rules) - now > AHEAD_SECONDS:
            self._ripening.add(host)

    def _belongs(self, pace: Pace, request: Request) -> None:
        visit = request.meta.get(VISIT)
        seconds = self._site_delays.get(visit.site) if visit is not None else None
        if seconds is not None:
            pace.led_to_seconds = max(seconds, pace.led_to_seconds or 0.0)

    def _pace(self, host: str) -> Pace:
        pace = self._paces.get(host)
        if pace is None:
            pace = self._paces[host] = Pace()
            if len(self._paces) > MAX_HOSTS:
                self._forget_one()
        return pace

    def _forget_one(self) -> None:
        """Of those known longest, one that may be asked again; its robots.txt is forgotten by then too."""
        now = self._clock()
        for host, pace in islice(self._paces.items(), _LOOKED_AT):
            if pace.named_seconds is None and pace.ripe_at(self._rules) <= now and not self._turns.are_wanted(host):
                del self._paces[host]
                self._ripening.discard(host)
                return

    # What need not be leased yet

    def not_yet(self) -> set[str]:
        """Hosts to which nothing more can be sent for a while: the next request has its turn already, or is far off."""
        latest = self._clock() + AHEAD_SECONDS
        self._ripening = {host for host in self._ripening if self._paces[host].ripe_at(self._rules) > latest}
        return self._ripening | {host for host in self._turns.hosts if self.keeps_apart(host)}

    def sends_back(self, host: str) -> bool:
        """Whether it has asked for so long a wait that what goes to it now is put back."""
        pace = self._paces.get(host)
        return pace is not None and pace.paused_until - self._clock() > self._max_wait_seconds

    def keeps_apart(self, host: str) -> bool:
        """Whether its requests are so far apart that one at a time is enough to have."""
        pace = self._paces.get(host)
        seconds = pace.delay(self._rules)[0] if pace else self._rules.default_seconds
        return seconds > AHEAD_SECONDS

    def next_ripe_seconds(self) -> float | None:
        """Until the first host is ripe that is `not_yet` for its pace alone; None: there is none."""
        moments = [self._paces[host].ripe_at(self._rules) for host in self._ripening]
        return max(min(moments) - AHEAD_SECONDS - self._clock(), 0.0) if moments else None


class Turn:
    """What came of it: set before it ends."""

    __slots__ = ("began_at", "exchange", "stalled_seconds")

    def __init__(self, began_at: float, stalled_seconds: float) -> None:
        self.began_at, self.stalled_seconds = began_at, stalled_seconds
        self.exchange: Exchange | None = None


def _stopping_clocks(crawler: Crawler) -> Callable[[], None]:
    """The downloader's slots count from the beginning of a request, each by itself. What DOWNLOAD_SLOTS asks for is
    kept to as well."""

    def stop() -> None:
        crawler.engine.downloader._delay = 0.0

    return stop


def _host(request: Request) -> str:
    return host_of(request.url)
