"""One WARC file: every record whole, digests right, exchanges complete.

Owns what a record of ours must be by itself and beside those of the same exchange, and enters it into the index. Must
not know the lines that point at it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.exchange import Answer, digest
from pipelines.verification.index import RecordIndex, References, fingerprint
from pipelines.verification.measured import Measured
from pipelines.warcread import iter_records
from pipelines.warcrecords import IDENTICAL_PAYLOAD, NOT_MODIFIED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pipelines.verification.inventory import ArchiveFile
    from pipelines.verification.report import Findings
    from pipelines.warcread import PlacedRecord, Record

_NOT_MODIFIED_STATUS = 304
_ANSWERS = frozenset({"response", "revisit", "resource"})
_OF_EXCHANGES = _ANSWERS | {"request", "metadata"}


def check_warc(
    root: Path, file: ArchiveFile, index: RecordIndex, references: References, findings: Findings,
    on_block: Callable[[int], object],
) -> None:
    """Check a file, as far as it is committed. A damaged record costs itself: reading goes on behind it."""
    measured, records = Measured(on_block), _Records(file.path, index, references, findings)
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

    def __init__(self, path: str, index: RecordIndex, references: References, findings: Findings) -> None:
        self.count = 0
        self._path, self._index, self._references, self._findings = path, index, references, findings
        self._warcinfo_id = ""
        self._begun: dict[frozenset[str], list[tuple[Record, int]]] = {}

    def check(self, placed: PlacedRecord) -> None:
        record, offset = placed.record, placed.offset
        answer = Answer(record.block) if record.type in _OF_EXCHANGES - {"metadata"} else None
        facts = [*self._facts_of_place(record, offset), *_facts_of_digests(record, answer), *_facts_of_date(record),
                 *(_facts_of_revisit(record, answer) if record.type == "revisit" else ())]
        for fact in facts:
            self._findings.damage(self._path, fact, offset)
        self.count += 1
        if record.type in _OF_EXCHANGES:
            self._group(record, offset)
            self._index.add(self._path, offset, record_facts(
                placed.length, record.id, _payload_digest(record, answer), record.date, _kind(record),
                record.target_uri, record.header_values("WARC-Concurrent-To"),
                answer.status if answer and record.type in _ANSWERS else None,
                record.header("WARC-Truncated") if _kind(record) == "response" else None,
                (record.header("WARC-Refers-To"), record.header("WARC-Refers-To-Date"))),
                place_facts(placed.length, record.id, _payload_digest(record, answer), record.date, record.type))
            self._references.add(record, self._path, offset)

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

    def _group(self, record: Record, offset: int) -> None:
        """The records of an exchange name each other: each names the same set."""
        ids = frozenset({record.id, *record.header_values("WARC-Concurrent-To")})
        group = self._begun.setdefault(ids, [])
        group.append((record, offset))
        if len(group) == len(ids):
            del self._begun[ids]
            fact = _wrong_group([member for member, _ in group])
            if fact:
                self._findings.damage(self._path, fact, offset)

    def end(self) -> None:
        """What has not found the others by now never will."""
        for ids, group in self._begun.items():
            missing = sorted(ids - {record.id for record, _ in group})
            for _, offset in group:
                self._findings.damage(
                    self._path, f"names {missing[0]} by WARC-Concurrent-To, which does not name it too", offset)


def record_facts(
    length: int, record_id: str, payload_digest: str, date: str, kind: str, target_uri: str,
    concurrent_to: Iterable[str], status: int | None, truncated: str | None, refers_to: tuple[str | None, str | None],
) -> bytes:
    """The fingerprint of all that a fetch line says of a record; `refers_to`: id and date of a revisit's original."""
    return fingerprint(length, record_id, payload_digest, date, kind, target_uri, " ".join(sorted(concurrent_to)),
                       status, truncated, *refers_to)


def place_facts(length: int, record_id: str, payload_digest: str, date: str, kind: str) -> bytes:
    """The fingerprint of what the line of a revisit says of its original."""
    return fingerprint(length, record_id, payload_digest, date, kind)


def _wrong_group(records: list[Record]) -> str | None:
    """Archives of version 0.1 have pairs without metadata, and a request alone where nothing came."""
    kinds = sorted("answer" if record.type in _ANSWERS else record.type for record in records)
    if kinds not in (["answer", "metadata", "request"], ["metadata", "request"], ["answer", "request"], ["request"]):
        return f"records of one exchange are {', '.join(sorted(record.type for record in records))}"
    if len({(record.target_uri, record.date) for record in records}) > 1:
        each = "; ".join(f"{record.type} of {record.target_uri} at {record.date}" for record in records)
        return f"records of one exchange differ: {each}"
    return None


def _kind(record: Record) -> str:
    """What came and is not HTTP is a resource; in archives of version 0.1 it is a response too."""
    return "response" if record.type == "resource" else record.type


def _payload_digest(record: Record, answer: Answer | None) -> str:
    """A revisit states that of its original."""
    stated = record.header("WARC-Payload-Digest") if record.type == "revisit" else None
    return stated or (answer.payload_digest if answer else digest(record.block))


def _facts_of_digests(record: Record, answer: Answer | None) -> list[str]:
    facts = []
    payload = answer.payload_digest if answer and record.type in ("request", "response") else None
    for name, actual in (("WARC-Block-Digest", digest(record.block)), ("WARC-Payload-Digest", payload)):
        stated = record.header(name)
        if stated is not None and actual is not None and stated != actual:
            facts.append(f"{name} is {stated}, of the bytes there it would be {actual}")
    return facts


def _facts_of_revisit(record: Record, answer: Answer | None) -> list[str]:
    """WARC 1.1 section 6.7: by digest, or for a 304 on the server's word."""
    is_told = answer is not None and answer.status == _NOT_MODIFIED_STATUS
    profile = NOT_MODIFIED if is_told else IDENTICAL_PAYLOAD
    facts = [] if record.header("WARC-Profile") == profile else [
        f"WARC-Profile is {record.header('WARC-Profile')}, of such an answer it would be {profile}"]
    if not is_told and record.header("WARC-Payload-Digest") is None:
        facts.append("a revisit by digest states no WARC-Payload-Digest")
    return facts


def _facts_of_date(record: Record) -> list[str]:
    try:
        datetime.fromisoformat(record.date)
    except ValueError:
        return [f"WARC-Date is no date: {record.date!r}"]
    return []
