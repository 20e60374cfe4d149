"""How often a feed asks to be read again: RSS ttl and the syndication module of RSS 1.0.

Owns those elements. Must not know entries. Pure.
"""

from __future__ import annotations

import re

_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_TTL = re.compile(r"<ttl>\s*(\d{1,9})\s*</ttl>", re.IGNORECASE)
_PERIOD = re.compile(r"<(?:[\w.-]+:)?updatePeriod>\s*(\w+)\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(r"<(?:[\w.-]+:)?updateFrequency>\s*(\d{1,9})\s*</", re.IGNORECASE)
_PERIODS_SECONDS = {
    "hourly": 3_600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}


def refresh_seconds(xml: str) -> float:
    """The longer of `ttl` (minutes, RSS 2.0) and updatePeriod divided by updateFrequency; 0 where a feed says neither.

    Only what stands before the first entry is the feed's own.
    """
    entry = _ENTRY.search(xml)
    head = xml[:entry.start()] if entry else xml
    ttl, period, frequency = _TTL.search(head), _PERIOD.search(head), _FREQUENCY.search(head)
    seconds = _PERIODS_SECONDS.get(period[1].lower(), 0.0) if period else 0.0
    times = int(frequency[1]) if frequency else 1
    return max(int(ttl[1]) * 60.0 if ttl else 0.0, seconds / max(times, 1))
