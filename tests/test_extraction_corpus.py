"""Extraction on 215 real pages by themselves: text and metadata above stock trafilatura's."""

import gzip
import importlib.util
import json
from pathlib import Path
from statistics import mean
from types import ModuleType
from typing import Any

import pytest
import trafilatura

from pipelines.extraction import extract_article
from pipelines.extraction.body import Way, extract_text, strip_code
from pipelines.extraction.page import parse_page
from pipelines.records import Article

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
pytestmark = pytest.mark.skipif(
    not (CORPUS / "truth.jsonl").exists(), reason="shared/corpus is not on this machine")


@pytest.fixture(scope="module")
def truth() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / "truth.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def articles(truth: list[dict[str, Any]]) -> list[Article]:
    return [extract_article(html(row), row.get("url") or "https://example.org/a/b") for row in truth]


@pytest.fixture(scope="module")
def score() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", CORPUS / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def html(row: dict[str, Any]) -> bytes:
    return gzip.decompress((CORPUS / row["file"]).read_bytes())


def test_every_page_of_the_corpus_is_an_article(articles: list[Article], truth: list[dict[str, Any]]) -> None:
    kinds = {row["id"]: article.kind for row, article in zip(truth, articles, strict=True)}
    assert {page: kind for page, kind in kinds.items() if kind != "article"} == {}


@pytest.mark.parametrize(("pages", "least"), [("fundus", 0.965), ("aeb", 0.97)])
def test_the_text_is_better_than_any_single_page_extractors(
    articles: list[Article], truth: list[dict[str, Any]], score: ModuleType, pages: str, least: float,
) -> None:
    scores = [score.body_score(article.text, row["text"])
              for row, article in zip(truth, articles, strict=True) if row["set"] == pages]
    assert score.f1(*(mean(score[i] for score in scores) for i in (0, 1))) >= least


def test_the_short_way_through_trafilatura_ends_where_its_own_does(
    truth: list[dict[str, Any]], score: ModuleType,
) -> None:
    """A contract with trafilatura 2.3: when this breaks on an upgrade, `extraction/body.py` has to follow."""
    differing = [row["id"] for row in truth if score.shingles(short_way(row)) != score.shingles(stock_text(row))]
    assert differing == []


def short_way(row: dict[str, Any]) -> str:
    tree = parse_page(html(row)).tree
    strip_code(tree)
    return extract_text(tree, Way.THOROUGH)


def stock_text(row: dict[str, Any]) -> str:
    document = trafilatura.bare_extraction(html(row), include_comments=False)
    text = document.text if document is not None else ""  # type: ignore[union-attr]
    return (text or "").replace("\u00ad", "")


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def test_titles_and_authors_are_above_stock_trafilaturas(
    articles: list[Article], truth: list[dict[str, Any]], score: ModuleType,
) -> None:
    pairs = list(zip(truth, articles, strict=True))
    titles = [score.squash(article.title) == score.squash(row["title"])
              for row, article in pairs if row.get("title")]
    authors = [sorted(map(score.squash, article.authors)) == sorted(map(score.squash, row["authors"]))
               for row, article in pairs if row.get("authors")]
    assert share(titles) >= 0.84
    assert share(authors) >= 0.9


def test_dates_are_right_to_the_day(articles: list[Article], truth: list[dict[str, Any]]) -> None:
    """The truth has the day of the publisher's own zone, as `date_published_stated` has."""
    pairs = [(row["date"], article) for row, article in zip(truth, articles, strict=True) if row.get("date")]
    stated = [(day, article.date_published_stated or "", article.date_published or "") for day, article in pairs]
    assert share([(own if own[4:5] == "-" else utc)[:10] == day for day, own, utc in stated]) >= 0.995
    assert share([utc[:10] == day for day, _, utc in stated]) >= 0.98  # those about midnight are on another day in UTC


def test_the_way_is_told_and_the_thorough_one_is_gone_where_the_first_is_doubted(articles: list[Article]) -> None:
    ways = {article.way for article in articles}
    assert ways <= {"precise", "thorough"}
    assert all(article.doubts for article in articles if article.way != "precise")
    assert all((article.quality.agreement is None) == (not article.doubts) for article in articles)
