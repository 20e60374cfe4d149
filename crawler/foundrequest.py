"""A spider's request as a URL that was found: what the store keeps of it.

Owns the keys of `request.meta` by which a spider says what a URL is. Must not know when it is fetched.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from crawler.addresses import has_credentials, shown
from crawler.request_json import request_key
from pipelines.records import Discovered, Role
from pipelines.store import Found
from pipelines.urlkey import host_of

if TYPE_CHECKING:
    from scrapy import Request

logger = logging.getLogger(__name__)

SITE, ROLE, DISCOVERED, ALSO = "site", "role", "discovered", "discovered_also"
"""Keys of `request.meta` by which a spider says what a URL is and how it was found (first, and how else); all have
defaults."""


def key_of(request: Request) -> str | None:
    """The URL key; None, with a line in the log, for what cannot be fetched or must not be written down."""
    try:
        key = request_key(request)
    except ValueError:
        key = None
    if key is None or has_credentials(request.url):
        logger.warning("Not a URL that can be fetched: %s", shown(request.url))
        return None
    return key


def found_of(request: Request, key: str, text: str | None) -> Found:
    """`text` is the request as JSON, None where it cannot be written down."""
    meta, host = request.meta, host_of(request.url)
    discovered = Discovered(**meta[DISCOVERED]) if DISCOVERED in meta else _discovered_by_spider(request)
    return Found(url_key=key, url=request.url, host=host, site=meta.get(SITE, host), role=meta.get(ROLE, Role.PAGE),
                 priority=request.priority, discovered=discovered, request=text, force=request.dont_filter,
                 also=tuple(Discovered(**way) for way in meta.get(ALSO, ())))


def _discovered_by_spider(request: Request) -> Discovered:
    referer = request.headers.get("Referer")
    return Discovered(via="spider", source_url=referer.decode("latin-1") if referer else None)
