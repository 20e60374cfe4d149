"""What addresses of one kind have in common, and what is learned of a kind from a few pages."""

from __future__ import annotations

import pytest

from crawler.discovery import shape_of
from crawler.discovery.shapes import folderless
from crawler.shapemodel import BARREN_AFTER, TRAP_AFTER, ShapeModel

SITE = "https://news.example"


@pytest.mark.parametrize(("path", "shape"), [
    ("/news/2026/11/a-bridge-opens-123456.html", "/news/#/#/words-#.html"),
    ("/tag/harbour", "/tag/word"),
    ("/article-7.html", "/word-#short.html"),
    ("/12345", "/#"),
    ("/index.php?option=com_content&id=7", "/word.php?id&option"),
    ("/a-long-headline-of-several-words/", "/sentence"),
    ("/the-folder-of-one-story/story", "/*/word"),
    ("/", "/"),
    ("/a/2CasvVGt", "/a/token"),
    ("/n/018dcf", "/n/token"),
    ("/news/article7", "/news/word-#short"),
    ("/view/AKR20261126000001004", "/view/word-#"),
])
def test_a_shape_says_of_what_an_address_is_made(path, shape):
    assert shape_of(SITE + path) == "news.example" + shape


def test_addresses_of_one_kind_have_one_shape():
    paths = ("/sport/2026/11/20/final-lost", "/sport/2025/01/02/coach-leaves")
    assert len({shape_of(SITE + path) for path in paths}) == 1
    assert folderless(shape_of(SITE + "/sport/cup-final")) == folderless(shape_of(SITE + "/politics/new-mayor"))


def test_a_kind_that_never_has_an_article_is_left_alone_after_some():
    model = ShapeModel()
    for number in range(BARREN_AFTER):
        assert model.reason_to_leave(f"{SITE}/gallery/{number}/view") is None
        model.page_ended(f"{SITE}/gallery/{number}/view", "no_article")
    assert model.reason_to_leave(f"{SITE}/gallery/99/view") == (
        f"{BARREN_AFTER} addresses like it led to no article: news.example/gallery/#/word")
    assert model.reason_to_leave(f"{SITE}/news/99/view") is None


def test_one_article_speaks_for_its_kind():
    model = ShapeModel()
    model.page_ended(f"{SITE}/news/1/view", "article")
    for number in range(50):
        model.page_ended(f"{SITE}/news/{number}/view", "no_article")
    assert model.reason_to_leave(f"{SITE}/news/99/view") is None


def test_copies_in_a_row_are_a_trap_and_a_new_article_ends_the_row():
    model = ShapeModel()
    for outcome in ["duplicate"] * (TRAP_AFTER - 1) + ["article"] + ["duplicate"] * TRAP_AFTER:
        assert model.reason_to_leave(f"{SITE}/day/1") is None
        model.page_ended(f"{SITE}/day/1", outcome)
    assert str(model.reason_to_leave(f"{SITE}/day/2")).startswith(f"trap: the last {TRAP_AFTER} addresses like it")
