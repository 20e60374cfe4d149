"""What is known of one site's sources: which are due, what to say when asking, what a visit changes.

Owns the step from an answer's headers and links to `crawler.polling`. Pure: values in, values out.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.polling import (
    GONE,
    MAX_INTERVAL_SECONDS,
    MIN_INTERVAL_SECONDS,
    MISSES_TO_REST,
    Reading,
    after_failure,
    after_reading,
    is_due,
    mean_gap_seconds,
)
from crawler.sitestate import WELL_KNOWN
from pipelines.records import Role
from pipelines.store import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from crawler.discovery import Found
    from crawler.sites import Site
    from pipelines.visit import Visit

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_FAILURES_TO_DOUBT = 3
_NEEDED_AFTER = timedelta(hours=1)
_LOOKED_AGAIN_AFTER = timedelta(days=30)
_NOTHING_THERE = "nothing at this well-known place"
_NOT_FOUND, _TOO_MANY_REQUESTS, _SERVER_ERROR = 404, 429, 500
_LISTS_ALL = frozenset({Role.FEED, Role.SITEMAP})


class SourceBook:
    """`stored` is what the store holds of the site; `asks_all` takes every source for due."""

    def __init__(self, site: Site, stored: Iterable[Source], *, asks_all: bool = False) -> None:
        self._site, self._asks_all = site.name, asks_all
        self._stored = {source.url_key: source for source in stored}
        self._before: dict[str, Source] = {}  # what was read as a directory in this crawl, as it was before
        rules = (site.allow, site.deny, site.max_pages, site.max_age_days, str(site.since), str(site.until))
        self._rules = hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:16]

    def found_earlier(self) -> list[Source]:
        """Sources that the crawl found by itself, and that still stand; with `asks_all` those too that were gone. A
        sitemap of which its index says when it changes is asked when that says so."""
        return [source for source in self._stored.values()
                if source.via != "list" and not source.is_dated
                and (source.retired is None or (self._asks_all and not source.is_absent))]

    @property
    def has_lister(self) -> bool:
        """Whether a feed or sitemap of the site lists pages: then its home page is but a directory. One that has failed
        several times does not any more."""
        return bool(self.listing & _LISTS_ALL)

    @property
    def listing(self) -> frozenset[Role]:
        """Roles of the sources that list pages, as far as is known."""
        return frozenset(Role(source.role) for source in self._stored.values() if source.links and not source.retired
                         and source.failures < _FAILURES_TO_DOUBT)

    def is_due(self, url_key: str, now: datetime) -> bool:
        source = self._stored.get(url_key)
        if source is None:
            return True
        if self._asks_all and not source.is_absent:
            return True
        if source.is_absent:
            return now - source.asked_at >= _LOOKED_AGAIN_AFTER
        return source.retired is None and (is_due(source, now) or self._is_needed(source, now))

    def _is_needed(self, source: Source, now: datetime) -> bool:
        """A home page that was a directory, now that what it led to lists nothing any more."""
        was_directory = source.role == Role.HOME and not source.links and not source.failures
        return was_directory and not self.has_lister and now - source.asked_at >= _NEEDED_AFTER

    def read_at(self, url_key: str) -> datetime | None:
        """When the source was last read, if that went well and under the same rules."""
        source = self._stored.get(url_key)
        return source.asked_at if source is not None and not source.failures and source.rules == self._rules else None

    def is_retired(self, url_key: str) -> bool:
        source = self._stored.get(url_key)
        return source is not None and source.retired is not None

    def last_new(self) -> datetime | None:
        """When a source last listed a new page."""
        return max((source.new_at for source in self._stored.values() if source.new_at), default=None)

    def due(self, url_key: str) -> datetime | None:
        """When the source is to be asked again; None for one that is retired or was never visited."""
        source = self._stored.get(url_key)
        return source.due if source is not None and source.retired is None else None

    def validators(self, url_key: str) -> dict[str, bytes]:
        """If-None-Match and If-Modified-Since (RFC 9110 section 13.1), echoed as they came; none where an unchanged
        answer would not do: under other rules other links count, and a home page that gave none must be seen."""
        source = self._stored.get(url_key)
        if source is None or source.rules != self._rules:
            return {}
        if source.role == Role.HOME and not source.links and not self.has_lister:
            return {}
        named = {"If-None-Match": source.etag, "If-Modified-Since": source.last_modified}
        return {name: value.encode("latin-1", "ignore") for name, value in named.items() if value}

    def after_links(
        self, visit: Visit, found: Found, new: int, headers: Mapping[str, str | None], now: datetime, *,
        is_whole: bool, depth: int = 0, is_dated: bool = False,
    ) -> Source:
        """After an answer with links. Without `is_whole`, links were left for another time: then it is asked for the
        whole answer again."""
        pages = [link for link in found.links if link.role is Role.PAGE]
        if found.problem and not found.links:
            return self.after_failure(visit, visit.status, 0.0, now)
        is_whole = is_whole and not found.problem  # of what breaks off, the end may hold more
        reading = Reading(
            new=new, links=len(pages), etag=headers.get("ETag") if is_whole else None,
            last_modified=headers.get("Last-Modified") if is_whole else None,
            gap_seconds=mean_gap_seconds([link.date for link in pages if link.date and link.date <= now]),
            hint_seconds=min(max(found.refresh_seconds, _fresh_seconds(headers)), MAX_INTERVAL_SECONDS))
        before = replace(self._of(visit, now), rules=self._rules, depth=depth, is_dated=is_dated, hub=found.hub)
        return self._keep(after_reading(before, reading, now))

    def source(self, url_key: str) -> Source | None:
        """The source as it is known by now."""
        return self._stored.get(url_key)

    def after_directory(self, visit: Visit, headers: Mapping[str, str | None], now: datetime) -> Source:
        """After a home page whose own links do not count: once a day is enough to learn of new feeds."""
        reading = Reading(0, 0, headers.get("ETag"), headers.get("Last-Modified"), hint_seconds=MAX_INTERVAL_SECONDS)
        before = self._before[visit.url_key] = replace(self._of(visit, now), rules=self._rules)
        return self._keep(after_reading(before, reading, now))

    def after_not_modified(self, visit: Visit, headers: Mapping[str, str | None], now: datetime) -> Source:
        source = self._of(visit, now)
        is_directory = source.role == Role.HOME and not source.links
        hint = MAX_INTERVAL_SECONDS if is_directory else min(_fresh_seconds(headers), MAX_INTERVAL_SECONDS)
        return self._keep(after_reading(source, Reading(0, None, hint_seconds=hint), now))

    def after_failure(self, visit: Visit, status: int | None, retry_after_seconds: float, now: datetime) -> Source:
        source = self._of(visit, now)
        if source.via == WELL_KNOWN and not source.links and _says_nothing_is_there(status):
            return self._keep(replace(source, failures=1, asked_at=now, retired=_NOTHING_THERE, is_absent=True))
        if status == GONE and source.via == "list":  # the registry's word: it rests, and is asked again
            source, status = replace(source, failures=max(source.failures, MISSES_TO_REST - 1)), _NOT_FOUND
        return self._keep(after_failure(source, status, now, retry_after_seconds))

    def counts_own_links(self, url_key: str) -> bool:
        """Whether the home page's own links count, though they bring nothing new: it listed pages before, or nothing
        else does."""
        before = self._before.get(url_key)
        return not self.has_lister or bool(before and before.links)

    def with_own_links(self, url_key: str, new: int, links: int, now: datetime, *, is_whole: bool) -> Source | None:
        """A home page that has been read before in this crawl, now that its own links have come to count: both are one
        reading. Without `is_whole`, some of them were left for another time."""
        source = self._stored.get(url_key)
        if source is None:
            return None
        etag, last_modified = (source.etag, source.last_modified) if is_whole else (None, None)
        reading = Reading(new, links, etag, last_modified)
        return self._keep(after_reading(self._before.get(url_key, source), reading, now))

    def _of(self, visit: Visit, now: datetime) -> Source:
        via, found_at = visit.discovered.via, visit.discovered.source_url
        stored = self._stored.get(visit.url_key)
        if stored is not None:
            return replace(stored, via=via, found_at=found_at)
        return Source(self._site, visit.url_key, visit.url, visit.role, via, found_at,
                      due=now, asked_at=now, interval_seconds=MIN_INTERVAL_SECONDS)

    def _keep(self, source: Source) -> Source:
        self._stored[source.url_key] = source
        return source


def _says_nothing_is_there(status: int | None) -> bool:
    return status is not None and status < _SERVER_ERROR and status != _TOO_MANY_REQUESTS


def _fresh_seconds(headers: Mapping[str, str | None]) -> float:
    """How long the answer is fresh by its Cache-Control (RFC 9111 section 4.2), less the Age it has already."""
    max_age = _MAX_AGE.search(headers.get("Cache-Control") or "")
    age = (headers.get("Age") or "").strip()
    seconds = float(max_age[1]) if max_age else 0.0
    return max(seconds - (float(age) if age.isdecimal() and age.isascii() and len(age) < 10 else 0.0), 0.0)
