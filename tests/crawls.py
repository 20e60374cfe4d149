"""Crawls run as their users run them, in a process of their own, and what they left read by independent readers.

Owns the command line, the environment and the reading of ARCHIVE_DIR with gzip, json and fastwarc alone: nothing of
`pipelines` is used, so that a fault there cannot hide itself. No test itself.
"""

from __future__ import annotations

import atexit
import base64
import gzip
import io
import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastwarc.warc import ArchiveIterator

from pipelines.layout import STATE
from pipelines.sqlite import SqliteStore
from tests.warm import Warm, WarmProcess, can_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPOSITORY = Path(__file__).parents[1]
TIMEOUT_SECONDS = 120
FAST = {"DOWNLOAD_DELAY": "0", "RETRY_DELAY": "0", "CONCURRENT_REQUESTS_PER_DOMAIN": "8",
        "TDMREP": "False"}          # but where a test is about it, a host is asked for nothing else than pages
NOT_MODIFIED = 304

COLD = "BROADSHEET_TESTS_COLD"
"""Set it, and every command begins as a user's does, with a Python of its own; else those do whose environment counts
from the start, and those that tests start by themselves."""

Fact = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def errors(self) -> list[str]:
        """What it said of itself on stderr, beside its log."""
        return [line.partition(": ")[2] for line in self.stderr.splitlines() if line.startswith("error: ")]


