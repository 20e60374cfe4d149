"""`scrapy crawl`, with an end that a person and a scheduler can read.

Owns the closing table and the exit code; crawling itself is Scrapy's command, and takes all its options.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from crawler.running import run_crawl
from crawler.summary import as_json, show
from pipelines.errors import BroadsheetError

if TYPE_CHECKING:
    import argparse


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
            crawler = self._create_crawler(args[0])
            end = run_crawl(self.crawler_process, crawler, opts.spargs)
        except BroadsheetError as error:
            sys.stderr.write(f"error: {error}\n")
            self.exitcode = error.exit_code
            return
        if end is None:
            return
        if opts.json:
            sys.stdout.write(json.dumps(as_json(end), indent=2) + "\n")
        else:
            show(end, Console(stderr=True))
        self.exitcode = end.exit_code
