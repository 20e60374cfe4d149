"""The manifest of a run: runs/<run>.json, by which a batch job knows that it has everything.

Owns the shape of that file. Must not know how the figures came about.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pipelines import __version__
from pipelines.records import SCHEMA_VERSION, rfc3339
from pipelines.segments import write_durably

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipelines.records import SealedFile
    from pipelines.store import Run


def software_versions() -> dict[str, str]:
    names = ("scrapy", "trafilatura", "warcio")
    return {"broadsheet": __version__, "python": platform.python_version(), **{name: version(name) for name in names}}


def manifest(
    run: Run, files: Sequence[SealedFile], tallies: Mapping[str, Mapping[str, int]], hosts: SealedFile | None = None
) -> dict[str, Any]:
    """Files with bytes, SHA-256 and rows; outcomes in all and by site. `tried` is the sum of `outcomes`, everywhere.
    `hosts` is the ledger by host, which the state does not know."""
    if run.finished_at is None:
        raise ValueError(f"run {run.run_id} has not ended")
    total: Counter[str] = Counter()
    for outcomes in tallies.values():
        total.update(outcomes)
    return {
        "schema_version": SCHEMA_VERSION, "run_id": run.run_id, "spider": run.spider,
        "started_at": rfc3339(run.started_at), "finished_at": rfc3339(run.finished_at),
        "finish_reason": run.finish_reason, "versions": software_versions(), **_counts(total),
        "sites": {site: _counts(outcomes) for site, outcomes in sorted(tallies.items())},
        "files": [asdict(file) for file in files], "hosts": asdict(hosts) if hosts else None,
    }


def write_manifest(root: Path, content: Mapping[str, Any]) -> Path:
    path = root / "runs" / f"{content['run_id']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, manifest_bytes(content))
    return path


def manifest_bytes(content: Mapping[str, Any]) -> bytes:
    """The file, closed by the SHA-256 of what it would be without that key: nothing else vouches for a manifest."""
    return _indented({**content, "manifest_sha256": hashlib.sha256(_indented(content)).hexdigest()})


def _indented(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _counts(outcomes: Mapping[str, int]) -> dict[str, Any]:
    return {"tried": sum(outcomes.values()), "articles": outcomes.get("article", 0),
            "outcomes": dict(sorted(outcomes.items()))}
