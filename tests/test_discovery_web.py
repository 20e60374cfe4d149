"""Every site of the test web, crawled from its address alone: all its articles are found, and nothing else is one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.web.catalogue import all_sites
from tests.web.crawling import Crawled, crawl_web

if TYPE_CHECKING:
    from tests.web.site import Site

LEAST = 0.97
SITES = all_sites(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl_web(SITES, tmp_path_factory.mktemp("web"))


def test_the_whole_web_is_crawled_in_one_go(crawled: Crawled) -> None:
    assert crawled.ended.exit_code == 0, crawled.ended.stderr[-3000:]


@pytest.mark.parametrize("site", SITES, ids=[site.name for site in SITES])
def test_from_its_address_alone_every_article_is_found_and_nothing_else(site: Site, crawled: Crawled) -> None:
    score = crawled.scores[site.name]
    assert score.recall >= LEAST, f"{site.way}: missing: {score.missing}"
    assert score.precision >= LEAST, f"{site.way}: wrong: {score.wrong}"


def test_sitemaps_of_months_beyond_max_age_days_are_not_read(crawled: Crawled) -> None:
    """The site has nine of them, of which at most two hold anything from the last 45 days."""
    asked = [line.target for line in crawled.requests if line.host == "harbor-harbinger.example"]
    assert len([target for target in asked if target.startswith("/sitemaps/")]) <= 2


@pytest.mark.parametrize("name", ["weir-weekly", "narrows-note", "oxbow-onlooker"])
def test_a_trap_never_takes_more_than_its_budget(name: str, crawled: Crawled) -> None:
    [site] = [site for site in SITES if site.name == name]
    assert crawled.scores[name].pages <= site.keys["max_pages"]
    assert crawled.scores[name].requests <= 2 * site.keys["max_pages"]


def test_nothing_that_robots_txt_forbids_is_asked_for(crawled: Crawled) -> None:
    asked = [line for line in crawled.requests if line.host == "kiln-kurier.example"]
    assert asked
    assert not [line.target for line in asked if line.target.startswith("/private/")]
