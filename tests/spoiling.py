"""Archives spoilt on purpose, in ways that only a verification notices.

Owns changing what is in a file so that its sums still fit. Must not know what is to be found.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipelines.manifest import manifest_bytes
from pipelines.warcread import iter_records
from tests.archives import Clock, make_archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipelines.verification import Report

LATER = datetime(2026, 11, 22, 18, tzinfo=UTC)


def make_sound(root: Path, **config: object) -> Path:
    """Two runs, several files of each kind; those of the first run come first by name."""
    make_archive(root, 30, max_warc_bytes=15_000, max_jsonl_bytes=15_000, **config)
    return make_archive(root, 12, first=100, clock=Clock(LATER), jsonl_compression="zstd", **config)


def files(root: Path, kind: str) -> list[Path]:
    return sorted(path for path in (root / kind).rglob("*") if path.is_file())


def facts(report: Report) -> str:
    return "\n".join(map(str, report.problems))


def rewrite(path: Path, change: Callable[[list[Any]], list[Any]]) -> None:
    """A JSONL file of other lines, vouched for by manifest and state as if it had been written so."""
    records = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in change(records)]
    replace(path, gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0), len(lines))


def replace(path: Path, data: bytes, rows: int) -> None:
    root, name = path.parents[2], str(path.relative_to(path.parents[2]))
    path.write_bytes(data)
    figures = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "rows": rows}
    for listing in (root / "runs").glob("*.json"):
        content = json.loads(listing.read_bytes())
        for entry in content["files"]:
            entry.update(figures if entry["path"] == name else {})
        del content["manifest_sha256"]
        listing.write_bytes(manifest_bytes(content))
    state(root, "UPDATE segment SET bytes = ?, sha256 = ?, rows = ? WHERE path = ?", *figures.values(), name)


def state(root: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(root / "state.sqlite")
    with connection:
        connection.execute(statement, values)
    connection.close()


def rewarc(path: Path, change: Callable[[int, bytes], bytes | list[bytes]]) -> None:
    """A WARC file of other records: `change` is given number and plain bytes of each."""
    data = path.read_bytes()
    members: list[bytes] = []
    for number, placed in enumerate(iter_records(path)):
        new = change(number, gzip.decompress(data[placed.offset : placed.offset + placed.length]))
        members += [gzip.compress(one, mtime=0) for one in (new if isinstance(new, list) else [new])]
    replace(path, b"".join(members), len(members))
