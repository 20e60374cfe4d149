"""Spiders and pipelines as users of Broadsheet write them in their own projects. No test itself.

Owns what a user may do: nothing here knows the archive, the frontier or the wiretap.
"""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import FormRequest, Request, Spider, signals
from scrapy.exceptions import DropItem

from pipelines.items import Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response


class StartSpider(Spider):
    """`-a start=URL`."""

    def __init__(self, start: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = [start]


class FollowingSpider(StartSpider):
    """The usual kind: pages become articles, links are followed, an item of its own goes beside."""

    name = "following"

    def parse(self, response: Response) -> Iterator[Any]:
        yield Page(response)
        yield {"links": len(response.css("a"))}
        yield from response.follow_all(css="a", callback=self.parse)


class RaisingSpider(StartSpider):
    """Its callback has a fault that shows on some pages, before or after it has yielded."""

    name = "raising"

    def parse(self, response: Response) -> Iterator[Any]:
        yield from response.follow_all(css="a", callback=self.parse_page)

    def parse_page(self, response: Response) -> Iterator[Any]:
        if "before" in response.url:
            raise ValueError("a fault of the user's")
        yield Page(response)
        if "after" in response.url:
            raise KeyError("too late")


class DroppingSpider(StartSpider):
    name = "dropping"
    custom_settings: ClassVar[dict[str, Any]] = {"ITEM_PIPELINES": {
        "tests.userspiders.DropBefore": 100, "tests.userspiders.DropByArticle": 700}}

    def parse(self, response: Response) -> Iterator[Any]:
        yield Page(response)
        yield from response.follow_all(css="a", callback=self.parse)


class DropBefore:
    """Before extraction: by the address."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, Page) and "unwanted" in item.response.url:
            raise DropItem("nobody wants it")
        if isinstance(item, Page) and "faulty" in item.response.url:
            raise RuntimeError("a pipeline with a fault")
        return item


class DropByArticle:
    """After extraction: by what the article says."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, Page) and item.article and "advertisement" in (item.article.title or "").lower():
            raise DropItem("an advertisement")
        return item


class LambdaSpider(StartSpider):
    """Nothing of it can be written down: callbacks without a name, objects in meta."""

    name = "lambdas"

    def parse(self, response: Response) -> Iterator[Any]:
        for number, link in enumerate(response.css("a")):
            callback = (lambda response, number=number: self.parse_numbered(response, number)) if number % 2 else (
                self.parse_marked)
            yield response.follow(link, callback=callback, meta={"mark": object()})

    def parse_numbered(self, response: Response, number: int) -> Iterator[Any]:
        assert number % 2
        yield Page(response)

    def parse_marked(self, response: Response) -> Iterator[Any]:
        assert type(response.meta["mark"]) is object
        yield Page(response)


class AskingSpider(StartSpider):
    """Forms, headers of its own, the same address again and again."""

    name = "asking"

    async def start(self) -> AsyncIterator[Any]:
        url = self.start_urls[0]
        yield Request(url, callback=self.parse_again, cb_kwargs={"left": 2})
        yield FormRequest(url + "search", formdata={"q": "swifts"}, callback=self.parse_page)
        yield FormRequest(url + "search", formdata={"q": "choir"}, callback=self.parse_page)
        yield FormRequest(url + "search", formdata={"q": "choir"}, callback=self.parse_page)
        yield Request(url + "head", method="HEAD", headers={"X-Own": "grüße"}, callback=self.parse_nothing)
        yield Request(url + "page", callback=self.parse_page)
        yield Request(url + "page?utm_source=x", callback=self.parse_page)

    def parse_again(self, response: Response, left: int) -> Iterator[Any]:
        yield Page(response)
        if left:
            yield response.request.replace(cb_kwargs={"left": left - 1}, dont_filter=True)

    def parse_page(self, response: Response) -> Iterator[Any]:
        yield Page(response)

    def parse_nothing(self, response: Response) -> None:
        return None


class RewritingSpider(StartSpider):
    """A downloader middleware of its own answers a request by another one, as a login or a proxy list does; and a
    callback downloads a page by itself."""

    name = "rewriting"
    custom_settings: ClassVar[dict[str, Any]] = {"DOWNLOADER_MIDDLEWARES": {"tests.userspiders.SendElsewhere": 200}}

    def parse(self, response: Response) -> Iterator[Any]:
        yield from response.follow_all(css="a", callback=self.parse_page)

    async def parse_page(self, response: Response) -> AsyncIterator[Any]:
        yield Page(response)
        if response.url.endswith("/downloads"):
            yield Page(await self.crawler.engine.download_async(Request(response.urljoin("/aside"))))


class KeepingSpider(StartSpider):
    """Keeps to its own hosts, as Scrapy has it: what leads elsewhere is filtered."""

    name = "keeping"
    allowed_domains: ClassVar[list[str]] = ["127.0.0.1"]

    def parse(self, response: Response) -> Iterator[Any]:
        yield Page(response)
        yield from response.follow_all(css="a", callback=self.parse)


class HangingSpider(StartSpider):
    """A callback that never returns."""

    name = "hanging"

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        yield Page(response)
        await asyncio.Event().wait()


class SendElsewhere:
    def process_request(self, request: Request) -> Request | None:
        return Request(request.url.replace("/plain", "/rewritten"), callback=request.callback) if (
            "/plain" in request.url) else None


class FactsSpider(StartSpider):
    """Tells what the crawl that it is part of is made of, and asks for what must not be had."""

    name = "facts"

    async def start(self) -> AsyncIterator[Any]:
        settings, engine = self.crawler.settings, self.crawler.engine
        handlers = engine.downloader.handlers
        yield {
            "settings": {name: settings[name] for name in settings if isinstance(settings[name], (int, float, str))},
            "extensions": [type(extension).__name__ for extension in self.crawler.extensions.middlewares],
            "schemes": [scheme for scheme in ("http", "https", "file", "ftp", "s3", "data")
                        if handlers._get_handler(scheme) is not None],
            "listens": listening_sockets(),
        }
        for url in ("file:///etc/passwd", "data:text/plain,x", "ftp://127.0.0.1/x", "s3://bucket.localhost/x"):
            yield Request(url)
        yield Request(self.start_urls[0])

    def parse(self, response: Response) -> Iterator[Any]:
        yield Page(response)


def listening_sockets() -> list[str]:
    """Local addresses on which this process listens (Linux: proc(5))."""
    own = {path.readlink().name for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
    tables = [Path(f"/proc/self/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own]


class StopsEarly:
    """An extension that has the crawl stopped before its first request: at STOP_AT, by the signal STOP_BY."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StopsEarly:
        extension = cls()
        extension.number = crawler.settings.getint("STOP_BY")
        if crawler.settings["STOP_AT"] == "extension":
            extension.stop()
        else:
            crawler.signals.connect(extension.stop, signal=signals.engine_started)
        return extension

    def stop(self) -> None:
        signal.raise_signal(self.number)


class DropStoryB:
    """A pipeline between extraction and publication: it wants none of one story."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, Page) and item.article is not None and item.article.title == "Story b of the day":
            raise DropItem("not this one")
        return item


class AgentsSpider(Spider):
    """`-a asking=FILE`: a list in JSON of agents and URLs, each of which is asked for in that agent's name."""

    name = "agents"

    def __init__(self, asking: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._asking = Path(asking)

    async def start(self) -> AsyncIterator[Request]:
        for agent, url in json.loads(self._asking.read_text(encoding="utf-8")):
            yield Request(url, headers={"User-Agent": agent.encode()}, dont_filter=True)

    def parse(self, response: Response) -> None:
        """What was fetched the archive says."""
