"""What is exported is whole, in order, and says what the archive says."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.errors import ConfigurationError
from pipelines.export.cdxj import cdxj_line, write_cdxj
from pipelines.export.linesort import LineSort
from pipelines.export.target import new_file
from pipelines.export.wacz import write_wacz
from pipelines.export.wet import write_wet
from pipelines.export.zipnum import LINES_A_BLOCK, write_zipnum
from pipelines.reader import Archive, sealed_paths
from pipelines.warcread import WarcReadError, iter_records
from tests.archives import Clock, make_archive
from tests.builders import warc_records
from tests.crawls import scrapy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive"), pages=20, max_warc_bytes=8000)


def wacz_of(root: Path, folder: Path) -> zipfile.ZipFile:
    out = io.BytesIO()
    write_wacz(out, sealed_paths(root, "warc"), Archive(root).rows("articles"), folder, NOW, "Ein Titel")
    return zipfile.ZipFile(out)


def json_lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


@pytest.mark.parametrize("max_bytes", [1, 50, 10**6])
def test_lines_are_sorted_by_their_bytes_whatever_fits_into_memory(tmp_path: Path, max_bytes: int) -> None:
    lines = [b"%03d %d\n" % (number * 7919 % 1000, number) for number in range(300)] + ["ü\n".encode(), b"~\n", b"A\n"]
    with LineSort(tmp_path, max_bytes) as sort:
        for line in lines:
            sort.add(line)
        assert list(sort) == sorted(lines)
        assert list(sort) == sorted(lines), "and can be read again"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [0, 1, LINES_A_BLOCK, LINES_A_BLOCK + 1, 3 * LINES_A_BLOCK])
def test_a_zipnum_index_leads_to_the_block_of_each_line(count: int) -> None:
    lines = [b'com,a)/{%06d} 20261122 {"url": "x"}\n' % number for number in range(count)]
    out = io.BytesIO()
    meta, *index = write_zipnum(lines, "index.cdx.gz", out.write)
    assert meta == b'!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n'
    found = []
    for number, line in enumerate(index):
        key, place = line.rsplit(b" {", 1)
        at = json.loads(b"{" + place)
        block = gzip.decompress(out.getvalue()[at["offset"]:at["offset"] + at["length"]]).splitlines(keepends=True)
        assert block[0].rsplit(b" {", 1)[0] == key
        assert len(block) == LINES_A_BLOCK or number == len(index) - 1
        found += block
    assert found == lines


def test_every_answer_and_nothing_else_is_in_the_index_in_order(root: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    warcs = sealed_paths(root, "warc")
    assert len(warcs) > 2
    count = write_cdxj(warcs, out, tmp_path)
    lines = out.getvalue().splitlines(keepends=True)
    assert (len(lines), lines) == (count, sorted(lines))
    placed = {(path.name, str(one.offset)): one for path in warcs for one in iter_records(path)
              if one.record.type in ("response", "revisit", "resource")}
    assert len(placed) == count
    for line in lines:
        fields = json.loads(line[line.index(b"{"):])
        one = placed.pop((fields["filename"], fields["offset"]))
        assert (fields["url"], fields["length"]) == (one.record.target_uri, str(one.length))
        key, stamp, _ = line.split(b" ", 2)
        assert key.startswith(b"example,news)/")
        assert stamp.decode() == "".join(char for char in one.record.date if char.isdigit())[:14]
    assert placed == {}


def test_the_digest_in_the_index_is_that_in_the_fetch_lines(root: Path, tmp_path: Path) -> None:
    """Of the entity, for a chunked answer too."""
    out = io.BytesIO()
    write_cdxj(sealed_paths(root, "warc"), out, tmp_path)
    index = {(fields["filename"], int(fields["offset"])): fields for fields in (
        json.loads(line[line.index(b"{"):]) for line in out.getvalue().splitlines())}
    pointers = [(entry, entry["response"]) for line in Archive(root).rows("fetches") for entry in line["exchanges"]
                if entry["response"]]
    assert len(pointers) == len(index)
    for entry, pointer in pointers:
        fields = index[pointer["file"].rpartition("/")[2], pointer["offset"]]
        assert (fields["digest"], fields["status"]) == (pointer["payload_digest"], str(entry["status"]))


def test_records_that_nobody_asks_for_have_no_line(root: Path) -> None:
    kinds = {one.record.type: cdxj_line(one, "x") is not None
             for path in sealed_paths(root, "warc") for one in iter_records(path)}
    assert {kind for kind, has_line in kinds.items() if not has_line} == {"warcinfo", "request", "metadata"}


def test_a_wacz_holds_the_warcs_byte_for_byte_and_the_articles_as_pages(root: Path, tmp_path: Path) -> None:
    wacz = wacz_of(root, tmp_path)
    assert wacz.testzip() is None
    for path in sealed_paths(root, "warc"):
        info = wacz.getinfo(f"archive/{path.name}")
        assert info.compress_type == zipfile.ZIP_STORED, "so that a reader can take a record out of the middle"
        assert wacz.read(info) == path.read_bytes()
    header, *pages = json_lines(wacz.read("pages/pages.jsonl"))
    assert header == {"format": "json-pages-1.0", "id": "pages", "title": "Ein Titel", "hasText": True}
    articles = list(Archive(root).rows("articles"))
    assert [(page["id"], page["url"], page["ts"], page["title"], page["text"]) for page in pages] == [
        (article["id"], article["final_url"], article["http"]["fetched_at"], article["title"], article["text"])
        for article in articles]


def test_each_page_of_a_wacz_is_in_its_index(root: Path, tmp_path: Path) -> None:
    wacz = wacz_of(root, tmp_path)
    lines = gzip.decompress(wacz.read("indexes/index.cdx.gz")).splitlines()
    indexed = {(json.loads(line[line.index(b"{"):])["url"], line.split(b" ")[1].decode()) for line in lines}
    for page in json_lines(wacz.read("pages/pages.jsonl"))[1:]:
        assert (page["url"], "".join(char for char in page["ts"] if char.isdigit())[:14]) in indexed
    meta, *blocks = wacz.read("indexes/index.idx").splitlines()
    assert json.loads(meta.removeprefix(b"!meta 0 "))["filename"] == "index.cdx.gz"
    assert len(blocks) == 1


def test_the_package_of_a_wacz_lists_every_file_with_its_sum(root: Path, tmp_path: Path) -> None:
    wacz = wacz_of(root, tmp_path)
    package = json.loads(wacz.read("datapackage.json"))
    assert (package["profile"], package["wacz_version"]) == ("data-package", "1.1.1")
    assert (package["created"], package["title"]) == ("2026-11-23T08:00:00Z", "Ein Titel")
    listed = {entry["path"]: entry for entry in package["resources"]}
    assert listed.keys() == set(wacz.namelist()) - {"datapackage.json", "datapackage-digest.json"}
    for path, entry in listed.items():
        data = wacz.read(path)
        assert (entry["hash"], entry["bytes"]) == ("sha256:" + hashlib.sha256(data).hexdigest(), len(data))
    vouched = json.loads(wacz.read("datapackage-digest.json"))
    assert vouched["hash"] == "sha256:" + hashlib.sha256(wacz.read("datapackage.json")).hexdigest()


def test_a_wet_file_has_title_and_text_of_every_article(root: Path) -> None:
    out = io.BytesIO()
    articles = list(Archive(root).rows("articles"))
    assert write_wet(out, "news.wet.gz", articles, NOW) == len(articles) > 20
    info, *records = warc_records(out.getvalue())
    assert info.headers["warc-filename"] == "news.wet.gz"
    for record, article in zip(records, articles, strict=True):
        assert record.headers["warc-type"] == "conversion"
        assert record.headers["warc-refers-to"] == article["warc"]["record_id"]
        assert record.headers["warc-target-uri"] == article["final_url"]
        assert record.headers["warc-date"] == article["http"]["fetched_at"]
        title, _, text = record.block.decode().partition("\n")
        assert (title, text) == (article["title"], article["text"])


def test_a_damaged_warc_ends_an_export_with_its_place(root: Path, tmp_path: Path) -> None:
    whole = sealed_paths(root, "warc")[0]
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[:-40])
    with pytest.raises(WarcReadError, match=r"at byte \d+: the file ends within a gzip member"):
        write_cdxj([cut], io.BytesIO(), tmp_path)


def interrupted(path: Path) -> None:
    with new_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_a_file_that_does_not_end_well_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)
    assert list(tmp_path.iterdir()) == []
    with new_file(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"


def export(root: Path, *arguments: object) -> Any:
    return scrapy("export", *map(str, arguments), home=root.parent, settings={"ARCHIVE_DIR": root})


@pytest.mark.parametrize(("form", "told"), [
    ("cdxj", ("warc_files", "lines")), ("wacz", ("warc_files", "index_lines", "pages")), ("wet", ("articles",))])
def test_the_command_writes_what_is_asked_for_and_says_how_much(
    root: Path, tmp_path: Path, form: str, told: tuple[str, ...]
) -> None:
    out = tmp_path / f"out.{form}"
    ended = export(root, form, out, "--json")
    assert ended.exit_code == 0, ended.stderr
    assert list(ended.json) == ["out", "bytes", *told]
    assert ended.json["bytes"] == out.stat().st_size > 1000
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_the_command_takes_a_part_by_the_day_of_the_fetch(root: Path, tmp_path: Path) -> None:
    ended = export(root, "wet", tmp_path / "none", "--since", "2026-11-23", "--json")
    assert ended.json["articles"] == 0
    ended = export(root, "wet", tmp_path / "all", "--until", "2026-11-22", "--site", "osmere-courier", "--json")
    assert ended.json["articles"] > 20


def test_a_wacz_of_some_days_has_the_originals_of_their_revisits_too(tmp_path: Path) -> None:
    root = make_archive(tmp_path / "archive", pages=3, revisit_min_bytes=5)
    monday = Clock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    make_archive(root, pages=3, clock=monday, revisit_min_bytes=5)
    out = tmp_path / "monday.wacz"
    assert export(root, "wacz", out, "--since", "2026-11-23", "--json").json["warc_files"] == 2
    with zipfile.ZipFile(out) as wacz:
        lines = gzip.decompress(wacz.read("indexes/index.cdx.gz")).decode().splitlines()
    assert {line.split(" ")[1][:8] for line in lines} == {"20261122", "20261123"}
    assert export(root, "cdxj", tmp_path / "monday", "--since", "2026-11-23", "--json").json["warc_files"] == 1


@pytest.mark.parametrize(("arguments", "code", "error"), [
    (lambda out: ("wazc", out), 4, "no such form: 'wazc': did you mean wacz?"),
    (lambda out: ("cdxj", out.parent), 4, "is there already: name another file"),
    (lambda out: ("cdxj", out / "x"), 4, "cannot be made (No such file or directory)"),
    (lambda out: ("cdxj", out, "--since", "gestern"), 4, "--since: not a day: 'gestern'"),
    (lambda out: ("wacz", out, "--site", "x"), 4, "--site: a wacz is of whole WARC files"),
    (lambda out: ("wet", out, "--kind", "articles"), 4, "--kind: is for parquet alone, and means nothing for wet"),
    (lambda out: ("parquet", out, "--title", "x"), 4, "--title: is for wacz alone, and means nothing for parquet"),
    (lambda out: ("wacz",), 2, ""),
])
def test_the_command_refuses_what_it_cannot_do(
    root: Path, tmp_path: Path, arguments: Callable[[Path], tuple[object, ...]], code: int, error: str
) -> None:
    ended = export(root, *arguments(tmp_path / "out"))
    assert ended.exit_code == code, ended.stderr
    assert error in " ".join(ended.errors)
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_where_there_is_no_archive(tmp_path: Path) -> None:
    ended = export(tmp_path / "none", "cdxj", tmp_path / "out")
    assert (ended.exit_code, len(ended.errors)) == (4, 1)
    with pytest.raises(ConfigurationError), new_file(tmp_path):
        pass
