"""Which record of the archive holds a payload already, so that it is not written again.

Owns when an answer may become a revisit (WARC 1.1 section 6.7), and proves that its original is there: the record is
read, whole, and its payload has the digest. Must not know how a revisit is written. One belongs to one transaction:
what that adds is held once it is kept.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.exchange import Answer
from pipelines.layout import OPEN_SUFFIX
from pipelines.records import Role, WarcPointer
from pipelines.store import Held, Place
from pipelines.warcread import WarcReadError, read_record

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.exchange import Exchange
    from pipelines.storeprotocol import Store
    from pipelines.warcread import Record

logger = logging.getLogger(__name__)

_OK, _NOT_MODIFIED = 200, 304
_MAX_BYTES = 8 << 20  # a larger payload is written again: the original is read as a whole


@dataclass(frozen=True, slots=True)
class Original:
    """A response record that holds a payload already, of the address `target_uri`."""

    place: WarcPointer
    target_uri: str


@dataclass(frozen=True, slots=True)
class Revisits:
    """What becomes one: payloads of `min_bytes` or more, for a smaller one would take more room as a revisit; None:
    none does. `dechunked`: how blocks are written, for the original must have been written like that too."""

    min_bytes: int | None
    dechunked: bool = False


NO_REVISITS = Revisits(None)


class Originals:
    def __init__(self, root: Path, store: Store, revisits: Revisits) -> None:
        self._root, self._store, self._revisits = root, store, revisits
        self._min_bytes = revisits.min_bytes
        self._kept: dict[str, Place] = {}
        self._new: dict[str, Place] = {}

    def of(self, exchange: Exchange) -> Original | None:
        """The record that this exchange's answer may be a revisit of."""
        if self._min_bytes is None or not _is_usable(exchange):
            return None
        answer = exchange.response
        if answer.status == _NOT_MODIFIED and not answer.body_size:
            return self._read(_of_url(exchange), None)
        is_fitting = self._min_bytes <= answer.entity_size <= _MAX_BYTES
        if answer.status == _OK and is_fitting and not answer.has_trailers:
            return self._read(answer.payload_digest, answer)
        return None

    def hold(self, exchange: Exchange, role: str, place: WarcPointer) -> None:
        """The record at `place` has this exchange's payload. A source may be asked for by its validators later on."""
        answer = exchange.response
        if self._min_bytes is None or not _is_usable(exchange) or answer.status != _OK:
            return
        where = Place(place.file, place.offset, place.length)
        if self._min_bytes <= answer.entity_size <= _MAX_BYTES:
            self._new[answer.payload_digest] = where
        if role != Role.PAGE:
            self._new[_of_url(exchange)] = where

    def keep(self) -> None:
        """What was held last is written down with the transaction."""
        self._kept.update(self._new)
        self._new = {}

    def forget(self) -> None:
        """What was held last was taken back."""
        self._new = {}

    @property
    def held(self) -> tuple[Held, ...]:
        return tuple(Held(key, place) for key, place in self._kept.items())

    def _read(self, key: str, answer: Answer | None) -> Original | None:
        place = self._kept.get(key) or self._store.place_of(key)
        record = self._record(place) if place else None
        if place is None or record is None or record.type != "response":
            return None
        held = Answer(record.block)
        if answer is not None and not self._is_as(held, answer):
            return None
        pointer = WarcPointer(place.path, place.offset, place.length, record.id, held.payload_digest, record.date)
        return Original(pointer, record.target_uri)

    def _is_as(self, held: Answer, answer: Answer) -> bool:
        """Whether the new head fits the held body: readers put the two together."""
        is_dechunked = self._revisits.dechunked and answer.is_plainly_chunked
        framing = None if is_dechunked else answer.header(b"transfer-encoding")
        return (held.payload_digest == answer.payload_digest and held.header(b"transfer-encoding") == framing
                and held.content_encoding == answer.content_encoding)

    def _record(self, place: Place) -> Record | None:
        """None where its file was moved away, which is nobody's fault: the payload is then written again."""
        path = self._root / place.path
        for candidate in (path.with_name(path.name + OPEN_SUFFIX), path):
            try:
                return read_record(candidate, place.offset, place.length)
            except FileNotFoundError:
                continue
            except (WarcReadError, OSError) as error:
                logger.warning("%s: its payload is written again", error)
                break
        return None


def _is_usable(exchange: Exchange) -> bool:
    """Whether the answer came whole and was taken."""
    return exchange.method == "GET" and exchange.truncated is None and exchange.error is None


def _of_url(exchange: Exchange) -> str:
    return "url:" + exchange.url
