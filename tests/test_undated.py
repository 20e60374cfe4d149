"""Pages about the house are told from articles where the site states dates and authors."""

from __future__ import annotations

from dataclasses import replace

from crawler.undated import DatedPages
from pipelines.extraction import extract_article

HTML = b"<html><body><article><h1>A</h1><p>" + b"A sentence of some words. " * 20 + b"</p></article></body></html>"
ARTICLE = extract_article(HTML, "https://news.example/a")
DATED = replace(ARTICLE, date_published="2026-11-26T00:00:00Z")
UNDATED = replace(ARTICLE, date_published=None, authors=())


def reason_after(count: int, article=UNDATED, ways: tuple[str, ...] = ("sitemap",)) -> str | None:
    pages = DatedPages()
    for _ in range(count):
        assert pages.reason_to_drop(DATED, ("sitemap",)) is None
    return pages.reason_to_drop(article, ways)


def test_an_undated_page_of_a_sitemap_alone_is_none_where_articles_are_dated():
    assert "no date and no author" in (reason_after(3) or "")
    assert reason_after(2) is None, "so few say nothing of the site"


def test_an_author_or_a_link_elsewhere_speaks_for_it():
    assert reason_after(3, replace(UNDATED, authors=("Maud Penrose",))) is None
    assert reason_after(3, ways=("sitemap", "home")) is None
    assert reason_after(3, ways=("feed",)) is None
