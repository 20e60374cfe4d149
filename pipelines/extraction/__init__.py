"""Turns the bytes of one page into one article.

Owns decoding, parsing, metadata and text of a single page. Must not know Scrapy, Twisted, the store, or any
other page of the site but by the model it is given. Runs in worker processes: a page that is hostile to the parser
costs its worker, no more. The parser takes half a second to load, so what is here loads it with the first page: a
crawl's own process only names these functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.boilerplate.model import NO_MODEL, SiteModel
from pipelines.extraction.hints import NO_HINTS, Fetched, Hints, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.boilerplate.learner import Observation
    from pipelines.records import Article

__all__ = [
    "NO_HINTS", "PARSER", "Fetched", "Hints", "Reading", "extract_and_observe", "extract_article", "observe_page",
    "read_together",
]

PARSER = "pipelines.extraction.together"
"""The module with which all of it is loaded: for processes that are made to parse."""


def extract_article(html: bytes, url: str, model: SiteModel = NO_MODEL, hints: Hints = NO_HINTS) -> Article:
    """The article of a page: same arguments, same article, whatever the day.

    `html` is the entity body without content coding, `url` the address it was served at, `model` what is known of its
    site.

    Never raises for what a page holds. A hostile page may take seconds or much memory, so this runs in worker
    processes with a deadline.
    """
    return extract_and_observe(html, url, model, hints, observes=False)[0]


def extract_and_observe(
    html: bytes, url: str, model: SiteModel = NO_MODEL, hints: Hints = NO_HINTS, *, observes: bool = True,
) -> tuple[Article, Observation | None]:
    """The article as `extract_article` gives it, and what its page tells of its site if it `observes`."""
    from pipelines.extraction import article  # noqa: PLC0415

    return article.extract_and_observe(html, url, model, hints, observes=observes)


def observe_page(html: bytes, content_type: str | None = None) -> Observation:
    """What a page tells of its site, without looking for its article."""
    from pipelines.extraction import article  # noqa: PLC0415

    return article.observe_page(html, content_type)


def read_together(
    pages: Sequence[Fetched], known: SiteModel = NO_MODEL, counts: bytes | None = None, *, concludes: bool = False,
) -> Reading:
    """Observe the pages, on top of the `counts` that the site has (`SiteLearner.dump`), and extract them by the model
    that follows from that. With fewer than `STORIES_TO_KNOW` stories it follows only if it `concludes`: there are no
    more; what is no story is extracted by what is `known` so far. Same arguments, same reading."""
    from pipelines.extraction import together  # noqa: PLC0415

    return together.read_together(pages, known, counts, concludes=concludes)
