"""Values that the tests of pipelines hand in, and an archive read back without the code that wrote it.

Owns a strict reading of WARC and JSONL files by zlib and json alone. No test itself.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backports.zstd import decompress as unzstd

from pipelines.exchange import Answer, Exchange
from pipelines.records import Discovered
from pipelines.store import Found
from pipelines.urlkey import host_of, url_key
from tests import archives

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.commit import Committer
    from pipelines.draft import Committed
    from pipelines.store import Lease
    from pipelines.visit import Settlement

ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
REPEATABLE = {"warc-concurrent-to", "warc-protocol"}
REQUEST = b"GET / HTTP/1.1\r\nHost: news.example\r\n\r\n"


def exchange(
    response: bytes, *, url: str = "https://news.example/", request: bytes = REQUEST, **facts: Any
) -> Exchange:
    return Exchange(url, "GET", request, Answer(response), NOON, LATER, **{"ip": "192.0.2.7", **facts})


def found(url: str, **facts: Any) -> Found:
    plain = Found(
        url_key=url_key(url),
        url=url,
        host=host_of(url),
        site="osmere-courier",
        role="page",
        priority=0,
        discovered=Discovered("feed", "https://news.example/feed.xml", "Ein Titel", "2026-11-22"),
        request="{}",
    )
    return replace(plain, **facts)


def page_of(clock: archives.Clock, lease: Lease) -> Settlement:
    """The article whose number is the last segment of the lease's path."""
    return replace(archives.page(clock, int(lease.url.rpartition("/")[2])), lease=lease)


async def settle_together(
    committer: Committer, settlements: list[Settlement]
) -> list[Committed | BaseException]:
    """One group commit, begun at once; errors are given back in place of results."""
    waiters = [asyncio.ensure_future(committer.settle(settlement)) for settlement in settlements]
    await asyncio.sleep(0)      # every waiter has handed in what it has
    flushed = await asyncio.gather(committer.flush(), return_exceptions=True)
    results = await asyncio.gather(*waiters, return_exceptions=True)
    return results or flushed   # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One record as its gzip member held it. Header names are in lower case; values of one that may occur several times
    are joined by a space."""

    offset: int
    length: int
    headers: dict[str, str]
    block: bytes


def members(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Offset, length and content of each gzip member; AssertionError where one is not whole."""
    offset = 0
    while offset < len(data):
        inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        content = inflater.decompress(data[offset:])
        assert inflater.eof, f"a member that begins at {offset} is not whole"
        length = len(data) - offset - len(inflater.unused_data)
        yield offset, length, content
        offset += length


def warc_records(data: bytes) -> list[WarcRecord]:
    return [WarcRecord(offset, length, *_record(content)) for offset, length, content in members(data)]


def _record(content: bytes) -> tuple[dict[str, str], bytes]:
    head, _, rest = content.partition(b"\r\n\r\n")
    version, *lines = head.decode().split("\r\n")
    assert version == "WARC/1.1"
    headers: dict[str, str] = {}
    for name, value in (line.split(": ", 1) for line in lines):
        key = name.lower()
        assert key not in headers or key in REPEATABLE, f"a header occurs twice: {lines}"
        headers[key] = f"{headers[key]} {value}" if key in headers else value
    size = int(headers["content-length"])
    assert rest[size:] == b"\r\n\r\n", "the record does not end where its Content-Length says"
    return headers, rest[:size]


def sealed(root: Path, kind: str) -> list[Path]:
    return sorted(path for path in (root / kind).glob("dt=*/*") if path.suffix != ".open")


def plain(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return b"".join(content for _, _, content in members(data))
    return unzstd(data) if path.suffix == ".zst" else data


def lines_of(text: bytes) -> list[dict[str, Any]]:
    assert not text or text.endswith(b"\n"), "the last line is not whole"
    return [json.loads(line.decode("utf-8", "strict")) for line in text.split(b"\n")[:-1]]


def sealed_lines(root: Path, kind: str) -> list[dict[str, Any]]:
    return [line for path in sealed(root, kind) for line in lines_of(plain(path))]


def open_files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.open"))


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file that a reader may hold to be final: its path and bytes."""
    folders = ("warc", "articles", "fetches", "runs")
    return {str(path.relative_to(root)): path.read_bytes() for folder in folders
            for path in (root / folder).rglob("*") if path.is_file() and path.suffix != ".open"}


def assert_sound(root: Path) -> None:
    """Sealed WARCs are whole records, every whole line parses, each pointer leads to the record it names.

    Holds at any instant: what is still being written is read as far as it goes.
    """
    for path in sealed(root, "warc"):
        assert warc_records(path.read_bytes()), f"{path} is empty"
    for line in [*sealed_lines(root, "articles"), *open_lines(root, "articles")]:
        _assert_leads_to(root, line["warc"], "response")
    for line in [*sealed_lines(root, "fetches"), *open_lines(root, "fetches")]:
        for pointers in line["exchanges"]:
            _assert_leads_to(root, pointers["request"], "request")
            _assert_leads_to(root, pointers["metadata"], "metadata")
            if pointers["response"]:
                kind = "response" if pointers["status"] else "resource"
                _assert_leads_to(root, pointers["response"], "revisit" if pointers["refers_to"] else kind)
            if pointers["refers_to"]:
                _assert_leads_to(root, pointers["refers_to"], "response")


def open_lines(root: Path, kind: str) -> list[dict[str, Any]]:
    """The whole lines of files that are being written."""
    return [line for path in sorted((root / kind).rglob("*.jsonl.open")) for line in whole_lines(path)]


def whole_lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_bytes()
    return lines_of(text[:text.rfind(b"\n") + 1])


def _assert_leads_to(root: Path, pointer: dict[str, Any], kind: str) -> None:
    path = root / pointer["file"]
    data = (path if path.exists() else path.with_name(path.name + ".open")).read_bytes()
    [record] = warc_records(data[pointer["offset"]:pointer["offset"] + pointer["length"]])
    assert (record.headers["warc-type"], record.headers["warc-record-id"]) == (kind, pointer["record_id"])


def in_child(program: str | Path, *arguments: object, new_session: bool = False) -> subprocess.Popen[str]:
    """A Python program of its own, given as text or as a file, that can import the project."""
    start = [str(program)] if isinstance(program, Path) else ["-c", program]
    return subprocess.Popen(
        [sys.executable, *start, *map(str, arguments)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        start_new_session=new_session,
    )
