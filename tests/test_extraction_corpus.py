"""Extraction on 215 real pages: at least stock trafilatura's text, and metadata above its own."""

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


@pytest.mark.parametrize(("pages", "least"), [("fundus", 0.942), ("aeb", 0.956)])
def test_the_text_is_as_good_as_stock_trafilaturas(
    articles: list[Article], truth: list[dict[str, Any]], score: ModuleType, pages: str, least: float,
) -> None:
    scores = [score.body_score(article.text, row["text"])
              for row, article in zip(truth, articles, strict=True) if row["set"] == pages]
    assert score.f1(*(mean(score[i] for score in scores) for i in (0, 1))) >= least


def test_the_short_way_through_trafilatura_ends_where_its_own_does(
    articles: list[Article], truth: list[dict[str, Any]], score: ModuleType,
) -> None:
    """A contract with trafilatura 2.3: when this breaks on an upgrade, `extraction/body.py` has to follow."""
    differing = [row["id"] for row, article in zip(truth, articles, strict=True)
                 if score.shingles(article.text) != score.shingles(stock_text(row))]
    assert differing == []


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
    assert share(titles) >= 0.82
    assert share(authors) >= 0.9


def test_dates_are_right_to_the_day_but_for_the_shift_to_utc(
    articles: list[Article], truth: list[dict[str, Any]],
) -> None:
    pairs = [(row["date"], article.date_published or "") for row, article in zip(truth, articles, strict=True)
             if row.get("date")]
    assert share([utc[:10] == local for local, utc in pairs]) >= 0.97
