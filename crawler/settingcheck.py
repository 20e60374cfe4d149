"""Settings of ours, numbers, yes or no, and the folder of the archive, checked before anything is opened.

Owns which those are, and the line said of a wrong one. Pure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

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


def check_settings(settings: BaseSettings) -> None:
    """ConfigurationError, naming the first that is no number, too small, or neither True nor False, or an address."""
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
