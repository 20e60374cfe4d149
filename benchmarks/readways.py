"""The ways to read an archive that `benchmarks.reading` compares, ours and others, each run in a process of its own.

    PYTHON benchmarks/readways.py WAY ARCHIVE

Owns one measured run: it prints articles, characters of text, seconds, processor seconds and peak memory as JSON. Each
way must come to the same sum. Imports nothing of this project but in our ways: others run where it is not installed.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Sums = tuple[int, int]

SHARES = 2


@dataclass(frozen=True, slots=True)
class Story:
    """The keys that most jobs want."""

    id: str
    title: str | None
    text: str


def typed(root: str, files: list[str] | None = None) -> Sums:
    from pipelines.reader import Archive  # noqa: PLC0415

    return _sums(article.text for article in Archive(root).articles(files=files))


def story(root: str, files: list[str] | None = None) -> Sums:
    from pipelines.reader import Archive  # noqa: PLC0415

    return _sums(one.text for one in Archive(root).articles(Story, files=files))


def typed_shared(root: str) -> Sums:
    return _shared(typed, root)


def story_shared(root: str) -> Sums:
    return _shared(story, root)


def rows(root: str) -> Sums:
    from pipelines.reader import Archive  # noqa: PLC0415

    return _sums(row["text"] for row in Archive(root).rows("articles"))


def lines(root: str) -> Sums:
    """Bytes alone: the text is not looked for."""
    from pipelines.reader import Archive  # noqa: PLC0415

    return sum(1 for _ in Archive(root).lines("articles")), 0


def floor(root: str) -> Sums:
    """Decompression alone."""
    from pipelines.inflate import plain_blocks  # noqa: PLC0415

    count = 0
    for path in _files(root):
        with path.open("rb") as file:
            count += sum(block.count(b"\n") for block in plain_blocks(file, path.suffix))
    return count, 0


def before(root: str) -> Sums:
    """As lines were made into records until now."""
    from pipelines.recordlines import from_fields  # noqa: PLC0415
    from pipelines.records import ArticleRecord  # noqa: PLC0415

    return _sums(from_fields(ArticleRecord, json.loads(line)).text for line in _gzip_lines(root))


def json_loads(root: str) -> Sums:
    return _sums(json.loads(line)["text"] for line in _gzip_lines(root))


def orjson_loads(root: str) -> Sums:
    import orjson  # noqa: PLC0415

    return _sums(orjson.loads(line)["text"] for line in _gzip_lines(root))


def pandas_read_json(root: str) -> Sums:
    import pandas  # noqa: PLC0415

    count = chars = 0
    for path in _files(root):
        for frame in pandas.read_json(path, lines=True, chunksize=2000, dtype=False):
            count, chars = count + len(frame), chars + int(frame["text"].str.len().sum())
    return count, chars


def duckdb_read_json(root: str) -> Sums:
    import duckdb  # noqa: PLC0415

    columns = "{id: 'VARCHAR', title: 'VARCHAR', text: 'VARCHAR'}"
    query = f"select count(*), sum(length(text)) from read_json(?, format='newline_delimited', columns={columns})"
    count, chars = duckdb.execute(query, [[str(path) for path in _files(root)]]).fetchall()[0]
    return int(count), int(chars)


WAYS: dict[str, Callable[[str], Sums]] = {way.__name__: way for way in (
    typed, story, typed_shared, story_shared, rows, lines, floor, before, json_loads, orjson_loads, pandas_read_json,
    duckdb_read_json)}


def _sums(texts: Iterator[str]) -> Sums:
    count = chars = 0
    for text in texts:
        count += 1
        chars += len(text)
    return count, chars


def _shared(way: Callable[[str, list[str]], Sums], root: str) -> Sums:
    """The files dealt to two processes."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    from pipelines.reader import Archive  # noqa: PLC0415

    files = Archive(root).files("articles")
    with ProcessPoolExecutor(SHARES) as pool:
        sums = list(pool.map(way, [root] * SHARES, [files[share::SHARES] for share in range(SHARES)]))
    return sum(count for count, _ in sums), sum(chars for _, chars in sums)


def _files(root: str) -> list[Path]:
    return sorted(Path(root).glob("articles/*/*"))


def _gzip_lines(root: str) -> Iterator[bytes]:
    import gzip  # noqa: PLC0415

    for path in _files(root):
        with gzip.open(path) as file:
            yield from file


def _peak_mib() -> float:
    status = Path("/proc/self/status").read_text("utf-8")
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1)


def main(name: str, root: str) -> dict[str, Any]:
    began, cpu = time.perf_counter(), sum(os.times()[:2])
    count, chars = WAYS[name](root)
    seconds = time.perf_counter() - began
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = sum(os.times()[:2]) - cpu + children.ru_utime + children.ru_stime
    return {"articles": count, "chars": chars, "seconds": round(seconds, 3), "cpu_seconds": round(used, 3),
            "peak_mib": _peak_mib()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2])))
