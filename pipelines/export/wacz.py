"""One WACZ file (1.1.1): the WARC files as they are, their index, and the articles as pages with title and text.

Owns what is in it and where. Must not know how pages are found: it takes article records. Nothing is compressed twice,
and each file is read once.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from pipelines import __version__
from pipelines.export.cdxj import cdxj_lines
from pipelines.export.linesort import LineSort
from pipelines.export.zipnum import write_zipnum
from pipelines.recordlines import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

WACZ_VERSION = "1.1.1"
_INDEX, _INDEX_OF_INDEX, _PAGES = "indexes/index.cdx.gz", "indexes/index.idx", "pages/pages.jsonl"


@dataclass(frozen=True, slots=True)
class Written:
    """What a WACZ holds, counted."""

    warc_files: int
    index_lines: int
    pages: int


def write_wacz(
    out: BinaryIO, warcs: Iterable[Path], articles: Iterable[Mapping[str, Any]], folder: Path, created: datetime,
    title: str, on_bytes: Callable[[bytes], object] | None = None,
) -> Written:
    """`out` must be seekable; `folder` takes what the sorting of the index needs. WarcReadError for a damaged file."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive, LineSort(folder) as lines:
        package = _Package(archive, created)
        files = 0
        for path in warcs:
            files += 1
            with package.file(f"archive/{path.name}") as file:
                for line in cdxj_lines(path, _both(file.write, on_bytes)):
                    lines.add(line)
        index_lines = _write_index(package, lines)
        with package.file(_PAGES, compress=True) as file:
            pages = _write_pages(file, articles, title)
        package.finish(title)
    return Written(files, index_lines, pages)


def _both(first: Callable[[bytes], object], second: Callable[[bytes], object] | None) -> Callable[[bytes], object]:
    def tell(data: bytes) -> None:
        first(data)
        if second:
            second(data)

    return tell


def _write_index(package: _Package, lines: Iterable[bytes]) -> int:
    """The index of the index is small (a line for a thousand), so it is held until its turn comes."""
    counted = _Counted(lines)
    with package.file(_INDEX) as file:
        blocks = list(write_zipnum(counted, _INDEX.rpartition("/")[2], file.write))
    with package.file(_INDEX_OF_INDEX, compress=True) as file:
        file.write(b"".join(blocks))
    return counted.count


class _Counted:
    def __init__(self, lines: Iterable[bytes]) -> None:
        self.count, self._lines = 0, lines

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.count += 1
            yield line


def _write_pages(file: _Hashed, articles: Iterable[Mapping[str, Any]], title: str) -> int:
    header = {"format": "json-pages-1.0", "id": "pages", "title": title, "hasText": True}
    file.write(_json_line(header))
    count = 0
    for count, article in enumerate(articles, 1):  # noqa: B007  # the last one is how many there are
        file.write(_json_line({
            "id": article["id"], "url": article["final_url"], "ts": article["http"]["fetched_at"],
            "title": article["title"] or article["final_url"], "text": article["text"],
        }))
    return count


def _json_line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(scrub(dict(value)), ensure_ascii=False).encode() + b"\n"


class _Package:
    """The files of a WACZ with their sums, which go into `datapackage.json`."""

    def __init__(self, archive: zipfile.ZipFile, created: datetime) -> None:
        self._archive, self._created = archive, created
        self._resources: list[dict[str, str | int]] = []

    def file(self, path: str, *, compress: bool = False) -> _Hashed:
        info = zipfile.ZipInfo(path, self._created.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        return _Hashed(path, self._archive.open(info, "w", force_zip64=True), self._add)

    def _add(self, path: str, size: int, sha256: str) -> None:
        name = path.rpartition("/")[2].lower()  # Data Package specification: lower case
        self._resources.append({"name": name, "path": path, "hash": f"sha256:{sha256}", "bytes": size})

    def finish(self, title: str) -> None:
        """`datapackage.json`, and a file with its sum: these two are in no list."""
        content = json.dumps({
            "profile": "data-package", "wacz_version": WACZ_VERSION, "software": f"Broadsheet {__version__}",
            "created": f"{self._created:%Y-%m-%dT%H:%M:%SZ}", "title": title, "resources": self._resources,
        }, indent=2).encode()
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
        for path, data in (("datapackage.json", content), ("datapackage-digest.json", json.dumps(digest).encode())):
            info = zipfile.ZipInfo(path, self._created.timetuple()[:6])
            info.external_attr = 0o644 << 16
            self._archive.writestr(info, data, zipfile.ZIP_DEFLATED)


class _Hashed(io.RawIOBase):
    """A file in the ZIP, summed up as it is written."""

    def __init__(self, path: str, file: IO[bytes], on_end: Callable[[str, int, str], None]) -> None:
        self._path, self._file, self._on_end = path, file, on_end
        self._size, self._sha256 = 0, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._size += len(data)
        self._sha256.update(data)
        return self._file.write(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._on_end(self._path, self._size, self._sha256.hexdigest())
        super().close()
