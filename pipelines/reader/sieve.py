"""Which lines are wanted, told from their bytes before they are decoded, and exactly after.

Owns the two looks at a line. Must not know where lines lie.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OURS = re.compile(rb'\{"schema_version":\d')
"""How a line begins that no one has spaced out since: only in such a line a key and its value stand side by side."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What lines are picked by."""

    site: str | None = None
    kind: str | None = None
    outcome: str | None = None


keys_of_line = msgspec.json.Decoder(Keys).decode


class Sieve:
    """Lets through the lines that have, for each key, one of the values; None: any."""

    def __init__(self, wanted: Mapping[str, str | Iterable[str] | None]) -> None:
        self._values = {key: frozenset([values] if isinstance(values, str) else values)
                        for key, values in wanted.items() if values is not None}
        self._tokens = [tuple(token(key, value) for value in sorted(values)) for key, values in self._values.items()]

    def __bool__(self) -> bool:
        """Whether it holds anything back."""
        return bool(self._values)

    def may_pass(self, line: bytes) -> bool:
        """False only for a line that does not pass. A quote within a string is escaped: no text looks like a key."""
        return not _OURS.match(line) or all(any(each in line for each in tokens) for tokens in self._tokens)

    def passes(self, keys: object) -> bool:
        """`keys` has the keys of the line as attributes, as records do."""
        return all(getattr(keys, key) in values for key, values in self._values.items())


def token(key: str, value: str) -> bytes:
    """A key and its value as they stand in a line of ours."""
    return f'"{key}":{json.dumps(value, ensure_ascii=False)}'.encode("utf-8", "replace")


def may_hold(line: bytes, tokens: tuple[bytes, ...]) -> bool:
    """Whether one of them is in the line, or the line is spaced out by someone, so that it cannot be told."""
    return not _OURS.match(line) or any(each in line for each in tokens)
