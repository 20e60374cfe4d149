"""`scrapy crawl`, with an end that a person and a scheduler can read.

Owns the closing table and the exit code; crawling itself is Scrapy's command, and takes all its options.
"""

from __future__ import annotations

import difflib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from crawler.command import print_json
from crawler.display import Display, tell_error
from crawler.summary import as_json, show
from pipelines.errors import BroadsheetError, ConfigurationError, ExitCode
from pipelines.lock import refuse_if_held

if TYPE_CHECKING:
    import argparse

    from scrapy.crawler import Crawler

    from crawler.summary import CrawlEnd


class Command(ScrapyCrawl):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print the end of the crawl as JSON on stdout")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Ends the process if another crawl holds the archive, before anything heavy is loaded and begun."""
        super().process_options(args, opts)
        for number in (signal.SIGINT, signal.SIGTERM):  # until Scrapy's own handlers stand
            signal.signal(number, _stop_before_the_beginning)
        try:
            refuse_if_held(Path(self.settings["ARCHIVE_DIR"] if self.settings else "archive"))
        except BroadsheetError as error:
            tell_error(str(error))
            sys.exit(error.exit_code)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("name one spider: scrapy crawl news, or scrapy crawl pages; `scrapy list` shows all")
        if self.crawler_process is None:
            raise UsageError("scrapy crawl runs in a process of its own")
        from crawler.running import run_crawl  # noqa: PLC0415  # heavy: see process_options

        try:
            crawler = self._crawler_of(args[0])
            end = run_crawl(self.crawler_process, crawler, opts.spargs)
        except BroadsheetError as error:
            tell_error(str(error))
            self.exitcode = error.exit_code
            return
        if end is None:
            return
        self._publish(end)
        if opts.json:
            print_json(as_json(end))
        else:
            show(end, Display(sys.stderr))
        self.exitcode = end.exit_code

    def _publish(self, end: CrawlEnd) -> None:
        path = self.settings.get("PROMETHEUS_TEXTFILE") if self.settings else None
        if path:
            from crawler.metrics import write_metrics  # noqa: PLC0415  # few ask for it

            try:
                write_metrics(end, Path(path))
            except ConfigurationError as error:  # the crawl stands
                tell_error(str(error))

    def _crawler_of(self, name: str) -> Crawler:
        try:
            return self._create_crawler(name)
        except KeyError:
            names = self.crawler_process.spider_loader.list() if self.crawler_process else []
            nearest = difflib.get_close_matches(name, names, 1)
            remedy = f"did you mean {nearest[0]!r}?" if nearest else "there are: " + ", ".join(sorted(names))
            raise ConfigurationError(f"no such spider: {name!r}: {remedy}") from None


def _stop_before_the_beginning(number: int, _: object) -> None:
    """Nothing has been opened yet, and so there is nothing to close."""
    os.write(2, b"Stopped before the crawl began.\n")
    os._exit(ExitCode.STOPPED)
