"""Lines of JSON as tables of Arrow, a row group at a time.

Owns how large a row group is and what is said of a line that does not fit. Must not know files. The lines are
parsed by Arrow itself, with the schema given: a column is typed though every line has null there, or lacks the key.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import json as arrow_json

from pipelines.errors import ArchiveDamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_BYTES = 32 << 20        # of JSON: some 5,000 articles, half of it when compressed in memory
MAX_ROWS = 50_000


def tables(
    lines: Iterable[bytes], schema: pa.Schema, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> Iterator[pa.Table]:
    """A table for each row group. ArchiveDamagedError, with the beginning of the line, for one of another type."""
    for group in _groups(lines, max_bytes, max_rows):
        try:
            yield _table(group, schema)
        except pa.ArrowInvalid:
            raise _misfit(group, schema) from None


def _groups(lines: Iterable[bytes], max_bytes: int, max_rows: int) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for line in lines:
        group.append(line)
        size += len(line)
        if size >= max_bytes or len(group) >= max_rows:
            yield group
            group, size = [], 0
    if group:
        yield group


def _table(lines: Sequence[bytes], schema: pa.Schema) -> pa.Table:
    """Keys of a later version are passed over; those of an older one are null."""
    data = b"".join(lines)
    table = arrow_json.read_json(
        io.BytesIO(data),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"))
    return table.cast(schema)       # its fields have their descriptions again


def _misfit(lines: Iterable[bytes], schema: pa.Schema) -> ArchiveDamagedError:
    for line in lines:
        try:
            _table([line], schema)
        except pa.ArrowInvalid as error:
            fact = str(error).removeprefix("JSON parse error: ").removesuffix(" in row 0")
            return ArchiveDamagedError(f"{fact}: in the line {line[:300].decode(errors='replace')}…: scrapy verify "
                                       "tells its place")
    return ArchiveDamagedError("lines that fit the schema one by one, but not together: please report it")
