"""A record as one line of strict UTF-8 JSON, and back.

Owns that encoding, and what becomes of text that cannot be in it. Must not know what the keys mean.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import types
import typing
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.records import ArticleRecord, FetchRecord

_R = TypeVar("_R")

_UNENCODABLE = re.compile("[\x00\ud800-\udfff]")


def to_line(record: ArticleRecord | FetchRecord) -> bytes:
    """The record as one line of strict UTF-8 JSON with its newline; lone surrogates and NULs become U+FFFD."""
    fields = fields_of(record)
    try:
        line = _json(fields)
    except UnicodeEncodeError:
        line = b"\\u0000"
    return _json(scrub(fields)) if b"\\u0000" in line else line  # hardly ever


def from_fields(kind: type[_R], fields: dict[str, Any]) -> _R:
    """The record of this class whose fields were read from JSON. Keys that it does not have are passed over; of keys
    that came later older lines lack, and have what the class says."""
    of_class: Any = kind
    return kind(**{name: fields[name] if read is None or fields[name] is None else read(fields[name])
                   for name, read in _readers(of_class) if name in fields or name in _needed(of_class)})


@functools.cache
def _needed(kind: Any) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING)


@functools.cache
def _readers(kind: Any) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """How each field of the class is read from what JSON has of it; None: it is taken as it is."""
    hints = typing.get_type_hints(kind)
    return tuple((name, _reader(hints[name])) for name in _names(kind))


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    choices = [each for each in typing.get_args(hint) if each is not type(None)]
    if isinstance(hint, types.UnionType):
        return _reader(choices[0])
    if typing.get_origin(hint) is tuple:
        read = _reader(choices[0])
        return lambda items: tuple(map(read, items)) if read else tuple(items)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return functools.partial(from_fields, hint)
    return None


def _json(fields: Any) -> bytes:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8") + b"\n"


def fields_of(value: Any) -> Any:
    """As dataclasses.asdict, without the deep copy of every leaf."""
    kind: Any = type(value)
    names = _names(kind)
    if names:
        return {name: fields_of(getattr(value, name)) for name in names}
    return [fields_of(item) for item in value] if isinstance(value, (tuple, list)) else value


@functools.cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def scrub(value: Any) -> Any:
    """The value with what strict UTF-8 cannot hold, and NULs, replaced by U+FFFD, at any depth."""
    if isinstance(value, str):
        return _UNENCODABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {scrub(key): scrub(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrub(item) for item in value]
    return value
