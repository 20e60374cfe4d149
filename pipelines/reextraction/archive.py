"""What an archive of ours says of its pages: the fetch log knows what each response was, and the articles by which
model each was made.

Owns which fetches are tried again, and with what. Must not know feeds: what reads them it is handed. Lines of sealed
files alone are read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from posixpath import splitext
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.inflate import plain_blocks
from pipelines.jsonl import LineFileError, views, whole_lines
from pipelines.layout import OPEN_SUFFIX
from pipelines.recordlines import from_fields
from pipelines.records import FetchRecord, Outcome, Role
from pipelines.reextraction.inputs import file_from
from pipelines.reextraction.pages import ArchivedPage, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pipelines.places import Place
    from pipelines.records import ExchangePointer, WarcPointer

_TRIED = frozenset({Outcome.ARTICLE, Outcome.DUPLICATE, Outcome.NO_ARTICLE, Outcome.EXTRACTION_FAILED})
"""Outcomes after which the page of a fetch is extracted again: where there was one."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A page, and the path of the WARC file that its answer lies in."""

    path: str
    page: ArchivedPage


@dataclass(frozen=True, slots=True)
class FeedRead:
    """A feed that the crawl read: where, when, and where its bytes lie."""

    url: str
    fetched_at: str
    source: Source


@dataclass(frozen=True, slots=True)
class Passed:
    """A fetch that is not tried, and why."""

    path: str
    site: str
    reason: str


def read_archive(place: Place, out: Path, policed: frozenset[str]) -> Iterator[Tried | FeedRead | Passed]:
    """Every fetch of the archive that brought an answer, in the order of the log. What a policy on rights withheld
    stays so, but of the sites that are `policed` anew."""
    number = 0
    for line in lines_below(place, "fetches"):
        fetch = from_fields(FetchRecord, line)
        last = fetch.exchanges[-1] if fetch.exchanges else None
        if last is None or last.response is None:
            continue
        at = last.refers_to or last.response
        source = Source(place.name, at.file, at.offset, at.length)
        if fetch.role == Role.FEED and fetch.outcome == Outcome.SOURCE and last.refers_to is None:
            yield FeedRead(fetch.final_url, fetch.started_at, source)
        is_withheld = fetch.outcome == Outcome.WITHHELD
        if fetch.role != Role.PAGE or not (fetch.outcome in _TRIED or is_withheld):
            what = f"role: {fetch.role}" if fetch.role != Role.PAGE else f"outcome: {fetch.outcome}"
            yield Passed(last.response.file, fetch.site, what)
            continue
        seen = _seen_from(fetch, lambda file: file_from(place, file, out))
        pointer = seen.exchanges[-1].refers_to or seen.exchanges[-1].response
        if pointer is not None:
            decided = is_withheld and fetch.site not in policed
            yield Tried(last.response.file, ArchivedPage(number, seen, pointer, source, is_decided=decided))
            number += 1


def lines_below(place: Place, folder: str) -> Iterator[dict[str, Any]]:
    """The lines of every sealed JSONL file below a folder, by path. LineFileError for one that cannot be read."""
    for path in place.paths(folder):
        name, where = path.rpartition("/")[2], f"{place.name}/{path}"
        if ".jsonl" in name and not name.endswith(OPEN_SUFFIX) and not name.startswith("."):
            with place.open(path) as file:
                for offset, lines in whole_lines(plain_blocks(file, splitext(path)[1]), where, views):
                    yield from _decoded(lines, where, offset)


def _decoded(lines: Iterable[bytes | memoryview], where: str, offset: int) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=dict)
        except (ValueError, RecursionError) as error:
            raise LineFileError(where, offset, f"not JSON in UTF-8 ({error})") from error
        offset += len(line) + 1


def models_named(place: Place) -> Iterator[tuple[str, str, str | None]]:
    """The record that each article was made from, its site, and its model."""
    for line in lines_below(place, "articles"):
        yield line["warc"]["record_id"], line["site"], line["extraction"]["model_id"]


def _seen_from(fetch: FetchRecord, name_of: Callable[[str], str]) -> FetchRecord:
    """The fetch with its pointers as they are written in OUT."""
    names: dict[str, str] = {}

    def renamed(pointer: WarcPointer | None) -> WarcPointer | None:
        if pointer is None:
            return None
        name = names.get(pointer.file) or names.setdefault(pointer.file, name_of(pointer.file))
        return replace(pointer, file=name)

    def moved(exchange: ExchangePointer) -> ExchangePointer:
        return replace(
            exchange, request=renamed(exchange.request) or exchange.request, response=renamed(exchange.response),
            metadata=renamed(exchange.metadata) or exchange.metadata, refers_to=renamed(exchange.refers_to))

    return replace(fetch, exchanges=tuple(map(moved, fetch.exchanges)))

