"""A feed's server without a network: what it would answer at a time, to a request with these validators.

Owns status, validators and what is listed. Pure. Must not know who asks, or when it is wise to.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.habits import Feed


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """`listed` are the ids of the articles in the body; None where there is no body. A ttl stands in the body, so a
    304 has none; max-age is a header of both (RFC 9110, 15.4.5)."""

    status: int
    listed: range | None = None
    etag: str | None = None
    last_modified: str | None = None
    ttl_seconds: float = 0.0
    max_age_seconds: float = 0.0
    retry_after_seconds: float = 0.0


def answer(feed: Feed, now: float, etag: str | None, last_modified: str | None) -> FeedAnswer:
    """What the server says at `now` to If-None-Match and If-Modified-Since."""
    trouble = feed.trouble_at(now)
    if trouble:
        return FeedAnswer(trouble.status, retry_after_seconds=trouble.retry_after_seconds)
    count = bisect_right(feed.published, now)
    current = _validators(feed, count, now)
    asked = (etag, last_modified)
    if any(asked) and asked == current:
        return FeedAnswer(304, None, *current, max_age_seconds=feed.max_age_seconds)
    return FeedAnswer(200, range(max(count - feed.listed, 0), count), *current, ttl_seconds=feed.ttl_seconds,
                      max_age_seconds=feed.max_age_seconds)


def _validators(feed: Feed, count: int, now: float) -> tuple[str | None, str | None]:
    if feed.validators == "etag":
        return f'"{count}"', None
    if feed.validators == "last-modified":
        return None, str(feed.published[count - 1]) if count else None
    return (f'"{now}"', str(now)) if feed.validators == "churning" else (None, None)
