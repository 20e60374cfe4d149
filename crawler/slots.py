"""A redirected request waits in the slot of the host that it goes to.

Owns that one correction: Scrapy notes the slot in `request.meta`, and a redirect takes it along to another host: it
would hold up the first host's queue while it waits for its turn at the second. A downloader middleware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.urlkey import host_of

if TYPE_CHECKING:
    from scrapy import Request

_SLOT = "download_slot"


class OwnSlotMiddleware:
    """A slot that was set by hand stays."""

    def process_request(self, request: Request) -> None:
        earlier = request.meta.get("redirect_urls")
        slot = request.meta.get(_SLOT)
        if earlier and slot is not None and slot == host_of(earlier[-1]) != host_of(request.url):
            del request.meta[_SLOT]
