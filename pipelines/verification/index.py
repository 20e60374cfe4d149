"""What a pointer must meet: for each record a fingerprint of everything that a line says of it.

Owns the fingerprints and who has claimed them, in some 40 bytes a record. Must not know where either side
was read.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.warcread import Record

_SIZE = 16
_NO_RECORD = "no record begins there that could be read"
_REFERENCES = ("WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date")
_ANOTHER = "the record there is another than the line says"


def fingerprint(*facts: object) -> bytes:
    """16 bytes that differ where any of the facts does."""
    joined = "\x00".join("" if fact is None else f"{fact}" for fact in facts)
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()


class RecordIndex:
    """Records of exchanges by file and offset. Add those of a file in order of offset."""

    def __init__(self) -> None:
        self._files: dict[str, _FileIndex] = {}

    def add(self, file: str, offset: int, facts: bytes, place: bytes) -> None:
        """`facts` is the fingerprint of what a line says of its own record, `place` of what others may."""
        self._files.setdefault(file, _FileIndex()).add(offset, facts, place)

    def claim(self, file: str, offset: int, facts: bytes) -> str | None:
        """What is wrong with a pointer; None if it is right, and the first to that record."""
        found = self._files.get(file)
        return "there is no such file" if found is None else found.claim(offset, facts)

    def refer(self, file: str, offset: int, place: bytes) -> str | None:
        """What is wrong with a reference to a record that another line may claim; None if it is right."""
        found = self._files.get(file)
        return "there is no such file" if found is None else found.refer(offset, place)

    def unclaimed(self) -> Iterator[tuple[str, int]]:
        """File and offset of every record that no pointer leads to."""
        for file, index in self._files.items():
            yield from ((file, offset) for offset in index.unclaimed())


class _FileIndex:
    def __init__(self) -> None:
        self._offsets = array("Q")
        self._facts = bytearray()
        self._places = bytearray()
        self._claimed = bytearray()

    def add(self, offset: int, facts: bytes, place: bytes) -> None:
        self._offsets.append(offset)
        self._facts += facts
        self._places += place
        self._claimed.append(0)

    def claim(self, offset: int, facts: bytes) -> str | None:
        number = self._number(offset)
        if number is None:
            return _NO_RECORD
        if self._facts[number * _SIZE : (number + 1) * _SIZE] != facts:
            self._claimed[number] = 1
            return _ANOTHER
        if self._claimed[number]:
            return "another line has named that record"
        self._claimed[number] = 1
        return None

    def refer(self, offset: int, place: bytes) -> str | None:
        number = self._number(offset)
        if number is None:
            return _NO_RECORD
        return None if self._places[number * _SIZE : (number + 1) * _SIZE] == place else _ANOTHER

    def _number(self, offset: int) -> int | None:
        number = bisect_left(self._offsets, offset) if 0 <= offset < 1 << 63 else len(self._offsets)
        return number if number < len(self._offsets) and self._offsets[number] == offset else None

    def unclaimed(self) -> Iterator[int]:
        return (offset for offset, claimed in zip(self._offsets, self._claimed, strict=True) if not claimed)


class References:
    """What revisit records refer to, against the responses that there are: eight bytes for each of those."""

    def __init__(self) -> None:
        self._responses = array("Q")
        self._revisits: list[tuple[int, str, int, str]] = []

    def add(self, record: Record, file: str, offset: int) -> None:
        if record.type == "response":
            self._responses.append(_number(record.id, record.target_uri, record.date))
        elif record.type == "revisit":
            named = [record.header(name) or "" for name in _REFERENCES]
            self._revisits.append((_number(*named), file, offset, named[0]))

    def dangling(self) -> Iterator[tuple[str, int, str]]:
        """File and offset of every revisit whose three references are not those of one response, and its id."""
        there = set(self._responses)
        yield from ((file, offset, name) for number, file, offset, name in self._revisits if number not in there)


def _number(*facts: str) -> int:
    return int.from_bytes(fingerprint(*facts)[:8])


class ArticleIndex:
    """Articles by id, with what their fetch line must say too, and where they lie."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._files: list[str] = []
        self._file = array("L")
        self._offsets = array("Q")
        self._facts = bytearray()
        self._claimed = bytearray()

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._places

    def ids(self) -> Iterator[str]:
        return iter(self._places)

    def add(self, article_id: str, facts: bytes, file: str, offset: int) -> bool:
        """False if the id is taken."""
        if article_id in self._places:
            return False
        if not self._files or self._files[-1] != file:
            self._files.append(file)
        self._places[article_id] = len(self._offsets)
        self._file.append(len(self._files) - 1)
        self._offsets.append(offset)
        self._facts += facts
        self._claimed.append(0)
        return True

    def claim(self, article_id: str, facts: bytes) -> str | None:
        """What is wrong with a fetch line that says it brought this article; None if nothing is."""
        place = self._places.get(article_id)
        if place is None:
            return "there is no such article"
        if self._claimed[place]:
            return "another fetch brought that article"
        self._claimed[place] = 1
        if self._facts[place * _SIZE : (place + 1) * _SIZE] != facts:
            return "the article says other things of its fetch"
        return None

    def place(self, article_id: str) -> tuple[str, int]:
        """File and offset of an article that is there."""
        place = self._places[article_id]
        return self._files[self._file[place]], self._offsets[place]

    def unclaimed(self) -> Iterator[str]:
        return (article_id for article_id, place in self._places.items() if not self._claimed[place])
