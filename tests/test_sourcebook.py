"""What is known of a site's sources: which are due, what is said when asking, what a visit changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from crawler.discovery import Found, Link
from crawler.sites import Site
from crawler.sourcebook import SourceBook
from pipelines.records import Discovered, Role
from pipelines.store import Source
from pipelines.visit import Visit
from tests.builders import NOON

SITE = Site("a", "https://a.example/")
HOUR, DAY = 3600.0, 86400.0
SPREAD = 30.0  # how long a tick takes to ask all that is due: crawler.polling
ETAG, MODIFIED = 'W/"x, é\\"', "Sun, 22 Nov 2026 11:00:00 GMT"
SENT = ETAG.encode("latin-1")
HEADERS = {"ETag": ETAG, "Last-Modified": MODIFIED, "Cache-Control": None, "Age": None}
FEED = Source("a", "a.example/feed", "https://a.example/feed", "feed", "home", "https://a.example/", NOON, NOON, 900.0,
              links=20, seen=1.0, watched_seconds=7200.0)
HOME = replace(FEED, url_key="a.example/", url="https://a.example/", role="home", via="list", found_at=None, links=0)


def book(*stored: Source, site: Site = SITE, asks_all: bool = False) -> SourceBook:
    return SourceBook(site, stored, asks_all=asks_all)


def visit_of(source: Source = FEED) -> Visit:
    async def commit(*_: object) -> None:
        """Nothing is settled here."""

    return Visit(url=source.url, site=source.site, role=source.role, key=source.url_key, started_at=NOON,
                 discovered=Discovered(source.via, source.found_at), commit=commit)


def found(count: int = 20, *, problem: str | None = None, refresh: float = 0.0, dates: list[datetime] = ()) -> Found:
    moments = [*dates, *[None] * count][:count]
    pages = [Link(f"https://a.example/{number}", Role.PAGE, None, date) for number, date in enumerate(moments)]
    return Found((*pages, Link("https://a.example/sport", Role.SECTION)) if count else (), problem, refresh)


def read(kept: SourceBook, source: Source = FEED, *, new: int = 20, is_whole: bool = True, now: datetime = NOON,
         links: Found | None = None, **headers: str) -> Source:
    return kept.after_links(visit_of(source), links or found(), new,
                            {**HEADERS, **headers}, now, is_whole=is_whole)


# What is due


def test_a_source_is_due_when_its_time_has_come_and_one_that_nobody_has_visited_at_once():
    kept = book(replace(FEED, due=NOON))
    assert kept.is_due("a.example/feed", NOON)
    assert not kept.is_due("a.example/feed", NOON - timedelta(seconds=1))
    assert kept.is_due("a.example/new", NOON)


def test_all_are_due_where_all_are_asked_even_what_has_retired():
    later, retired = replace(FEED, due=NOON + timedelta(days=1)), replace(FEED, url_key="b", retired="410 Gone")
    assert book(later, asks_all=True).is_due(later.url_key, NOON)
    assert not book(retired).is_due("b", NOON)
    assert book(retired).is_retired("b")
    assert book(retired, asks_all=True).is_due("b", NOON)


def test_when_a_source_is_due_is_told_for_each():
    kept = book(FEED, replace(FEED, url_key="b", due=NOON + timedelta(hours=1)),
                replace(FEED, url_key="c", retired="410 Gone"))
    assert [kept.due(key) for key in ("a.example/feed", "b", "c", "d")] == [
        NOON, NOON + timedelta(hours=1), None, None]


def test_what_earlier_crawls_found_by_themselves_leaves_out_the_registrys_and_what_has_retired():
    stored = [replace(FEED, url_key=via, via=via) for via in ("home", "robots", "sitemap", "list")]
    gone = replace(FEED, url_key="gone", retired="410 Gone")
    assert [source.url_key for source in book(*stored, gone).found_earlier()] == ["home", "robots", "sitemap"]


def test_a_visit_changes_what_is_due():
    kept = book()
    assert kept.is_due(FEED.url_key, NOON)
    read(kept)
    assert not kept.is_due(FEED.url_key, NOON + timedelta(minutes=4))
    assert kept.is_due(FEED.url_key, NOON + timedelta(days=1))
    kept.after_failure(visit_of(), 410, 0.0, NOON)
    assert not kept.is_due(FEED.url_key, NOON + timedelta(days=1))


# Validators


def test_validators_are_echoed_as_they_came():
    kept = book()
    read(kept)
    assert kept.validators(FEED.url_key) == {"If-None-Match": SENT, "If-Modified-Since": MODIFIED.encode()}


@pytest.mark.parametrize(("etag", "modified", "sent"), [
    (None, MODIFIED, {"If-Modified-Since": MODIFIED.encode()}), (ETAG, None, {"If-None-Match": SENT}),
    ("", "", {}), (None, None, {})])
def test_only_those_that_came_are_sent(etag, modified, sent):
    kept = book()
    read(kept, **{"ETag": etag, "Last-Modified": modified})
    assert kept.validators(FEED.url_key) == sent


def test_a_source_that_was_never_read_has_none():
    kept = book()
    kept.after_failure(visit_of(), 503, 0.0, NOON)
    assert kept.validators(FEED.url_key) == kept.validators("a.example/new") == {}


@pytest.mark.parametrize("rules", [
    {"allow": ("/news/",)}, {"deny": ("/sport/",)}, {"max_pages": 7}, {"max_age_days": 7}])
def test_they_are_good_only_while_the_sites_own_rules_are_what_they_were(rules):
    stored = read(book())
    assert book(stored, site=replace(SITE, delay_seconds=9.0)).validators(FEED.url_key) != {}
    assert book(stored, site=replace(SITE, **rules)).validators(FEED.url_key) == {}
    ruled = book(stored, site=replace(SITE, **rules))
    read(ruled)
    assert ruled.validators(FEED.url_key) != {}


def test_an_answer_of_which_links_were_left_for_another_time_is_asked_for_as_a_whole_again():
    kept = book(read(book()))
    source = read(kept, is_whole=False)
    assert (source.etag, source.last_modified) == (None, None)
    assert kept.validators(FEED.url_key) == {}


def test_a_home_page_that_gave_nothing_is_seen_as_a_whole_unless_a_feed_lists_what_is_new():
    kept = book()
    kept.after_directory(visit_of(HOME), HEADERS, NOON)
    assert kept.validators(HOME.url_key) == {}
    read(kept)
    assert kept.has_lister
    assert kept.validators(HOME.url_key) != {}


def test_a_home_page_whose_own_links_count_has_validators():
    kept = book()
    kept.after_directory(visit_of(HOME), HEADERS, NOON)
    kept.with_own_links(HOME.url_key, 5, 30, NOON, is_whole=True)
    assert kept.validators(HOME.url_key) == {"If-None-Match": SENT, "If-Modified-Since": MODIFIED.encode()}


@pytest.mark.parametrize(("changes", "lists"), [
    ({}, True), ({"role": "sitemap"}, True), ({"role": "section"}, False), ({"role": "home"}, False),
    ({"links": 0}, False), ({"retired": "410 Gone"}, False), ({"failures": 2}, True), ({"failures": 3}, False)])
def test_what_lists_pages_is_a_feed_or_sitemap_that_has_listed_some_and_still_stands(changes, lists):
    assert book(replace(FEED, **changes)).has_lister is lists
    assert not book().has_lister


# What a visit changes


def test_the_first_visit_of_a_source_keeps_how_it_was_found_and_what_it_listed():
    source = read(book())
    assert (source.site, source.url_key, source.url, source.role) == ("a", FEED.url_key, FEED.url, "feed")
    assert (source.via, source.found_at) == ("home", "https://a.example/")
    assert (source.links, source.failures, source.unchanged, source.asked_at) == (20, 0, 0, NOON)
    assert source.due > NOON


def test_links_to_pages_alone_count():
    assert read(book(), links=Found((Link("https://a.example/x", Role.SECTION),))).links == 0


def test_the_dates_of_what_it_lists_say_how_often_it_brings_something_but_not_those_yet_to_come():
    dates = [NOON - timedelta(hours=8 * number) for number in range(10)]
    announced = [NOON + timedelta(days=number) for number in range(1, 9)]
    for listed in (dates, [*announced, *dates]):
        source = read(book(), links=found(20, dates=listed))
        assert source.interval_seconds == 2 * HOUR


@pytest.mark.parametrize(("cache_control", "age", "seconds"), [
    ("max-age=7200", None, 7200.0), ("public, MAX-AGE = 7200", None, 7200.0), ('max-age="7200"', None, 7200.0),
    ("max-age=7200", "1800", 5400.0), ("max-age=7200", " 1800 ", 5400.0), ("max-age=7200", "9999", 1800.0),
    ("max-age=7200", "-5", 7200.0), ("max-age=7200", "old", 7200.0), ("max-age=7200", "²", 7200.0),
    ("s-maxage=7200", None, 1800.0), ("no-cache", None, 1800.0), ("x-max-age=7200", None, 1800.0),
    ("max-age=-1", None, 1800.0), ("max-age=", None, 1800.0), (None, "60", 1800.0), ("max-age=999999999", None, DAY),
])
def test_how_long_an_answer_is_fresh_is_a_lower_bound_less_the_age_that_it_has(cache_control, age, seconds):
    headers = {"Cache-Control": cache_control, "Age": age}
    source = read(book(), links=found(100), **headers)
    assert source.interval_seconds == pytest.approx(seconds, abs=SPREAD)
    assert (source.due - NOON).total_seconds() >= (seconds if seconds > 1800 else 0)
    unchanged = book(replace(FEED, unchanged=0, links=100)).after_not_modified(visit_of(), headers, NOON)
    assert unchanged.interval_seconds == pytest.approx(max(seconds, 2250.0), abs=SPREAD)  # having brought nothing


def test_so_is_what_the_feed_asks_for_and_the_longer_of_both_counts():
    kept = {"Cache-Control": "max-age=7200"}
    assert read(book(), links=found(refresh=10800.0)).interval_seconds == 3 * HOUR + SPREAD
    assert read(book(), links=found(refresh=10800.0), **kept).interval_seconds == 3 * HOUR + SPREAD
    assert read(book(), links=found(refresh=3600.0), **kept).interval_seconds == 2 * HOUR + SPREAD
    assert read(book(), links=found(100, refresh=1e9)).interval_seconds == DAY


def test_a_document_that_cannot_be_read_counts_as_a_failure_and_keeps_what_was_known():
    kept = book(replace(read(book()), interval_seconds=900.0))
    source = read(kept, links=found(0, problem="not a feed: found plain text"), ETag='"error page"')
    assert (source.failures, source.etag, source.links) == (1, ETAG, 20)
    assert kept.after_failure(visit_of(), 503, 0.0, NOON).failures == 2


def test_a_damaged_document_that_gave_links_is_read():
    source = read(book(), links=found(problem="the feed breaks off before its end"))
    assert (source.failures, source.links) == (0, 20)


def test_a_sound_document_without_links_is_no_failure():
    source = read(book(replace(FEED, failures=2)), links=found(0), new=0)
    assert (source.failures, source.links, source.unchanged) == (0, 0, 1)


def test_an_unchanged_answer_keeps_links_and_validators():
    kept = book(replace(read(book()), failures=2))
    source = kept.after_not_modified(visit_of(), {}, NOON + timedelta(hours=1))
    assert (source.links, source.etag, source.last_modified) == (20, ETAG, MODIFIED)
    assert (source.unchanged, source.failures) == (1, 0)


def test_a_home_page_that_is_but_a_directory_is_asked_once_a_day_changed_or_not():
    kept = book()
    assert kept.after_directory(visit_of(HOME), HEADERS, NOON).interval_seconds == DAY
    assert kept.after_not_modified(visit_of(HOME), {}, NOON + timedelta(days=1)).interval_seconds == DAY


def test_one_whose_own_links_count_is_asked_as_often_as_they_bring_something():
    kept = book(replace(HOME, links=30))
    assert kept.after_not_modified(visit_of(HOME), {}, NOON).interval_seconds < HOUR


def test_a_failure_doubles_the_wait_and_retry_after_is_a_lower_bound():
    kept = book(replace(FEED, interval_seconds=900.0))
    first = kept.after_failure(visit_of(), 503, 0.0, NOON)
    assert 900.0 * 0.85 <= (first.due - NOON).total_seconds() <= 900.0
    second = kept.after_failure(visit_of(), None, 7200.0, NOON)
    assert (second.failures, (second.due - NOON).total_seconds()) == (2, 7200.0)


def test_410_retires_a_source_and_a_first_visit_may_fail():
    assert book(FEED).after_failure(visit_of(), 410, 0.0, NOON).retired == "410 Gone"
    source = book().after_failure(visit_of(), 503, 0.0, NOON)
    assert (source.url, source.via, source.failures, source.retired) == (FEED.url, "home", 1, None)


# A home page whose own links come to count once it has been read


def test_links_of_a_home_page_count_as_if_they_had_been_known_to_count_when_it_was_read():
    as_section = replace(HOME, role="section")
    for stored in ([], [replace(HOME, unchanged=2, links=30, asked_at=NOON - timedelta(hours=6))]):
        for new in (0, 3, 30):
            kept = book(*stored)
            kept.after_directory(visit_of(HOME), HEADERS, NOON)
            source = kept.with_own_links(HOME.url_key, new, 30, NOON, is_whole=True)
            plain = read(book(*[replace(each, role="section") for each in stored]), as_section, new=new,
                         links=found(30))
            assert replace(source, role="section", due=NOON) == replace(plain, due=NOON)


def test_that_all_links_of_the_first_reading_are_new_says_nothing_about_how_often_there_are_some():
    kept = book()
    kept.after_directory(visit_of(HOME), HEADERS, NOON)
    home = kept.with_own_links(HOME.url_key, 30, 30, NOON + timedelta(seconds=3), is_whole=True)
    assert home.interval_seconds == HOUR / 2


def test_a_home_page_that_was_not_read_has_nothing_to_change():
    assert book().with_own_links(HOME.url_key, 3, 30, NOON, is_whole=True) is None


def test_links_of_a_home_page_that_were_left_for_another_time_are_not_hidden_by_a_304():
    kept = book()
    kept.after_directory(visit_of(HOME), HEADERS, NOON)
    kept.with_own_links(HOME.url_key, 1, 30, NOON, is_whole=False)
    assert kept.validators(HOME.url_key) == {}


def test_a_home_page_whose_feed_has_died_is_needed_again_within_the_hour():
    kept = book()
    kept.after_directory(visit_of(HOME), HEADERS, NOON)
    read(kept)
    hour = NOON + timedelta(hours=1)
    assert not kept.is_due(HOME.url_key, hour)
    for _ in range(3):
        kept.after_failure(visit_of(), 404, 0.0, NOON)
    assert not kept.is_due(HOME.url_key, NOON + timedelta(minutes=59))
    assert kept.is_due(HOME.url_key, hour)
    assert kept.validators(HOME.url_key) == {}


def test_what_the_registry_names_rests_where_anything_else_is_gone_for_good():
    named = replace(FEED, via="list")
    assert book(FEED).after_failure(visit_of(), 410, 0.0, NOON).retired == "410 Gone"
    rested = book(named).after_failure(visit_of(named), 410, 0.0, NOON)
    assert rested.retired is None
    assert (rested.due - NOON).total_seconds() > 0.8 * DAY


def test_a_source_that_was_gone_and_is_back_stands_again():
    kept = book(replace(FEED, retired="410 Gone"), asks_all=True)
    assert read(kept).retired is None


def test_a_source_belongs_to_the_way_by_which_it_was_found_last():
    kept = book(replace(FEED, via="list", found_at=None))
    assert read(kept).via == "home"
    assert [source.url_key for source in kept.found_earlier()] == [FEED.url_key]
