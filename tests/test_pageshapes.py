"""What is learned of a site's own way to write addresses, and the links that wait for it."""

from __future__ import annotations

from crawler.discovery import Link
from crawler.pageshapes import PageShapes
from pipelines.records import Role

SITE = "https://news.example/"


def link(path: str, role: Role = Role.PAGE) -> Link:
    return Link(SITE + path, role)


def test_a_doubtful_link_is_likely_once_a_page_of_its_shape_was_listed():
    shapes, doubtful = PageShapes(), link("sport/lake-vote")
    assert shapes.likely([doubtful]) == ()
    shapes.learn_from([link("sport/mill-row"), link("culture/new-lake", Role.SECTION)])
    assert shapes.likely_by_now() == (doubtful,)
    assert shapes.likely_by_now() == (), "each once"
    assert shapes.likely([link("culture/choir-deal")]) == ()


def test_what_was_taken_for_a_section_and_is_an_article_teaches_its_shape():
    shapes = PageShapes()
    shapes.learn_all([SITE + "news/37", SITE + "culture/mill-row"])
    assert shapes.is_learned(SITE + "sport/38"), "a number tells pages apart in every folder"
    assert shapes.is_learned(SITE + "culture/lake-vote")
    assert not shapes.is_learned(SITE + "sport/lake-vote"), "words do so in the same folder alone"


def test_a_single_word_at_the_top_teaches_nothing():
    shapes = PageShapes()
    shapes.learn_all([SITE + "bakery"])
    assert not shapes.is_learned(SITE + "politics")
