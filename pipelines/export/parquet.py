"""Articles and fetches as tables: `OUT/articles/dt=2026-11-22/part-00000.parquet`, one file for each day of the fetch.

Owns names and facts of these files, and which days must be written anew. Must not know how lines become rows. One
file a day, since one name can be replaced in one step: a reader never sees a day twice or half. What is not whole lies
in `OUT/.partial`, where no reader of a folder looks.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from pipelines import __version__
from pipelines.arrowschema import arrow_schema, fingerprint
from pipelines.errors import ArchiveHeldError, ConfigurationError
from pipelines.export.daysort import sorted_lines
from pipelines.export.rowgroups import tables
from pipelines.export.target import made_at, replacing
from pipelines.layout import STATE
from pipelines.segments import sync_names_above

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

KINDS = ("articles", "fetches")
PART = "part-00000.parquet"
FACTS = b"broadsheet"
"""The key of the file's own metadata under which it says of what it was made."""
_PARTIAL = ".partial"
_OF_ARCHIVES = (STATE, "warc", "runs")
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """Of what a day's file was made: another value of one of them, and it is made anew. `site` is None for all."""

    kind: str
    dt: str
    site: str | None
    inputs_sha256: str
    schema_sha256: str
    form: int = 1


@dataclass(frozen=True, slots=True)
class Day:
    """One file that there should be, and the sealed files that it is made of."""

    path: Path
    inputs: tuple[Path, ...]
    facts: Facts

    @property
    def input_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.inputs)


@dataclass(frozen=True, slots=True)
class Written:
    """One file that was written."""

    rows: int
    bytes: int


def days_of(
    kind: str, sealed: Iterable[Path], out: Path, since: date | None, until: date | None, site: str | None
) -> list[Day]:
    """The days, oldest first, for which there are sealed files."""
    first, last = since.isoformat() if since else "", until.isoformat() if until else "9999"
    by_day = groupby(sorted(sealed), lambda path: path.parent.name)
    return [_day(kind, name, tuple(paths), out, site) for name, paths in by_day
            if first <= name.removeprefix("dt=") <= last]


def _day(kind: str, name: str, inputs: tuple[Path, ...], out: Path, site: str | None) -> Day:
    facts = Facts(kind, name.removeprefix("dt="), site, _digest(inputs), fingerprint(kind))
    return Day(out / kind / name / PART, inputs, facts)


def _digest(inputs: Iterable[Path]) -> str:
    """Sealed files never change, so their names and sizes are enough."""
    return hashlib.sha256("".join(f"{path.name}\t{path.stat().st_size}\n" for path in inputs).encode()).hexdigest()


def is_current(day: Day) -> bool:
    """Whether the file is there and would be no other now. ConfigurationError if it is someone else's, or of another
    choice of sites."""
    try:
        stated = (parquet.read_metadata(day.path).metadata or {}).get(FACTS)
    except (FileNotFoundError, pa.ArrowInvalid):        # not there, or no Parquet file any more
        return False
    if stated is None:
        raise ConfigurationError(f"{day.path}: was not written by scrapy export: name another folder")
    facts = json.loads(stated)
    if facts["site"] != day.facts.site:
        raise ConfigurationError(f"{day.path}: holds {_of(facts['site'])}, and {_of(day.facts.site)} would replace it: "
                                 "name another folder")
    return bool(facts == asdict(day.facts))


def _of(site: str | None) -> str:
    return f"the site {site} alone" if site else "all sites"


@contextmanager
def export_folder(out: Path, archive: Path) -> Iterator[Path]:
    """Where half-written files of this export lie; `out` is made if it must be, and held against another export.

    ConfigurationError if it cannot be used, ArchiveHeldError if another export writes there now.
    """
    is_within = out.resolve().is_relative_to(archive.resolve())
    if is_within or any((out / name).exists() for name in _OF_ARCHIVES):
        raise ConfigurationError(f"{out}: is an archive, or in one, whose own files lie there: name another folder")
    descriptor = _hold(out)
    partial = out / _PARTIAL
    try:
        shutil.rmtree(partial, ignore_errors=True)      # of an export that was killed
        with made_at(out):
            partial.mkdir()
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(descriptor)


def _hold(out: Path) -> int:
    """The kernel drops the lock with the process, however that ends."""
    with made_at(out):
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ArchiveHeldError(f"{out}: another export is writing there: wait for it, or name another folder") from None
    return descriptor


def write_day(day: Day, partial: Path, on_bytes: Callable[[bytes], object] | None = None) -> Written:
    """Make the file, or the one that takes its place. It is on disk when this returns, and the old one until then."""
    with made_at(day.path.parent):
        day.path.parent.mkdir(parents=True, exist_ok=True)
    sync_names_above(day.path.parent)
    facts = day.facts
    lines = sorted_lines(facts.kind, day.inputs, facts.site, partial, on_bytes)
    with replacing(day.path, partial / f"{facts.kind}-{facts.dt}.parquet") as file:
        rows = _write(file, facts, tables(lines, arrow_schema(facts.kind)))
    return Written(rows, day.path.stat().st_size)


def _write(file: BinaryIO, facts: Facts, groups: Iterable[pa.Table]) -> int:
    schema = arrow_schema(facts.kind)
    rows = 0
    with parquet.ParquetWriter(
        file, schema, compression="zstd", compression_level=_LEVEL, write_page_index=True,
        sorting_columns=_sorting(facts.kind),
    ) as writer:
        for table in groups:
            writer.write_table(table, row_group_size=len(table))
            rows += len(table)
            del table           # before the next one is made
        writer.add_key_value_metadata({FACTS.decode(): json.dumps(asdict(facts)), "created_with": _CREATED_WITH})
    return rows


_CREATED_WITH = f"Broadsheet {__version__}"
_ORDER = {"articles": "http.fetched_at", "fetches": "started_at"}


def _sorting(kind: str) -> Sequence[parquet.SortingColumn]:
    """What the file says of its own order."""
    order = [("site", "ascending"), (_ORDER[kind], "ascending")]
    return parquet.SortingColumn.from_ordering(arrow_schema(kind), order)  # type: ignore[no-any-return]
