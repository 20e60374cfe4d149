"""One real page's boilerplate around many articles, in three kinds of markup: every paragraph, and nothing else.

Needs ../shared/corpus/seed, and is left out with its reason where it is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipelines.boilerplate.blocks import letters
from pipelines.boilerplate.learner import SiteLearner
from pipelines.extraction import extract_article, observe_page
from tests.crawls import Harvest, crawl
from tests.newsserver import RawServer, feed, page
from tests.newssites import alternate, home
from tests.seedsites import MARKUPS, SEED, Seed, other_stories

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not SEED.exists(), reason="../shared/corpus/seed is not here")
STORIES = 12


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_first_crawl_gives_every_paragraph_of_the_articles_and_none_of_the_boilerplate(
    markup: str, tmp_path: Path,
) -> None:
    seed = Seed.read()
    stories = [seed.story, *other_stories(STORIES - 1)]
    with RawServer() as server:
        for number, story in enumerate(stories):
            body = MARKUPS[markup](seed, story, number)
            server.routes[f"/2026/11/story-{number}"] = page(f"<title>{story.title}</title>{body}".encode())
        server.routes["/feed.xml"] = feed(
            [(server.url(f"/2026/11/story-{number}"), story.title) for number, story in enumerate(stories)])
        server.routes["/"] = home(alternate("rss", "/feed.xml"))
        ended = crawl("news", tmp_path / "archive", url=server.url("/"))
        assert ended.exit_code == 0, ended.stderr
        harvest = Harvest(tmp_path / "archive")
        harvest.check()
        for number, story in enumerate(stories):
            article = harvest.article(server.url(f"/2026/11/story-{number}"))
            lines = [line for line in article["text"].splitlines() if line.strip()]
            assert [letters(line) for line in lines] == [letters(text) for text in story.paragraphs], article["url"]
            assert article["boilerplate"]["model_id"]
            assert {"known", "site"} & {each["reason"].partition(":")[0] for each in article["boilerplate"]["removed"]}


def test_a_site_of_one_page_loses_what_is_known_of_its_tools() -> None:
    """Shipped knowledge alone: the template of WordPress's privacy policy, the consent bar, the poll, the reading time;
    the invitation is nobody's but the site's."""
    seed = Seed.read()
    article = extract_article(MARKUPS["semantic"](seed, seed.story, 0).encode(), "https://news.example/2026/a-story")
    kept = [letters(line) for line in article.text.splitlines() if line.strip()]
    wanted = [letters(text) for text in seed.story.paragraphs]
    assert [line for line in wanted if line not in kept] == []
    assert letters(seed.before) not in kept
    foreign = {letters(text) for text in seed.after}
    assert len([line for line in kept if line in foreign]) <= 2
    assert article.boilerplate.model_id is None


@pytest.mark.parametrize("markup", MARKUPS)
def test_the_order_in_which_stories_come_does_not_matter(markup: str) -> None:
    seed = Seed.read()
    pages = [MARKUPS[markup](seed, story, number).encode() for number, story in enumerate(other_stories(9))]
    models = set()
    for order in (pages, pages[::-1], [*pages[4:], *pages[:4]]):
        learner = SiteLearner()
        for each in order:
            assert learner.observe(observe_page(each))
        models.add(learner.freeze().id)
    assert len(models) == 1
