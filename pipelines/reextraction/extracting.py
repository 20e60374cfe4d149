"""Articles of archived pages, each by the model that it names.

Owns what is told of a page that cannot be read, and what is no fault of the page. Runs in worker processes.
"""

from __future__ import annotations

import errno
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.boilerplate.model import NO_MODEL, SiteModel
from pipelines.content_coding import DecodedTooLargeError
from pipelines.errors import ArchiveDamagedError, BroadsheetError
from pipelines.extraction import Hints, extract_article
from pipelines.records import Outcome
from pipelines.reextraction.bodies import page_at
from pipelines.reextraction.heavy import UnreadableError
from pipelines.reextraction.pages import Made
from pipelines.remoteplace import PlaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.reextraction.heavy import Watch
    from pipelines.reextraction.pages import ArchivedPage, Source


def extract_with(pages: Sequence[ArchivedPage], watch: Watch, models: Path) -> list[Made]:
    """Each page by the model that it names, from the folder of models. What is damaged is told in its place;
    UnreadableError as in `read_source`."""
    with watch:
        return [_extracted(page, _model_in(models, page.model_id)) for page in watch.over(pages)]


def _model_in(models: Path, model_id: str | None) -> SiteModel:
    return _model(str(models / f"{model_id}.json")) if model_id else NO_MODEL


@lru_cache(maxsize=256)
def _model(path: str) -> SiteModel:
    return SiteModel.load(Path(path).read_bytes())


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
