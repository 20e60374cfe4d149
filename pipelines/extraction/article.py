"""One page's bytes to one article: the order of the steps, and the figures.

Owns `extract_article`, a pure function. Must not know where the page came from beyond its address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipelines.extraction.body import extract_text, strip_code
from pipelines.extraction.kind import judge_kind
from pipelines.extraction.metadata import read_metadata
from pipelines.extraction.page import parse_page
from pipelines.records import Article, Quality

if TYPE_CHECKING:
    from datetime import date

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W{_IDEOGRAPHS}]+(?:['’-][^\W{_IDEOGRAPHS}]+)*")


def extract_article(
    html: bytes, url: str, *, content_type: str | None = None, fetched_at: date | None = None,
) -> Article:
    """The article of a page: same arguments, same article, whatever the day.

    `html` is the entity body without content coding, `url` the address it was served at, `content_type` the
    header as it came. `fetched_at` is the UTC day of the fetch: dates more than two days after it are not
    believed; without it the limit is the year 2100.

    Never raises for what a page holds. A hostile page may take seconds or much memory, so this runs in worker
    processes with a deadline.
    """
    page = parse_page(html, content_type)
    strip_code(page.tree)
    metadata = read_metadata(page.tree, url, fetched_at)
    visible_chars = _visible_chars(page.tree)
    text, complaints = _text(page.tree)
    return Article(
        kind=judge_kind(text, page.tree, url, states_article=metadata.states_article),
        canonical_url=metadata.canonical_url,
        title=metadata.title,
        description=metadata.description,
        text=text,
        authors=metadata.authors,
        publisher=metadata.publisher,
        language=metadata.language,
        section=metadata.section,
        tags=metadata.tags,
        image=metadata.image,
        license=metadata.license,
        date_published=metadata.date_published,
        date_published_source=metadata.date_published_source,
        date_published_precision=metadata.date_published_precision,
        date_modified=metadata.date_modified,
        is_accessible_for_free=metadata.is_accessible_for_free,
        word_count=count_words(text),
        charset=page.charset,
        quality=Quality(
            paragraphs=sum(1 for line in text.splitlines() if line.strip()),
            text_share=round(min(1.0, len(text) / visible_chars), 3) if visible_chars else None,
        ),
        warnings=(*page.warnings, *metadata.warnings, *complaints),
    )


def count_words(text: str) -> int:
    """Words, apostrophes and hyphens inside them included; each ideograph and each kana counts as one."""
    return sum(1 for _ in _WORD.finditer(text))


def _text(tree: Any) -> tuple[str, tuple[str, ...]]:
    try:
        text = extract_text(tree)
    except RecursionError:
        return "", ("text: nested too deep",)
    return text, () if text else ("no text",)


def _visible_chars(tree: Any) -> int:
    """Characters of the body's text, runs of white space as one; JSON-LD in the body is not text."""
    body = tree.find("body")
    if body is None:
        return 0
    scripts = sum(len(" ".join((script.text or "").split())) for script in body.iter("script"))
    return max(0, len(" ".join(body.text_content().split())) - scripts)
