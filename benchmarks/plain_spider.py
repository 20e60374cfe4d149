"""The spider that users write today: fetch, call trafilatura in the callback, yield a dict to a JSONL feed.

Owns what our crawl is compared with. Must not use anything of ours: it is run with `scrapy runspider` outside of the
project, so that Scrapy's own defaults apply.

    scrapy runspider plain_spider.py -a homes=HOMES.txt -O articles.jsonl
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import scrapy
import trafilatura

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

KEYS = ("title", "author", "date", "url", "hostname", "description", "sitename", "categories", "tags", "language",
        "image", "license", "text")


class PlainSpider(scrapy.Spider):
    name = "plain"
    custom_settings = {"ROBOTSTXT_OBEY": True, "DOWNLOAD_DELAY": 0, "LOG_LEVEL": "INFO"}  # noqa: RUF012  # as users do

    def __init__(self, homes: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.homes = Path(homes).read_text("utf-8").split()

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for home in self.homes:
            yield scrapy.Request(home)

    def parse(self, response: Any) -> Iterator[scrapy.Request]:
        yield from response.follow_all(css="a[href*='article']", callback=self.parse_article)

    def parse_article(self, response: Any) -> Iterator[dict[str, Any]]:
        document = trafilatura.bare_extraction(response.text, url=response.url, with_metadata=True)
        if document is not None:
            yield {"address": response.url, **{key: getattr(document, key) for key in KEYS}}
