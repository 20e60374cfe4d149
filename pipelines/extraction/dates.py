"""Moments as pages state them, and what they come to in UTC.

Owns the syntax of dates in markup. Must not know the clock: what is plausible is bounded by an argument.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

EARLIEST = date(1605, 1, 1)  # the first newspaper
LATEST = date(2100, 1, 1)
_SLACK = timedelta(days=2)   # a page may be dated in a zone ahead of ours, or shortly before it is due
_FURTHEST_ZONE = timedelta(hours=14)

_ISO = re.compile(
    r"^([12]\d{3})[-/.]?(\d{2})[-/.]?(\d{2})"
    r"(?:(?:T|\s+|\s*,\s*)(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,:]\d+)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$", re.IGNORECASE)
_EPOCH = re.compile(r"^\d{10}(\d{3})?$")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time in UTC; `precision` is day, minute or second. Without a zone the time is read as
    UTC."""

    at: datetime
    precision: str
    has_zone: bool

    def rfc3339(self) -> str:
        """2026-11-22T14:15:00Z; a day alone is its midnight."""
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_moment(stated: str | None, latest: date | None = None) -> Moment | None:
    """A date in ISO 8601 (its usual deviations too), RFC 5322 or Unix seconds or milliseconds. A midnight to the second
    in a stated zone is how pages write a day: it stays the day that it is there.

    None for anything else, and for what lies before 1605 or more than two days after `latest`. Formats whose
    order of day and month is a guess are left to htmldate.
    """
    if stated is None:
        return None
    text = " ".join(stated.split())
    try:
        moment = _iso(text) or _epoch(text) or _rfc5322(text)
    except (ValueError, OverflowError):
        return None
    if moment is None or not EARLIEST <= moment.at.date() <= (latest or LATEST) + _SLACK:
        return None
    return moment


def _iso(text: str) -> Moment | None:
    match = _ISO.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)
    at += timedelta(seconds=min(int(second or 0), 59))  # a leap second stays in its minute
    if hour is None:
        return Moment(at, "day", has_zone=False)
    if zone is not None and not (at.hour or at.minute or at.second):
        _offset(zone)  # which must be one
        return Moment(at, "day", has_zone=True)
    return Moment(at - _offset(zone), "minute" if second is None else "second", has_zone=zone is not None)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone[0] not in "+-":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if offset > _FURTHEST_ZONE:
        raise ValueError(f"no zone is at {zone}")
    return -offset if zone[0] == "-" else offset


def _epoch(text: str) -> Moment | None:
    match = _EPOCH.match(text)
    if match is None:
        return None
    return Moment(datetime.fromtimestamp(int(text[:10]), UTC), "second", has_zone=True)


def _rfc5322(text: str) -> Moment | None:
    if ":" not in text or "," not in text:
        return None
    at = parsedate_to_datetime(text)
    precision = "second" if text.count(":") > 1 else "minute"
    has_zone = at.tzinfo is not None
    return Moment(at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), precision, has_zone)
