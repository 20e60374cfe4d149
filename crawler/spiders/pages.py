"""The spider for exactly the URLs of a list: archive and extract them, and nothing else.

Owns how a list is read: one URL a line, blank lines and lines that begin with # aside.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from itertools import islice
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider

from crawler.arguments import refuse_unknown, url_list
from crawler.foundrequest import DISCOVERED, ROLE, SITE
from crawler.identity import agent_of, require_contact
from crawler.sitecounts import SiteCounts
from crawler.sites import site_of_url
from pipelines.errors import ConfigurationError
from pipelines.items import Page
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from typing import Self, TextIO

    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

_LINES_AT_ONCE = 500


class PagesSpider(Spider):
    """`-a urls=FILE` fetches the URLs of a file, `-a urls=-` those of standard input. A URL that is archived already is
    not fetched again."""

    name = "pages"
    retries_when_found = True  # a list is tried again as a whole, not URL by URL in its own time

    def __init__(self, urls: TextIO | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._urls = urls

    @classmethod
    def from_crawler(cls, crawler: Crawler, urls: str | None = None, **kwargs: Any) -> Self:
        """ConfigurationError for a list that cannot be read, or one that leads elsewhere without a contact address."""
        spider = cls(None)
        if not os.environ.get("SCRAPY_CHECK"):  # `scrapy check` makes spiders without arguments
            refuse_unknown(kwargs, ("urls",))
            spider = cls(url_list(urls))
            spider._check_contact(agent_of(crawler.settings))
        spider._set_crawler(crawler)
        return spider

    def _check_contact(self, agent: str) -> None:
        """Before the first request where the list can be read twice; a stream is checked as it comes, by the guard."""
        if self._urls is not None and self._urls.seekable():
            require_contact(agent, (url for _, url in _numbered(self._urls) if _problem(url) is None))
            self._urls.seek(0)

    async def start(self) -> AsyncIterator[Request]:
        entries = _numbered(self._urls) if self._urls else iter(())
        while batch := await _in_daemon(lambda: list(islice(entries, _LINES_AT_ONCE))):
            for number, url in batch:
                problem = _problem(url)
                if problem:
                    self._skip(number, problem)
                else:
                    yield self._page(url)

    def _page(self, url: str) -> Request:
        return Request(url, callback=self.parse_page, meta={
            SITE: site_of_url(url).name, ROLE: Role.PAGE.value, DISCOVERED: {"via": "list"}})

    def _skip(self, number: int, problem: str) -> None:
        logger.warning("Line %d of the list: %s", number, problem)
        counts = self.crawler.get_extension(SiteCounts)
        if counts is not None:
            counts.skip("(list)", "not a URL that can be fetched")

    def parse_page(self, response: Response) -> Iterator[Page]:
        yield Page(response)


async def _in_daemon(read: Callable[[], list[tuple[int, str]]]) -> list[tuple[int, str]]:
    """In a thread that no one waits for when the process ends: a pipe may stay open, and silent, for ever."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[tuple[int, str]]] = loop.create_future()

    def run() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed by now
            try:
                result = read()
            except BaseException as error:
                loop.call_soon_threadsafe(_tell, done, None, error)
            else:
                loop.call_soon_threadsafe(_tell, done, result, None)

    threading.Thread(target=run, name="url list", daemon=True).start()
    return await done


def _tell(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.done():
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(result)


def _numbered(lines: TextIO) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number, text


def _problem(url: str) -> str | None:
    try:
        site_of_url(url)
    except ConfigurationError as error:
        return str(error)
    return None
