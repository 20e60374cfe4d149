"""Which links of a site's sources are fetched in this crawl, and why the others are not.

Owns a site's rules, windows and budgets as far as they can be told from a link. Pure: values in, a reason out.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from crawler.discovery import date_in_url, repeats_itself
from pipelines.records import Role
from pipelines.urlkey import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.discovery import Link
    from crawler.sites import Site

MAX_HOSTS = 50
"""Of one site in one crawl: names are free, and a trap may have a million."""
_DAY = timedelta(days=1)  # the publisher's day may begin as much earlier or later than ours


class PageRules:
    """Of one site, in one crawl."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.is_full = False
        """Links were left out because of max_pages."""
        self._taken: set[str] = set()
        self._hosts: set[str] = set()

    def take(self, link: Link, key: str, *, is_known: bool) -> None:
        """A page is asked for. One that is known is not fetched, and so costs nothing of `max_pages`."""
        if not is_known:
            self._hosts.add(host_of(link.url))
            if self.site.max_pages:
                self._taken.add(key)

    def reason_to_skip(self, link: Link, key: str, via: str, *, is_known: bool, now: datetime) -> str | None:
        """Why this link, of that URL key, is not for us, or None. What its source says of its age counts where it lists
        more than what is news: in sitemaps."""
        return next(self._reasons(link, key, via, is_known, now), None)

    def reason_to_prune(self, sitemap: Link, read_at: datetime | None, now: datetime) -> str | None:
        """Why a sitemap that an index lists is not read: by its lastmod it has not changed since it was read, at
        `read_at`, or changed last before anything that is wanted."""
        changed, site = sitemap.date, self.site
        if changed is None:
            return None
        if read_at and changed < read_at - _DAY:
            return "sitemap unchanged by its lastmod"
        oldest = now - timedelta(days=site.max_age_days) if site.max_age_days else None
        since = datetime.combine(site.since, time(), UTC) if site.since else None
        if any(bound and changed < bound - _DAY for bound in (oldest, since)):
            return "sitemap older than what is wanted"
        return None

    def _reasons(self, link: Link, key: str, via: str, is_known: bool, now: datetime) -> Iterator[str]:
        site = self.site
        if link.role is Role.OTHER:
            yield "no article by its address"
        if not site.permits(link.url):
            yield "ruled out by allow or deny"
        if repeats_itself(link.url):
            yield "trap: its path repeats itself"
        yield from self._out_of_window(link, via, now)
        if not is_known:
            yield from self._over_budget(link, key)

    def _out_of_window(self, link: Link, via: str, now: datetime) -> Iterator[str]:
        site = self.site
        if via == "sitemap" and site.max_age_days and link.date and link.date < now - timedelta(days=site.max_age_days):
            yield f"older than {site.max_age_days} days"
        earliest, latest = published_between(link, via)
        if site.since and latest and latest < datetime.combine(site.since, time(), UTC) - _DAY:
            yield f"published before since = {site.since}"
        if site.until and earliest and earliest > datetime.combine(site.until, time(), UTC) + 2 * _DAY:
            yield f"published after until = {site.until}"

    def _over_budget(self, link: Link, key: str) -> Iterator[str]:
        limit = self.site.max_pages
        if limit and key not in self._taken and len(self._taken) >= limit:
            self.is_full = True
            yield f"over max_pages = {limit}"
        if len(self._hosts) >= MAX_HOSTS and host_of(link.url) not in self._hosts:
            yield f"trap: on more than {MAX_HOSTS} hosts"


def published_between(link: Link, via: str) -> tuple[datetime | None, datetime | None]:
    """The earliest and the latest moment at which a link's page can have been published, as far as can be told: a feed
    and a news sitemap say when, a sitemap only when it was changed last, a date in an address which day."""
    if link.date and (via != "sitemap" or link.is_published):
        return link.date, link.date
    in_url = date_in_url(link.url)
    if in_url:
        return in_url, in_url + _DAY
    return None, link.date


