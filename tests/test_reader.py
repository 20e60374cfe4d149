"""Reading an archive: every line once, whatever it is compressed with and whoever is writing meanwhile."""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import brotli
import pytest

from pipelines.archive import Archive as Writer
from pipelines.archive import ArchiveConfig
from pipelines.content_coding import ContentCodingError, decoded
from pipelines.errors import ArchiveDamagedError, ConfigurationError
from pipelines.jsonl import copies
from pipelines.reader import Archive
from pipelines.zstd import ZstdCompressor
from tests.archives import Clock, fill, html, make_archive, page

if TYPE_CHECKING:
    from pathlib import Path


def ids(records: Any) -> list[str]:
    return [record.id for record in records]


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_every_article_and_fetch_is_read_once_in_any_compression(tmp_path: Path, compression: str) -> None:
    reader = Archive(make_archive(tmp_path, jsonl_compression=compression))
    articles, fetches = list(reader.articles()), list(reader.fetches())
    assert len(set(ids(articles))) == len(articles) == 7
    assert len(fetches) == 12
    assert sum(fetch.outcome == "article" for fetch in fetches) == 7


def test_many_small_files_are_read_like_one(tmp_path: Path) -> None:
    for first in range(0, 200, 70):
        make_archive(tmp_path, 70, first=first, max_jsonl_bytes=20_000, max_warc_bytes=20_000)
    assert len(list(tmp_path.glob("articles/*/*"))) > 3
    assert len(set(ids(Archive(tmp_path).articles()))) == 211


def test_articles_are_picked_by_day_of_fetch_and_site(tmp_path: Path) -> None:
    for day in (20, 21, 22):
        make_archive(tmp_path, 2, first=100 * day, clock=Clock(datetime(2026, 11, day, 12, tzinfo=UTC)))
    reader = Archive(tmp_path)
    assert reader.days("articles") == ["2026-11-20", "2026-11-21", "2026-11-22"]
    urls = [one.url for one in reader.articles(since=date(2026, 11, 21), until=date(2026, 11, 21))]
    assert urls == ["https://news.example/2100", "https://news.example/2101"]
    assert len(list(reader.fetches(until=date(2026, 11, 21)))) == 4
    assert list(reader.articles(site="another")) == []
    assert len(list(reader.articles(site="osmere-courier"))) == 6


def test_the_page_of_an_article_is_given_as_it_was_extracted(tmp_path: Path) -> None:
    reader = Archive(make_archive(tmp_path))
    pages = {article.url: (article, reader.payload(article)) for article in reader.articles()}
    for number in range(6):
        article, payload = pages[f"https://news.example/{number}"]
        assert payload == html(article.title, article.text)


def test_what_a_crawl_has_committed_is_read_while_it_goes_on(tmp_path: Path) -> None:
    async def read_meanwhile() -> None:
        archive = Writer.open(ArchiveConfig(tmp_path), "news", Clock())
        await fill(archive, Clock())
        reader = Archive(tmp_path)
        assert list(reader.articles()) == []
        articles = list(reader.articles(include_open=True))
        assert len(articles) == 7
        assert len(list(reader.fetches(include_open=True))) == 12
        assert all(reader.payload(article) for article in articles)
        await archive.close("finished")
        assert list(reader.articles()) == articles

    asyncio.run(read_meanwhile())


def test_a_file_that_is_sealed_while_it_is_read_is_read_once(tmp_path: Path) -> None:
    async def seal_meanwhile() -> None:
        archive = Writer.open(ArchiveConfig(tmp_path), "news", Clock())
        await fill(archive, Clock())
        before = Archive(tmp_path).articles(include_open=True)
        begun = Archive(tmp_path).articles(include_open=True)
        first = next(begun)
        listed = Archive(tmp_path)
        growing = listed._files.growing("articles")
        await archive.close("finished")
        assert len(ids(before)) == 7
        assert len({first.id, *ids(begun)}) == 7
        [(name, open_file)] = growing.items()
        assert sum(len(lines) for _, _, lines in listed._files.read(name, open_file, copies)) == 7

    asyncio.run(seal_meanwhile())


