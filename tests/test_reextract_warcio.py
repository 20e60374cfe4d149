"""WARC files of programs that are no friends of ours give the same texts as our own crawl of the same pages."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from benchmarks import warcwriters
from pipelines.reader import Archive
from tests.crawls import crawl, scrapy, write_list
from tests.newsserver import RawServer, article_html, chunked, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FURNITURE = "<p>Read our newsletter every morning and never miss what happens in the valley again.</p>"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[RawServer, list[str]]]:
    """Eight stories of one site, some of them in chunks."""
    with RawServer() as server:
        for number in range(8):
            html = article_html(f"The report {number}", below=FURNITURE)
            server.routes[f"/2026/11/story-{number}"] = (
                chunked([html[:500], html[500:]]) if number % 2 else page(html))
        yield server, [server.url(f"/2026/11/story-{number}") for number in range(8)]


@pytest.fixture(scope="module")
def texts(served: tuple[RawServer, list[str]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    _, urls = served
    home = tmp_path_factory.mktemp("ours")
    assert crawl("pages", home / "archive", urls=write_list(home / "urls.txt", urls)).exit_code == 0
    return _texts(home / "archive")


def _texts(root: Path) -> dict[str, str]:
    return {article["url"]: article["text"] for article in Archive(root).rows("articles")}


@pytest.mark.parametrize("writer", [
    warcwriters.warcio,
    pytest.param(warcwriters.wget, marks=pytest.mark.skipif(not shutil.which("wget"), reason="wget is not installed")),
])
def test_the_texts_are_those_of_our_own_crawl(
    served: tuple[RawServer, list[str]], texts: dict[str, str], tmp_path: Path, writer: object,
) -> None:
    _, urls = served
    warcs = writer(write_list(tmp_path / "urls.txt", urls), tmp_path / "warcs")  # type: ignore[operator]
    ended = scrapy("reextract", str(warcs), str(tmp_path / "out"), home=tmp_path)
    assert ended.exit_code == 0, ended.stderr
    assert len(texts) == 8
    assert _texts(tmp_path / "out") == texts
