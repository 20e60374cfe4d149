"""What other people's readers make of an archive of awkward answers, redirects, retries and revisits.

pywb's and Webrecorder's tools lie in .venv-readers (`make test` makes it), the npm reader in node_modules (.ci/run);
where one is missing its test is left out with its reason.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crawls import Harvest, crawl, scrapy, write_list
from tests.newsserver import RawServer
from tests.replaying import NPM_WARCIO, READERS
from tests.wireoddities import WHOLE, routes

BIN = Path(sys.executable).parent
NOT_OF_HTTP = {"/not-http", "/garbage"}
needs_readers = pytest.mark.skipif(not (READERS / "cdxj-indexer").exists(),
                                   reason="the readers are not in .venv-readers: make test")


@dataclass
class Crawled:
    """An archive at rest, and the forms that it was exported in."""

    harvest: Harvest
    warcs: list[Path]
    cdxj: Path
    wacz: Path
    wet: Path

    @property
    def index(self) -> dict[tuple[str, str], dict[str, Any]]:
        return by_place(self.cdxj.read_text().splitlines())


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder = tmp_path_factory.mktemp("crawled")
    root = folder / "archive"
    with RawServer(routes()) as server, RawServer({"/tls": WHOLE["/early-hints"]}, host="127.0.0.3", tls=True) as other:
        urls = [server.url(target) for target in server.routes] + [other.url("/tls")]
        ended = crawl("pages", root, urls=write_list(folder / "urls", urls), settings={
            "RETRY_TIMES": 1, "DOWNLOAD_MAXSIZE": 100_000, "DOWNLOAD_VERIFY_CERTIFICATES": False,
            "WARC_MAX_BYTES": 40_000})
    assert ended.json["error"] is None, ended.stderr
    outs = {form: folder / f"out.{form}" for form in ("cdxj", "wacz", "wet")}
    for form, out in outs.items():
        assert scrapy("export", form, str(out), home=folder, settings={"ARCHIVE_DIR": root}).exit_code == 0
    warcs = sorted((root / "warc").glob("*/*.warc.gz"))
    assert len(warcs) > 2
    return Crawled(Harvest(root), warcs, outs["cdxj"], outs["wacz"], outs["wet"])


def by_place(lines: list[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """The fields of CDXJ lines by file and offset, with the key and the time before them."""
    found = {}
    for line in lines:
        key, stamp, rest = line.split(" ", 2)
        fields = {**json.loads(rest), "urlkey": key, "timestamp": stamp}
        found[fields["filename"], fields["offset"]] = fields
    assert len(found) == len(lines)
    return found


def run(*command: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120, cwd=folder)


def test_the_archive_has_revisits_resources_and_interim_answers(crawled: Crawled) -> None:
    """What the tools below are shown."""
    kinds = {record.type for record in crawled.harvest.records}
    assert kinds == {"warcinfo", "request", "response", "metadata", "revisit", "resource"}
    assert any(crawled.harvest.interim(entry) for line in crawled.harvest.fetches for entry in line["exchanges"])
    crawled.harvest.check()


@needs_readers
def test_warcio_accepts_every_file(crawled: Crawled) -> None:
    """Not the one beside our own brotli: warcio 1.8.1 fails to start its decoder of br with brotli 1.2."""
    for path in [*crawled.warcs, crawled.wet]:
        ended = run(READERS / "warcio", "check", "-v", path)
        assert ended.returncode == 0, ended.stdout
        assert "fail" not in ended.stdout


def test_gzip_accepts_every_file(crawled: Crawled) -> None:
    for path in [*crawled.warcs]:
        assert run("gzip", "-t", path).returncode == 0


def test_fastwarc_accepts_every_block_and_every_payload_that_is_there(crawled: Crawled) -> None:
    """It holds the digest that a revisit must state (WARC 1.1 section 6.7.2) against the payload that a revisit has
    not: that fails for every writer's revisits, and for nothing else of ours."""
    for path in [*crawled.warcs, crawled.wet]:
        assert run(BIN / "fastwarc", "check", "-q", path).returncode == 0
    lines = [line for path in crawled.warcs
             for line in run(BIN / "fastwarc", "check", "-p", "-q", "-o", "-", path).stdout.splitlines()]
    failed = {line.split(">")[0] + ">" for line in lines if "FAIL" in line}
    digest_revisits = {record.id for record in crawled.harvest.records
                       if record.type == "revisit" and "WARC-Payload-Digest" in record.headers}
    assert len(lines) == len(crawled.harvest.records)
    assert failed == digest_revisits


