"""The simulated month in short: both bars hold for the policy as it is, and fall with one that asks too seldom."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import month, report, tickreport, ticks
from benchmarks.feedserver import answer
from benchmarks.habits import DAY, HABITS, HOUR, WEEK, Feed, Trouble, draw_feeds
from benchmarks.tickplot import svg
from crawler.polling import after_reading

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.store import Source

DAYS = 3
FEED = Feed(0, "daily", (-HOUR, HOUR, 2 * HOUR), 2, "etag", True, HOUR, 60.0, ())


@pytest.fixture(scope="module")
def feeds() -> list[Feed]:
    return draw_feeds(1, 24, DAYS)


@pytest.fixture(scope="module", params=[300.0, 900.0])
def run(request: pytest.FixtureRequest, feeds: list[Feed]) -> dict[str, Any]:
    return ticks.simulate(feeds, DAYS, request.param, seed=1)


def test_no_new_article_is_found_later_than_twice_its_feeds_interval(run: dict[str, Any]) -> None:
    assert run["all"]["found"]["healthy"]["articles"] > 1000
    assert run["all"]["found"]["healthy"]["late"] == 0
    assert run["all"]["never_found"] == 0


def test_of_polls_of_unchanged_feeds_nine_in_ten_are_not_sent_or_answered_304(run: dict[str, Any]) -> None:
    unchanged = run["all"]["unchanged"]
    assert unchanged["polls"] > 1000
    assert unchanged["not sent"] + unchanged["304"] >= ticks.LEAST_SPARED
    assert unchanged["not sent"] + unchanged["304"] + unchanged["full"] == pytest.approx(1, abs=1e-3)
    assert ticks.missed_bars(run) == []


def test_each_article_of_the_month_is_found_or_lost_or_waits(feeds: list[Feed], run: dict[str, Any]) -> None:
    found = sum(figures["articles"] for figures in run["all"]["found"].values())
    lost = sum(run["all"]["lost"].values())
    published = sum(0 < moment < DAYS * DAY for feed in feeds for moment in feed.published)
    assert 0.9 * published < found + lost <= published


def test_only_a_feed_whose_list_turns_over_sooner_is_asked_before_the_time_that_it_asks_for(
    run: dict[str, Any]
) -> None:
    hasty = {habit for habit, figures in run["habits"].items() if figures["sent"]["before_the_ttl"]}
    assert hasty <= {"agency", "daily", "bursty", "changing"}


def test_a_policy_that_is_late_misses_the_first_bar(feeds: list[Feed], monkeypatch: pytest.MonkeyPatch) -> None:
    def sleepy(source: Source, *rest: Any) -> Source:
        after = after_reading(source, *rest)
        return replace(after, due=after.due + 1.5 * (after.due - after.asked_at))

    monkeypatch.setattr(month, "after_reading", sleepy)
    missed = ticks.missed_bars(ticks.simulate(feeds, DAYS, 900.0, seed=1))
    assert "later than twice the interval" in missed[0]


def test_a_policy_that_forgets_validators_and_asks_at_every_tick_misses_the_second(
    feeds: list[Feed], monkeypatch: pytest.MonkeyPatch
) -> None:
    def eager(source: Source, *rest: Any) -> Source:
        after = after_reading(source, *rest)
        return replace(after, due=after.asked_at, etag=None, last_modified=None)

    monkeypatch.setattr(month, "after_reading", eager)
    [missed] = ticks.missed_bars(ticks.simulate(feeds, DAYS, 900.0, seed=1))
    assert "not sent, or answered 304" in missed


def test_a_policy_that_stops_asking_is_late_though_it_finds_nothing(
    feeds: list[Feed], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asleep(source: Source, *rest: Any) -> Source:
        after = after_reading(source, *rest)
        return replace(after, due=after.due.replace(year=2100))

    monkeypatch.setattr(month, "after_reading", asleep)
    run = ticks.simulate(feeds, DAYS, 900.0, seed=1)
    assert run["all"]["found"]["healthy"]["articles"] == 0
    assert "later than twice" in ticks.missed_bars(run)[0]


def test_a_seed_draws_the_same_month_again_and_every_habit_and_server_is_dealt() -> None:
    feeds = draw_feeds(7, 200, 2)
    assert feeds == draw_feeds(7, 200, 2)
    assert feeds != draw_feeds(8, 200, 2)
    assert {feed.habit for feed in feeds} == {habit.name for habit in HABITS}
    assert {feed.validators for feed in feeds} == {"etag", "last-modified", "none", "churning"}
    assert {trouble.status for feed in feeds for trouble in feed.troubles} == {503, 429, 404, 410}
    assert max(feed.ttl_seconds for feed in feeds) == WEEK


def test_a_server_says_304_to_the_validators_it_gave_until_something_is_new() -> None:
    first = answer(FEED, 0.0, None, None)
    assert (first.status, list(first.listed or ()), first.ttl_seconds) == (200, [0], HOUR)
    same = answer(FEED, HOUR / 2, first.etag, None)
    assert (same.status, same.listed, same.ttl_seconds, same.max_age_seconds) == (304, None, 0.0, 60.0)
    assert list(answer(FEED, 3 * HOUR, first.etag, None).listed or ()) == [1, 2]


@pytest.mark.parametrize(("validators", "statuses"), [
    ("etag", [200, 304]), ("last-modified", [200, 304]), ("none", [200, 200]), ("churning", [200, 200])])
def test_servers_differ_in_what_they_honour(validators: str, statuses: list[int]) -> None:
    feed = replace(FEED, validators=validators)
    first = answer(feed, 0.0, None, None)
    assert [first.status, answer(feed, 1.0, first.etag, first.last_modified).status] == statuses


def test_a_server_in_trouble_answers_with_that_as_long_as_it_lasts() -> None:
    feed = replace(FEED, troubles=(Trouble(10.0, 20.0, 429, 60.0),))
    assert [answer(feed, now, None, None).status for now in (9.0, 10.0, 19.0, 20.0)] == [200, 429, 429, 200]


def test_the_benchmark_writes_json_a_plot_and_its_part_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "README.md").write_text("before\n" + "\nold\n".join(report.markers("ticks")) + "\nafter\n", "utf-8")
    monkeypatch.setattr(ticks, "HERE", tmp_path)
    monkeypatch.setattr(ticks, "RESULTS", tmp_path / "results")
    arguments = ["--feeds", "9", "--days", "1", "--tick-minutes", "30", "--results", str(tmp_path / "results")]
    assert ticks.main(arguments) in {0, ticks.MISSED}
    [path] = (tmp_path / "results").glob("ticks-*.json")
    document = json.loads(path.read_text("utf-8"))
    assert ET.fromstring(svg(document)).tag == "{http://www.w3.org/2000/svg}svg"
    assert path.with_suffix(".svg").read_text("utf-8") == svg(document)
    text = (tmp_path / "README.md").read_text("utf-8")
    assert "old" not in text
    assert all(f"| {name} | " in text for name in document["runs"][0]["habits"])
    assert text.endswith("\nafter\n")


def test_times_are_told_in_minutes_and_then_in_hours() -> None:
    assert [tickreport.minutes_text(minutes) for minutes in (0.4, 99.0, 120.0)] == ["0 min", "99 min", "2 h"]
