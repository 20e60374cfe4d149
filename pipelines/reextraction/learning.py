"""A site's model out of a sample of its pages, and their articles out of the same reading of each.

Owns how large a sample is, and that every page of it is observed before any is extracted. Runs in worker processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.boilerplate.learner import MIN_STORIES, SiteLearner
from pipelines.boilerplate.model import NO_MODEL
from pipelines.content_coding import DecodedTooLargeError
from pipelines.errors import BroadsheetError
from pipelines.extraction import Hints, extract_article
from pipelines.extraction.article import OpenedPage
from pipelines.records import Outcome
from pipelines.reextraction.bodies import page_at
from pipelines.reextraction.pages import Made

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipelines.boilerplate.learner import Observation
    from pipelines.boilerplate.model import SiteModel
    from pipelines.reextraction.pages import ArchivedPage

SAMPLE_PAGES = 24
"""Of a site: four times the stories by which a crawl knows it. A block of one page in four is found by so many."""

_TOGETHER_BYTES = 16 << 20      # of pages whose trees are held at once


@dataclass(frozen=True, slots=True)
class Learned:
    """The model of a site, and what came of the pages of its sample, in their order; None: they are extracted later."""

    model: SiteModel
    made: tuple[Made | None, ...]


def learn_site(pages: Sequence[ArchivedPage]) -> Learned:
    """Read the sample of a site. Same pages, same model."""
    bodies = [_body(page) for page in pages]
    if sum(map(len, bodies)) > _TOGETHER_BYTES:
        return Learned(model_of(_observed(page, body) for page, body in zip(pages, bodies, strict=True) if body),
                       (None,) * len(pages))
    opened = [OpenedPage(body, hints_of(page).content_type) if body else None
              for page, body in zip(pages, bodies, strict=True)]
    model = model_of(page.observed() for page in opened if page)
    made: list[Made | None] = []
    for page in pages:
        each = opened.pop(0)        # its tree is large
        made.append(Made(each.article(page.fetch.final_url, model, hints_of(page))[0]) if each else None)
    return Learned(model, tuple(made))


def observe_archived(page: ArchivedPage) -> Observation | None:
    """What one page tells of its site; None if it cannot be read."""
    body = _body(page)
    return _observed(page, body) if body else None


def model_of(observations: Iterable[Observation]) -> SiteModel:
    """What follows from a sample; of too few stories nothing."""
    learner = SiteLearner()
    for observation in observations:
        learner.observe(observation)
    return learner.freeze() if learner.stories >= MIN_STORIES else NO_MODEL


def extract_archived(pages: Sequence[ArchivedPage], models: Sequence[SiteModel]) -> list[Made]:
    """The articles of pages, each by its model. What cannot be read is told in its place."""
    return [_extracted(page, model) for page, model in zip(pages, models, strict=True)]


def _extracted(page: ArchivedPage, model: SiteModel) -> Made:
    try:
        body = page_at(page.source)
    except DecodedTooLargeError as error:
        return Made(None, Outcome.TOO_LARGE, str(error))
    except (BroadsheetError, OSError) as error:
        return Made(None, Outcome.INVALID_RESPONSE, str(error)[:500])
    return Made(extract_article(body, page.fetch.final_url, model, hints_of(page)))


def hints_of(page: ArchivedPage) -> Hints:
    fetch, found = page.fetch, page.fetch.discovered
    has_date = found.via in {"feed", "news_sitemap"} and found.date is not None
    content_type = fetch.http.content_type if fetch.http else None
    return Hints(content_type, datetime.fromisoformat(fetch.started_at).date(), frozenset(page.confirmed),
                 has_date=has_date)


def _observed(page: ArchivedPage, body: bytes) -> Observation:
    return OpenedPage(body, hints_of(page).content_type).observed()


def _body(page: ArchivedPage) -> bytes:
    """Nothing of what cannot be read: that is told when it is extracted."""
    try:
        return page_at(page.source)
    except (BroadsheetError, OSError):
        return b""
