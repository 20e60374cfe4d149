"""Lines of a JSONL file read strictly, whatever it is compressed with, sealed or still being written.

Owns where a line begins and which lines count. Must not know what the lines say.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from pipelines.errors import ArchiveDamagedError
from pipelines.inflate import BROKEN, plain_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pipelines.store import Mark, OutboxLine

_Part = TypeVar("_Part", bytes, memoryview)


class LineFileError(ArchiveDamagedError):
    """A JSONL file cannot be read on. `offset` counts bytes of the plain text that could be read."""

    def __init__(self, path: Path | str, offset: int, fact: str) -> None:
        super().__init__(f"{path}: at byte {offset} of the text: {fact}: restore the file from a copy")
        self.path, self.offset, self.fact = path, offset, fact


def iter_lines(
    path: Path, *, end: int | None = None, on_bytes: Callable[[bytes], object] | None = None
) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of each line of a sealed file, without its newline; both in terms of the plain text.

    `end` is how much of the text to read, None all. `on_bytes` is given the file as it lies on disk, block
    by block. LineFileError where it does not decompress, breaks off, or ends without a newline;
    FileNotFoundError as it comes.
    """
    with path.open("rb") as raw:
        yield from _each(whole_lines(plain_blocks(raw, path.suffix, on_bytes), path, copies, end))


def iter_committed_lines(root: Path, mark: Mark, outbox: Sequence[OutboxLine]) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that is being written, as far as the store has committed it.

    What the outbox still holds is taken from there: on disk it may be missing, or half written. A file that
    has been sealed since the mark was read is read under its final name. `outbox` must not be older than
    the mark. LineFileError if the file holds less than was committed.
    """
    try:
        raw = (root / mark.segment.open_path).open("rb")
    except FileNotFoundError:           # the final name is there before this one goes
        yield from iter_lines(root / mark.segment.path, end=mark.bytes)
        return
    waiting = [line for line in outbox if line.offset < mark.bytes]
    safe = min([mark.bytes, *(line.offset for line in waiting[:1])])
    with raw:
        yield from _each(whole_lines(plain_blocks(raw, ""), root / mark.segment.open_path, copies, safe))
    yield from ((line.offset, line.line[:-1]) for line in waiting)


def whole_lines(
    blocks: Iterable[bytes], path: Path | str, split: Callable[[bytes], list[_Part]], end: int | None = None
) -> Iterator[tuple[int, list[bytes | _Part]]]:
    """The lines that end in each block of a text, up to byte `end` (None: all), without their newlines, and the offset
    of the first. `split` takes a block apart: `copies` or `views`. `path` is for the error's sake: LineFileError, after
    the lines before it, where the blocks fail, the last line has no end or `end` is not reached.
    """
    begun: list[bytes | _Part] = []
    offset = 0
    try:
        for block in blocks if end is None else _up_to(end, blocks):
            first, *lines = split(block)
            begun.append(first)
            if lines:
                held, rest = sum(map(len, begun)) - len(first), lines.pop()
                yield offset, [b"".join(begun), *lines]
                offset, begun = offset + held + len(block) - len(rest), [rest]
    except BROKEN as error:
        raise LineFileError(path, offset, f"it does not decompress ({error})") from error
    if any(map(len, begun)):
        raise LineFileError(path, offset, "the last line has no end")
    if end is not None and offset != end:
        raise LineFileError(path, offset, f"it holds {offset} bytes of text where {end} were committed")


def copies(block: bytes) -> list[bytes]:
    """What lies between a block's newlines."""
    return block.split(b"\n")


def views(block: bytes) -> list[memoryview]:
    """The same without copying it, which is a fifth of the time that it takes to read and decode an article."""
    whole, parts, at = memoryview(block), [], 0
    while (end := block.find(b"\n", at)) >= 0:
        parts.append(whole[at:end])
        at = end + 1
    return [*parts, whole[at:]]


def _up_to(end: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield block[:end]
        end -= len(block)
        if end <= 0:
            return


def _each(found: Iterable[tuple[int, list[bytes]]]) -> Iterator[tuple[int, bytes]]:
    return chain.from_iterable(_placed(offset, lines) for offset, lines in found)


def _placed(offset: int, lines: list[bytes]) -> Iterator[tuple[int, bytes]]:
    for line in lines:
        yield offset, line
        offset += len(line) + 1