@needs_readers
def test_cdxj_indexer_finds_what_we_find(crawled: Crawled) -> None:
    """Every record with the same fields, but for digests of chunked payloads, of which it hashes the framing, and the
    digest of a 304, which states none."""
    ended = run(READERS / "cdxj-indexer", "-s", *crawled.warcs)
    theirs, ours = by_place(ended.stdout.splitlines()), crawled.index
    assert theirs.keys() == ours.keys()
    assert len(ours) > 60
    for place, fields in ours.items():
        other = theirs[place]
        chunked = "chunk" in fields["url"]
        for name in ("urlkey", "timestamp", "url", "mime", "status", "length", *(() if chunked else ("digest",))):
            assert fields.get(name) == other.get(name), (name, fields, other)
    assert [line.split(" {")[0] for line in ended.stdout.splitlines()] == [
        line.split(" {")[0] for line in crawled.cdxj.read_text().splitlines()], "sorted alike"


@pytest.mark.skipif(not NPM_WARCIO.exists(), reason="the npm package warcio is not in node_modules: see .ci/run")
def test_the_npm_indexer_finds_what_we_find(crawled: Crawled) -> None:
    theirs = {}
    for path in crawled.warcs:
        ended = run(NPM_WARCIO, "cdx-index", path)
        assert ended.returncode == 0
        assert ended.stderr == ""
        theirs.update(by_place(ended.stdout.splitlines()))
    ours = crawled.index
    assert theirs.keys() == ours.keys()
    for place, fields in ours.items():
        for name in ("urlkey", "timestamp", "url", "length", "status"):
            assert fields.get(name) == theirs[place].get(name), (name, fields, theirs[place])


@needs_readers
def test_wacz_validates_what_was_exported_and_fails_what_was_spoilt(crawled: Crawled, tmp_path: Path) -> None:
    ended = run(READERS / "wacz", "validate", "-f", crawled.wacz)
    assert "Validation succeeded" in ended.stdout, ended.stdout + ended.stderr
    spoilt = tmp_path / "spoilt.wacz"
    with zipfile.ZipFile(crawled.wacz) as old, zipfile.ZipFile(spoilt, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + b" " * name.startswith("pages"))
    assert "Validation failed" in run(READERS / "wacz", "validate", "-f", spoilt).stdout


def test_what_wacz_does_not_check_holds_too(crawled: Crawled) -> None:
    """Pages are there (py-wacz issue 46), each leads through the index to a record in the file, and the index of the
    index to its blocks."""
    with zipfile.ZipFile(crawled.wacz) as wacz:
        index = wacz.read("indexes/index.cdx.gz")
        lines = gzip.decompress(index).decode().splitlines()
        assert lines == sorted(lines)
        places = {(fields["url"], fields["timestamp"]): fields for fields in by_place(lines).values()}
        assert by_place(lines) == crawled.index
        _, *pages = [json.loads(line) for line in wacz.read("pages/pages.jsonl").splitlines()]
        assert len(pages) == len(crawled.harvest.articles) > 20
        for page in pages:
            stamp = "".join(char for char in page["ts"] if char.isdigit())[:14]
            fields = places[page["url"], stamp]
            offset = int(fields["offset"])
            member = wacz.read(f"archive/{fields['filename']}")[offset:offset + int(fields["length"])]
            assert page["url"].encode() in gzip.decompress(member).partition(b"\r\n\r\n")[0]
            assert page["title"]
            assert page["text"]
