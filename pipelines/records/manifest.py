"""The manifest of a run and the values it is made of.

Owns their keys. Must not know how the figures came about.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file that will not change: bytes and SHA-256 as on disk, rows as lines or records."""

    path: str
    kind: str
    dt: str
    bytes: int
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Counts:
    """URLs tried and how they ended: `tried` is the sum of `outcomes`."""

    tried: int
    articles: int
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One run that has ended, with the files it sealed and what it counted: in all, and by site. `hosts` is the
    ledger by host; a run that was killed has none.

    `manifest_sha256` is over the bytes of this file as they would be without that key.
    """

    schema_version: int
    run_id: str
    spider: str
    started_at: str
    finished_at: str
    finish_reason: str
    versions: dict[str, str]
    tried: int
    articles: int
    outcomes: dict[str, int]
    sites: dict[str, Counts]
    files: tuple[SealedFile, ...]
    hosts: SealedFile | None = field(default=None, kw_only=True)
    manifest_sha256: str
