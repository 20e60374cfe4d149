"""Settings of ours, numbers, yes or no, and the folder of the archive, checked before anything is opened.

Owns which those are, and the line said of a wrong one. Pure.
"""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import TYPE_CHECKING

from scrapy.settings import SETTINGS_PRIORITIES, default_settings

from pipelines.errors import ConfigurationError
from pipelines.remoteplace import refuse_password

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_WHOLE = ("WARC_MAX_BYTES", "JSONL_MAX_BYTES", "EXTRACT_WORKERS", "EXTRACT_MEMORY_MIB", "RETRY_TIMES",
          "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "CONCURRENT_ITEMS", "DOWNLOAD_MAXSIZE",
          "REDIRECT_MAX_TIMES", "REVISIT_MIN_BYTES")
_NUMBERS = ("EXTRACT_TIMEOUT", "EXTRACT_WAIT",
            "DRAIN_SECONDS", "CRAWL_WAIT", "RETRY_DELAY", "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT",
            "PROGRESS_INTERVAL", "SEGMENT_MAX_AGE", "PUBLISH_WAIT", "CLOSESPIDER_TIMEOUT", "DOWNLOAD_DELAY_JITTER",
            "CRAWL_DELAY_MAX", "THROTTLE_FACTOR", "THROTTLE_MAX_DELAY", "ROBOTS_MAX_AGE")
_YES_OR_NO = ("ARCHIVE_ENABLED", "WARC_REVISITS", "WARC_DECHUNK", "ROBOTSTXT_OBEY", "COOKIES_ENABLED", "RETRY_ENABLED",
              "DOWNLOAD_VERIFY_CERTIFICATES", "REDIRECT_ENABLED", "TDMREP")
_AT_LEAST_ONE = frozenset({
    "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "DOWNLOAD_MAXSIZE", "WARC_MAX_BYTES", "JSONL_MAX_BYTES"})
_NEAR = 0.85                # DOWNLOAD_DELY is that near to DOWNLOAD_DELAY; a setting of somebody's own spider is not


def check_names(settings: BaseSettings) -> None:
    """ConfigurationError for a setting of the command line that is nearly spelt as one that there is: it would have no
    effect, and nobody would know."""
    from crawler import settings as own_settings  # noqa: PLC0415  # it looks at the terminal as it is loaded

    known = {name for module in (default_settings, own_settings) for name in dir(module) if name.isupper()}
    known.update(_WHOLE, _NUMBERS, _YES_OR_NO)
    for name in settings:
        if settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"] and name not in known:
            for near in get_close_matches(str(name).upper(), known, n=1, cutoff=_NEAR):
                raise ConfigurationError(f"no such setting: {name}: did you mean {near}?")


def check_settings(settings: BaseSettings) -> None:
    """ConfigurationError, naming the first that is no number, too small, or neither True nor False, or an address."""
    check_names(settings)
    for name in _YES_OR_NO:
        try:
            settings.getbool(name)
        except ValueError:
            raise ConfigurationError(f"{name}: neither True nor False: {settings.get(name)!r}") from None
    for name in (*_WHOLE, *_NUMBERS):
        check_number(settings, name)
    if "://" in (root := str(settings.get("ARCHIVE_DIR"))):
        refuse_password(root)
        raise ConfigurationError(f"ARCHIVE_DIR: {root}: not a folder of this machine: crawl into one, and have it "
                                 f"published: PUBLISH_TO={root}")


def check_number(settings: BaseSettings, name: str) -> None:
    """The same of one of them."""
    kind, words = (int, "a whole number") if name in _WHOLE else (float, "a number")
    value, least = settings.get(name), int(name in _AT_LEAST_ONE)
    try:
        is_good = value is None or least <= kind(value) < math.inf
    except (TypeError, ValueError, OverflowError):
        is_good = False
    if not is_good:
        raise ConfigurationError(f"{name}: not {words} of {least} or more: {value!r}: see crawler/settings.py")
