"""Hosts in trouble: which are left alone, and until when.

Owns the breaker and Retry-After: a host whose visits fail one after the other rests, longer each time, and is then
tried again; one that says how long to wait is taken at its word. Pure but for its memory; the store keeps what it says.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pipelines.records import Outcome, Role
from pipelines.store import HostHealth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipelines.exchange import Answer
    from pipelines.visit import Visit

FAILURES_TO_REST = 5
FIRST_REST_SECONDS = 300.0
LONGEST_REST_SECONDS = 6 * 3600.0  # but for jitter
BUSY_REST_SECONDS = 60.0  # after 429 without Retry-After, doubled each time
LONGEST_RETRY_AFTER_SECONDS = 86_400.0
LONGEST_BELIEVED = timedelta(hours=30)
"""A time to wait that is longer was written down when the machine's clock was ahead: it counts for nothing."""
_NUMBERS = re.compile(r"\d+(?:\.\d*)?(?:\s*,\s*\d+(?:\.\d*)?)*", re.ASCII)
_TOO_MANY_REQUESTS = 429
_UNREADABLE = frozenset({Outcome.INVALID_RESPONSE, Outcome.TRUNCATED, Outcome.ERROR})
_UNREACHABLE = frozenset({Outcome.TIMEOUT, Outcome.DNS_FAILED, Outcome.CONNECTION_FAILED, Outcome.TLS_FAILED})


class Hosts:
    """The health of every host that is in trouble; all others are well."""

    def __init__(self, known: Iterable[HostHealth], jitter: Callable[[float, float], float] = random.uniform) -> None:
        self._known = {each.host: each for each in known}
        self._asked_until: dict[str, datetime] = {}
        self._jitter = jitter

    def rests_until(self, host: str, now: datetime) -> datetime | None:
        """When the host may be asked again; None if that is now."""
        health = self._known.get(host)
        until = health.rests_until if health else None
        return until if until and now < until <= now + LONGEST_BELIEVED else None

    def resting(self, now: datetime) -> int:
        """How many hosts are left alone."""
        return sum(self.rests_until(host, now) is not None for host in self._known)

    def after_visit(
        self, host: str, outcome: Outcome, role: str, status: int | None, asked: float, now: datetime
    ) -> HostHealth | None:
        """The health of the host after one more visit, which `asked` to be left alone for so many seconds; None if the
        visit changed nothing."""
        is_failure = outcome in _UNREACHABLE or status == _TOO_MANY_REQUESTS or (status or 0) >= 500 or (
            role == Role.ROBOTS and rests_without_robots(outcome))
        if not is_failure and not asked:
            return self._recovered(host, status, now)
        is_news = is_failure and self.rests_until(host, now) is None  # not of what was sent before a rest began
        failures = self._failures(host) + is_news if is_failure else 0
        rest = max(asked, _rest_seconds(failures, status, role) * self._jitter(0.8, 1.2) if is_news else 0.0)
        until = max(filter(None, (self.rests_until(host, now), now + timedelta(seconds=rest) if rest else None)),
                    default=None)  # what was sent before a rest may end in it, and does not shorten it
        if until and (asked or status == _TOO_MANY_REQUESTS):
            self._asked_until[host] = until
        self._known[host] = HostHealth(host, failures, until)
        return self._known[host]

    def after_hop(self, host: str, seconds: float, now: datetime) -> HostHealth | None:
        """The health of a host that asked for a wait on the way, by a redirect or before a retry; None if the visit
        took longer than that."""
        if seconds <= 0:
            return None
        until = max(filter(None, (self.rests_until(host, now), now + timedelta(seconds=seconds))))
        self._asked_until[host] = until
        self._known[host] = HostHealth(host, self._failures(host), until)
        return self._known[host]

    def _failures(self, host: str) -> int:
        return self._known[host].failures if host in self._known else 0

    def _recovered(self, host: str, status: int | None, now: datetime) -> HostHealth | None:
        """Any answer that is no failure clears the host: it is there. A rest that it asked for it gets all the same:
        the answer is to what was sent before that."""
        if status is None or host not in self._known:
            return None
        until = self._asked_until.get(host, now)
        if until > now:
            self._known[host] = HostHealth(host, 0, until)
            return self._known[host]
        del self._known[host]
        return HostHealth(host, 0, None)


def rests_without_robots(outcome: Outcome) -> bool:
    """Whether a host whose robots.txt ended so is left alone for a while."""
    return outcome in _UNREACHABLE or outcome in _UNREADABLE


def retry_after_seconds(value: str | None, now: datetime) -> float:
    """Retry-After (RFC 9110 section 10.2.3), a number or a date, as seconds from now up to a day; 0 for none. Fractions
    count, and of several numbers the largest."""
    text = (value or "").strip()
    if _NUMBERS.fullmatch(text):
        return min(max(map(float, text.split(","))), LONGEST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_SECONDS)


def asked_to_wait_seconds(answer: Answer, now: datetime) -> float:
    """For how long an answer asks, by Retry-After, to be sent nothing, whatever its status; 0 if it does not."""
    return longest_wait_seconds([value for name, value in answer.headers if name == b"retry-after"],
                                answer.header(b"date"), now)


def asked_by(visit: Visit, now: datetime) -> float:
    """The same of the last answer of a visit; 0 if none came."""
    answer = visit.last_answer
    return asked_to_wait_seconds(answer, now) if answer else 0.0


def longest_wait_seconds(retry_afters: Iterable[bytes], date: str | None, now: datetime) -> float:
    """The longest wait of several Retry-After. A date is meant by the server's clock, which its `date` tells: where
    the two clocks differ the longer wait counts."""
    nows = {now, _moment_of(date) or now}
    return max((retry_after_seconds(value.decode("latin-1"), each) for value in retry_afters for each in nows),
               default=0.0)


def _moment_of(date: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rest_seconds(failures: int, status: int | None, role: str) -> float:
    """A robots.txt that fails forbids the whole host (RFC 9309 section 2.3.1.4): there is nothing else to ask."""
    if status == _TOO_MANY_REQUESTS:
        rest = BUSY_REST_SECONDS * 2.0 ** min(failures - 1, 16)
    elif role == Role.ROBOTS:
        rest = FIRST_REST_SECONDS * 2.0 ** min(failures - 1, 16)
    elif failures >= FAILURES_TO_REST:
        rest = FIRST_REST_SECONDS * 2.0 ** min(failures - FAILURES_TO_REST, 16)
    else:
        rest = 0.0
    return min(rest, LONGEST_REST_SECONDS)
