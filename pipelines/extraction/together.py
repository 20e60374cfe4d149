"""The first pages of a site at once: what they repeat, and then their articles, out of one reading of each.

Owns the order: every page is observed before any is extracted. Must not know where pages wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.boilerplate.learner import MIN_STORIES, STORIES_TO_KNOW, SiteLearner
from pipelines.extraction.article import OpenedPage
from pipelines.extraction.hints import Fetched, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.boilerplate.model import SiteModel
    from pipelines.records import Article


def read_together(
    pages: Sequence[Fetched], known: SiteModel, counts: bytes | None, *, concludes: bool,
) -> Reading:
    """As in `pipelines.extraction`."""
    learner = SiteLearner.load(counts) if counts else SiteLearner()
    model: SiteModel | None = None
    opened = [OpenedPage(page.html, page.hints.content_type) for page in pages]
    observations = tuple(page.observed() for page in opened)
    for observation in observations:
        learner.observe(observation)
        if model is None and learner.stories >= STORIES_TO_KNOW:
            model = learner.freeze()
    if model is None and concludes:
        model = learner.freeze() if learner.stories >= MIN_STORIES else known
    articles: list[Article | None] = []
    for page, observation in zip(pages, observations, strict=True):
        each = opened.pop(0)  # its tree is large
        is_due = model is not None or observation.story is None
        articles.append(each.article(page.url, model or known, page.hints)[0] if is_due else None)
    return Reading(observations, model, tuple(articles))
