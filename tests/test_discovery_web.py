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
MAX_SECONDS = 60
NOT_YET: dict[str, str] = {}

SITES = all_sites(datetime.now(UTC).replace(microsecond=0))


def _marked(site: Site) -> object:
    marks = [pytest.mark.xfail(strict=False, reason=NOT_YET[site.name])] if site.name in NOT_YET else []
    return pytest.param(site, id=site.name, marks=marks)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl_web(SITES, tmp_path_factory.mktemp("web"))


def test_the_whole_web_is_crawled_in_one_go(crawled: Crawled) -> None:
    assert crawled.ended.exit_code == 0, crawled.ended.stderr[-3000:]
    assert crawled.seconds < MAX_SECONDS


@pytest.mark.parametrize("site", [_marked(site) for site in SITES])
def test_from_its_address_alone_every_article_is_found_and_nothing_else(site: Site, crawled: Crawled) -> None:
    score = crawled.scores[site.name]
    assert score.recall >= LEAST, f"{site.way}: missing: {score.missing}"
    assert score.precision >= LEAST, f"{site.way}: wrong: {score.wrong}"


def test_nothing_that_robots_txt_forbids_is_asked_for(crawled: Crawled) -> None:
    asked = [line for line in crawled.requests if line.host == "kiln-kurier.example"]
    assert asked
    assert not [line.target for line in asked if line.target.startswith("/private/")]
