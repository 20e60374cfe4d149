"""What is done about the rights of each site of a crawl, and of sites of earlier crawls whose pages are still owed.

Owns which policy is in force for a visit: that of the registry at hand; for a page that waited, and whose site is not
in it, the one under which it was fetched, which the store keeps. Must not know what a policy does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scrapy import signals

from crawler.identity import product_token
from crawler.session import ArchiveSession
from pipelines.publish import PublishPipeline
from pipelines.rights import Policy
from pipelines.store import KeptRights
from pipelines.visit import OwedVisit

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Spider
    from scrapy.crawler import Crawler

    from pipelines.visit import Visit


class RightsPolicies:
    """An extension: gives the pipeline that ends visits the policy of each."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent = product_token(crawler.settings)
        self._nothing = Policy(agent=self._agent)
        self._of_site: dict[str, Policy] = {}
        self._kept: dict[str, Policy] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        policies = cls(crawler)
        crawler.signals.connect(policies.spider_opened, signal=signals.spider_opened)
        return policies

    def spider_opened(self, spider: Spider) -> None:
        """Before anything is fetched: what changed of a policy is durable no later than the first page of its site."""
        session = self._crawler.get_extension(ArchiveSession)
        pipeline = self._crawler.get_item_pipeline(PublishPipeline)
        if session is None or pipeline is None:
            return
        self._reader = session.archive.reader
        pipeline.policy_for = self.policy_for
        for site in getattr(spider, "sites", ()):
            self._of_site[site.name] = Policy.of(site.rights, self._agent)
            actions = json.dumps(site.rights)
            if (self._reader.rights(_name(site.name)) or "[]") != actions:
                session.archive.committer.keep_rights(KeptRights(_name(site.name), actions))

    def policy_for(self, visit: Visit | OwedVisit) -> Policy:
        """`pipelines.publish.PublishPipeline.policy_for`."""
        policy = self._of_site.get(visit.site)
        if policy is None and isinstance(visit, OwedVisit):
            policy = self._kept_policy(visit.site)
        return policy or self._nothing

    def _kept_policy(self, site: str) -> Policy:
        if site not in self._kept:
            self._kept[site] = Policy.of(json.loads(self._reader.rights(_name(site)) or "[]"), self._agent)
        return self._kept[site]


def _name(site: str) -> str:
    return f"site {site}"
