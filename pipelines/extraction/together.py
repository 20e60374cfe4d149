"""The first pages of a site at once: what they repeat, and then their articles, out of one reading of each.

Owns the order: every page is observed before any is extracted. Must not know where pages wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.boilerplate.learner import MIN_STORIES, STORIES_TO_KNOW, SiteLearner
from pipelines.boilerplate.model import NO_MODEL, SiteModel
from pipelines.extraction.article import Hints, OpenedPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.boilerplate.learner import Observation
    from pipelines.records import Article


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


def read_together(
    pages: Sequence[Fetched], known: SiteModel = NO_MODEL, counts: bytes | None = None, *, concludes: bool = False,
) -> Reading:
    """Observe the pages, on top of the `counts` that the site has (`SiteLearner.dump`), and extract them by the model
    that follows from that. With fewer than `STORIES_TO_KNOW` stories it follows only if it `concludes`: there are no
    more; what is no story is extracted by what is `known` so far. Same arguments, same reading."""
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
