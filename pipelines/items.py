"""What a spider yields to have a page made into an article.

Owns the one item that the pipelines know. Must not know how extraction works. Items of other types pass through
the pipelines untouched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.visit import VISIT

if TYPE_CHECKING:
    from datetime import date

    from scrapy.http import Response

    from pipelines.records import Article
    from pipelines.visit import OwedVisit, Visit


@dataclass(frozen=True, slots=True)
class Page:
    """A response that may be an article. `article` and `problem` are filled in on the way."""

    response: Response
    article: Article | None = None
    problem: str | None = None

    @property
    def visit(self) -> Visit | OwedVisit | None:
        """The visit that fetched it; None for a response that came past the frontier."""
        visit: Visit | OwedVisit | None = self.response.meta.get(VISIT)
        return visit

    @property
    def fetched_on(self) -> date | None:
        """The UTC day of the fetch, if its visit is there to tell."""
        return self.visit.started_at.date() if self.visit else None

    def with_article(self, article: Article) -> Page:
        return replace(self, article=article)

    def with_problem(self, problem: str) -> Page:
        return replace(self, problem=problem)
