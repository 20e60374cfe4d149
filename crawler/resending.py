"""A request that fell on a dead connection is sent once more, over a new one.

Owns that one retry. A server closes a kept-alive connection when it likes, which may be as the next request is on its
way: nothing is wrong with the page then, so that this counts as none of its retries. Twisted by itself sends such a
request again at once, past the host's delay: this one takes its turn like any other. A downloader middleware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.outcomes import DeadConnectionError

if TYPE_CHECKING:
    from scrapy import Request

OVER_A_NEW_CONNECTION = "over_a_new_connection"
"""The key of `request.meta` that tells the download handler to use no connection that was used before: it takes it
out, and what goes over a new one cannot fall on a dead one."""


class ResendingMiddleware:
    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        if not isinstance(exception, DeadConnectionError):
            return None
        again = request.replace(dont_filter=True)
        again.meta[OVER_A_NEW_CONNECTION] = True
        return again
