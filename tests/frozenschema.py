"""The schema as others have built on it: every key with its types, frozen in `tests/schemas/<kind>.json`.

Owns how a key is frozen, and what is said of one that changed. As a program it adds keys that are new, and changes
none: `python -m tests.frozenschema`. No test itself.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.arrowschema import NAMES, columns
from pipelines.schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).with_name("schemas")
HOW_TO_ADD = (
    "a key that is new goes to the end of its class in pipelines/records, with a default, into _LATER of "
    "pipelines/schema.py (lines of before lack it), pipelines/records/meanings.py and docs/file-formats.md; then "
    "python -m pipelines.schema and python -m tests.frozenschema; SCHEMA_VERSION stays")
NOT_ALLOWED = "others have built on it, and files of years have it so: add a key of another name beside it instead"

Key = dict[str, Any]


def keys(kind: str) -> dict[str, Key]:
    """By the way to it (`http.status`, `rights[].name`): its JSON type, its Arrow type, whether each line has it."""
    document = schema(NAMES[kind])
    of_json, of_arrow = dict(_ways("", document, document["$defs"])), columns(kind)
    assert of_json.keys() == of_arrow.keys()
    return {way: {**key, "arrow": of_arrow[way]} for way, key in of_json.items()}


def frozen(kind: str) -> dict[str, Key]:
    content: dict[str, Key] = json.loads((FOLDER / f"{kind}.json").read_text("utf-8"))
    return content


def broken(before: dict[str, Key], now: dict[str, Key]) -> list[str]:
    """A line for each promise that `now` does not keep."""
    gone = [f"{way}: gone: {NOT_ALLOWED}" for way in before.keys() - now.keys()]
    changed = [f"{way}: was {key}, is {now[way]}: {NOT_ALLOWED}"
               for way, key in before.items() if way in now and now[way] != key]
    required = [f"{way}: is new, so lines of before lack it, but it is required: {HOW_TO_ADD}"
                for way in now.keys() - before.keys() if now[way]["required"] and _is_of_old_lines(way, before)]
    return sorted(gone + changed + required)


def _is_of_old_lines(way: str, before: dict[str, Key]) -> bool:
    """Not inside of an object that is new itself."""
    above = way.rpartition(".")[0]
    return not above or above in before


def _ways(above: str, rule: dict[str, Any], definitions: dict[str, Any]) -> Iterator[tuple[str, Key]]:
    for name, one in rule["properties"].items():
        way, inner, types = above + name, one, set()
        for each in one.get("anyOf", ()):
            types |= {"null"} if each == {"type": "null"} else set()
            inner = inner if each == {"type": "null"} else each
        while inner.get("type") == "array":
            types.add("array")
            way, inner = way + "[]", inner["items"]
        if "$ref" in inner:
            inner = definitions[inner["$ref"].rpartition("/")[2]]
        types |= {inner["type"]} if isinstance(inner["type"], str) else set(inner["type"])
        yield way, {"json": sorted(types), "format": one.get("format"), "required": name in rule["required"]}
        if "properties" in inner:
            yield from _ways(way + ".", inner, definitions)


def main() -> int:
    """Freeze what is new; refuse if anything else changed."""
    FOLDER.mkdir(exist_ok=True)
    for kind in NAMES:
        path = FOLDER / f"{kind}.json"
        before, now = frozen(kind) if path.exists() else {}, keys(kind)
        if wrong := broken(before, now):
            sys.exit("\n".join(wrong))
        lines = ",\n".join(f" {json.dumps(way)}: {json.dumps(key)}" for way, key in {**before, **now}.items())
        path.write_text(f"{{\n{lines}\n}}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
