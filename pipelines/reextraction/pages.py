"""One page of a segment, as it waits to be extracted, and what came of it.

Owns their fields, and how they lie in files in between. Must not know how pages are found or extracted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.recordlines import fields_of, from_fields
from pipelines.records import Article, FetchRecord, WarcPointer

if TYPE_CHECKING:
    from pipelines.boilerplate.model import SiteModel


@dataclass(frozen=True, slots=True)
class Source:
    """Where a payload is read from: `path` below the place at `address`, `offset` and `length` those of its gzip member
    or zstd frame, or of the record where the file is plain."""

    address: str
    path: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """`fetch` is its line before it was extracted again, `place` what its article points to, `number` its place in the
    order of its segment. One that `is_decided` is not
    extracted: its outcome is that of `fetch`.

    `model_id` is None without a model; `confirmed` as in `pipelines.extraction.Hints`.
    """

    number: int
    fetch: FetchRecord
    place: WarcPointer
    source: Source
    confirmed: tuple[int, ...] = ()
    model_id: str | None = None
    is_decided: bool = False

    def to_json(self) -> bytes:
        return _json(fields_of(self))

    @classmethod
    def of_json(cls, line: bytes) -> ArchivedPage:
        return from_fields(cls, json.loads(line))


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a page: an article, or the outcome and reason why there is none."""

    article: Article | None
    outcome: str = ""
    reason: str | None = None

    def to_json(self) -> bytes:
        return _json(fields_of(self))

    @classmethod
    def of_json(cls, line: bytes) -> Made:
        return from_fields(cls, json.loads(line))


@dataclass(frozen=True, slots=True)
class Learned:
    """The model of a site, and what came of the pages of its sample, in their order; None: they are extracted later."""

    model: SiteModel
    made: tuple[Made | None, ...]


def _json(fields: object) -> bytes:
    """In ASCII: lone surrogates, which pages have, are kept as they are."""
    return json.dumps(fields, separators=(",", ":")).encode("ascii")
