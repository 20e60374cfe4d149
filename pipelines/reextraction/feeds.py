"""What feeds that a crawl read have of their articles' text, so that none of it is removed from their pages.

Owns the call of the feed reader, which is given by its dotted name. Runs in worker processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.reextraction.extracting import read_source
from pipelines.reextraction.named import function_at
from pipelines.urlkey import url_key

if TYPE_CHECKING:
    from pipelines.reextraction.archive import FeedRead


def paragraphs_in(feed: FeedRead, reader: str) -> dict[str, tuple[int, ...]]:
    """By URL key, the keys of the paragraphs that the feed's entries have in full. UnreadableError as in
    `read_source`."""
    found = function_at(reader)(read_source(feed.source), feed.url)
    keys: dict[str, tuple[int, ...]] = {}
    for link in found.links:
        if link.paragraphs:
            try:
                keys.setdefault(url_key(link.url), tuple(link.paragraphs))
            except ValueError:
                continue
    return keys
