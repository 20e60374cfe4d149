"""The first pages of a site read at once give what they give one by one."""

from __future__ import annotations

import pytest

from pipelines.boilerplate.learner import STORIES_TO_KNOW, SiteLearner
from pipelines.boilerplate.model import NO_MODEL
from pipelines.extraction import NO_HINTS, Fetched, extract_article, observe_page, read_together
from tests.newsserver import article_html

NO_STORY = b"<html><body><h1>Sections</h1><ul><li><a href='/a'>A</a></li></ul></body></html>"


def pages(count: int) -> list[Fetched]:
    return [Fetched(article_html(f"Story {'abcdefghijkl'[number]} of the day").encode(), f"https://site.example/{number}",
                    NO_HINTS) for number in range(count)]


def learner_of(fetched: list[Fetched]) -> SiteLearner:
    learner = SiteLearner()
    for page in fetched:
        learner.observe(observe_page(page.html))
    return learner


def test_the_articles_are_those_of_the_model_that_the_pages_make() -> None:
    fetched = pages(STORIES_TO_KNOW)
    model = learner_of(fetched).freeze()
    reading = read_together(fetched)
    assert reading.model is not None
    assert reading.model.id == model.id
    assert list(reading.articles) == [extract_article(page.html, page.url, model) for page in fetched]
    assert list(reading.observations) == [observe_page(page.html) for page in fetched]


def test_stories_that_were_counted_before_count() -> None:
    before, fetched = pages(STORIES_TO_KNOW)[:2], pages(STORIES_TO_KNOW)[2:]
    reading = read_together(fetched, NO_MODEL, learner_of(before).dump())
    assert reading.model is not None
    assert reading.model.id == learner_of([*before, *fetched]).freeze().id


def test_the_model_is_made_as_soon_as_there_are_enough() -> None:
    reading = read_together(pages(STORIES_TO_KNOW + 2))
    assert reading.model is not None
    assert reading.model.stories == STORIES_TO_KNOW


def test_too_few_stories_wait_and_what_is_no_story_does_not() -> None:
    reading = read_together([*pages(2), Fetched(NO_STORY, "https://site.example/", NO_HINTS)])
    assert reading.model is None
    assert [article is None for article in reading.articles] == [True, True, False]


@pytest.mark.parametrize("count", [1, STORIES_TO_KNOW - 1])
def test_nothing_waits_once_there_is_no_more_to_wait_for(count: int) -> None:
    fetched = pages(count)
    reading = read_together(fetched, concludes=True)
    assert reading.model is not None
    assert (reading.model.id == NO_MODEL.id) == (count == 1)
    assert list(reading.articles) == [extract_article(page.html, page.url, reading.model) for page in fetched]
