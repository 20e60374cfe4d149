"""A site's model out of a sample of its pages, and their articles out of the same reading of each.

Owns that every page of a sample is observed before any is extracted. Runs in worker processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.boilerplate.learner import MIN_STORIES, SiteLearner
from pipelines.boilerplate.model import NO_MODEL
from pipelines.errors import BroadsheetError
from pipelines.extraction.article import OpenedPage
from pipelines.reextraction.extracting import hints_of, read_source
from pipelines.reextraction.pages import Learned, Made

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipelines.boilerplate.learner import Observation
    from pipelines.boilerplate.model import SiteModel
    from pipelines.reextraction.heavy import Watch
    from pipelines.reextraction.pages import ArchivedPage

_TOGETHER_BYTES = 16 << 20      # of pages whose trees are held at once


def learn_site(pages: Sequence[ArchivedPage], watch: Watch) -> Learned:
    """Read the sample of a site. Same pages, same model. UnreadableError as in `read_source`."""
    with watch:
        bodies = [_body(page) for page in watch.over(pages)]
        is_small = sum(map(len, bodies)) <= _TOGETHER_BYTES
        opened: list[OpenedPage | None] = []

        def observations() -> Iterator[Observation]:
            for page in watch.over(pages):
                body = bodies.pop(0)
                each = OpenedPage(body, hints_of(page).content_type) if body else None
                opened.append(each if is_small else None)
                if each:
                    yield each.observed()

        model = model_of(observations())
        made: list[Made | None] = []
        for page in watch.over(pages):
            each = opened.pop(0)        # its tree is large
            made.append(Made(each.article(page.fetch.final_url, model, hints_of(page))[0]) if each else None)
    return Learned(model, tuple(made))


def model_of(observations: Iterable[Observation]) -> SiteModel:
    """What follows from a sample; of too few stories nothing."""
    learner = SiteLearner()
    for observation in observations:
        learner.observe(observation)
    return learner.freeze() if learner.stories >= MIN_STORIES else NO_MODEL


def _body(page: ArchivedPage) -> bytes:
    """Nothing of what is damaged: that is told when it is extracted."""
    try:
        return read_source(page.source)
    except BroadsheetError:
        return b""
