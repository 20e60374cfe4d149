"""What discovery gives: links, each once and the newest first, and what was wrong with the bytes.

Owns the cap on the number of links and how titles are cleaned. Must not know where links come from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipelines.records import Directive, Role

MAX_LINKS = 50_000              # as many as sitemaps.org allows one sitemap
_MAX_TITLE_CHARS = 500

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\ufeff]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Link:
    """An address that was found: what to fetch it as, and what its source says of it. Role OTHER is of what plainly is
    no article.

    `date` and `updated` are in UTC, `updated` only beside a date of publication; `is_published`: the date is that, by
    a news sitemap. `paragraphs` are keys of what its source has of the text (`crawler.discovery.fullcontent`), `image`
    is the picture beside it, `rights` is what it says of the page's use.
    """

    url: str
    role: Role
    title: str | None = None
    date: datetime | None = None
    paragraphs: tuple[int, ...] = ()
    updated: datetime | None = None
    image: str | None = None
    is_published: bool = False
    rights: tuple[Directive, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The links of one document. `problem` is one sentence where the bytes are not what they should be.

    `refresh_seconds` is how long a feed asks to be left alone. A problem does not mean that there are no links:
    what could be read of a damaged document is given. `next_url` is where the list goes on, with what is older; `hub`
    the WebSub hub that a feed names (W3C WebSub, section 4), `wordpress_api` the root of WordPress's REST API that a
    page names. `doubtful` are links under headlines to what may be pages, if the site has articles of that shape.
    `moved_to` is where a page sends its reader at once; `is_article`: a page that was read for its links says that it
    is an article, or has one long dated text.
    """

    links: tuple[Link, ...]
    problem: str | None = None
    refresh_seconds: float = 0.0
    next_url: str | None = None
    hub: str | None = None
    wordpress_api: str | None = None
    doubtful: tuple[Link, ...] = ()
    moved_to: str | None = None
    is_article: bool = False


def newest_first(links: Iterable[Link]) -> tuple[Link, ...]:
    """Each URL once: dated links, newest first, then the others as they stood; at most MAX_LINKS."""
    kept: tuple[Link, ...] = ()
    remaining = iter(links)
    while batch := tuple(islice(remaining, MAX_LINKS)):     # so that a hostile million is never held at once
        kept = _pruned(chain(kept, batch))
    return kept


def clean_title(text: str | None) -> str | None:
    """A title on one line that can be written as UTF-8; None if nothing is left of it."""
    title = _SURROGATE.sub("\ufffd", _BLANK.sub(" ", text or "")).strip()
    return title[:_MAX_TITLE_CHARS].rstrip() or None


def _pruned(links: Iterable[Link]) -> tuple[Link, ...]:
    ordered = sorted(links, key=lambda link: -link.date.timestamp() if link.date else float("inf"))
    once: dict[str, Link] = {}
    for link in ordered:
        once.setdefault(link.url, link)
    return tuple(islice(once.values(), MAX_LINKS))
