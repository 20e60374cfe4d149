"""When a host may be sent its next request, and who wants it so.

Owns the clock of one host: the delays that were asked for, how long the host takes to answer, and when its last answer
ended. Pure: moments are those of time.monotonic(), given by the caller. Must not know requests, nor who waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf


class Asker(StrEnum):
    """Who asked for a delay."""

    DEFAULT = "default"  # DOWNLOAD_DELAY
    REGISTRY = "registry"
    CRAWL_DELAY = "crawl_delay"
    THROTTLE = "throttle"


@dataclass(frozen=True, slots=True)
class PaceRules:
    """What holds for every host. A host waits `latency_factor` times as long as it takes to answer, and twice as long
    after each 429 or 503, up to `max_throttle_seconds`: 0 turns both off. Of a Crawl-delay no more than
    `max_crawl_delay_seconds` are kept to. Each wait is stretched by up to `jitter` of it; none is shortened."""

    default_seconds: float = 1.0
    latency_factor: float = 2.0
    max_throttle_seconds: float = 60.0
    max_crawl_delay_seconds: float = 300.0
    jitter: float = 0.0


_NEWEST_COUNTS = 0.3  # of the smoothed latency
_RELIEF = 0.8  # of what a host that was busy waits longer, with each answer that is none of these
_BUSY = frozenset({429, 503})


@dataclass(slots=True)
class Pace:
    """The pace of one host. A delay counts from the end of an answer, so that whatever the network does the host sees
    no shorter gap. `named_seconds` is that of a site that names the host, `led_to_seconds` that of sites whose links
    or redirects lead to it: it counts for a host that no site names."""

    named_seconds: float | None = None
    led_to_seconds: float | None = None
    crawl_delay_seconds: float = 0.0
    latency_seconds: float = 0.0
    backoff_seconds: float = 0.0
    stretch: float = 1.0
    ended_at: float = -inf
    paused_until: float = -inf

    def delay(self, rules: PaceRules) -> tuple[float, Asker]:
        """The longest that is asked for, in seconds, and by whom."""
        seconds, asker = self._of_site(rules)
        crawl_delay = min(self.crawl_delay_seconds, rules.max_crawl_delay_seconds)
        if crawl_delay > seconds:
            seconds, asker = crawl_delay, Asker.CRAWL_DELAY
        throttle = self._throttle(rules) if seconds else 0.0  # who keeps no delay at all does not want one
        return (throttle, Asker.THROTTLE) if throttle > seconds else (seconds, asker)

    def _of_site(self, rules: PaceRules) -> tuple[float, Asker]:
        seconds = self.led_to_seconds if self.named_seconds is None else self.named_seconds
        return (rules.default_seconds, Asker.DEFAULT) if seconds is None else (seconds, Asker.REGISTRY)

    def _throttle(self, rules: PaceRules) -> float:
        slow = self.latency_seconds * rules.latency_factor
        return min(max(slow, self.backoff_seconds), rules.max_throttle_seconds)

    def ripe_at(self, rules: PaceRules) -> float:
        """The moment from which the next request may be sent."""
        return max(self.ended_at + self.delay(rules)[0] * self.stretch, self.paused_until)

    def began(self, at: float) -> None:
        """Where several requests at once are allowed, their beginnings keep the delay too."""
        self.ended_at = max(self.ended_at, at)

    def ended(self, at: float, seconds: float, status: int | None, rules: PaceRules) -> None:
        """An exchange that took `seconds` has ended, with an answer or without."""
        self.ended_at = max(self.ended_at, at)
        newest = _NEWEST_COUNTS if self.latency_seconds else 1.0
        self.latency_seconds += newest * (seconds - self.latency_seconds)
        if status in _BUSY:
            least = max(self.backoff_seconds, self._of_site(rules)[0])
            self.backoff_seconds = min(2 * least, rules.max_throttle_seconds)
        elif status is not None:
            self.backoff_seconds *= _RELIEF

    def pause(self, until: float) -> None:
        self.paused_until = max(self.paused_until, until)
