"""What is written once every segment has its output: what changed, and OUT/reextraction.json.

Owns the shape of the manifest. There is no time in it: the same work gives the same bytes. Must not know how the work
was done.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipelines.manifest import software_versions
from pipelines.reextraction.changereport import report_of
from pipelines.reextraction.changes import compare
from pipelines.reextraction.lines import lines_of, sha256_of
from pipelines.reextraction.plan import MANIFEST
from pipelines.reextraction.state import OUTCOME, PASSED
from pipelines.segments import write_durably

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.reextraction.plan import Plan
    from pipelines.reextraction.run import Reextraction
    from pipelines.reextraction.state import State

REPORT = "changes.md"


def end(plan: Plan, reextraction: Reextraction) -> dict[str, Any]:
    """The manifest, which is written last. Once it is there, it is only read."""
    path = plan.out / MANIFEST
    if path.exists():
        return dict(json.loads(path.read_bytes()))
    content = _manifest(plan, reextraction.state)
    archives = sorted({segment.address for segment in plan.segments if segment.is_ours})
    if archives:
        changes = compare(archives, plan.out, plan.work / "changes.sqlite")
        write_durably(plan.out / REPORT, report_of(changes, plan.run_id).encode("utf-8", "replace"))
        content["changes"] = changes.to_json()
    content["files"] = [_file(plan.out, each) for each in _written(plan.out)]
    write_durably(path, json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n")
    reextraction.clear()
    return content


def _manifest(plan: Plan, state: State) -> dict[str, Any]:
    outcomes = state.counts(OUTCOME)
    by_site: dict[str, dict[str, int]] = {}
    for (site, name), count in sorted(outcomes.items()):
        by_site.setdefault(site, {})[name] = count
    return {
        "run_id": plan.run_id, "versions": software_versions(), "arguments": plan.arguments,
        "tried": sum(outcomes.values()), "articles": _by_name(outcomes).get("article", 0),
        "outcomes": _by_name(outcomes), "passed_over": _by_name(state.counts(PASSED)), "damages": state.damages(),
        "sites": by_site,
        "inputs": [{"file": each.file, "bytes": each.size, "output": each.name,
                    "outcomes": _by_name(state.counts(OUTCOME, number)),
                    "passed_over": _by_name(state.counts(PASSED, number))}
                   for number, each in enumerate(plan.segments)],
    }


def _by_name(counts: Counter[tuple[str, str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (_, name), count in counts.items():
        total[name] += count
    return dict(sorted(total.items()))


def _written(out: Path) -> list[Path]:
    return sorted(path for kind in ("articles", "fetches", "models") for path in (out / kind).rglob("*.json*"))


def _file(out: Path, path: Path) -> dict[str, Any]:
    rows = sum(1 for _ in lines_of(path)) if path.suffix == ".gz" else None
    return {"path": path.relative_to(out).as_posix(), "bytes": path.stat().st_size, "sha256": sha256_of(path),
            "rows": rows}
