"""The page of a revisit: that of its original, under the revisit's own address and date.

Owns what is taken from which of the two. Must not know how the original is found.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipelines.recordlines import from_fields
from pipelines.records import Http, Outcome, WarcPointer
from pipelines.reextraction.pages import Source

if TYPE_CHECKING:
    from pipelines.reextraction.pages import ArchivedPage


def with_original(page: ArchivedPage, original: dict[str, Any] | None) -> ArchivedPage:
    if original is None:
        fetch = replace(page.fetch, outcome=Outcome.NO_ARTICLE, reason="a revisit: its original is not in the inputs")
        return replace(page, fetch=fetch, is_decided=True)
    held = from_fields(Http, original["http"])
    http = page.fetch.http
    if http is not None:
        http = replace(http, bytes=held.bytes, content_type=http.content_type or held.content_type,
                       charset=http.charset or held.charset)
    return replace(page, fetch=replace(page.fetch, http=http), source=from_fields(Source, original["source"]),
                   place=from_fields(WarcPointer, original["place"]))
