"""One WARC file: every record whole, digests right, pairs complete.

Owns what a record of ours must be by itself and beside its neighbours, and enters it into the index. Must
not know the lines that point at it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.exchange import Answer, digest
from pipelines.verification.index import RecordIndex, fingerprint
from pipelines.verification.measured import Measured
from pipelines.warcread import iter_records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipelines.verification.inventory import ArchiveFile
    from pipelines.verification.report import Findings
    from pipelines.warcread import PlacedRecord, Record

_PAIRED = ("request", "response")


def check_warc(
    root: Path, file: ArchiveFile, index: RecordIndex, findings: Findings, on_block: Callable[[int], object]
) -> None:
    """Check a file, as far as it is committed. A damaged record costs itself: reading goes on behind it."""
    measured, records = Measured(on_block), _Records(file.path, index, findings)
    end = file.growing.mark.bytes if file.growing else None
    damaged: list[int] = []

    def on_damage(error: Exception) -> None:
        offset = getattr(error, "offset", 0)
        damaged.append(offset)
        findings.damage(file.path, getattr(error, "fact", str(error)), offset)

    for placed in iter_records(file.on_disk(root), end=end, on_bytes=measured, on_damage=on_damage):
        records.check(placed)
    records.end()
    findings.counts["warc_files"] += 1
    findings.counts["warc_records"] += records.count
    if file.growing:
        _compare_growing(file, measured.size, None if damaged else records.count, findings)
    else:
        measured.compare(file, None if damaged else records.count, findings)


def _compare_growing(file: ArchiveFile, size: int, rows: int | None, findings: Findings) -> None:
    mark = file.growing.mark if file.growing else None
    if mark and size < mark.bytes:
        findings.damage(file.path, f"holds {size} bytes where {mark.bytes} were committed")
    elif mark and rows is not None and rows != mark.rows:
        findings.damage(file.path, f"holds {rows} records where {mark.rows} were committed")


class _Records:
    """The records of one file, in order."""

    def __init__(self, path: str, index: RecordIndex, findings: Findings) -> None:
        self.count = 0
        self._path, self._index, self._findings = path, index, findings
        self._warcinfo_id = ""
        self._unpaired: dict[str, tuple[Record, int]] = {}

    def check(self, placed: PlacedRecord) -> None:
        record, offset = placed.record, placed.offset
        answer = Answer(record.block) if record.type in _PAIRED else None
        facts = [*self._facts_of_place(record, offset), *_facts_of_digests(record, answer), *_facts_of_date(record)]
        for fact in facts:
            self._findings.damage(self._path, fact, offset)
        self.count += 1
        if answer is not None:
            self._pair(record, offset)
            self._index.add(self._path, offset, record_facts(
                placed.length, record.id, answer.payload_digest, record.date, record.type, record.target_uri,
                record.header("WARC-Concurrent-To"), answer.status if record.type == "response" else None,
                record.header("WARC-Truncated")))

    def _facts_of_place(self, record: Record, offset: int) -> list[str]:
        """The first record describes the file, and the others name it."""
        if self.count == 0 and offset == 0:
            self._warcinfo_id = record.id
            if record.type != "warcinfo":
                return [f"the first record is of type {record.type}, not warcinfo"]
            named, own = record.header("WARC-Filename"), self._path.rpartition("/")[2]
            return [] if named == own else [f"WARC-Filename is {named}, the file's name {own}"]
        named = record.header("WARC-Warcinfo-ID")
        return [] if named == self._warcinfo_id else [f"WARC-Warcinfo-ID is {named}, not {self._warcinfo_id}"]

    def _pair(self, record: Record, offset: int) -> None:
        """A request without WARC-Concurrent-To stands alone: nothing came back."""
        named = record.header("WARC-Concurrent-To")
        other = self._unpaired.pop(named, None) if named else None
        if named is None and record.type == "response":
            self._findings.damage(self._path, "a response that names no request by WARC-Concurrent-To", offset)
        elif named is not None and other is None:
            self._unpaired[record.id] = (record, offset)
        elif other is not None:
            fact = _wrong_pair(record, other[0])
            if fact:
                self._findings.damage(self._path, fact, offset)

    def end(self) -> None:
        """What is still alone now stays so."""
        for record, offset in self._unpaired.values():
            fact = f"names {record.header('WARC-Concurrent-To')} by WARC-Concurrent-To, which does not follow"
            self._findings.damage(self._path, fact, offset)


def record_facts(
    length: int, record_id: str, payload_digest: str, date: str, kind: str, target_uri: str,
    concurrent_to: str | None, status: int | None, truncated: str | None,
) -> bytes:
    """The fingerprint of all that a fetch line says of one record."""
    return fingerprint(length, record_id, payload_digest, date, kind, target_uri, concurrent_to, status, truncated)


def _wrong_pair(record: Record, other: Record) -> str | None:
    if other.header("WARC-Concurrent-To") != record.id:
        return f"names {other.id} by WARC-Concurrent-To, which names {other.header('WARC-Concurrent-To')}"
    if {record.type, other.type} != set(_PAIRED):
        return f"a {record.type} paired with a {other.type}"
    if (record.target_uri, record.date) != (other.target_uri, other.date):
        return f"is of {record.target_uri} at {record.date}, its pair of {other.target_uri} at {other.date}"
    return None


def _facts_of_digests(record: Record, answer: Answer | None) -> list[str]:
    facts = []
    payload = answer.entity if answer else None
    for name, content in (("WARC-Block-Digest", record.block), ("WARC-Payload-Digest", payload)):
        stated = record.header(name)
        if stated is not None and content is not None and stated != (actual := digest(content)):
            facts.append(f"{name} is {stated}, of the bytes there it would be {actual}")
    return facts


def _facts_of_date(record: Record) -> list[str]:
    try:
        datetime.fromisoformat(record.date)
    except ValueError:
        return [f"WARC-Date is no date: {record.date!r}"]
    return []
