"""JSON Schemas of what Broadsheet writes, made from the classes that it is written with.

Owns the files in `schemas/` (`python -m pipelines.schema` writes them) and a check by the same rules of
lines that are read back. Must not know files of an archive. Schemas only ever gain keys: what is written
has every key, readers pass over keys that they do not know, and keys that came later are not required of older
lines.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.records import (
    SCHEMA_VERSION,
    ArticleRecord,
    Boilerplate,
    Discovered,
    Extraction,
    FetchRecord,
    Manifest,
    Outcome,
    Quality,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from enum import StrEnum

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).with_name("schemas")


CLASSES = {"article": ArticleRecord, "fetch": FetchRecord, "manifest": Manifest}

_ENUMS: dict[tuple[type, str], type[StrEnum]] = {(FetchRecord, "outcome"): Outcome, (FetchRecord, "role"): Role}
_LATER: dict[type, frozenset[str]] = {
    ArticleRecord: frozenset({"date_published_stated", "discovered_also", "rights", "wall"}),
    FetchRecord: frozenset({"discovered_also", "rights"}),
    Discovered: frozenset({"updated", "image"}),
    Boilerplate: frozenset({"stories", "blocks", "chars"}),
    Quality: frozenset({"link_density", "repetition", "article_body_share", "removed_share", "agreement",
                        "consent_likelihood", "paywall_likelihood"}),
    Extraction: frozenset({"way", "doubts"}),
    Manifest: frozenset({"hosts"}),
}
"""Keys that lines have since a later version: every line that is written has them, lines of before do not."""

_MOMENTS = {"fetched_at", "started_at", "finished_at", "date_published", "date_modified"}
_TYPES: dict[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def schema(name: str) -> dict[str, Any]:
    """The schema (draft 2020-12) of `article`, `fetch` or `manifest`, as one JSON document."""
    definitions: dict[str, Any] = {}
    body = _object(CLASSES[name], definitions)
    return {"$schema": DIALECT, "title": name, **body, "$defs": dict(sorted(definitions.items()))}


def schema_text(name: str) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def _object(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    properties = {name: _property(cls, name, hints[name], definitions) for name in names}
    description = " ".join((cls.__doc__ or "").split())
    return {"description": description, "type": "object", "properties": properties,
            "required": [name for name in names if name not in _LATER.get(cls, ())], "additionalProperties": True}


def _property(cls: type, name: str, hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if name == "schema_version":
        return {"type": "integer", "const": SCHEMA_VERSION}
    if (cls, name) in _ENUMS:
        return {"type": "string", "enum": [str(member) for member in _ENUMS[cls, name]]}
    of_type = _of_type(hint, definitions)
    return {**of_type, "format": "date-time"} if name in _MOMENTS else of_type


def _of_type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _TYPES:
        return {"type": _TYPES[hint]}
    if isinstance(hint, types.UnionType):
        return _union([_of_type(one, definitions) for one in typing.get_args(hint)])
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and arguments[1:] == (...,):
        return {"type": "array", "items": _of_type(arguments[0], definitions)}
    if typing.get_origin(hint) is dict and arguments[0] is str:
        return {"type": "object", "additionalProperties": _of_type(arguments[1], definitions)}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        definitions.setdefault(hint.__name__, None)
        definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    raise TypeError(f"no JSON Schema for {hint!r}: teach pipelines.schema about it")


def _union(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    if all(one.keys() == {"type"} for one in schemas):
        return {"type": [one["type"] for one in schemas]}
    return {"anyOf": schemas}


# The same rules as closures: a line is checked in tens of microseconds, without a library.

Check = typing.Callable[[Any], "Sequence[str]"]
"""Gives what is wrong with a value, each with the way to it (`.http.status: …`)."""

_PYTHON = {"string": str, "integer": int, "boolean": bool, "null": type(None)}


def checker(name: str) -> Check:
    """A function that tells what is wrong with a parsed `article`, `fetch` or `manifest`: nothing, if it is
    empty.
    """
    document = schema(name)
    return _check(document, document["$defs"])


def _check(rule: dict[str, Any], definitions: dict[str, Any]) -> Check:
    if "$ref" in rule:
        return _check(definitions[rule["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in rule:
        return _any_of([_check(one, definitions) for one in rule["anyOf"]])
    if "required" in rule:
        checks = {key: _check(one, definitions) for key, one in rule["properties"].items()}
        return _check_object(checks, frozenset(rule["required"]))
    if rule["type"] == "array":
        return _check_items(list, _check(rule["items"], definitions))
    if rule["type"] == "object":
        return _check_items(dict, _check(rule["additionalProperties"], definitions))
    return _check_scalar(rule)


def _check_scalar(rule: dict[str, Any]) -> Check:
    names = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    kinds = {_PYTHON[name] for name in names if name != "number"} | ({int, float} if "number" in names else set())
    allowed = rule.get("enum") or ([rule["const"]] if "const" in rule else None)

    def check(value: Any) -> Sequence[str]:
        if type(value) not in kinds:            # not isinstance: to Python, True is an integer
            return [f": not {' or '.join(names)}: {str(value)[:80]!r}"]
        if allowed and value not in allowed:
            return [f": {value!r} is not one of {', '.join(map(str, allowed))}"]
        return ()
    return check


def _check_object(checks: dict[str, Check], required: frozenset[str]) -> Check:
    def check(value: Any) -> Sequence[str]:
        if type(value) is not dict:
            return [f": not an object: {str(value)[:80]!r}"]
        wrong: list[str] = []
        for key, check_value in checks.items():
            if key not in value:
                wrong += [f".{key}: missing"] if key in required else []
            elif found := check_value(value[key]):
                wrong += (f".{key}{fact}" for fact in found)
        return wrong
    return check


def _check_items(container: type[list[Any] | dict[str, Any]], check_item: Check) -> Check:
    def check(value: Any) -> Sequence[str]:
        if type(value) is not container:
            return [f": not {'an array' if container is list else 'an object'}: {str(value)[:80]!r}"]
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [f"[{key}]{fact}" for key, item in items for fact in check_item(item)]
    return check


def _any_of(checks: list[Check]) -> Check:
    def check(value: Any) -> Sequence[str]:
        first: Sequence[str] = ()
        for check_one in checks:
            wrong = check_one(value)
            if not wrong:
                return ()
            first = first or wrong
        return first
    return check


def main() -> int:
    """Write the schema files anew."""
    FOLDER.mkdir(exist_ok=True)
    for name in CLASSES:
        (FOLDER / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
