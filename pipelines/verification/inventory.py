"""What an archive should hold by its state and its manifests, against what is on disk.

Owns the list of files to check and what is known of each beforehand. Must not know what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.errors import ArchiveDamagedError
from pipelines.hostsfile import KIND as HOSTS
from pipelines.layout import FOLDERS, OPEN_SUFFIX, STATE
from pipelines.verification.manifests import Expected, files_of, load_manifests, name_of
from pipelines.verification.state import OpenFile, State, is_running, read_state

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.verification.report import Findings

KINDS = ("warc", "articles", "fetches")
LEFT = "left by an interrupted run: the next crawl puts it right"


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file to check, by its final path. `expected` is known of it once it is sealed, `growing` before
    that.
    """

    path: str
    kind: str
    dt: str
    expected: Expected | None
    growing: OpenFile | None

    def on_disk(self, root: Path) -> Path:
        """Where it lies now: a file that is being written gets its final name when it is sealed."""
        if self.growing:
            path = root / self.growing.mark.segment.open_path
            if path.exists():
                return path
        return root / self.path


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every file; the state, or None where it cannot be read; manifests by run; whether a crawl is at work; the ledgers
    by host that there are, listed or not.
    """

    files: tuple[ArchiveFile, ...]
    state: State | None
    manifests: dict[str, dict[str, Any]]
    is_running: bool
    ledgers: frozenset[str]

    def of_kind(self, kind: str) -> list[ArchiveFile]:
        return [file for file in self.files if file.kind == kind]


def take_inventory(root: Path, findings: Findings) -> Inventory:
    """Files are listed before the state is read: it then knows all of them, whatever a crawl does
    meanwhile.
    """
    sealed, growing, runs = _sealed_on_disk(root), _open_on_disk(root), _runs_on_disk(root)
    ledgers = frozenset(f"runs/{path.name}" for path in (root / "runs").glob(f"*.{HOSTS}.jsonl"))
    state = _state(root, findings)
    running = state is not None and is_running(root, state)
    ended = {run_id for run_id in state.runs if run_id not in state.unfinished} if state else set()
    manifests = load_manifests(root, runs | ended, findings)
    files = _files(root, sealed, state or State(), files_of(manifests, findings), findings)
    if not running:
        _warn_of_what_is_left(root, growing, state, findings)
    findings.counts["runs"] = len(state.runs if state else manifests)
    return Inventory(tuple(files), state, manifests, running, ledgers)


def _state(root: Path, findings: Findings) -> State | None:
    try:
        return read_state(root)
    except ArchiveDamagedError as error:
        findings.damage(STATE, str(error).removeprefix(f"{root / STATE}: "))
        return None


def _sealed_on_disk(root: Path) -> set[str]:
    found = (path for kind in KINDS for path in (root / kind).rglob("*") if path.is_file())
    return {str(path.relative_to(root)) for path in found
            if path.suffix != OPEN_SUFFIX and not path.name.startswith(".")}


def _open_on_disk(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for folder in FOLDERS for path in (root / folder).rglob("*" + OPEN_SUFFIX)}


def _runs_on_disk(root: Path) -> set[str]:
    return {path.stem for path in (root / "runs").glob("*.json")}


def _files(
    root: Path, on_disk: set[str], state: State, listed: dict[str, Expected], findings: Findings
) -> list[ArchiveFile]:
    known = {path: Expected(file, STATE) for path, (_, file) in state.sealed.items()} | listed
    files = []
    for path in sorted(on_disk | known.keys() | state.growing.keys()):
        kind, _, rest = path.partition("/")
        file = ArchiveFile(path, kind, rest.partition("/")[0].removeprefix("dt="), known.get(path),
                           state.growing.get(path))
        if file.expected is None and file.growing is None:
            findings.damage(path, "no manifest lists it, nor does the state know it")
        if file.on_disk(root).is_file():
            files.append(file)
        else:
            findings.damage(path, f"missing, though {file.expected.source if file.expected else STATE} names it")
    return files


def _warn_of_what_is_left(root: Path, growing: set[str], state: State | None, findings: Findings) -> None:
    """A run that ended while this was going on has sealed its files: they are gone then, and nothing is
    left.
    """
    for path in sorted(growing):
        if (root / path).exists():
            findings.warn(path, LEFT)
    for run_id in state.unfinished if state else []:
        findings.warn(name_of(run_id), f"no manifest: {LEFT}")
