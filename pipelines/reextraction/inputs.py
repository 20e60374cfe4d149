"""The segments of a re-extraction: every WARC file of its inputs, once, in one order.

Owns what counts as an archive of ours, as a WARC file, and the name of a segment's output. Must not know what is in
them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import ConfigurationError
from pipelines.places import LocalPlace, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.places import Place

_WARC = re.compile(r"\.warc(?:\.gz|\.zst|\.zstd)?$")
_OURS = re.compile(r"warc/dt=(\d{4}-\d\d-\d\d)/[^/]+\.warc\.gz")


@dataclass(frozen=True, slots=True)
class Segment:
    """A WARC file: `path` below the place at `address`. `file` is what records point to: relative to OUT, or an
    address. `name` is unique among the segments. One of an archive of ours `is_ours`: what its pages are, the fetch log
    says; then `day` is the partition it lies in."""

    address: str
    path: str
    file: str
    size: int
    name: str
    is_ours: bool
    day: str | None = None


def find_segments(inputs: Sequence[str], out: Path) -> tuple[Segment, ...]:
    """Those of all inputs, by name, which begin with a time as a rule: how inputs are named, and in which order, means
    nothing. ConfigurationError for one in which there is nothing to read."""
    found: dict[str, tuple[str, str, int, bool, str | None]] = {}
    for given in inputs:
        place, paths = _warcs_of(given)
        is_ours = not _WARC.search(given) and _is_ours(place, paths)
        for path in paths:
            file = file_from(place, path, out)
            day = match[1] if is_ours and (match := _OURS.fullmatch(path)) else None
            found.setdefault(file, (place.name, path, place.size(path), is_ours and day is not None, day))
    stems = Counter(_stem(entry[1]) for entry in found.values())
    ordered = sorted(found.items(), key=lambda item: (item[1][1].rpartition("/")[2], item[0]))
    return tuple(
        Segment(address, path, file, size, _name(path, file, is_alone=stems[_stem(path)] == 1), ours, day)
        for file, (address, path, size, ours, day) in ordered)


def _warcs_of(given: str) -> tuple[Place, list[str]]:
    """Where an input lies, and the WARC files it is. Those that are being written are passed over."""
    if _WARC.search(given):
        folder, _, name = given.rpartition("/")
        place = _place(folder or ("/" if given.startswith("/") else "."))
        try:
            place.size(name)
        except FileNotFoundError:
            raise ConfigurationError(f"{given}: no such file: name WARC files, or folders that hold them") from None
        return place, [name]
    place = _place(given)
    if isinstance(place, LocalPlace) and not place.root.is_dir():
        kind = "no such folder" if not place.root.exists() else "not a WARC file by its name"
        raise ConfigurationError(f"{given}: {kind}: name .warc, .warc.gz or .warc.zst files, or folders that hold them")
    paths = [path for path in place.paths() if _WARC.search(path) and ".work" not in path.split("/")]
    if not paths:
        raise ConfigurationError(f"{given}: holds no WARC file: name .warc, .warc.gz or .warc.zst files, or a folder")
    ours = [path for path in paths if path.startswith("warc/dt=")]
    return place, ours if ours and _is_ours(place, ours) else paths


def _place(given: str) -> Place:
    """By its whole path: workers elsewhere are at home in other folders."""
    return place_of(given if "://" in given else str(Path(given).absolute()))


def _is_ours(place: Place, paths: Sequence[str]) -> bool:
    """An archive of ours has a fetch log beside its WARC files."""
    return any(_OURS.fullmatch(path) for path in paths) and next(iter(place.paths("fetches")), None) is not None


def file_from(place: Place, path: str, out: Path) -> str:
    """What records in OUT call a file: a path relative to OUT, or its address in a store."""
    if isinstance(place, LocalPlace):
        return Path(os.path.relpath((place.root / path).resolve(), out.resolve())).as_posix()
    return f"{place.name}/{path}"


def _stem(path: str) -> str:
    return _WARC.sub("", path.rpartition("/")[2])


def _name(path: str, file: str, *, is_alone: bool) -> str:
    if is_alone:
        return _stem(path)
    return f"{_stem(path)}-" + hashlib.sha256(file.encode()).hexdigest()[:8]
