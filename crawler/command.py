"""What all commands of ours have in common: where the archive is, `--json`, and how they fail.

Owns the way from an error to one line and an exit code. Must not know what a command does.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.display import archive_option, tell_error
from crawler.settingcheck import check_names
from pipelines.errors import BroadsheetError, ConfigurationError, ExitCode
from pipelines.remoteplace import refuse_password

if TYPE_CHECKING:
    import argparse


class BroadsheetCommand(ScrapyCommand):
    """Override `work`. It runs without a reactor and without logging; what it raises ends in one line on
    stderr.
    """

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    max_arguments = 0
    """How many arguments the command takes beside its options."""

    @abstractmethod
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        """Do it and say how it ended. BroadsheetError for what the user should read."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print for a program: JSON on stdout")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        self._check(args)
        try:
            if self.settings is not None:
                check_names(self.settings)
            self.exitcode = self.work(args, opts)
            sys.stdout.flush()
        except BrokenPipeError:
            _let_go_of_stdout()
        except BroadsheetError as error:
            self._fail(str(error), error.exit_code)
        except OSError as error:
            self._fail(f"{error.filename or 'the archive'}: {error.strerror or error}", ExitCode.FAILED)
        except sqlite3.Error as error:
            self._fail(f"{self.archive_dir / 'state.sqlite'}: {error}", ExitCode.FAILED)

    @property
    def archive_dir(self) -> Path:
        """The archive that the command is about: the setting ARCHIVE_DIR. ConfigurationError for an address."""
        if isinstance(self.archive_place, str):
            raise ConfigurationError(f"ARCHIVE_DIR: {self.archive_place}: this needs a folder of this machine: copy "
                                     "it to one; scrapy articles and scrapy reextract read it where it is")
        return self.archive_place

    @property
    def archive_place(self) -> Path | str:
        """The same for a command that only reads articles, which may lie at an address as `s3://bucket/prefix`."""
        place = str(self.settings.get("ARCHIVE_DIR", "archive") if self.settings else "archive")
        if "://" not in place:
            return Path(place)
        refuse_password(place)
        return place

    def require_crawled(self, remedy: str) -> None:
        """ConfigurationError for what `scrapy reextract` wrote: articles like an archive's, and nothing behind them."""
        from pipelines.reextraction.plan import MANIFEST  # noqa: PLC0415  # Scrapy loads this file for every command

        if (self.archive_dir / MANIFEST).exists():
            raise ConfigurationError(
                f"{self.archive_dir}: a re-extraction, which has no WARC files, runs and state of its own: {remedy}")

    @property
    def archive_option(self) -> str:
        """`crawler.display.archive_option` of this archive."""
        return archive_option(self.archive_place)

    def _check(self, args: list[str]) -> None:
        """Scrapy hands on options that it does not know as arguments."""
        unknown = next((arg for arg in args if arg.startswith("-") and arg != "-"), None)
        if unknown:
            raise UsageError(f"unknown option: {unknown}: --help shows those that there are")
        if len(args) > self.max_arguments:
            raise UsageError(f"too many arguments: {' '.join(args[self.max_arguments:])}")

    def _fail(self, text: str, exit_code: ExitCode) -> None:
        tell_error(text)
        self.exitcode = exit_code


def print_json(value: Any) -> None:
    """One JSON document, readable, on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, indent=2) + "\n")


def _let_go_of_stdout() -> None:
    """Whoever read it has gone; Python would complain once more when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
