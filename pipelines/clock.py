"""The time. Owns the one place where the archive and the crawl learn what it is."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
