"""What extraction is told of pages beside their bytes, and what comes of several that are read at once.

Owns their fields. Must not load the parser: the crawl's own process has these, and never parses a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from pipelines.boilerplate.learner import Observation
    from pipelines.boilerplate.model import SiteModel
    from pipelines.records import Article


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a page beside its bytes. `content_type` is the header as it came. `fetched_at` is the UTC day of
    the fetch: dates more than two days after it are not believed; without it the limit is the year 2100. `confirmed`
    are keys of paragraphs that the feed has of the article (`pipelines.boilerplate.blocks.text_key`): none of them that
    has twelve letters is removed, nor what JSON-LD's articleBody has. If `has_date`, the date is known from elsewhere
    where the page's markup states none, and is not looked for in its text.
    """

    content_type: str | None = None
    fetched_at: date | None = None
    confirmed: frozenset[int] = frozenset()
    has_date: bool = False


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Fetched:
    """The arguments of `extract_article` but for the model."""

    html: bytes
    url: str
    hints: Hints


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of pages, in their order. `model` is what was known of the site once they were observed; without one
    the stories among them have no article yet."""

    observations: tuple[Observation, ...]
    model: SiteModel | None
    articles: tuple[Article | None, ...]
