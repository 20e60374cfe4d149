"""Requests that our own rules forbid, stopped before they are sent.

Owns that check alone, for whatever way a request came: found, redirected or asked for by a spider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.addresses import has_credentials, shown
from crawler.identity import REMEDY, has_contact, is_loopback
from crawler.outcomes import RefusedError
from pipelines.urlkey import host_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler


class GuardMiddleware:
    """Nothing but http(s) is asked for, no address holds a password, and nothing leaves this machine without a contact
    in the user agent."""

    def __init__(self, user_agent: str) -> None:
        self._has_contact = has_contact(user_agent)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings["USER_AGENT"])

    def process_request(self, request: Request) -> None:
        if not request.url.startswith(("http://", "https://")):  # before robots.txt of such a place is asked for
            raise RefusedError(f"not an http(s) URL: {request.url[:200]}")
        if has_credentials(request.url):
            raise RefusedError(f"holds credentials: {shown(request.url)}: give them as http_user and http_pass in meta")
        if not self._has_contact and not is_loopback(host_of(request.url)):
            raise RefusedError(f"no contact address: {REMEDY}")
