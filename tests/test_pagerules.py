"""Which links are fetched: rules, windows and budgets, as far as a link tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from crawler.discovery import Link
from crawler.pagerules import MAX_HOSTS, PageRules
from crawler.sites import Site
from pipelines.records import Role
from pipelines.urlkey import url_key

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOME = "https://example.org/"


def link(path: str, days_old: float | None = None, role: Role = Role.PAGE) -> Link:
    return Link(HOME + path, role, None, None if days_old is None else NOW - timedelta(days=days_old))


def rules(**values: object) -> PageRules:
    return PageRules(Site("example", HOME, **values))


def reason(of: PageRules, to: Link, via: str = "feed", *, is_known: bool = False) -> str | None:
    return of.reason_to_skip(to, url_key(to.url), via, is_known=is_known, now=NOW)


def test_without_rules_nothing_is_left_out_but_what_is_no_article():
    assert reason(rules(), link("a", days_old=4000), "sitemap") is None
    assert reason(rules(), link("a.pdf", role=Role.OTHER)) == "no article by its address"


def test_allow_and_deny_are_held():
    ruled = rules(allow=("/news/",), deny=("/sport/",))
    assert reason(ruled, link("news/a")) is None
    assert reason(ruled, link("news/sport/a")) == reason(ruled, link("blog/a")) == "ruled out by allow or deny"


@pytest.mark.parametrize(("days_old", "via", "expected"), [
    (6.9, "sitemap", None), (7.1, "sitemap", "older than 7 days"), (7.1, "feed", None), (None, "sitemap", None)])
def test_age_counts_in_sitemaps_where_there_is_a_date(days_old, via, expected):
    assert reason(rules(max_age_days=7), link("a", days_old), via) == expected


@pytest.mark.parametrize(("path", "days_old", "via", "expected"), [
    ("a", 1, "feed", None),
    ("a", 12, "feed", "published before since = 2026-11-15"),
    ("a", None, "feed", None),
    ("a", 12, "sitemap", "published before since = 2026-11-15"),        # changed last before, so published before
    ("2026/11/01/a", 1, "sitemap", "published before since = 2026-11-15"),  # changed since, and published before
    ("2026-11-18-a", None, "home", None),
])
def test_what_was_published_before_the_window_is_left_out(path, days_old, via, expected):
    assert reason(rules(since=date(2026, 11, 15)), link(path, days_old), via) == expected


@pytest.mark.parametrize(("path", "days_old", "via", "expected"), [
    ("a", 9, "feed", None), ("a", 1, "feed", "published after until = 2026-11-15"),
    ("a", 1, "sitemap", None),  # changed after it, and perhaps published in it
    ("2026/11/20/a", None, "home", "published after until = 2026-11-15"),
])
def test_what_was_published_after_the_window_is_left_out(path, days_old, via, expected):
    assert reason(rules(until=date(2026, 11, 15)), link(path, days_old), via) == expected


def test_a_news_sitemap_says_when_a_page_was_published():
    dated = replace(link("a", 1), is_published=True)
    assert reason(rules(until=date(2026, 11, 15)), dated, "sitemap") == "published after until = 2026-11-15"


def test_max_pages_counts_pages_to_be_fetched_each_once_and_no_known_ones():
    limited = rules(max_pages=2)
    for _ in range(5):
        limited.take(link("known"), "known", is_known=True)
        limited.take(link("a"), url_key(HOME + "a"), is_known=False)
    assert reason(limited, link("b")) is None
    limited.take(link("b"), url_key(HOME + "b"), is_known=False)
    assert not limited.is_full
    assert reason(limited, link("c")) == "over max_pages = 2"
    assert limited.is_full
    assert reason(limited, link("a")) is None, "taken already"
    assert reason(limited, link("d"), is_known=True) is None


def test_hosts_are_counted_as_a_trap_may_have_a_million():
    trapped = rules()
    for number in range(MAX_HOSTS):
        page = Link(f"https://{number}.example.org/a", Role.PAGE)
        assert reason(trapped, page) is None
        trapped.take(page, url_key(page.url), is_known=False)
    assert reason(trapped, Link("https://new.example.org/a", Role.PAGE)) == f"trap: on more than {MAX_HOSTS} hosts"
    assert reason(trapped, Link("https://7.example.org/b", Role.PAGE)) is None


@pytest.mark.parametrize("path", ["a/b/a/b/a/b/a", "x/" * 30, "news/news/news/1"])
def test_a_path_that_repeats_itself_is_a_trap(path):
    assert reason(rules(), link(path)) == "trap: its path repeats itself"


@pytest.mark.parametrize(("changed_days", "read_days", "values", "pruned"), [
    (40, None, {"max_age_days": 30}, True), (20, None, {"max_age_days": 30}, False),
    (20, None, {"since": date(2026, 11, 15)}, True), (5, 1, {}, True), (5, 9, {}, False), (None, 1, {}, False),
])
def test_a_sitemap_is_not_read_where_its_lastmod_says_that_nothing_wanted_is_new(
    changed_days, read_days, values, pruned
):
    sitemap = link("2026-10.xml", changed_days, Role.SITEMAP)
    read_at = NOW - timedelta(days=read_days) if read_days else None
    assert bool(rules(**values).reason_to_prune(sitemap, read_at, NOW)) == pruned
