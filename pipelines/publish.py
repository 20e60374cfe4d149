"""The stage that ends a page's visit: its outcome is made durable and its record handed on.

Owns what outcome an extracted page has, and what becomes of an article by the policy on its site's rights. Must not
know files or the store: the visit knows how to settle itself; nor where a policy is written.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from pipelines.errors import BroadsheetError
from pipelines.items import Page
from pipelines.records import ArticleRecord, Outcome
from pipelines.rights import RECORD_ALL, Action, resolved
from pipelines.walls import described

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipelines.records import Article
    from pipelines.rights import Policy, Verdict
    from pipelines.visit import OwedVisit, Visit


class PublishPipeline:
    """Turns each Page into the ArticleRecord that was written; a page that gave none is dropped with its reason.
    `policy_for` says what is done about the rights of a visit's site; without one all is recorded."""

    def __init__(self) -> None:
        self.policy_for: Callable[[Visit | OwedVisit], Policy] = lambda _: RECORD_ALL

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Page):
            return item
        visit = item.visit
        if visit is None:
            raise DropItem(f"{item.response.url}: a Page needs a response that a callback was given: yield a Request "
                           "instead of awaiting a download", log_level="ERROR")
        try:
            await visit.take_page()
        except RuntimeError as error:
            raise DropItem(str(error)) from None
        return await _publish(visit, item, self.policy_for(visit))


async def _publish(visit: Visit | OwedVisit, page: Page, policy: Policy) -> ArticleRecord:
    outcome, reason = outcome_of(page)
    article = page.article if outcome is Outcome.ARTICLE else None
    if article is not None:
        article = replace(article, rights=resolved((*visit.rights, *article.rights), policy.agent))
        outcome, reason, article = by_policy(article, policy, visit.started_at)
    try:
        committed = await visit.settle(outcome, reason, article)
    except (OSError, sqlite3.Error, BroadsheetError) as error:  # said once, by the session, which stops the crawl
        raise DropItem(f"not committed: {error}", log_level="DEBUG") from error
    if committed.article is None:
        fetch = committed.fetch
        raise DropItem(f"{fetch.outcome}: {fetch.reason or fetch.url}", log_level="INFO")
    return committed.article


def outcome_of(page: Page) -> tuple[Outcome, str | None]:
    """What an extracted page counts as, and why where it is no article."""
    if page.problem is not None:
        return Outcome.EXTRACTION_FAILED, page.problem
    if page.article is None:
        return Outcome.FETCHED, "no extraction was asked for"
    return outcome_of_article(page.article)


def outcome_of_article(article: Article) -> tuple[Outcome, str | None]:
    """The same for what extraction made of a page."""
    if article.kind != "article":
        wall = article.wall if article.kind in {"wall", "other"} else None
        return Outcome.NO_ARTICLE, described(wall) if wall else f"kind: {article.kind}"
    return Outcome.ARTICLE, None


def by_policy(article: Article, policy: Policy, fetched_at: datetime) -> tuple[Outcome, str | None, Article | None]:
    """Outcome, reason and article once the policy on its rights has been heard."""
    verdict = policy.verdict(article.rights, fetched_at)
    if verdict.action is Action.SKIP:
        return Outcome.WITHHELD, f"rights: {verdict.reason}", None
    if verdict.action is Action.SKIP_TEXT:
        return Outcome.ARTICLE, f"rights: {verdict.reason}", without_text(article, verdict)
    return Outcome.ARTICLE, None, article


def without_text(article: Article, verdict: Verdict) -> Article:
    """As a policy of `skip-text` leaves it: no piece of the text is left, neither of what was taken out of it."""
    return replace(article, text="", word_count=0, boilerplate=replace(article.boilerplate, removed=()),
                   warnings=(*article.warnings, f"text left out: rights: {verdict.reason}"))
