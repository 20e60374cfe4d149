"""Dates as feeds and sitemaps write them.

Owns how their text becomes a time. Must not know which element a date stood in, nor what time it is now.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_MAX_CHARS = 100

# More than the e-mail parser knows. Where two zones share a name, it is the one that more newsrooms write in.
_ZONE_HOURS = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1, "MEZ": 1,
    "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "SAST": 2, "EEST": 3, "MSK": 3, "TRT": 3, "EAT": 3, "PKT": 5,
    "IST": 5.5, "WIB": 7, "ICT": 7, "HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10,
    "AEDT": 11, "NZST": 12, "NZDT": 13, "BRT": -3, "ART": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}
_LAST_WORD = re.compile(r"\s*(?<![A-Z])([A-Z]{1,4})$")
_NAMED_OFFSET = re.compile(r"\s*(?:GMT|UTC)\s*(?=[+-]\d)")
_SPACE_IN_ISO = re.compile(r"(?<=\d)\s+(?=[+-]\d\d)")


def read_date(text: str | None) -> datetime | None:
    """The time that a text of RFC 822, RFC 3339 or W3C-DTF means, in UTC; without a zone it was UTC already.

    None for what cannot be read, for a bare year or month (too coarse to order by), and for what systems
    write where they know nothing: the year 1 and the first second of 1970.
    """
    written = (text or "")[:_MAX_CHARS].strip()
    try:
        moment = _read_iso(written) if written[:4].isdecimal() else _read_rfc822(written)
        moment = moment.astimezone(UTC) if moment else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return None if moment is None or moment.year < 1600 or moment.timestamp() == 0 else moment


def _read_iso(written: str) -> datetime | None:
    if len(written) < 8:                        # a year, or a year and a month
        return None
    try:
        moment, zone = datetime.fromisoformat(written), UTC
    except ValueError:
        moment, zone = _read_loose_iso(written[:10].replace("/", "-") + written[10:].upper())
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _read_loose_iso(written: str) -> tuple[datetime, timezone]:
    bare, zone = _zone_split(_NAMED_OFFSET.sub("", written))
    return datetime.fromisoformat(_SPACE_IN_ISO.sub("", bare.strip())), zone or UTC


def _read_rfc822(written: str) -> datetime | None:
    bare, zone = _zone_split(_NAMED_OFFSET.sub(" ", written))
    parts = parsedate_tz(bare if ":" in bare else f"{bare} 00:00:00")
    if parts is None:
        return None
    zone = zone or timezone(timedelta(seconds=parts[9] or 0))
    year, month, day, hour, minute, second = parts[:6]
    second = min(second, 59)                    # a leap second is no error
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _zone_split(written: str) -> tuple[str, timezone | None]:
    name = _LAST_WORD.search(written)
    if name is None or name[1] not in _ZONE_HOURS:
        return written, None
    return written[:name.start()], timezone(timedelta(hours=_ZONE_HOURS[name[1]]))
