"""`scrapy publish [TARGET]`: what is sealed and not at the target yet is sent there; `--check` compares the two.

Owns how it is shown, and how long a store that does not answer is waited for. Exit code 0: everything is there; 9: not
everything; 4: the target cannot be used; 11: stopped; 75: a crawl or another process publishes this archive now.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from crawler.command import BroadsheetCommand, print_json
from crawler.display import stdout, tell_error
from crawler.publication import keep_stores_quiet
from crawler.settingcheck import check_number
from pipelines.errors import ArchiveHeldError, ConfigurationError, ExitCode

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pipelines.objectstore.catchup import CaughtUp
    from pipelines.objectstore.check import Comparison
    from pipelines.objectstore.patience import Patience
    from pipelines.objectstore.target import Target, TargetDownError
    from pipelines.records import SealedFile

_SHOWN = 100
_SHOWN_UNLISTED = 5
_WAIT_SECONDS = 300.0


class Command(BroadsheetCommand):
    max_arguments = 1

    def syntax(self) -> str:
        return "[options] [TARGET]"

    def short_desc(self) -> str:
        return "Send sealed files to an object store or a folder, or check what is there"

    def long_desc(self) -> str:
        return ("Send what is sealed and not at TARGET yet: s3://bucket/prefix, or any other address or folder; the "
                "setting PUBLISH_TO if none is given. What is there already is not sent again.")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--check", action="store_true", help="send nothing: compare the target with the manifests")
        parser.add_argument("--read", action="store_true",
                            help="with --check: read every byte, even where the store keeps a digest")

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from pipelines.objectstore.target import target_at  # noqa: PLC0415  # Scrapy loads this file for every command
        from pipelines.reader import require_archive  # noqa: PLC0415

        keep_stores_quiet()
        require_archive(self.archive_dir)
        self.require_crawled("publish the archive it was made of, and copy this folder as it is")
        address = args[0] if args else str(self.settings.get("PUBLISH_TO") or "" if self.settings else "")
        if not address:
            raise ConfigurationError("no target: name one, as scrapy publish s3://bucket/prefix, or set PUBLISH_TO")
        if opts.read and not opts.check:
            raise ConfigurationError("--read: goes with --check: leave it out, or add that")
        target = target_at(address, self.archive_dir)
        try:
            work = self._check_target if opts.check else self._publish
            return work(target, opts)
        except KeyboardInterrupt:
            tell_error("stopped: what is there stays, and the same command goes on from here")
            os._exit(ExitCode.STOPPED)  # threads wait for answers, and may be left at any instant

    @property
    def _wait_seconds(self) -> float:
        if self.settings is None:
            return _WAIT_SECONDS
        check_number(self.settings, "PUBLISH_WAIT")
        return self.settings.getfloat("PUBLISH_WAIT", _WAIT_SECONDS)

    def _publish(self, target: Target, opts: argparse.Namespace) -> ExitCode:
        from pipelines.objectstore.turn import Turn  # noqa: PLC0415

        turn = Turn(self.archive_dir)
        try:
            if not turn.take():
                raise ArchiveHeldError(f"{self.archive_dir}: a crawl or another command publishes this archive now: it "
                                       "sends everything that there is; wait for it")
            done = _catch_up(self.archive_dir, target, self._wait_seconds)
        finally:
            turn.give_back()
        unfinished = _unfinished_runs(self.archive_dir)
        if opts.json:
            print_json({"archive_dir": str(self.archive_dir), **asdict(done), "unfinished_runs": unfinished})
        else:
            _show(done, unfinished)
        return ExitCode.FAILED if done.errors else ExitCode.DONE

    def _check_target(self, target: Target, opts: argparse.Namespace) -> ExitCode:
        comparison = _compare(self.archive_dir, target, self._wait_seconds, reads_all=opts.read)
        is_sound = not comparison.differences
        if opts.json:
            print_json({"archive_dir": str(self.archive_dir), "target": target.name, "is_sound": is_sound,
                        **asdict(comparison)})
        else:
            _show_comparison(comparison, target)
        return ExitCode.DONE if is_sound else ExitCode.FAILED


def _catch_up(root: Path, target: Target, wait_seconds: float) -> CaughtUp:
    from crawler.bars import byte_bar  # noqa: PLC0415
    from pipelines.objectstore.catchup import CatchUp  # noqa: PLC0415

    with byte_bar() as progress:
        task = progress.add_task("publishing")

        def tell(file: SealedFile, total_bytes: int) -> None:
            progress.update(task, advance=file.bytes, total=total_bytes, description=file.path.rpartition("/")[2])

        return CatchUp(root, target, _patience(wait_seconds), tell).run()


def _patience(wait_seconds: float) -> Patience:
    """One that says so when it begins to wait."""
    from pipelines.objectstore.patience import Patience  # noqa: PLC0415

    told: list[TargetDownError] = []

    def tell(error: TargetDownError) -> None:
        if not told:
            tell_error(f"{error}: it is tried again, until nothing has gone for {wait_seconds:.0f} seconds")
        told.append(error)

    return Patience(wait_seconds, tell)


def _show(done: CaughtUp, unfinished_runs: int) -> None:
    for error in done.errors:
        tell_error(error)
    missing = f", {done.left_files:,} are missing" if done.left_files else ""
    stdout().say(f"{done.target}: {done.sent_files:,} files ({done.sent_bytes:,} bytes) sent, "
                 f"{done.files - done.sent_files - done.left_files:,} were there, of {done.runs:,} runs{missing}")
    if unfinished_runs:
        stdout().say("A run is going on, or was interrupted: its files come with the crawl, or with the next one.")


def _unfinished_runs(root: Path) -> int:
    from pipelines.layout import STATE  # noqa: PLC0415
    from pipelines.sqlite import SqliteStore  # noqa: PLC0415

    if not (root / STATE).exists():
        return 0
    store = SqliteStore.open_to_read(root / STATE)
    try:
        return len(store.unfinished_runs())
    finally:
        store.close()


def _compare(root: Path, target: Target, wait_seconds: float, *, reads_all: bool) -> Comparison:
    from crawler.bars import byte_bar  # noqa: PLC0415
    from pipelines.objectstore.check import Check  # noqa: PLC0415

    with byte_bar() as progress:
        task = progress.add_task("checking", total=None)
        return Check(root, target, _patience(wait_seconds), lambda file: progress.update(
            task, advance=file.bytes, description=file.path.rpartition("/")[2]), reads_all=reads_all).compare()


def _more(comparison: Comparison) -> str:
    return " …" if comparison.unlisted > _SHOWN_UNLISTED else ""


def _show_comparison(comparison: Comparison, target: Target) -> None:
    display = stdout()
    for each in comparison.differences[:_SHOWN]:
        display.say(f"{each.path}: {each.fact}", "red")
    if len(comparison.differences) > _SHOWN:
        display.say(f"… and {len(comparison.differences) - _SHOWN:,} more: --json lists them")
    if comparison.unlisted:
        display.say(f"{comparison.unlisted:,} files are of no run that has ended: of a crawl that goes on, above all: "
                    f"{', '.join(comparison.unlisted_files[:_SHOWN_UNLISTED])}{_more(comparison)}")
    what = f"{comparison.files:,} files ({comparison.bytes:,} bytes) of {comparison.runs:,} runs"
    if comparison.differences:
        display.say(f"{target.name}: {len(comparison.differences):,} of {what} are not as their manifests say: remove "
                    "what is wrong there, and scrapy publish sends it again", "bold red")
    else:
        display.say(f"{target.name}: {what}: as their manifests say ({comparison.read_bytes:,} bytes read)", "green")
