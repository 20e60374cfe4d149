"""Turns the bytes of one page into one article.

Owns decoding, parsing, metadata and text of a single page. Must not know Scrapy, Twisted, the store, or any
other page of the site. Runs in worker processes: a page that is hostile to the parser costs its worker, no
more.
"""

from pipelines.extraction.article import extract_article

__all__ = ["extract_article"]
