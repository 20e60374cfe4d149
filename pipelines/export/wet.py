"""The articles as plain text in WARC conversion records, as Common Crawl's WET files have it.

Owns what such a record says (WARC 1.1 section 6.8). Must not know how articles are found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import __version__
from pipelines.exchange import digest
from pipelines.recordlines import scrub
from pipelines.warc import Block, new_record_id, record, warcinfo_member

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import BinaryIO

    from pipelines.warc import Member

_INFO = {
    "software": f"Broadsheet/{__version__}", "format": "WARC File Format 1.1",
    "description": "Title and main text of news articles, extracted from the records that they refer to",
}


def write_wet(out: BinaryIO, file_name: str, articles: Iterable[Mapping[str, Any]], now: datetime) -> int:
    """A whole WET file; returns how many articles are in it."""
    info_id = new_record_id()
    warcinfo_member(file_name, info_id, now, _INFO).write_to(out.write)
    count = 0
    for count, article in enumerate(articles, 1):  # noqa: B007  # the last one is how many there are
        conversion(article, info_id).write_to(out.write)
    return count


def conversion(article: Mapping[str, Any], warcinfo_id: str) -> Member:
    """Of the record that holds the page: its date is that of the fetch, its text begins with the title."""
    block = Block(_text(article).encode())
    fields = [("WARC-Target-URI", article["final_url"]), ("WARC-Warcinfo-ID", warcinfo_id),
              ("WARC-Refers-To", article["warc"]["record_id"])]
    return record("conversion", block, "text/plain", digest(block.head), new_record_id(),
                  article["http"]["fetched_at"], fields)


def _text(article: Mapping[str, Any]) -> str:
    title, text = scrub(article["title"] or ""), scrub(article["text"])
    return text if text.partition("\n")[0] == title else f"{title}\n{text}"
