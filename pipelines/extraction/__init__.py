"""Turns the bytes of one page into one article.

Owns decoding, parsing, metadata and text of a single page. Must not know Scrapy, Twisted, the store, or any
other page of the site but by the model it is given. Runs in worker processes: a page that is hostile to the parser
costs its worker, no more.
"""

from pipelines.extraction.article import NO_HINTS, Hints, extract_and_observe, extract_article, observe_page
from pipelines.extraction.together import Fetched, Reading, read_together

__all__ = [
    "NO_HINTS", "Fetched", "Hints", "Reading", "extract_and_observe", "extract_article", "observe_page",
    "read_together",
]
