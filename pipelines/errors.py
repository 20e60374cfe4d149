"""Errors that a person reads: each names the thing, the fact and the remedy, and carries its exit code.

Owns the exit codes of design section 3. Must not know who raises them.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command tells the shell."""

    DONE = 0
    DISK_FULL = 3
    CONFIGURATION = 4
    FAILED = 9
    SITE_FAILED = 10
    STOPPED = 11
    ARCHIVE_HELD = 75


class BroadsheetError(Exception):
    """An error of ours with one clear line for a person."""

    exit_code = ExitCode.FAILED


class ConfigurationError(BroadsheetError):
    """What the user gave cannot be used: a setting, an argument, a registry, a list of URLs."""

    exit_code = ExitCode.CONFIGURATION


class ArchiveHeldError(BroadsheetError):
    """Another crawl holds the archive."""

    exit_code = ExitCode.ARCHIVE_HELD


class DiskFullError(BroadsheetError):
    """A write did not fit. What was committed before it stands."""

    exit_code = ExitCode.DISK_FULL


class ArchiveDamagedError(BroadsheetError):
    """The archive on disk contradicts its own state."""


class StaleLeaseError(BroadsheetError):
    """Leases that another worker has been given meanwhile: what was fetched under them must not be written."""

    def __init__(self, tokens: frozenset[str]) -> None:
        super().__init__(f"{len(tokens)} leases have passed their deadline and belong to another worker by now")
        self.tokens = tokens