def test_lines_that_are_only_in_the_state_are_read_too(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-m", "tests.archives", str(tmp_path)], check=False)
    assert killed.returncode == -9
    reader = Archive(tmp_path)
    whole = ids(reader.articles(include_open=True))
    assert len(whole) == 7
    [growing] = tmp_path.glob("articles/*/*.open")
    data = growing.read_bytes()
    for kept in (0, 1, len(data) // 2, len(data) - 1):
        growing.write_bytes(data[:kept])
        assert ids(reader.articles(include_open=True)) == whole
    growing.write_bytes(data + b'{"never": "committed')
    assert ids(reader.articles(include_open=True)) == whole


def test_where_all_is_sealed_the_state_is_not_asked_and_elsewhere_its_damage_is_told(tmp_path: Path) -> None:
    make_archive(tmp_path)
    (tmp_path / "state.sqlite").write_bytes(b"of another version, or of someone else" * 200)
    reader = Archive(tmp_path)
    for article in reader.articles(include_open=True):
        assert reader.fetch_of(article) in list(reader.versions(article))
        assert reader.response(article).body
    (tmp_path / "articles" / "dt=2026-11-22" / "run-00009.jsonl.open").touch()
    with pytest.raises(ArchiveDamagedError, match=r"state\.sqlite"):
        next(reader.articles(include_open=True))
    told: list[ArchiveDamagedError] = []
    assert len(list(Archive(tmp_path, told.append).articles(include_open=True))) == 7
    assert [str(error).partition(": ")[0] for error in told] == [str(tmp_path / "state.sqlite")]


def test_a_folder_that_may_not_be_listed_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Archive(make_archive(tmp_path))
    scandir = os.scandir

    def denied(path: Any) -> Any:
        if str(path).endswith("dt=2026-11-22"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)      # for root, whom nothing denies
    with pytest.raises(PermissionError, match="dt=2026-11-22"):
        next(reader.articles())


def test_no_archive_is_a_clear_error(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "missing", tmp_path / "file"):
        (tmp_path / "file").write_text("x")
        with pytest.raises(ConfigurationError, match=f"ARCHIVE_DIR.*{root}"):
            Archive(root)


def test_a_line_that_is_not_json_names_file_and_offset(tmp_path: Path) -> None:
    [path] = make_archive(tmp_path, jsonl_compression="none").glob("fetches/*/*")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"half\n' + lines[1])
    with pytest.raises(ArchiveDamagedError, match=rf"{path}: at byte {len(lines[0])} of the text: not JSON"):
        list(Archive(tmp_path).fetches())


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_a_file_that_breaks_off_is_not_taken_for_whole(tmp_path: Path, compression: str) -> None:
    [path] = make_archive(tmp_path, jsonl_compression=compression).glob("fetches/*/*")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ArchiveDamagedError, match=str(path)):
        list(Archive(tmp_path).fetches())


def test_a_page_whose_record_is_gone_or_another_is_an_error(tmp_path: Path) -> None:
    reader = Archive(make_archive(tmp_path))
    first, second, *_ = reader.articles()
    with pytest.raises(ArchiveDamagedError, match="holds record"):
        reader.payload(replace(first, warc=replace(first.warc, offset=second.warc.offset, length=second.warc.length)))
    with pytest.raises(ArchiveDamagedError, match=r"x\.warc: missing"):
        reader.payload(replace(first, warc=replace(first.warc, file="../x.warc")))
    for place in ({"offset": -1}, {"offset": 1 << 70}, {"file": "warc/\0"}, {"file": ""}):
        with pytest.raises(ArchiveDamagedError, match="no record can be there"):
            reader.payload(replace(first, warc=replace(first.warc, **place)))
    shutil.rmtree(tmp_path / "warc")
    with pytest.raises(ArchiveDamagedError, match="missing"):
        reader.payload(first)


def zstd(body: bytes) -> bytes:
    compressor = ZstdCompressor()
    return compressor.compress(body) + compressor.flush()


BODY = b"<p>" + b"The council met until midnight. " * 9000


@pytest.mark.parametrize(("coding", "coded"), [
    (None, BODY), ("identity", BODY), ("gzip", gzip.compress(BODY)), ("x-gzip", gzip.compress(BODY)),
    ("GZIP", gzip.compress(BODY[:99]) + gzip.compress(BODY[99:])), ("deflate", zlib.compress(BODY)),
    ("deflate", zlib.compress(BODY)[2:-4]), ("br", brotli.compress(BODY)), ("zstd", zstd(BODY)),
    ("gzip, br", brotli.compress(gzip.compress(BODY))), ("unheard-of", BODY),
])
def test_each_content_coding_is_taken_off(coding: str | None, coded: bytes) -> None:
    assert decoded(coded, coding) == BODY


@pytest.mark.parametrize(("coding", "coded"), [
    ("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY)), ("br", brotli.compress(BODY)),
    ("zstd", zstd(BODY)),
])
def test_a_body_that_decodes_to_too_much_is_refused(coding: str, coded: bytes) -> None:
    assert len(coded) < 2000
    with pytest.raises(ContentCodingError, match="more than 100000 bytes"):
        decoded(coded, coding, 100_000)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_in_another_coding_than_named_is_an_error(coding: str) -> None:
    with pytest.raises(ContentCodingError, match=coding):
        decoded(b"<p>plain", coding)


def test_a_gzip_body_that_broke_off_is_given_as_far_as_it_came() -> None:
    assert BODY.startswith(part := decoded(gzip.compress(BODY)[:-9], "gzip"))
    assert len(part) > len(BODY) // 2


def test_a_reader_loads_neither_scrapy_nor_twisted() -> None:
    code = "import sys, pipelines.reader, pipelines.verification; print({'scrapy', 'twisted'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"


def test_the_made_up_pages_differ_in_how_they_are_served() -> None:
    heads = [page(Clock(), number).exchanges[0].response.head for number in range(5)]
    assert sum(b"chunked" in head for head in heads) == 2
    assert sum(b"gzip" in head for head in heads) == 2
