"""How far a site has come: what to fall back on, what to leave out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.discovery import Link
from crawler.sites import Site
from crawler.sitestate import MAX_SECTIONS, SiteState
from pipelines.records import Role

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOME = "https://example.org/"


def link(path: str, role: Role = Role.PAGE, days_old: float | None = None) -> Link:
    return Link(HOME + path, role, None, None if days_old is None else NOW - timedelta(days=days_old))


def state(**rules: object) -> SiteState:
    return SiteState(Site("example", HOME, **rules))


def reason(of: SiteState, to: Link, *, is_sitemap: bool = False, is_known: bool = False) -> str | None:
    return of.reason_to_skip(to, to.url, is_sitemap=is_sitemap, is_known=is_known, now=NOW)


def test_without_rules_nothing_is_left_out():
    assert reason(state(), link("a", days_old=4000), is_sitemap=True) is None


def test_allow_and_deny_are_held():
    ruled = state(allow=("/news/",), deny=("/sport/",))
    assert reason(ruled, link("news/a")) is None
    assert reason(ruled, link("news/sport/a")) == reason(ruled, link("blog/a")) == "ruled out by allow or deny"


@pytest.mark.parametrize(("days_old", "is_sitemap", "expected"), [
    (6.9, True, None), (7.1, True, "older than 7 days"), (7.1, False, None), (None, True, None)])
def test_age_counts_in_sitemaps_where_there_is_a_date(days_old, is_sitemap, expected):
    assert reason(state(max_age_days=7), link("a", days_old=days_old), is_sitemap=is_sitemap) == expected


def test_max_pages_counts_pages_to_be_fetched_each_once_and_no_known_ones():
    limited = state(max_pages=2)
    for _ in range(5):
        limited.take("known", "feed", is_known=True)
        limited.take(link("a").url, "feed", is_known=False)
    assert reason(limited, link("b")) is None
    limited.take(link("b").url, "feed", is_known=False)
    assert reason(limited, link("c")) == "over max_pages = 2"
    assert reason(limited, link("a")) is None, "taken already"
    assert reason(limited, link("d"), is_known=True) is None


def test_the_home_page_is_fallen_back_on_once_all_sources_ended_without_a_page():
    sources = state()
    sources.fallback = [link("politics/", Role.SECTION), link("a"), link("feed", Role.FEED)]
    sources.expect_source()
    sources.expect_source()
    assert sources.source_ended() == []
    assert [found.url for found in sources.source_ended()] == [HOME + "a", HOME + "politics/"]
    sources.expect_source()
    assert sources.source_ended() == [], "only once"


@pytest.mark.parametrize("is_known", [True, False])
def test_it_is_not_where_a_source_gave_a_page_even_a_known_one(is_known):
    sources = state()
    sources.fallback = [link("a")]
    sources.expect_source()
    sources.take("b", "sitemap", is_known=is_known)
    assert sources.source_ended() == []


def test_only_so_many_sections_are_tried():
    sources = state()
    sources.fallback = [link(f"{number}/", Role.SECTION) for number in range(MAX_SECTIONS + 10)]
    sources.expect_source()
    assert len(sources.source_ended()) == MAX_SECTIONS


def test_a_sitemap_is_taken_once_and_no_more_than_the_limit():
    sitemaps = state()
    assert [sitemaps.takes_sitemap(url, 2) for url in ("a", "a", "b", "c")] == [True, False, True, False]