class Running:
    """A scrapy command under way, from the repository's root, at home in `home`, with settings of the caller's."""

    def __init__(self, command: Sequence[str], home: Path, settings: Mapping[str, Any] | None = None,
                 environment: Mapping[str, str] | None = None, stdin: bytes = b"", later: float = 0.0) -> None:
        options = [part for name, value in (settings or {}).items() for part in ("-s", f"{name}={value}")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SCRAPY_")}
        given, added = {**kept, "HOME": str(home), **(environment or {})}, environment or {}
        program = ["tests.latercrawl", str(later)] if later else ["scrapy"]
        self._stdin = stdin
        self.process: subprocess.Popen[bytes] | WarmProcess
        if can_start(added) and COLD not in os.environ:
            self.process = _warm().start([*command, *options], given, later)
        else:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *program, *command, *options], cwd=REPOSITORY, env=given,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def wait(self, seconds: float = TIMEOUT_SECONDS) -> Ended:
        """To its end; what it wrote as text. A crawl that does not end is killed, and the test fails."""
        try:
            stdout, stderr = self.process.communicate(self._stdin, seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, stderr = self.process.communicate()
            raise AssertionError(f"did not end in {seconds} s:\n{stderr.decode()}") from None
        return Ended(self.process.returncode, stdout.decode(), stderr.decode())


@cache
def _warm() -> Warm:
    warm = Warm()
    atexit.register(warm.close)
    return warm


def scrapy(*command: str, home: Path, **how: Any) -> Ended:
    return Running(command, home, **how).wait()


def crawl(spider: str, root: Path, *, settings: Mapping[str, Any] | None = None,
          environment: Mapping[str, str] | None = None, stdin: bytes = b"", later: float = 0.0,
          **arguments: Any) -> Ended:
    """`scrapy crawl SPIDER -a …` into the archive `root`, without delays and with JSON at its end, to its end; with a
    clock that is `later` seconds ahead."""
    return start_crawl(spider, root, settings=settings, environment=environment, stdin=stdin, later=later,
                       **arguments).wait()


def start_crawl(spider: str, root: Path, *, settings: Mapping[str, Any] | None = None,
                environment: Mapping[str, str] | None = None, stdin: bytes = b"", later: float = 0.0,
                **arguments: Any) -> Running:
    given = [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
    return Running(["crawl", spider, "--json", *given], root.parent,
                   {"ARCHIVE_DIR": root, **FAST, **(settings or {})}, environment, stdin, later)


def write_list(path: Path, urls: Sequence[str]) -> Path:
    path.write_text("".join(f"{url}\n" for url in urls))
    return path


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record as fastwarc reads it, its digest checked; `offset` and `length` are those of its gzip member."""

    file: str
    offset: int
    length: int
    type: str
    id: str
    url: str
    headers: dict[str, str]
    block: bytes = field(repr=False)
    all_headers: tuple[tuple[str, str], ...] = field(repr=False, default=())

    def headers_of(self, name: str) -> list[str]:
        """Every value of a header that may occur several times."""
        return [value for key, value in self.all_headers if key.lower() == name.lower()]


class Harvest:
    """What lies in an archive after all crawls have ended: every line and record of every file, read strictly."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.fetches = _lines(root, "fetches")
        self.articles = _lines(root, "articles")
        self.manifests = [json.loads(path.read_bytes()) for path in sorted((root / "runs").glob("*.json"))]
        self.records = [record for path in _files(root, "warc") for record in _records(root, path)]
        with closing(SqliteStore.open_to_read(root / STATE)) as store:
            self.owed = [json.loads(owed.fetch) for owed in store.owed()]
        self._by_place = {(record.file, record.offset): record for record in self.records}

    def fetch(self, url: str) -> Fact:
        """The one fetch line of a URL."""
        found = [line for line in self.fetches if line["url"] == url]
        assert len(found) == 1, f"{url}: {len(found)} fetch lines"
        return found[0]

    def outcome(self, url: str) -> str:
        return str(self.fetch(url)["outcome"])

    def article(self, url: str) -> Fact:
        found = [line for line in self.articles if line["url"] == url]
        assert len(found) == 1, f"{url}: {len(found)} articles"
        return found[0]

    def run(self, run_id: str) -> Fact:
        return next(manifest for manifest in self.manifests if manifest["run_id"] == run_id)

    def record(self, pointer: Fact) -> WarcRecord:
        """The record that a pointer names, by place, length and id."""
        record = self._by_place[pointer["file"], pointer["offset"]]
        assert (record.length, record.id) == (pointer["length"], pointer["record_id"])
        return record

    def exchanges(self, url: str) -> list[tuple[bytes, bytes | None]]:
        """What was sent and what came in a URL's exchanges, in order; None where nothing came."""
        return [(self.record(entry["request"]).block, self.answered(entry)) for entry in self.fetch(url)["exchanges"]]

    def answered(self, entry: Fact) -> bytes | None:
        """The final answer of an exchange, from its response record or from a revisit and the record it refers to."""
        if not entry["response"]:
            return None
        block = self.record(entry["response"]).block
        if entry["refers_to"] and entry["status"] != NOT_MODIFIED:
            block += self.record(entry["refers_to"]).block.partition(b"\r\n\r\n")[2]
        return block

    def facts(self, entry: Fact) -> dict[str, str]:
        """The fields of the metadata record of an exchange."""
        lines = self.record(entry["metadata"]).block.decode().splitlines()
        return dict(line.split(": ", 1) for line in lines)

    def interim(self, entry: Fact) -> bytes:
        """The 1xx answers of an exchange."""
        return base64.b64decode(self.facts(entry).get("interimResponses", ""))

    @property
    def requests(self) -> Counter[bytes]:
        """Every request that the archive says was sent."""
        return Counter(record.block for record in self.records if record.type == "request")

    def check(self, *, asked_again: str = "") -> None:
        """What holds for every archive at rest (design section 4): fails naming what does not.

        Pages are tried once a run, but for the URL `asked_again`. A source that a dead run had left waiting may be
        read twice.
        """
        assert not list(self.root.rglob("*.open"))
        tried = Counter((line["run_id"], line["url_key"]) for line in self.fetches
                        if line["role"] == "page" and line["url"] != asked_again)
        assert not [page for page, times in tried.items() if times > 1], "pages with two outcomes"
        pointers = [pointer for line in [*self.fetches, *self.owed] for entry in line["exchanges"]
                    for pointer in (entry["request"], entry["response"], entry["metadata"]) if pointer]
        pointed = Counter(self.record(pointer).id for pointer in pointers)
        written = Counter(record.id for record in self.records if record.type != "warcinfo")
        assert pointed == written, "a record without a line, or with two"
        for entry in (entry for line in self.fetches for entry in line["exchanges"]):
            self._check_revisit(entry)
        ids = Counter(article["id"] for article in self.articles)
        assert set(ids.values()) <= {1}, f"articles twice: {ids}"
        named = {line["article_id"] for line in self.fetches if line["outcome"] == "article"}
        assert named == set(ids), "articles and fetches disagree"
        for article in self.articles:
            assert self.record(article["warc"]).type == "response"
        for manifest in self.manifests:
            self._check_manifest(manifest)

    def _check_revisit(self, entry: Fact) -> None:
        """A revisit, and nothing else, names the response record that holds its payload, by all three references."""
        answer = self.record(entry["response"]) if entry["response"] else None
        assert (answer is not None and answer.type == "revisit") == (entry["refers_to"] is not None)
        if answer is None or entry["refers_to"] is None:
            return
        original = self.record(entry["refers_to"])
        assert original.type == "response"
        names = ("WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date")
        assert [answer.headers[name] for name in names] == [original.id, original.url, original.headers["WARC-Date"]]

    def _check_manifest(self, manifest: Fact) -> None:
        """tried = the sum of outcomes = the fetch lines, in all and by site."""
        lines = [line for line in self.fetches if line["run_id"] == manifest["run_id"]]
        assert manifest["outcomes"] == Counter(line["outcome"] for line in lines)
        assert manifest["tried"] == sum(manifest["outcomes"].values()) == len(lines)
        for site, counts in manifest["sites"].items():
            assert counts["outcomes"] == Counter(line["outcome"] for line in lines if line["site"] == site)
        assert manifest["articles"] == sum(line["run_id"] == manifest["run_id"] for line in self.articles)


def _files(root: Path, kind: str) -> list[Path]:
    return sorted(path for path in (root / kind).rglob("*") if path.is_file() and path.suffix != ".open")


def _lines(root: Path, kind: str) -> list[Fact]:
    """gzip.decompress raises on a torn or damaged file, json on a torn line."""
    texts = [gzip.decompress(path.read_bytes()).decode() for path in _files(root, kind)]
    assert all(text.endswith("\n") for text in texts)
    return [json.loads(line) for text in texts for line in text.splitlines()]


def _records(root: Path, path: Path) -> list[WarcRecord]:
    data = path.read_bytes()
    gzip.decompress(data)       # fails on a truncated tail
    found = []
    for record in ArchiveIterator(io.BytesIO(data), parse_http=False):
        record.freeze()
        assert record.verify_block_digest(), f"{path}: {record.record_id}"
        found.append((record.stream_pos, tuple(record.headers), record.reader.read()))
    ends = [entry[0] for entry in found[1:]] + [len(data)]
    return [_record(str(path.relative_to(root)), at, end - at, headers, block)
            for (at, headers, block), end in zip(found, ends, strict=True)]


def _record(
    file: str, offset: int, length: int, headers: tuple[tuple[str, str], ...], block: bytes
) -> WarcRecord:
    first = dict(reversed(headers))
    return WarcRecord(file, offset, length, first["WARC-Type"], first["WARC-Record-ID"],
                      first.get("WARC-Target-URI", ""), first, block, headers)
