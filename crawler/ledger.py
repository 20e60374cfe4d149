"""The ledger by host: what each host of a crawl was sent, how closely together, and what it had asked for.

Owns the accounts, and the proof that they give: the shortest gap between the end of an answer and the next request,
and the most requests under way at once. Pure: it is told what happens, with moments of time.monotonic(), and must not
know who sees to it that the delays are kept: it would otherwise say of itself that it is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_HOSTS = 100_000
"""So many have an account of their own; all others share one without a name."""

_CLOCK_SECONDS = 0.001  # a gap that is short by less is none: it is what a clock can tell


@dataclass(slots=True)
class HostAccount:
    """`requests` went out on the wire, `bytes` came back. `delay_seconds` is the longest delay that the host was owed,
    `delay_by` who asked for it; the rest of `…_seconds` is the longest that each asked for, whether or not another's
    was longer. `too_soon` counts requests that were sent before the delay had passed: it must be 0."""

    host: str
    requests: int = 0
    bytes: int = 0
    robots_denied: int = 0
    delay_seconds: float = 0.0
    delay_by: str = ""
    registry_seconds: float = 0.0
    crawl_delay_seconds: float = 0.0
    throttle_seconds: float = 0.0
    retry_after_seconds: float = 0.0
    retry_afters: int = 0
    shortest_gap_seconds: float = inf
    too_soon: int = 0
    most_at_once: int = 0
    rests: int = 0
    at_once: int = 0
    ended_at: float = -inf
    free_at: float = -inf

    def as_json(self) -> dict[str, Any]:
        gap = None if self.shortest_gap_seconds == inf else round(self.shortest_gap_seconds, 3)
        asked = {"registry": self.registry_seconds, "crawl_delay": self.crawl_delay_seconds,
                 "throttle": self.throttle_seconds, "retry_after": self.retry_after_seconds}
        return {
            "host": self.host or None, "requests": self.requests, "bytes": self.bytes,
            "robots_denied": self.robots_denied, "delay_seconds": round(self.delay_seconds, 3),
            "delay_by": self.delay_by or None,
            "asked_seconds": {asker: round(seconds, 3) for asker, seconds in asked.items() if seconds},
            "retry_afters": self.retry_afters, "shortest_gap_seconds": gap, "too_soon": self.too_soon,
            "most_at_once": self.most_at_once, "rests": self.rests,
        }


@dataclass(frozen=True, slots=True)
class Begun:
    """How long after the last answer a request is sent, and whether that is sooner than the host is owed."""

    gap_seconds: float
    is_too_soon: bool


class HostLedger:
    """Accounts of up to `max_hosts` hosts. In the one that the others share, gaps and what is under way at once are not
    kept: they would be those of different hosts."""

    def __init__(self, max_hosts: int = MAX_HOSTS) -> None:
        self._max_hosts = max_hosts
        self._accounts: dict[str, HostAccount] = {}
        self._others = HostAccount("")

    def account(self, host: str) -> HostAccount:
        found = self._accounts.get(host)
        if found is None:
            if len(self._accounts) >= self._max_hosts:
                return self._others
            found = self._accounts[host] = HostAccount(host)
        return found

    def began(self, host: str, at: float, delay_seconds: float, asker: str) -> Begun:
        """A request is to go out, to a host that is owed this delay."""
        account = self.account(host)
        if delay_seconds > account.delay_seconds or not account.delay_by:
            account.delay_seconds, account.delay_by = delay_seconds, asker
        if asker in {"registry", "throttle"}:
            self._keep_longest(account, asker, delay_seconds)
        if account is self._others:
            return Begun(inf, is_too_soon=False)
        account.at_once += 1
        account.most_at_once = max(account.most_at_once, account.at_once)
        free_at = max(account.ended_at + delay_seconds, account.free_at)
        return Begun(max(at - account.ended_at, 0.0), is_too_soon=at < free_at - _CLOCK_SECONDS)

    def ended(self, host: str, begun: Begun, at: float, received_bytes: int | None) -> None:
        """What had `begun` is over, and so many bytes came. None: no connection was had, so that nothing was sent, and
        there is no gap."""
        account = self.account(host)
        if account is not self._others:
            account.at_once -= 1
        if received_bytes is None:
            return
        account.requests += 1
        account.bytes += received_bytes
        account.too_soon += begun.is_too_soon
        account.shortest_gap_seconds = min(account.shortest_gap_seconds, begun.gap_seconds)
        if account is not self._others:
            account.ended_at = max(account.ended_at, at)

    def asked_to_wait(self, host: str, at: float, seconds: float) -> None:
        """By Retry-After: nothing is to be sent within so many seconds."""
        account = self.account(host)
        account.retry_afters += 1
        account.retry_after_seconds = max(account.retry_after_seconds, seconds)
        account.free_at = max(account.free_at, at + seconds)

    def asked_by(self, host: str, asker: str, seconds: float) -> None:
        """By the registry, or by Crawl-delay: as asked, however much of it is kept to."""
        self._keep_longest(self.account(host), asker, seconds)

    @staticmethod
    def _keep_longest(account: HostAccount, asker: str, seconds: float) -> None:
        name = f"{asker}_seconds"
        setattr(account, name, max(getattr(account, name), seconds))

    def denied(self, host: str) -> None:
        """robots.txt forbids a URL of the host, which is not asked for."""
        self.account(host).robots_denied += 1

    def rested(self, host: str) -> None:
        """The host is left alone for a while from now on."""
        self.account(host).rests += 1

    def lines(self) -> Iterator[dict[str, Any]]:
        """An object a host, by name; that of all the others last, with host null."""
        for host in sorted(self._accounts):
            yield self._accounts[host].as_json()
        if self._others != HostAccount(""):
            yield self._others.as_json()
