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
_WELL_KNOWN = "well-known places of feeds and sitemaps are not tried"
_PAGING = "lists are not followed to their next page"
_PART = "sections are not read where a feed or sitemap lists anything"
_SESSION = "links with a session are no sections"
NOT_YET = {
    "birch-courier": "feeds that section pages link are not read",
    "cedar-post": _WELL_KNOWN, "dogwood-dispatch": _WELL_KNOWN, "elm-examiner": _WELL_KNOWN,
    "creek-clarion": _WELL_KNOWN,
    "willow-witness": _PAGING, "hazel-herald": _PAGING, "juniper-journal": _PAGING, "nettle-news": _PAGING,
    "orchard-outlook": _PAGING,
    "spruce-standard": "items of a feed that lie on other sites are taken",
    "isle-inquirer": "an address that was found as https first is not tried as http",
    "prairie-pioneer": "WordPress's REST interface is not asked",
    "sosna-gazeta": "a page of a topic is taken for an article",
    "ufer-rives": "the other language's sections are not read",
    "vale-voice": "hosts below a registered domain of a suffix that no list has are other sites",
    "gull-gazette": "sections whose address is a query are not read",
    "haven-hub": "sections whose address is a query are not read",
    "inlet-item": _SESSION, "keel-kicker": _SESSION, "lagoon-look": _SESSION,
    "trefoil-tribune": _PART, "umber-union": _PART, "wheat-week": _PART,
    "vetch-visitor": "feeds that another page than the home page links are not read",
    "yarrow-yesterday": "a home page that is only a meta refresh is not followed",
    "zinnia-zeitung": _PAGING,
    "quay-quarterly": "a consent wall instead of a page is taken for an article",
}

SITES = all_sites(datetime.now(UTC).replace(microsecond=0))


def _marked(site: Site) -> object:
    marks = [pytest.mark.xfail(strict=False, reason=NOT_YET[site.name])] if site.name in NOT_YET else []
    return pytest.param(site, id=site.name, marks=marks)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl_web(SITES, tmp_path_factory.mktemp("web"))


def test_the_whole_web_is_crawled_in_one_go(crawled: Crawled) -> None:
    assert crawled.ended.exit_code == 0, crawled.ended.stderr[-3000:]


@pytest.mark.parametrize("site", [_marked(site) for site in SITES])
def test_from_its_address_alone_every_article_is_found_and_nothing_else(site: Site, crawled: Crawled) -> None:
    score = crawled.scores[site.name]
    assert score.recall >= LEAST, f"{site.way}: missing: {score.missing}"
    assert score.precision >= LEAST, f"{site.way}: wrong: {score.wrong}"


@pytest.mark.xfail(strict=False, reason="all sitemaps of an index are read, whatever their lastmod")
def test_sitemaps_of_months_beyond_max_age_days_are_not_read(crawled: Crawled) -> None:
    """The site has nine of them, of which at most two hold anything from the last 45 days."""
    asked = [line.target for line in crawled.requests if line.host == "harbor-harbinger.example"]
    assert len([target for target in asked if target.startswith("/sitemaps/")]) <= 2


@pytest.mark.parametrize("name", ["weir-weekly", "narrows-note"])
def test_a_trap_never_takes_more_than_its_budget(name: str, crawled: Crawled) -> None:
    [site] = [site for site in SITES if site.name == name]
    assert crawled.scores[name].pages <= site.keys["max_pages"]
    assert crawled.scores[name].requests <= 2 * site.keys["max_pages"]


def test_nothing_that_robots_txt_forbids_is_asked_for(crawled: Crawled) -> None:
    asked = [line for line in crawled.requests if line.host == "kiln-kurier.example"]
    assert asked
    assert not [line.target for line in asked if line.target.startswith("/private/")]
