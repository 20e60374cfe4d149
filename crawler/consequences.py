"""What the end of a visit means beside its outcome: for its host, and for when its URL is visited again.

Owns putting these together. Must not know how a visit is made durable (`crawler.session`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from crawler.followed import followed_by
from crawler.hosts import asked_by, asked_to_wait_seconds
from crawler.politeness import Politeness
from crawler.retries import next_try
from crawler.wallreason import reason_of_error
from pipelines.records import SOURCES, Outcome, Role
from pipelines.urlkey import host_of
from pipelines.visit import Settlement

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.crawler import Crawler

    from crawler.hosts import Hosts
    from pipelines.store import HostHealth
    from pipelines.visit import Payment, Visit

_Ending = TypeVar("_Ending", "Settlement", "Payment")


def _found(ending: Settlement | Payment) -> tuple[str, list[str]]:
    """The address of the page, and how it was found: first, and how else."""
    if isinstance(ending, Settlement):
        return ending.url, [way.via for way in (ending.discovered, *ending.also)]
    fetch = json.loads(ending.owed.fetch)
    return fetch["url"], [way["via"] for way in (fetch["discovered"], *fetch.get("discovered_also", ()))]


class Consequences:
    """`hosts` is what is known of hosts, and learns from each visit."""

    def __init__(self, crawler: Crawler, hosts: Hosts) -> None:
        self._crawler, self._hosts = crawler, hosts

    def wanted(self, ending: _Ending, site: str) -> _Ending:
        """An article that proves to lie outside of what is wanted of its site is refused; its page stays archived."""
        followed = followed_by(self._crawler.spider)
        if followed is None or ending.article is None:
            return ending
        url, ways = _found(ending)
        reason = followed.reason_to_drop(site, url, ending.article, ways)
        if reason is None:
            return ending
        return replace(ending, outcome=Outcome.REFUSED, reason=reason, article=None, is_final=True)

    def of_visit(self, visit: Visit, settlement: Settlement) -> Settlement:
        """What the end of the visit means for its host, and for when its URL is visited again; and by what an error is
        a wall."""
        settlement = self.wanted(settlement, visit.site)
        status, now, outcome = visit.status, settlement.finished_at, settlement.outcome
        host = self._health_after(visit, settlement)
        retry_at, is_final = None, False
        if visit.lease and visit.role not in SOURCES and not getattr(self._crawler.spider, "retries_when_found", False):
            retry_at = next_try(outcome, status, visit.lease.attempts, now)
            is_final = settlement.is_final or (retry_at is None and outcome is not Outcome.REFUSED)
            if visit.lease.request is None:  # it lives in this process alone: it can only be found again
                retry_at = None
        reason = reason_of_error(settlement.reason, visit) if outcome is Outcome.HTTP_ERROR else settlement.reason
        return replace(settlement, host=host, rests=self._rests_on_the_way(visit, now), retry_at=retry_at,
                       is_final=is_final, reason=reason)

    def _health_after(self, visit: Visit, settlement: Settlement) -> HostHealth | None:
        """Of the host that the visit ended at, as of the moment at which that answered."""
        host, now = host_of(settlement.final_url), settlement.finished_at
        answered_at = visit.exchanges[-1].finished_at if visit.last_answer else now
        rested = self._hosts.rests_until(host, now)
        role = Role.ROBOTS if visit.holds_host else visit.role  # without which nothing of a host is fetched either
        health = self._hosts.after_visit(
            host, settlement.outcome, role, visit.status, asked_by(visit, answered_at), answered_at)
        politeness = self._crawler.get_extension(Politeness)
        if politeness is not None and rested is None and self._hosts.rests_until(host, now):
            politeness.ledger.rested(host)
        return health

    def _rests_on_the_way(self, visit: Visit, now: datetime) -> tuple[HostHealth, ...]:
        """Of hosts that asked for a wait as they redirected the visit."""
        asked = [(each, asked_to_wait_seconds(each.response, each.finished_at)) for each in visit.exchanges[:-1]]
        rests = (self._hosts.after_hop(host_of(each.url), seconds - (now - each.finished_at).total_seconds(), now)
                 for each, seconds in asked if seconds)
        return tuple(filter(None, rests))
