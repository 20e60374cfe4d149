"""WARC records at the places that lines name.

Owns that a record is the one that is meant, also while its file is sealed. Must not know what its block says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.errors import ArchiveDamagedError
from pipelines.layout import OPEN_SUFFIX
from pipelines.places import kept_place
from pipelines.recordlines import from_fields
from pipelines.records import WarcPointer
from pipelines.reextraction.pages import Source
from pipelines.warcread import MAX_RECORD_BYTES, Record, WarcReadError, exact_record, first_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.places import Place

_MOST_BYTES = 1 << 43        # beyond what file systems hold, they call an offset invalid
_OF_OTHERS = (b"WARC/", b"\x28\xb5\x2f\xfd")     # a plain record; zstd
_REQUEST_BYTES = 1 << 16    # read behind a response in one go: its request follows it


class RecordFiles:
    """The WARC files at a place."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def record(self, pointer: WarcPointer | Mapping[str, Any]) -> Record:
        """ArchiveDamagedError if it is not where the pointer says, ConfigurationError if it lies in a file
        that is not as ours, which a re-extraction may have read."""
        return self._read(_pointer(pointer), 0)[0]

    def with_request(self, pointer: WarcPointer) -> tuple[Record, Record | None]:
        """A response and the request that it answers; None where that does not follow it in the file."""
        record, rest = self._read(pointer, _REQUEST_BYTES)
        try:
            request = first_record(rest, pointer.file, pointer.offset + pointer.length).record
        except WarcReadError:
            return record, None
        is_its = request.type == "request" and request.id in record.header_values("WARC-Concurrent-To")
        return record, request if is_its else None

    def _read(self, pointer: WarcPointer, more: int) -> tuple[Record, bytes]:
        place, path = self._place, pointer.file
        if "://" in path:       # of articles that were made again out of a store
            address, _, path = path.rpartition("/")
            place = kept_place(address)
        where = f"{place.name}/{path}"
        if not _can_be(pointer):
            raise WarcReadError(where, pointer.offset, "no record can be there, where a line says that it is")
        length = min(pointer.length, MAX_RECORD_BYTES)
        data = _bytes(place, path, pointer.offset, length + more)
        if data is None:
            raise ArchiveDamagedError(f"{where}: missing, but records point into it: restore it from a copy")
        if data.startswith(_OF_OTHERS):
            record = _as_others_write(Source(place.name, path, pointer.offset, pointer.length))
        else:
            record = exact_record(data[:length], where, pointer.offset, pointer.length)
        if record.id != pointer.record_id:
            raise WarcReadError(where, pointer.offset, f"holds record {record.id}, not {pointer.record_id}")
        return record, data[length:]


def _bytes(place: Place, file: str, offset: int, length: int) -> bytes | None:
    """A file that is being written has its final name only once it is sealed, perhaps at this moment."""
    for name in (file, file + OPEN_SUFFIX, file):
        try:
            return place.read(name, offset, length)
        except FileNotFoundError:
            continue
    return None


def _as_others_write(source: Source) -> Record:
    """A record of a file that is plain, or compressed by zstd: we write neither, but make articles again from both."""
    from pipelines.reextraction.records import record_at  # noqa: PLC0415  # who reads our archives needs no FastWARC

    found = record_at(source)
    return Record(found.type, found.id, found.target_uri, found.headers.get("warc-date", ""),
                  tuple(found.headers.items()), found.block)


def _can_be(pointer: WarcPointer) -> bool:
    """A number that is no offset, or a name that no file has, is an error of another kind with each kind of place."""
    return 0 <= pointer.offset < _MOST_BYTES and pointer.file not in {"", "."} and "\0" not in pointer.file


def _pointer(pointer: WarcPointer | Mapping[str, Any]) -> WarcPointer:
    return pointer if isinstance(pointer, WarcPointer) else from_fields(WarcPointer, dict(pointer))
