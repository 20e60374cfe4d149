"""How often a feed asks to be read again, in sound feeds and in those of the web."""

from __future__ import annotations

import pytest

from crawler.discovery import links_of_feed
from crawler.discovery.refresh import refresh_seconds

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
PERIOD, FREQUENCY = "<sy:updatePeriod>{}</sy:updatePeriod>", "<sy:updateFrequency>{}</sy:updateFrequency>"


def feed(*head: str, items: str = "<item><title>A</title><link>/a</link></item>") -> str:
    return f"<rss version='2.0'><channel><title>News</title>{''.join(head)}{items}</channel></rss>"


def every(period: str, times: object = None) -> str:
    """The syndication module's way to say it."""
    return PERIOD.format(period) + ("" if times is None else FREQUENCY.format(times))


def test_a_feed_that_says_nothing_asks_for_nothing():
    assert refresh_seconds(feed()) == refresh_seconds("") == 0.0


@pytest.mark.parametrize(("ttl", "seconds"), [
    ("60", HOUR), (" 15\n", 15 * MINUTE), ("<![CDATA[60]]>", 0.0), ("0", 0.0), ("-5", 0.0), ("1.5", 0.0),
    ("soon", 0.0), ("", 0.0), ("9" * 9, 999_999_999 * MINUTE), ("9" * 5000, 0.0)])
def test_ttl_is_in_minutes_and_rubbish_in_it_is_passed_over(ttl, seconds):
    assert refresh_seconds(feed(f"<ttl>{ttl}</ttl>")) == seconds


@pytest.mark.parametrize(("period", "seconds"), [
    ("hourly", HOUR), ("daily", DAY), ("weekly", 7 * DAY), ("monthly", 30 * DAY), ("yearly", 365 * DAY),
    ("\n\t\thourly\t\n", HOUR), ("Daily", DAY), ("fortnightly", 0.0), ("", 0.0), ("3600", 0.0)])
def test_a_period_has_a_length(period, seconds):
    assert refresh_seconds(feed(every(period))) == seconds


@pytest.mark.parametrize(("times", "seconds"), [
    ("1", DAY), ("2", DAY / 2), ("\n24\n", HOUR), ("0", DAY), ("-2", DAY), ("often", DAY), ("", DAY)])
def test_it_is_divided_by_how_often_and_never_by_zero(times, seconds):
    assert refresh_seconds(feed(every("daily", times))) == seconds


def test_how_often_without_a_period_says_nothing():
    assert refresh_seconds(feed(FREQUENCY.format(4))) == 0.0


@pytest.mark.parametrize("prefix", ["sy:", "syn:", "syndication:", "ns-1.x:", ""])
def test_the_module_is_known_under_any_prefix(prefix):
    head = f"<{prefix}updatePeriod>daily</{prefix}updatePeriod><{prefix}updateFrequency>6</{prefix}updateFrequency>"
    assert refresh_seconds(feed(head)) == 4 * HOUR


@pytest.mark.parametrize(("head", "seconds"), [
    (["<ttl>180</ttl>", every("hourly")], 3 * HOUR), ([every("daily"), "<ttl>180</ttl>"], DAY)])
def test_of_both_the_longer_counts(head, seconds):
    assert refresh_seconds(feed(*head)) == seconds


@pytest.mark.parametrize("entry", [
    "<item>", "<item rdf:about='/a'>", "<ITEM\n>", "<rss:item>", "<entry>", "<atom:entry>"])
@pytest.mark.parametrize("inside", ["<ttl>60</ttl>", every("daily", 2)])
def test_what_an_entry_says_is_not_the_feeds_own(entry, inside):
    assert refresh_seconds(feed(items=f"{entry}{inside}</item>")) == 0.0
    assert refresh_seconds(feed("<ttl>5</ttl>", items=f"{entry}{inside}</item>")) == 5 * MINUTE


def test_the_list_of_items_that_rss_1_opens_with_is_no_entry():
    items = "<items><rdf:Seq><rdf:li rdf:resource='/a'/></rdf:Seq></items>"
    assert refresh_seconds(feed(items, every("hourly"))) == HOUR


def test_a_feed_tells_it_with_its_links():
    found = links_of_feed(feed("<ttl>30</ttl>").encode(), "https://example.org/feed.xml")
    assert ([link.url for link in found.links], found.refresh_seconds) == (["https://example.org/a"], 30 * MINUTE)


@pytest.mark.parametrize("hostile", ["<" * 200_000, "<a" * 100_000, "<ttl>" + " " * 200_000, "<" + "a" * 200_000,
                                     "<ttl>1" * 50_000, "<updatePeriod>" * 20_000])
def test_hostile_bytes_are_read_in_one_go(hostile):
    assert refresh_seconds(hostile) == 0.0
