"""An archive for those who only read it: batch jobs, commands, notebooks.

Owns how lines and pages are found on disk. Must not know Scrapy or Twisted, and takes no lock: a file without
`.open` never changes, and of the others the store says how far they count.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipelines.content_coding import MAX_DECODED_BYTES, decoded
from pipelines.errors import ArchiveDamagedError, ConfigurationError
from pipelines.exchange import Answer
from pipelines.jsonl import LineFileError, iter_committed_lines, iter_lines
from pipelines.lock import STATE
from pipelines.recovery import FOLDERS
from pipelines.segments import OPEN_SUFFIX
from pipelines.sqlite import SqliteStore
from pipelines.warcread import Record, WarcReadError, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from pipelines.store import Mark, OutboxLine

_REMEDY = "name one with -s ARCHIVE_DIR=…, or crawl first"
_OpenFile = tuple["Mark", "list[OutboxLine]"]


class ArchiveReader:
    """The articles, fetches and pages below `root`. Safe beside a running crawl; holds nothing open in
    between.

    ConfigurationError if there is no archive at `root`. What contradicts itself on disk is an
    ArchiveDamagedError when it is met; `pipelines.verification` finds all of it at once.
    """

    def __init__(self, root: Path) -> None:
        require_archive(root)
        self.root = root

    def articles(
        self, *, since: date | None = None, until: date | None = None, site: str | None = None,
        include_open: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Article records by day of the fetch, in the order written. `since` and `until` are such days,
        both included.

        `include_open` adds what a crawl that is going on (or was interrupted) has committed to files not
        yet sealed.
        """
        return self._records("articles", since, until, site, include_open)

    def fetches(
        self, *, since: date | None = None, until: date | None = None, site: str | None = None,
        include_open: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Fetch records, by the same rules as `articles`."""
        return self._records("fetches", since, until, site, include_open)

    def manifests(self) -> Iterator[dict[str, Any]]:
        """The manifest of each run that has ended, oldest first."""
        for path in sorted((self.root / "runs").glob("*.json")):
            yield _json_object(path.read_bytes(), path, 0)

    def days(self, kind: str) -> list[str]:
        """The days for which there are files of a kind (`articles`, `fetches`, `warc`), as YYYY-MM-DD,
        oldest first.
        """
        return sorted(path.name.removeprefix("dt=") for path in (self.root / kind).glob("dt=*"))

    def payload(self, article: Mapping[str, Any], max_bytes: int = MAX_DECODED_BYTES) -> bytes:
        """The page that an article was made from: the entity without its chunks and Content-Encoding.

        ContentCodingError if it does not decode or is larger than `max_bytes`; ArchiveDamagedError if the
        record that the article names is not where it says.
        """
        answer = Answer(self.record(article["warc"]).block)
        return decoded(b"".join(answer.entity()), answer.content_encoding, max_bytes)

    def record(self, pointer: Mapping[str, Any]) -> Record:
        """The WARC record that a pointer of an article or fetch record names. ArchiveDamagedError if it is
        not there.
        """
        path = self.root / pointer["file"]
        try:
            record = self._read_record(path, pointer["offset"], pointer["length"])
        except FileNotFoundError:
            raise ArchiveDamagedError(f"{path}: missing, but records point into it: restore it from a copy") from None
        if record.id != pointer["record_id"]:
            raise WarcReadError(path, pointer["offset"], f"holds record {record.id}, not {pointer['record_id']}")
        return record

    @staticmethod
    def _read_record(path: Path, offset: int, length: int) -> Record:
        """A WARC file that is being written has its final name only once it is sealed, perhaps at this
        moment.
        """
        for candidate in (path, path.with_name(path.name + OPEN_SUFFIX)):
            try:
                return read_record(candidate, offset, length)
            except FileNotFoundError:
                continue
        return read_record(path, offset, length)

    def _records(
        self, kind: str, since: date | None, until: date | None, site: str | None, include_open: bool
    ) -> Iterator[dict[str, Any]]:
        # The store is asked first: a file sealed in between is then in both lists, and read once, by its final name.
        growing = self._open_files(kind) if include_open else {}
        paths = {str(path.relative_to(self.root)) for path in sealed_paths(self.root, kind)}
        first, last = since.isoformat() if since else "", until.isoformat() if until else "9999-99-99"
        for name in sorted({*paths, *growing}):
            if first <= name.split("/")[1].removeprefix("dt=") <= last:
                for record in self._lines(name, None if name in paths else growing[name]):
                    if site is None or record.get("site") == site:
                        yield record

    def _lines(self, name: str, growing: _OpenFile | None) -> Iterator[dict[str, Any]]:
        path = self.root / name
        lines = iter_committed_lines(self.root, *growing) if growing else iter_lines(path)
        for offset, line in lines:
            yield _json_object(line, path, offset)

    def _open_files(self, kind: str) -> dict[str, _OpenFile]:
        if not (self.root / STATE).exists():
            return {}
        store = SqliteStore.open_to_read(self.root / STATE)
        try:
            marks = [mark for _, mark in store.open_segments() if mark.segment.kind == kind]
            return {mark.segment.path: (mark, store.outbox(mark.segment.path)) for mark in marks}
        finally:
            store.close()


def require_archive(root: Path) -> None:
    """ConfigurationError unless there is an archive at `root`."""
    if not root.is_dir():
        raise ConfigurationError(f"ARCHIVE_DIR: no folder there: {root}: {_REMEDY}")
    if not (root / STATE).exists() and not any((root / folder).is_dir() for folder in FOLDERS):
        raise ConfigurationError(f"ARCHIVE_DIR: holds no archive: {root}: {_REMEDY}")


def sealed_paths(root: Path, kind: str) -> list[Path]:
    """Files of a kind that have their final name, by day and name."""
    found = (root / kind).glob("dt=*/*")
    return sorted(path for path in found if path.suffix != OPEN_SUFFIX and not path.name.startswith("."))


def _json_object(line: bytes, path: Path, offset: int) -> dict[str, Any]:
    try:
        value = json.loads(line.decode())
    except ValueError as error:
        raise LineFileError(path, offset, f"not JSON in UTF-8 ({error})") from None
    if not isinstance(value, dict):
        raise LineFileError(path, offset, "not a JSON object")
    return value
