"""A site's model out of a sample of its pages, and their articles out of the same reading of each.

Owns how large a sample is, and that every page of it is observed before any is extracted. Runs in worker processes.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.boilerplate.learner import MIN_STORIES, SiteLearner
from pipelines.boilerplate.model import NO_MODEL
from pipelines.content_coding import DecodedTooLargeError
from pipelines.errors import ArchiveDamagedError, BroadsheetError
from pipelines.extraction import Hints, extract_article
from pipelines.extraction.article import OpenedPage
from pipelines.records import Outcome
from pipelines.reextraction.bodies import page_at
from pipelines.reextraction.heavy import UnreadableError
from pipelines.reextraction.pages import Made
from pipelines.remoteplace import PlaceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipelines.boilerplate.learner import Observation
    from pipelines.boilerplate.model import SiteModel
    from pipelines.reextraction.heavy import Watch
    from pipelines.reextraction.pages import ArchivedPage, Source

SAMPLE_PAGES = 24
"""Of a site: four times the stories by which a crawl knows it. A block of one page in four is found by so many."""

_TOGETHER_BYTES = 16 << 20      # of pages whose trees are held at once


@dataclass(frozen=True, slots=True)
class Learned:
    """The model of a site, and what came of the pages of its sample, in their order; None: they are extracted later."""

    model: SiteModel
    made: tuple[Made | None, ...]


def learn_site(pages: Sequence[ArchivedPage], watch: Watch) -> Learned:
    """Read the sample of a site. Same pages, same model. UnreadableError as in `read_source`."""
    with watch:
        bodies = [_body(page) for page in _watched(pages, watch)]
        is_small = sum(map(len, bodies)) <= _TOGETHER_BYTES
        opened: list[OpenedPage | None] = []

        def observations() -> Iterator[Observation]:
            for page in _watched(pages, watch):
                body = bodies.pop(0)
                each = OpenedPage(body, hints_of(page).content_type) if body else None
                opened.append(each if is_small else None)
                if each:
                    yield each.observed()

        model = model_of(observations())
        made: list[Made | None] = []
        for page in _watched(pages, watch):
            each = opened.pop(0)        # its tree is large
            made.append(Made(each.article(page.fetch.final_url, model, hints_of(page))[0]) if each else None)
    return Learned(model, tuple(made))


def _watched(pages: Sequence[ArchivedPage], watch: Watch) -> Iterator[ArchivedPage]:
    for number, page in enumerate(pages):
        watch.at(number)
        yield page


def model_of(observations: Iterable[Observation]) -> SiteModel:
    """What follows from a sample; of too few stories nothing."""
    learner = SiteLearner()
    for observation in observations:
        learner.observe(observation)
    return learner.freeze() if learner.stories >= MIN_STORIES else NO_MODEL


def extract_archived(pages: Sequence[ArchivedPage], models: Sequence[SiteModel], watch: Watch) -> list[Made]:
    """The articles of pages, each by its model. What is damaged is told in its place; UnreadableError as in
    `read_source`."""
    with watch:
        return [_extracted(page, model) for page, model in zip(_watched(pages, watch), models, strict=True)]


def _extracted(page: ArchivedPage, model: SiteModel) -> Made:
    try:
        body = read_source(page.source)
    except DecodedTooLargeError as error:
        return Made(None, Outcome.TOO_LARGE, str(error))
    except BroadsheetError as error:
        return Made(None, Outcome.INVALID_RESPONSE, str(error)[:500])
    return Made(extract_article(body, page.fetch.final_url, model, hints_of(page)))


def hints_of(page: ArchivedPage) -> Hints:
    fetch, found = page.fetch, page.fetch.discovered
    has_date = found.via in {"feed", "news_sitemap"} and found.date is not None
    content_type = fetch.http.content_type if fetch.http else None
    return Hints(content_type, datetime.fromisoformat(fetch.started_at).date(), frozenset(page.confirmed),
                 has_date=has_date)


def read_source(source: Source) -> bytes:
    """As `page_at`, which tells of damage. UnreadableError if the page may well be there, but is not to be had now."""
    try:
        return page_at(source)
    except (OSError, PlaceError) as error:
        if isinstance(error, OSError) and error.errno == errno.EIO:
            raise ArchiveDamagedError(f"{source.path}: at byte {source.offset}: {error.strerror}") from error
        raise UnreadableError(f"{source.address}/{source.path}: cannot be read: {error}") from error


def _body(page: ArchivedPage) -> bytes:
    """Nothing of what is damaged: that is told when it is extracted."""
    try:
        return read_source(page.source)
    except BroadsheetError:
        return b""
