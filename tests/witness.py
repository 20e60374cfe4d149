"""A Scrapy extension that writes down what a crawl handed on, the moment it did. No test itself.

`-s EXTENSIONS={"tests.witness.Witness": 1} -s WITNESS_FILE=…`. One URL a line, by one write(2): it stands, whatever
happens to the process.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response


HANDED_ON = "Witnessed:"
"""How a line on stderr begins that says so too."""


class Witness:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        witness = cls(Path(crawler.settings["WITNESS_FILE"]))
        crawler.signals.connect(witness.item_scraped, signal=signals.item_scraped)
        return witness

    def item_scraped(self, item: Any, response: Response) -> None:
        os.write(self._file, response.url.encode() + b"\n")
        os.write(2, f"{HANDED_ON} {response.url}\n".encode())


def witnessed_by(path: Path) -> dict[str, object]:
    """Settings of a crawl that is witnessed."""
    return {"EXTENSIONS": json.dumps({"tests.witness.Witness": 1}), "WITNESS_FILE": path}


def handed_on(path: Path) -> list[str]:
    """URLs of articles that crawls handed on."""
    return path.read_text().split() if path.exists() else []
