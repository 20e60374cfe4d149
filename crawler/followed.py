"""The sites that a crawl follows, each with what is known and spent of it so far.

Owns what is told to the frontier and the session about a site's addresses and articles. Must not know responses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scrapy import Spider

    from crawler.shapemodel import ShapeModel
    from crawler.sitebudget import SiteBudget
    from crawler.siterequests import SiteRequests
    from crawler.sites import Site
    from crawler.undated import DatedPages
    from pipelines.records import Article, FetchRecord
    from pipelines.store import Lease

_DAY = timedelta(days=1)


def followed_by(spider: Spider | None) -> FollowedSites | None:
    """What a spider follows, if it follows sites at all."""
    return getattr(spider, "followed", None)


@dataclass(frozen=True, slots=True)
class FollowedSite:
    site: Site
    requests: SiteRequests
    shapes: ShapeModel
    budget: SiteBudget
    dated: DatedPages


class FollowedSites:
    """`follow` makes what belongs to a site when it is first asked for."""

    def __init__(self, sites: Iterable[Site], follow: Callable[[Site], FollowedSite]) -> None:
        self._sites = {site.name: site for site in sites}
        self._follow = follow
        self._followed: dict[str, FollowedSite] = {}

    def of(self, name: str) -> FollowedSite:
        if name not in self._followed:
            self._followed[name] = self._follow(self._sites[name])
        return self._followed[name]

    def last_new(self) -> Mapping[str, datetime]:
        """When a source of each site last listed a new page, where one ever did."""
        moments = {name: each.requests.book.last_new() for name, each in self._followed.items()}
        return {name: moment for name, moment in moments.items() if moment}

    def reason_to_refuse(self, lease: Lease) -> str | None:
        """Why a page that waited is not fetched after all."""
        site = self._sites.get(lease.site)
        if lease.role != Role.PAGE or site is None:
            return None
        if not site.permits(lease.url):
            return "ruled out by allow or deny since it was found"
        return self.of(lease.site).shapes.reason_to_leave(lease.url)

    def reason_to_wait(self, lease: Lease) -> str | None:
        """Why something of a site waits for the next crawl; counts as the site's beginning if it does not."""
        if lease.site not in self._sites:
            return None
        budget, page = self.of(lease.site).budget, lease.url_key if lease.role == Role.PAGE else None
        reason = budget.reason_to_wait(page)
        if reason is None:
            budget.begin(page)
        return reason

    def spent(self) -> Mapping[str, str]:
        """Sites of which nothing more is fetched in this crawl, each with the reason."""
        reasons = {name: each.budget.reason_to_wait() for name, each in self._followed.items()}
        return {name: reason for name, reason in reasons.items() if reason}

    def leave(self, counts: Mapping[str, int]) -> None:
        """So much of each site that is spent waits for the next crawl."""
        for name, reason in self.spent().items():
            self.of(name).requests.leave_out(reason, counts.get(name, 0))

    def received(self, site_name: str, count: int) -> None:
        """So many bytes of an answer came, whatever becomes of it: of one that was cut off or is too large as well."""
        if site_name in self._sites:
            self.of(site_name).budget.spend(count)

    def visit_ended(self, fetch: FetchRecord) -> None:
        """Learn from a visit that is committed."""
        if fetch.site in self._sites and fetch.role == Role.PAGE:
            self.of(fetch.site).shapes.page_ended(fetch.url, fetch.outcome)

    def reason_to_drop(self, site_name: str, url: str, article: Article, ways: Iterable[str]) -> str | None:
        """Why an article is not wanted after all, now that its page says when it was published, or does not say it.
        `ways` are how it was found."""
        site = self._sites.get(site_name)
        if site is None:
            return None
        return self.of(site_name).dated.reason_to_drop(url, article, ways) or _out_of_window(site, article)


    def is_undecided(self, site_name: str, article: Article, ways: Iterable[str]) -> bool:
        """Whether more articles of the site must be seen before it can be said whether this is one."""
        return site_name in self._sites and self.of(site_name).dated.is_undecided(article, ways)


def _out_of_window(site: Site, article: Article) -> str | None:
    if article.date_published is None:
        return None
    published = datetime.fromisoformat(article.date_published)
    if site.since and published < datetime.combine(site.since, time(), UTC):
        return f"published {published:%Y-%m-%d}, before since = {site.since}"
    if site.until and published >= datetime.combine(site.until, time(), UTC) + _DAY:
        return f"published {published:%Y-%m-%d}, after until = {site.until}"
    return None
