"""Lines of a JSONL file read strictly, whatever it is compressed with, sealed or still being written.

Owns where a line begins and which lines count. Must not know what the lines say.
"""

from __future__ import annotations

import io
import zlib
from gzip import GzipFile
from typing import TYPE_CHECKING

from pipelines.errors import ArchiveDamagedError
from pipelines.zstd import ZstdError, ZstdFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import IO

    from pipelines.store import Mark, OutboxLine

_BLOCK = 1 << 16
_BROKEN = (OSError, EOFError, zlib.error, ZstdError)


class LineFileError(ArchiveDamagedError):
    """A JSONL file cannot be read on. `offset` counts bytes of the plain text that could be read."""

    def __init__(self, path: Path, offset: int, fact: str) -> None:
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
    with path.open("rb") as raw, _plain(raw, path.suffix, on_bytes) as text:
        yield from _whole_lines(text, path, end)


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
        yield from _whole_lines(raw, root / mark.segment.open_path, safe)
    yield from ((line.offset, line.line[:-1]) for line in waiting)


def _whole_lines(text: IO[bytes], path: Path, end: int | None) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while end is None or offset < end:
        try:
            line = text.readline()
        except _BROKEN as error:
            raise LineFileError(path, offset, f"it does not decompress ({error})") from error
        if not line:
            break
        if not line.endswith(b"\n"):
            raise LineFileError(path, offset, "the last line has no end")
        yield offset, line[:-1]
        offset += len(line)
    if end is not None and offset != end:
        raise LineFileError(path, offset, f"it holds {offset} bytes of text where {end} were committed")


def _plain(raw: IO[bytes], suffix: str, on_bytes: Callable[[bytes], object] | None) -> IO[bytes]:
    source: IO[bytes] = io.BufferedReader(_Told(raw, on_bytes), _BLOCK) if on_bytes else raw
    if suffix == ".gz":
        return io.BufferedReader(GzipFile(fileobj=source), _BLOCK)
    if suffix == ".zst":
        return io.BufferedReader(ZstdFile(source), _BLOCK)
    return source


class _Told(io.RawIOBase):
    """A file whose bytes are told to someone as they are read."""

    def __init__(self, file: IO[bytes], on_bytes: Callable[[bytes], object]) -> None:
        self._file, self._on_bytes = file, on_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        block = self._file.read(len(buffer))
        self._on_bytes(block)
        buffer[: len(block)] = block
        return len(block)
