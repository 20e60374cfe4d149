"""The stage that ends a page's visit: its outcome is made durable and its record handed on.

Owns what outcome an extracted page has. Must not know files or the store: the visit knows how to settle itself.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from pipelines.errors import BroadsheetError
from pipelines.items import Page
from pipelines.records import ArticleRecord, Outcome

if TYPE_CHECKING:
    from pipelines.visit import OwedVisit, Visit


class PublishPipeline:
    """Turns each Page into the ArticleRecord that was written; a page that gave none is dropped with its reason."""

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
        return await _publish(visit, item)


async def _publish(visit: Visit | OwedVisit, page: Page) -> ArticleRecord:
    outcome, reason = outcome_of(page)
    article = page.article if outcome is Outcome.ARTICLE else None
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
    if page.article.kind != "article":
        return Outcome.NO_ARTICLE, f"kind: {page.article.kind}"
    return Outcome.ARTICLE, None
