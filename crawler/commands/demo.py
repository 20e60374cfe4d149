"""`scrapy demo`: the whole way once, on two small news sites that come with Broadsheet.

Owns the order of the show: serve, crawl, look at the articles, verify. Everything stays on loopback.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.display import Display, stdout, tell_error
from crawler.summary import show
from pipelines.errors import BroadsheetError, ExitCode

if TYPE_CHECKING:
    import argparse

    from crawler.summary import CrawlEnd


class Command(ScrapyCommand):
    requires_project = True
    default_settings: ClassVar[dict[str, Any]] = {}

    def short_desc(self) -> str:
        return "Crawl two bundled news sites, show their articles, verify the archive"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--dir", default="demo-archive", metavar="DIR", help="where the archive goes")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if self.settings is None:
            raise UsageError("scrapy demo runs as a command")
        self.settings.set("ARCHIVE_DIR", opts.dir, priority="cmdline")
        self.settings.set("LOG_LEVEL", opts.loglevel or "WARNING", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from crawler.demo.server import DemoServer  # noqa: PLC0415  # heavy: Scrapy loads every command at each start

        display = stdout()
        try:
            with DemoServer() as server:
                for site in server.sites:
                    display.say(f"Serving {site.name} at {site.url}")
                end = self._crawl(Path(opts.dir), server.sites_toml())
            self.exitcode = self._show(end, Path(opts.dir)) if end else ExitCode.FAILED
        except BroadsheetError as error:
            tell_error(str(error))
            self.exitcode = error.exit_code

    def _crawl(self, root: Path, registry: str) -> CrawlEnd | None:
        from crawler.running import run_crawl  # noqa: PLC0415  # heavy, and Scrapy loads every command to run one

        root.mkdir(parents=True, exist_ok=True)
        sites = root / "sites.toml"
        sites.write_text(registry, encoding="utf-8")
        if self.crawler_process is None:
            raise UsageError("scrapy demo runs as a command")
        crawler = self.crawler_process.create_crawler("news")
        return run_crawl(self.crawler_process, crawler, {"sites": str(sites), "poll": "all"})

    @staticmethod
    def _show(end: CrawlEnd, root: Path) -> int:
        from pipelines.verification import verify  # noqa: PLC0415  # heavy: Scrapy loads every command at each start

        display = stdout()
        display.say("\nWhat the archive holds", style="bold")
        _show_articles(root, display)
        display.print()
        show(end, display)
        report = verify(root)
        display.print()
        if not report.is_sound:
            display.say(f"The archive is damaged: scrapy verify -s ARCHIVE_DIR={root}", style="bold red")
            return ExitCode.FAILED
        display.say("The archive is sound: every byte, digest and pointer was checked.", style="bold green")
        return end.exit_code


def _show_articles(root: Path, display: Display) -> None:
    from pipelines.reader import Archive  # noqa: PLC0415  # heavy: Scrapy loads every command at each start

    articles = sorted(Archive(root).rows("articles"), key=lambda article: article["date_published"] or "", reverse=True)
    rows = [((article["date_published"] or "")[:10], article["site"], article["title"], article["word_count"])
            for article in articles]
    display.table(("date", "site", "title", "words"), rows, fold="title")
