"""Pages about the house are told from articles where the site states dates and authors."""

from __future__ import annotations

from dataclasses import replace

from crawler.undated import DatedPages
from pipelines.extraction import extract_article

HTML = b"<html><body><article><h1>A</h1><p>" + b"A sentence of some words. " * 20 + b"</p></article></body></html>"
ARTICLE = extract_article(HTML, "https://news.example/a")
DATED = replace(ARTICLE, date_published="2026-11-26T00:00:00Z")
GUIDE = "https://news.example/our-guidelines"
UNDATED = replace(ARTICLE, date_published=None, authors=())


def reason_after(count: int, article=UNDATED, ways: tuple[str, ...] = ("sitemap",), url: str = GUIDE) -> str | None:
    pages = DatedPages()
    for number in range(count):
        assert pages.reason_to_drop(f"https://news.example/news/{number + 10000}", DATED, ("sitemap",)) is None
    return pages.reason_to_drop(url, article, ways)


def test_an_undated_page_of_a_sitemap_alone_is_none_where_articles_are_dated():
    assert "no date and no author" in (reason_after(3) or "")
    assert reason_after(2) is None, "so few say nothing of the site"


def test_an_author_or_a_link_elsewhere_speaks_for_it():
    assert reason_after(3, replace(UNDATED, authors=("Maud Penrose",))) is None
    assert reason_after(4, ways=("sitemap", "home")) is None
    assert reason_after(30, ways=("feed",)) is None
    assert reason_after(30, ways=("sitemap", "news_sitemap")) is None


def test_a_link_on_the_home_page_does_not_make_an_article_of_it_where_all_are_dated():
    assert "unlike 5 articles" in (reason_after(5, ways=("home",)) or "")
    assert reason_after(4, ways=("home",)) is None, "so few say nothing of the site"


def test_an_address_like_an_articles_takes_many_dated_ones_to_outweigh():
    alike = "https://news.example/news/10977"
    assert reason_after(19, ways=("home",), url=alike) is None
    assert reason_after(20, ways=("home",), url=alike)


def test_a_site_that_dates_only_some_of_its_articles_loses_none_that_it_links():
    pages = DatedPages()
    for number in range(40):
        article = UNDATED if number % 8 == 0 else DATED
        assert pages.reason_to_drop(f"https://news.example/{number}/a-b-c-d", article, ("section",)) is None


def test_until_enough_articles_were_read_it_is_too_early_to_tell():
    pages = DatedPages()
    assert pages.is_undecided(UNDATED, ["home"])
    assert not pages.is_undecided(DATED, ["home"])
    assert not pages.is_undecided(UNDATED, ["home", "feed"]), "what a feed lists is an article"
    for number in range(20):
        pages.reason_to_drop(f"https://news.example/news/{number}", DATED, ("feed",))
    assert not pages.is_undecided(UNDATED, ["home"])
