"""The lines of one day in the order of tables: by site, within it by time; each article once.

Owns the keys by which they are sorted and told apart. Must not know what becomes of them. Memory does not grow with the
day: what does not fit lies on disk.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec

from pipelines.export.linesort import LineSort
from pipelines.jsonl import LineFileError, iter_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

MAX_SORT_BYTES = 16 << 20
_END = b"\0"        # lines hold none, nor do their values


class _Http(msgspec.Struct):
    fetched_at: str


class _Article(msgspec.Struct):
    site: str
    id: str
    http: _Http

    @property
    def key(self) -> tuple[str, str, str]:
        return self.site, self.http.fetched_at, self.id


class _Fetch(msgspec.Struct):
    site: str
    started_at: str
    url_key: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.site, self.started_at, self.url_key


_DECODE: dict[str, Callable[[bytes], _Article | _Fetch]] = {
    "articles": msgspec.json.Decoder(_Article).decode, "fetches": msgspec.json.Decoder(_Fetch).decode}


def sorted_lines(
    kind: str, paths: Iterable[Path], site: str | None, folder: Path,
    on_bytes: Callable[[bytes], object] | None = None, max_bytes: int = MAX_SORT_BYTES,
) -> Iterator[bytes]:
    """Those of these files, each with its newline, of one site or of all; `folder` takes what the sorting needs.

    Of an article that is there twice, which happens where the state was lost between two crawls, the one that was
    fetched last. LineFileError, from the first step on, for a line that is none.
    """
    with LineSort(folder, max_bytes) as lines, LineSort(folder, max_bytes // 8) as places:
        for number, (key, line) in enumerate(_keyed(kind, paths, site, on_bytes)):
            place = _END.join([*(part.encode() for part in key), b"%012d" % number])
            lines.add(place + _END + line + b"\n")
            if kind == "articles":
                places.add(key[2].encode() + _END + place + b"\n")
        yield from _without(_earlier(places), lines)


def _keyed(
    kind: str, paths: Iterable[Path], site: str | None, on_bytes: Callable[[bytes], object] | None
) -> Iterator[tuple[tuple[str, str, str], bytes]]:
    decode = _DECODE[kind]
    for path in paths:
        for offset, line in iter_lines(path, on_bytes=on_bytes):
            try:
                record = decode(line)
                line.decode()       # the decoder looks at its keys alone, and Arrow takes any bytes for text
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise LineFileError(path, offset, f"not a line of {kind} ({error})") from None
            if any("\0" in part for part in record.key):
                raise LineFileError(path, offset, f"not a line of {kind} (a NUL in {record.key})")
            if site is None or record.site == site:
                yield record.key, line


def _earlier(places: Iterable[bytes]) -> frozenset[bytes]:
    """Where articles stand that stand elsewhere too, later. Hardly ever one, so they may be held."""
    return frozenset(
        one[:-1].split(_END, 1)[1] for one, next_one in itertools.pairwise(places)
        if one.split(_END, 1)[0] == next_one.split(_END, 1)[0])


def _without(places: frozenset[bytes], lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        *place, text = line.split(_END, 4)
        if not places or _END.join(place) not in places:
            yield text
