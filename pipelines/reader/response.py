"""A response as it was served, with the request that asked for it.

Owns how the two are read off WARC records, a revisit together with its original. Must not know where records lie.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.content_coding import ContentCodingError, decoded
from pipelines.exchange import Answer

if TYPE_CHECKING:
    from pipelines.warcread import Record

Fields = tuple[tuple[str, str], ...]

_FOLD = re.compile(rb"\r?\n[ \t]+")
_SPACE = " \t\r\n\v\f"    # of bytes: in Latin-1 other characters would count as space too


class _Message:
    """A record whose block is an HTTP message: `head` is its bytes up to the empty line that ends it."""

    record: Record

    @property
    def url(self) -> str:
        return self.record.target_uri

    @cached_property
    def _answer(self) -> Answer:
        return Answer(self.record.block)

    @property
    def head(self) -> bytes:
        return self._answer.head

    @property
    def start_line(self) -> str:
        """The status line, or the request line, without its end."""
        return self.head.partition(b"\n")[0].rstrip(b"\r").decode("latin-1")

    @cached_property
    def headers(self) -> Fields:
        """Names and values in the order they came, in their own case, each as often as it came; folds are joined by a
        space, bytes are Latin-1."""
        lines = _FOLD.sub(b" ", self.head).decode("latin-1").split("\n")[1:]
        pairs = (line.split(":", 1) for line in lines if ":" in line)
        return tuple((name.strip(_SPACE), value.strip(_SPACE)) for name, value in pairs)

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return self._answer.header(name.lower().encode("latin-1"))


@dataclass(frozen=True)
class Request(_Message):
    """What was sent. The values of the headers in `redacted` are secrets and were not kept."""

    record: Record

    @property
    def method(self) -> str:
        return self.start_line.partition(" ")[0]

    @property
    def body(self) -> bytes:
        return b"".join(self._answer.body())

    @property
    def redacted(self) -> tuple[str, ...]:
        named = self.record.header("Broadsheet-Redacted")
        return tuple(named.split(", ")) if named else ()


@dataclass(frozen=True)
class Response(_Message):
    """What came back. `record` holds its head, and its body too, unless that was archived before: `record` is then a
    revisit of `original`. `request` is None where no record of it is left.
    """

    record: Record
    request: Request | None = None
    original: Record | None = None

    @property
    def status(self) -> int | None:
        return self._answer.status

    @property
    def reason(self) -> str:
        return self.start_line.partition(" ")[2].partition(" ")[2]

    @property
    def block(self) -> bytes:
        """The bytes as they were archived, those of an original's body behind the head of a revisit."""
        return self.record.block if self.original is None else self.head + b"".join(self._holder.body())

    @cached_property
    def body(self) -> bytes:
        """The page: the entity without chunks and Content-Encoding. Of a 304, the page that has not changed.

        ContentCodingError if it does not decode, or to more than 256 MiB.
        """
        try:
            return decoded(b"".join(self._holder.entity()), self._holder.content_encoding)
        except ContentCodingError as error:
            raise type(error)(f"{self.url}: {error}") from error

    @property
    def _holder(self) -> Answer:
        return Answer(self.original.block) if self.original else self._answer
