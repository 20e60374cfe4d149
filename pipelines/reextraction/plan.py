"""What a re-extraction was asked for, and by what it is known again.

Owns the arguments that outputs depend on, and the refusal to go on with others. Must not know how any of it is done.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipelines.errors import ArchiveHeldError, ConfigurationError
from pipelines.manifest import software_versions
from pipelines.reextraction.finishing import Policies
from pipelines.rights import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.reextraction.inputs import Segment
    from pipelines.reextraction.survey import Naming

LEARN, KEPT = "learn", "kept"
MANIFEST, WORK_STATE = "reextraction.json", "state.sqlite"


@dataclass(frozen=True, slots=True)
class Plan:
    """`models`: learn, from all segments; or kept, those that the archive's articles name. `feed_reader` is the dotted
    name of what reads feeds; `rights` are the policies of sites that a registry names."""

    segments: tuple[Segment, ...]
    out: Path
    models: str
    naming: Naming
    feed_reader: str
    rights: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @property
    def work(self) -> Path:
        """Where what is needed on the way lies."""
        return self.out / ".work"

    def ended_without_work(self) -> dict[str, Any] | None:
        """The manifest of an OUT whose .work was removed; ConfigurationError if it is another plan's."""
        path = self.out / MANIFEST
        if (self.work / WORK_STATE).exists() or not path.exists():
            return None
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        if manifest["run_id"] != self.run_id:
            raise ConfigurationError(f"{self.out}: was made from other inputs, by other arguments or other versions: "
                                     "give the same, or another OUT")
        return manifest

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else works on OUT meanwhile; ArchiveHeldError if someone does."""
        self.work.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.work, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise ArchiveHeldError(
                f"{self.out}: another re-extraction is at work there: wait for it, or name another OUT") from None
        finally:
            os.close(descriptor)

    @property
    def policies(self) -> Policies:
        agent = self.naming.agent
        return Policies({site: Policy.of(pairs, agent) for site, pairs in self.rights}, agent)

    @property
    def inputs(self) -> list[dict[str, Any]]:
        return [{"file": each.file, "bytes": each.size} for each in self.segments]

    @property
    def arguments(self) -> dict[str, Any]:
        """All that the outputs follow from beside the inputs; in the types of JSON."""
        told: dict[str, Any] = json.loads(json.dumps({
            "models": self.models, **asdict(self.naming), "rights": self.rights}))
        return told

    @property
    def run_id(self) -> str:
        """The same inputs, arguments and versions, the same name."""
        said = json.dumps([self.inputs, self.arguments, software_versions()], sort_keys=True)
        return "reextract-" + hashlib.sha256(said.encode()).hexdigest()[:12]

    def begun(self) -> str:
        """What is kept of it, for `require_same`."""
        return json.dumps({"inputs": self.inputs, "arguments": self.arguments, "versions": software_versions()})

    def require_same(self, begun: str) -> None:
        """ConfigurationError if another plan was begun."""
        before = json.loads(begun)
        for key, value in (("arguments", self.arguments), ("versions", software_versions())):
            for name in value:
                if value[name] != before[key].get(name):
                    raise ConfigurationError(
                        f"{self.out}: was begun with {name} = {_short(before[key].get(name))}, "
                        f"not {_short(value[name])}: give the same, or another OUT")
        if self.inputs == before["inputs"]:
            return
        told = _difference([each["file"] for each in before["inputs"]], [each["file"] for each in self.inputs])
        why = ("site models are learned from all segments, so that more of them would change every article"
               if self.models == LEARN else "which of two copies is the article depends on all segments")
        raise ConfigurationError(
            f"{self.out}: was begun with other inputs ({told}): {why}: give the same, or another OUT")


def _difference(before: list[str], now: list[str]) -> str:
    new, gone = sorted(set(now) - set(before)), sorted(set(before) - set(now))
    if new:
        return f"{len(new)} new: {new[0]}"
    return f"{len(gone)} missing: {gone[0]}" if gone else "their sizes have changed"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:79] + "…"
