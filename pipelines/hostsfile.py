"""The ledger of a run by host: runs/<run>.hosts.jsonl, a line a host.

Owns its name and how it is written and read; the manifest of the run lists it with its SHA-256. Must not know what an
account says. A run that was killed has none.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pipelines.records import SealedFile
from pipelines.segments import write_durably

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

KIND = "hosts"


def hosts_path(run_id: str) -> str:
    return f"runs/{run_id}.{KIND}.jsonl"


def write_hosts(
    root: Path, run_id: str, accounts: Iterable[Mapping[str, Any]], finished_at: datetime
) -> SealedFile | None:
    """The file, durable when this returns; None, and no file, for a run that asked no host anything."""
    lines = [json.dumps(account, ensure_ascii=False).encode() + b"\n" for account in accounts]
    if not lines:
        return None
    data, path = b"".join(lines), hosts_path(run_id)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    write_durably(root / path, data)
    return SealedFile(path, KIND, f"{finished_at:%Y-%m-%d}", len(data), hashlib.sha256(data).hexdigest(), len(lines))


def read_hosts(root: Path, run_id: str) -> Iterator[dict[str, Any]]:
    """The accounts of a run; none where it has no such file."""
    try:
        with (root / hosts_path(run_id)).open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except FileNotFoundError:
        return
