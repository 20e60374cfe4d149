"""A line of CDXJ for every record that can be replayed.

Owns its fields, which are those of cdxj-indexer, and the key by which lines are sorted (SURT). Must not know how
records are found in a file.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from surt import surt

from pipelines.exchange import Answer, digest
from pipelines.export.linesort import LineSort
from pipelines.warcread import iter_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from pipelines.warcread import PlacedRecord, Record

REPLAYABLE = frozenset({"response", "revisit", "resource"})
REVISIT_TYPE = "warc/revisit"
_AFTER_TYPE = re.compile(r"[;\s]")


def cdxj_line(placed: PlacedRecord, file_name: str) -> bytes | None:
    """`urlkey timestamp {"url": …}` with its newline; None for a record that nobody asks for (request, metadata, …).

    `digest` is of the entity, without the framing of a chunked answer. All values are text, as the tools of the field
    write them; what is not known is left out.
    """
    record = placed.record
    if record.type not in REPLAYABLE or not record.target_uri:
        return None
    answer = Answer(record.block) if record.type != "resource" else None
    fields = {
        "url": record.target_uri, "mime": _media_type(record, answer),
        "status": str(answer.status) if answer and answer.status is not None else None,
        "digest": _digest(record, answer), "length": str(placed.length), "offset": str(placed.offset),
        "filename": file_name,
    }
    text = json.dumps({name: value for name, value in fields.items() if value is not None})
    return f"{surt(record.target_uri)} {re.sub('[^0-9]', '', record.date)[:14]} {text}\n".encode()


def cdxj_lines(path: Path, on_bytes: Callable[[bytes], object] | None = None) -> Iterator[bytes]:
    """Those of a WARC file, in its order; `on_bytes` as in `iter_records`. WarcReadError at the first damage."""
    for placed in iter_records(path, on_bytes=on_bytes):
        line = cdxj_line(placed, path.name)
        if line is not None:
            yield line


def write_cdxj(
    warcs: Iterable[Path], out: BinaryIO, folder: Path, on_bytes: Callable[[bytes], object] | None = None
) -> int:
    """A sorted index of these files; what does not fit into memory lies in `folder` meanwhile. Returns how many
    lines it has."""
    count = 0
    with LineSort(folder) as lines:
        for path in warcs:
            for line in cdxj_lines(path, on_bytes):
                lines.add(line)
                count += 1
        out.writelines(lines)
    return count


def _media_type(record: Record, answer: Answer | None) -> str | None:
    if record.type == "revisit":
        return REVISIT_TYPE
    stated = answer.header(b"content-type") if answer else record.header("Content-Type")
    return _AFTER_TYPE.split(stated, maxsplit=1)[0].strip() or None if stated else None


def _digest(record: Record, answer: Answer | None) -> str | None:
    stated = record.header("WARC-Payload-Digest")
    if stated or record.type == "revisit":
        return stated
    return answer.payload_digest if answer else digest(record.block)
