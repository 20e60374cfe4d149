"""`scrapy reextract s3://…`: straight from a real S3 server on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipelines.reader import Archive
from tests.crawls import scrapy
from tests.foreignwarcs import members, stories, zstd_file
from tests.s3server import S3Server, needs_s3

if TYPE_CHECKING:
    from pathlib import Path


@needs_s3
def test_warc_files_are_read_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    folder = tmp_path / "served" / "bucket" / "warcs"
    folder.mkdir(parents=True)
    (folder / "a.warc.gz").write_bytes(members(stories("ahorn.example", 6)))
    (folder / "b.warc.zst").write_bytes(zstd_file(stories("birke.example", 6), packs_dictionary=True))
    with S3Server(tmp_path / "served") as server:
        ended = scrapy("reextract", "s3://bucket/warcs", str(tmp_path / "out"), home=tmp_path,
                       environment=server.environment)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        reader = Archive(tmp_path / "out")
        read = {reader.record(article["warc"]).id for article in reader.rows("articles")}
    assert ended.exit_code == 0, ended.stderr
    articles = list(Archive(tmp_path / "out").rows("articles"))
    assert len(articles) == 12
    assert read == {article["warc"]["record_id"] for article in articles}
    assert {article["warc"]["file"] for article in articles} == {
        "s3://bucket/warcs/a.warc.gz", "s3://bucket/warcs/b.warc.zst"}
