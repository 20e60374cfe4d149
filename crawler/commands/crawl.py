"""`scrapy crawl`, with an end that a person and a scheduler can read.

Owns the closing table and the exit code; crawling itself is Scrapy's command, and takes all its options.
"""

from __future__ import annotations

import difflib
import json
import sys
from typing import TYPE_CHECKING

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from crawler.display import Display
from crawler.running import run_crawl
from crawler.summary import as_json, show
from pipelines.errors import BroadsheetError, ConfigurationError

if TYPE_CHECKING:
    import argparse

    from scrapy.crawler import Crawler


class Command(ScrapyCrawl):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print the end of the crawl as JSON on stdout")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("name one spider: scrapy crawl news, or scrapy crawl pages; `scrapy list` shows all")
        if self.crawler_process is None:
            raise UsageError("scrapy crawl runs in a process of its own")
        try:
            crawler = self._crawler_of(args[0])
            end = run_crawl(self.crawler_process, crawler, opts.spargs)
        except BroadsheetError as error:
            sys.stderr.write("".join(f"error: {line}\n" for line in str(error).splitlines()))
            self.exitcode = error.exit_code
            return
        if end is None:
            return
        if opts.json:
            sys.stdout.write(json.dumps(as_json(end), indent=2) + "\n")
        else:
            show(end, Display(sys.stderr))
        self.exitcode = end.exit_code

    def _crawler_of(self, name: str) -> Crawler:
        try:
            return self._create_crawler(name)
        except KeyError:
            names = self.crawler_process.spider_loader.list() if self.crawler_process else []
            nearest = difflib.get_close_matches(name, names, 1)
            remedy = f"did you mean {nearest[0]!r}?" if nearest else "there are: " + ", ".join(sorted(names))
            raise ConfigurationError(f"no such spider: {name!r}: {remedy}") from None
