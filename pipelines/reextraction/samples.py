"""Which pages of a site are the sample from which it is learned what the site repeats.

Owns its size and its order. Must not know what is learned.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from pipelines.records import Outcome

if TYPE_CHECKING:
    from pipelines.reextraction.pages import ArchivedPage

SAMPLE_PAGES = 24
"""Of a site: four times the stories by which a crawl knows it. A block of one page in four is found by so many."""


def rank_of(page: ArchivedPage) -> bytes:
    """A site's sample are the pages of the lowest rank, whatever the order in which they are met: what was an article
    before all else."""
    was_none = page.fetch.outcome in (Outcome.NO_ARTICLE, Outcome.EXTRACTION_FAILED) or page.is_decided
    return bytes([was_none]) + sha256(page.fetch.url_key.encode("utf-8", "surrogatepass")).digest()[:8]
