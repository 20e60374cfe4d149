"""Arrow schemas of articles and fetches, made from the JSON Schemas and thereby from the classes of the records.

Owns which Arrow type a JSON type becomes. Must not know files. Types are those that every reader takes: UTF-8 strings,
64-bit numbers, booleans, microseconds in UTC, structs and lists; no dictionaries, which not every reader takes inside
structs. Every field may be null: lines of before a key was there lack it.
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipelines.schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAMES = {"articles": "article", "fetches": "fetch"}
"""What a folder of the archive holds, and what its schema is called."""

_SCALARS = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
_MOMENT = pa.timestamp("us", "UTC")


@functools.cache
def arrow_schema(kind: str) -> pa.Schema:
    """Of `articles` or `fetches`: the keys of a line in their order, each described in its field's metadata."""
    document = schema(NAMES[kind])
    return pa.schema(_fields(document, document["$defs"]))


def columns(kind: str) -> dict[str, str]:
    """Every column with the name of its type, those inside structs and lists too: `http.status`, `rights[].name`."""
    return dict(_columns("", arrow_schema(kind)))


def fingerprint(kind: str) -> str:
    """Another one for every other schema, whatever is said of its columns."""
    return hashlib.sha256(json.dumps(columns(kind)).encode()).hexdigest()


def _columns(above: str, fields: Iterable[pa.Field]) -> Iterator[tuple[str, str]]:
    for field in fields:
        way, of = above + field.name, field.type
        while pa.types.is_list(of):
            way, of = way + "[]", of.value_type
        yield way, "struct" if pa.types.is_struct(of) else str(of)
        if pa.types.is_struct(of):
            yield from _columns(way + ".", of.fields)


def _fields(rule: dict[str, Any], definitions: dict[str, Any]) -> list[pa.Field]:
    return [_field(name, one, definitions) for name, one in rule["properties"].items()]


def _field(name: str, rule: dict[str, Any], definitions: dict[str, Any]) -> pa.Field:
    return pa.field(name, _type(rule, definitions), metadata={"description": rule.get("description", "")})


def _type(rule: dict[str, Any], definitions: dict[str, Any]) -> pa.DataType:
    if "$ref" in rule:
        return pa.struct(_fields(definitions[rule["$ref"].rpartition("/")[2]], definitions))
    if "anyOf" in rule:
        return _type(_one([each for each in rule["anyOf"] if each != {"type": "null"}], rule), definitions)
    if rule["type"] == "array":
        return pa.list_(pa.field("element", _type(rule["items"], definitions)))
    if rule.get("format") == "date-time":
        return _MOMENT
    names = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    return _SCALARS[_one([name for name in names if name != "null"], rule)]


def _one(choices: list[Any], rule: dict[str, Any]) -> Any:
    """A column has one type."""
    if len(choices) != 1:
        raise TypeError(f"no Arrow type for {rule!r}: a key has one type, or that and null")
    return choices[0]
