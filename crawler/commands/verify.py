"""`scrapy verify`: is every byte and every pointer of the archive sound?

Owns how the report is shown. Exit code 0 for a sound archive, 9 for a damaged one.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from crawler.command import BroadsheetCommand, print_json
from crawler.display import Display, stdout
from pipelines.errors import ExitCode

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pipelines.verification import Report

_SHOWN = 100


class Command(BroadsheetCommand):
    def short_desc(self) -> str:
        return "Check that every byte and every pointer of the archive is sound"

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        self.require_crawled("verify the archive it was made of; reextraction.json has the SHA-256 of each file here")
        report = _verify(self.archive_dir)
        if opts.json:
            print_json({"archive_dir": str(self.archive_dir), "is_sound": report.is_sound, **asdict(report)})
        else:
            _show(report, self.archive_dir, stdout())
        return ExitCode.DONE if report.is_sound else ExitCode.FAILED


def _verify(root: Path) -> Report:
    """With a bar on stderr while it takes time."""
    from crawler.bars import byte_bar  # noqa: PLC0415
    from pipelines.verification import verify  # noqa: PLC0415  # Scrapy loads this file for every command

    with byte_bar() as progress:
        task = progress.add_task("verifying")
        return verify(root, lambda done, total, file: progress.update(
            task, completed=done, total=total, description=file.rpartition("/")[2]))


def _show(report: Report, root: Path, display: Display) -> None:
    rows: list[tuple[str, int, str]] = [
        ("WARC files", report.warc_files, f"{report.warc_records:,} records: whole, digests right, paired"),
        ("article files", report.article_files, f"{report.articles:,} articles: all keys, no id twice, text unchanged"),
        ("fetch files", report.fetch_files, f"{report.fetches:,} fetches: one outcome each, all counted"),
        ("pointers", report.pointers, "from lines to records and back"),
        ("runs", report.runs, f"{report.manifests:,} manifests: every file as listed"),
    ]
    display.table(("checked", "number", "what"), rows, fold="what")
    for problem in report.problems[:_SHOWN]:
        display.say(f"{'damage' if problem.is_damage else 'warning'}: {problem}",
                     "red" if problem.is_damage else "yellow")
    if len(report.problems) > _SHOWN:
        display.say(f"… and {len(report.problems) - _SHOWN:,} more: --json lists them")
    if report.is_running:
        display.say("A crawl is going on: what it had committed when this began was checked.")
    display.say(_verdict(report, root), "green" if report.is_sound else "bold red")


def _verdict(report: Report, root: Path) -> str:
    if report.is_sound:
        return f"{root}: sound ({report.bytes:,} bytes read)"
    return f"{root}: damaged in {report.damaged:,} places: restore the files that are named from a copy"
