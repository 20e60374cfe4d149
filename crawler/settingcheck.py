"""Settings of ours, checked before anything is opened: numbers, yes or no, and where the archive goes.

Owns which those are, and the line said of a wrong one. Pure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipelines.errors import ConfigurationError

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
    """ConfigurationError, naming the first that is no number, too small, or neither True nor False; or an address to
    write an archive to.
    """
    root = str(settings.get("ARCHIVE_DIR"))
    if "://" in root:
        raise ConfigurationError(f"ARCHIVE_DIR: an address, and a crawl writes to a disk of this machine: {root}: "
                                 f"name a folder, and the address as -s PUBLISH_TO={root}")
    for name in _YES_OR_NO:
        try:
            settings.getbool(name)
        except ValueError:
            raise ConfigurationError(f"{name}: neither True nor False: {settings.get(name)!r}") from None
    for names, kind, words in ((_WHOLE, int, "a whole number"), (_NUMBERS, float, "a number")):
        for name in names:
            value, least = settings.get(name), int(name in _AT_LEAST_ONE)
            try:
                is_good = value is None or least <= kind(value) < math.inf
            except (TypeError, ValueError, OverflowError):
                is_good = False
            if not is_good:
                raise ConfigurationError(f"{name}: not {words} of {least} or more: {value!r}: see crawler/settings.py")
