"""Lines of JSON as tables of Arrow, a row group at a time.

Owns how large a row group is and what is said of a line that does not fit. Must not know files. The lines are
parsed by Arrow itself, with the schema given: a column is typed though every line has null there, or lacks the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import json as arrow_json

from pipelines.errors import ArchiveDamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES = 32 << 20        # of JSON: some 4,000 articles
MAX_ROWS = 50_000


def tables(
    lines: Iterable[bytes], schema: pa.Schema, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> Iterator[pa.Table]:
    """A table for each row group. ArchiveDamagedError, with the beginning of the line, for one of another type."""
    for group in _groups(lines, max_bytes, max_rows):
        parsed = [_parsed(group, schema)]
        del group               # neither these lines nor the table is held while the next ones are parsed
        yield parsed.pop()
        pa.default_memory_pool().release_unused()   # Arrow would keep some 50 MiB for itself


def _groups(lines: Iterable[bytes], max_bytes: int, max_rows: int) -> Iterator[bytes]:
    group = bytearray()
    rows = 0
    for line in lines:
        group += line
        rows += 1
        if len(group) >= max_bytes or rows >= max_rows:
            full, group, rows = bytes(group), bytearray(), 0
            yield full
            del full
    if group:
        yield bytes(group)


def _parsed(lines: bytes, schema: pa.Schema) -> pa.Table:
    try:
        return _table(lines, schema)
    except pa.ArrowInvalid:
        raise _misfit(lines, schema) from None


def _table(lines: bytes, schema: pa.Schema) -> pa.Table:
    """Keys of a later version are passed over; those of an older one are null."""
    table = arrow_json.read_json(
        pa.BufferReader(lines),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"))
    return table.cast(schema)       # its fields have their descriptions again


def _misfit(lines: bytes, schema: pa.Schema) -> ArchiveDamagedError:
    for line in lines.splitlines(keepends=True):
        try:
            _table(line, schema)
        except pa.ArrowInvalid as error:
            fact = str(error).removeprefix("JSON parse error: ").removesuffix(" in row 0")
            return ArchiveDamagedError(f"{fact}: in the line {line[:300].decode(errors='replace')}…: scrapy verify "
                                       "tells its place")
    return ArchiveDamagedError("lines that fit the schema one by one, but not together: please report it")
