"""The manifests of an archive, checked by themselves and against the state.

Owns what a manifest must say. Must not know the files that it lists beyond their names and figures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.manifest import manifest_bytes
from pipelines.records import SealedFile, rfc3339
from pipelines.schema import checker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipelines.verification.report import Findings
    from pipelines.verification.state import State, Tallies


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a sealed file beforehand, and who says so."""

    figures: SealedFile
    source: str


def name_of(run_id: str) -> str:
    return f"runs/{run_id}.json"


def load_manifests(root: Path, run_ids: Iterable[str], findings: Findings) -> dict[str, dict[str, Any]]:
    """The manifests of these runs by run; those that cannot be used are damage, and are left out."""
    found = {}
    for run_id in sorted(run_ids):
        try:
            data = (root / name_of(run_id)).read_bytes()
        except FileNotFoundError:
            findings.damage(name_of(run_id), "missing, though its run has ended")
            continue
        findings.counts["manifests"] += 1
        findings.counts["bytes"] += len(data)
        content = _parsed(data, run_id, findings)
        if content is not None:
            found[run_id] = content
    return found


def _parsed(data: bytes, run_id: str, findings: Findings) -> dict[str, Any] | None:
    name = name_of(run_id)
    try:
        content: dict[str, Any] = json.loads(data.decode())
    except ValueError as error:
        findings.damage(name, f"not JSON in UTF-8 ({error})")
        return None
    wrong = checker("manifest")(content)
    if wrong:
        findings.damage(name, f"not a manifest: {'; '.join(wrong[:3])}")
        return None
    unsigned = {key: value for key, value in content.items() if key != "manifest_sha256"}
    if manifest_bytes(unsigned) != data:
        findings.damage(name, "its bytes are not those that its manifest_sha256 vouches for")
    if content["run_id"] != run_id:
        findings.damage(name, f"speaks of another run: {content['run_id']}")
        return None
    _check_sums(content, name, findings)
    return content


def _check_sums(content: Mapping[str, Any], name: str, findings: Findings) -> None:
    """tried = sum of outcomes, in all and by site, and the sites add up to the whole."""
    for place, counts in [("in all", content), *content["sites"].items()]:
        if counts["tried"] != sum(counts["outcomes"].values()):
            findings.damage(name, f"{place}: tried is {counts['tried']}, its outcomes add up to "
                                  f"{sum(counts['outcomes'].values())}")
        if counts["articles"] != counts["outcomes"].get("article", 0):
            findings.damage(name, f"{place}: {counts['articles']} articles, but {counts['outcomes']}")
    if content["tried"] != sum(counts["tried"] for counts in content["sites"].values()):
        findings.damage(name, f"tried is {content['tried']}, which is not the sum of its sites")


def files_of(manifests: Mapping[str, Mapping[str, Any]], findings: Findings) -> dict[str, Expected]:
    """Every file that is listed, by path. One that two manifests list is damage."""
    files: dict[str, Expected] = {}
    for run_id, content in manifests.items():
        for entry in content["files"]:
            path = entry["path"]
            if path in files:
                findings.damage(name_of(run_id), f"lists {path}, as {files[path].source} does")
            files[path] = Expected(SealedFile(**{key: entry[key] for key in SealedFile.__slots__}), name_of(run_id))
    return files


def check_against_state(manifests: Mapping[str, Mapping[str, Any]], state: State, findings: Findings) -> None:
    """Manifests of runs that have ended say what the state says."""
    for run_id, content in manifests.items():
        run = state.runs.get(run_id)
        if run is None:
            findings.damage(name_of(run_id), "the state knows no such run")
        elif run.finished_at is not None:
            facts = {"spider": run.spider, "started_at": rfc3339(run.started_at),
                     "finished_at": rfc3339(run.finished_at), "finish_reason": run.finish_reason}
            for key, value in facts.items():
                if content[key] != value:
                    findings.damage(name_of(run_id), f"{key} is {content[key]!r}, in the state {value!r}")
            _check_outcomes(name_of(run_id), content, state.tallies[run_id], "the state", findings)
            _check_listed(run_id, content, state, findings)


def _check_listed(run_id: str, content: Mapping[str, Any], state: State, findings: Findings) -> None:
    listed = {entry["path"]: entry for entry in content["files"]}
    known = {path: file for path, (owner, file) in state.sealed.items() if owner == run_id}
    for path in sorted(listed.keys() ^ known.keys()):
        where = "the state does not know" if path in listed else "does not list, but the state knows,"
        findings.damage(name_of(run_id), f"{where} {path}")
    for path in listed.keys() & known.keys():
        if any(listed[path][key] != getattr(known[path], key) for key in SealedFile.__slots__):
            findings.damage(name_of(run_id), f"says other figures of {path} than the state")


def check_against_lines(
    manifests: Mapping[str, Mapping[str, Any]], state: State | None, lines: Mapping[str, Tallies], findings: Findings
) -> None:
    """tried = fetch lines, by run, site and outcome: `lines` are the fetch lines counted."""
    for run_id, content in manifests.items():
        _check_outcomes(name_of(run_id), content, lines.get(run_id, {}), "the fetch lines", findings)
    if state is not None:
        for run_id in state.runs.keys() - manifests.keys():
            if state.tallies[run_id] != lines.get(run_id, {}):
                findings.damage("state.sqlite", f"counts of run {run_id} are {state.tallies[run_id]}, of its fetch "
                                                f"lines {lines.get(run_id, {})}")


def _check_outcomes(
    name: str, content: Mapping[str, Any], other: Tallies, whose: str, findings: Findings
) -> None:
    own = {site: counts["outcomes"] for site, counts in content["sites"].items()}
    for site in sorted(own.keys() | other.keys()):
        if own.get(site, {}) != other.get(site, {}):
            findings.damage(name, f"outcomes of site {site} are {own.get(site, {})}, by {whose} {other.get(site, {})}")
