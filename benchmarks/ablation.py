"""Extraction with one part left out at a time, to see what the part is worth.

Owns which parts there are and how each is left out. Must not know how the outcome is scored.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import trafilatura

from pipelines.boilerplate.blocks import letters
from pipelines.boilerplate.learner import STORIES_TO_KNOW, SiteLearner
from pipelines.boilerplate.model import NO_MODEL, SiteModel
from pipelines.extraction import extract_article, observe_page
from pipelines.extraction.body import Way, extract_text
from pipelines.extraction.completion import Completed, link_density

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.extraction.pagetext import PageText

STOCK = "stock trafilatura"
WHOLE = "all of it"


@dataclass(frozen=True, slots=True)
class Part:
    """`without` names what is replaced (module.attribute) by what of this module; `stories` how many each site's model
    is learned from."""

    name: str
    about: str
    without: tuple[tuple[str, str], ...] = ()
    stories: int = STORIES_TO_KNOW


PARTS = (
    Part(STOCK, "bare_extraction with metadata, its defaults, without comments"),
    Part(WHOLE, "as a crawl does it; site models of six stories"),
    Part("without the site model", "every page by itself", stories=0),
    Part("without shipped knowledge", "no marks and words of tools", (("removal._known", "nothing_known"),)),
    Part("without the rule of one article", "other <article> elements stay",
         (("removal._of_other_articles", "no_others"),)),
    Part("without completion", "nothing put in, no teasers taken out", (("choosing.complete", "as_found"),)),
    Part("without choosing", "always the thorough way", (("choosing.extract_text", "thorough"),)),
    Part("models of 5 stories", "the fewest that count", stories=5),
    Part("models of 12 stories", "all that a site has", stories=12),
)


def nothing_known(_: Any) -> dict[Any, str]:
    return {}


def no_others(*_: Any) -> dict[Any, str]:
    return {}


def as_found(text: str, page: PageText) -> Completed:
    folded = letters(text)
    return Completed(text, letters=folded, link_density=link_density(folded, page.left))


def thorough(tree: Any, _: Way) -> str:
    return extract_text(tree, Way.THOROUGH)


def ablate(
    part: Part, singles: Mapping[str, bytes], urls: Mapping[str, str | None], sites: Mapping[str, bytes],
) -> dict[str, dict[str, Any]]:
    """Predictions by page: of single pages, and of sites' pages, whose ids begin with the name of their site."""
    by_site: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
    for page_id, html in sites.items():
        by_site[page_id.partition("/")[0]][page_id] = html
    made: dict[str, dict[str, Any]] = {}
    with ProcessPoolExecutor(2) as pool:
        jobs = [pool.submit(_pages, part, {page_id: html}, urls.get(page_id), 0) for page_id, html in singles.items()]
        jobs += [pool.submit(_pages, part, pages, None, part.stories) for pages in by_site.values()]
        for job in jobs:
            made |= job.result()
    return made


def _pages(part: Part, pages: Mapping[str, bytes], url: str | None, stories: int) -> dict[str, dict[str, Any]]:
    url = url or "https://example.org/2026/an-article.html"
    if part.name == STOCK:
        return {page_id: _stock(html, url) for page_id, html in pages.items()}
    model = _model(list(pages.values())[:stories])
    with ExitStack() as patches:
        for target, replacement in part.without:
            patches.enter_context(mock.patch(f"pipelines.extraction.{target}", globals()[replacement]))
        return {page_id: _ours(html, url, model) for page_id, html in pages.items()}


def _model(pages: list[bytes]) -> SiteModel:
    learner = SiteLearner()
    for html in pages:
        learner.observe(observe_page(html))
    return learner.freeze() if pages else NO_MODEL


def _ours(html: bytes, url: str, model: SiteModel) -> dict[str, Any]:
    article = extract_article(html, url, model)
    stated = article.date_published_stated or ""
    return {"text": article.text, "title": article.title, "authors": article.authors,
            "date": stated if stated[4:5] == "-" else article.date_published, "utc_date": article.date_published}


def _stock(html: bytes, url: str) -> dict[str, Any]:
    document: Any = trafilatura.bare_extraction(html, url=url, include_comments=False, with_metadata=True)
    if document is None:
        return {}
    return {"text": document.text, "title": document.title, "authors": (document.author or "").split("; "),
            "date": document.date, "utc_date": document.date}
