"""Content-Encoding taken off responses, within limits and off the event loop.

Owns the place of that in the crawl; the codings are `pipelines.content_coding`'s. Scrapy's own middleware decodes on
the loop, layer upon layer without limit, and lets a charset detector loose on the compressed bytes of each body.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy.responsetypes import responsetypes

from crawler.outcomes import TooLargeError, UndecodableError
from pipelines.content_coding import ContentCodingError, DecodedTooLargeError, decoded
from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

_ON_THE_LOOP_BYTES = 4096


class DecodingMiddleware:
    """A body that decodes to more than DOWNLOAD_MAXSIZE, or not at all, fails its request; its bytes are archived."""

    def __init__(self, max_bytes: int, accepted: str) -> None:
        self._max_bytes, self._accepted = max_bytes, accepted

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"), crawler.settings["ACCEPT_ENCODING"])

    def process_request(self, request: Request) -> None:
        if self._accepted:
            request.headers.setdefault("Accept-Encoding", self._accepted)

    async def process_response(self, request: Request, response: Response) -> Response:
        response = await self._decoded(request, response)
        visit = request.meta.get(VISIT)
        if isinstance(visit, Visit):
            visit.body_hash = hash(response.body)
        return response

    async def _decoded(self, request: Request, response: Response) -> Response:
        coding = b", ".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not coding or not response.body or request.method == "HEAD":
            return response
        limit = request.meta.get("download_maxsize", self._max_bytes)
        try:
            body = await self._decode(response.body, coding, limit)
        except DecodedTooLargeError as error:
            raise TooLargeError(str(error)) from error
        except ContentCodingError as error:
            raise UndecodableError(str(error)) from error
        return _with_body(response, body)

    @staticmethod
    async def _decode(body: bytes, coding: str, limit: int) -> bytes:
        if len(body) < _ON_THE_LOOP_BYTES:
            return decoded(body, coding, limit)
        return await asyncio.to_thread(decoded, body, coding, limit)


def _with_body(response: Response, body: bytes) -> Response:
    """Not `response.replace`: that asks the old response for its encoding, and so has it guessed from noise."""
    headers: Headers = response.headers.copy()
    del headers["Content-Encoding"]
    kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
    return kind(
        url=response.url, status=response.status, headers=headers, body=body, flags=response.flags,
        request=response.request, certificate=response.certificate, ip_address=response.ip_address,
        protocol=response.protocol,
    )
