"""Sites without an end: they are recognised, stopped and reported, and take no more than their budget."""

from __future__ import annotations

import re
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING

import pytest

from crawler.shapemodel import BARREN_AFTER, TRAP_AFTER
from tests.crawls import Ended, Harvest, crawl
from tests.endless import Endless
from tests.newsserver import RawServer, article_html, close_after, page, sitemap
from tests.newssites import alternate, home, stories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.newsserver import Route

MANY = 600
SOON = 150
"""Pages that are fetched at most until a trap is known: articles are made while others are fetched."""
EMPTY = page("<html><title>Nothing</title><body><p>Nothing is on this day.</p></body></html>")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def crawled(server: RawServer, folder: Path, keys: str = "", *others: RawServer) -> Ended:
    entries = [f'[[site]]\nname = "trap"\nurl = "{server.url()}"\n{keys}']
    entries += [f'[[site]]\nname = "other-{number}"\nurl = "{other.url()}"\n' for number, other in enumerate(others)]
    (folder / "sites.toml").write_text("\n".join(["[defaults]", "delay = 0", *entries]))
    return crawl("news", folder / "archive", sites=folder / "sites.toml",
                 settings={"CONCURRENT_REQUESTS_PER_DOMAIN": "1"})


def asked(server: RawServer, start: str) -> int:
    return sum(target.startswith(start) for target in server.targets)


def test_addresses_that_all_lead_to_one_article_are_a_trap(stack, tmp_path):
    same = page(article_html("One and the same"))
    server = stack.enter_context(Endless({}, lambda _: same, "127.0.0.21"))
    server.routes["/sitemap.xml"] = sitemap([server.url(f"/day/{number}/view") for number in range(MANY)])
    crawled(server, tmp_path, "delay = 0.05\n")
    assert 1 + TRAP_AFTER <= asked(server, "/day/") <= SOON
    harvest = Harvest(tmp_path / "archive")
    assert len(harvest.articles) == 1
    refused = [line["reason"] for line in harvest.fetches if line["outcome"] == "refused"]
    assert len(refused) == MANY - asked(server, "/day/")
    assert re.match(r"trap: the last \d+ addresses like it led to articles that are held", refused[-1])


def test_addresses_that_lead_to_no_article_are_left_alone_and_others_are_not(stack, tmp_path):
    server = stack.enter_context(Endless(stories(*(f"/news/{number}/view" for number in range(20))),
                                         lambda _: EMPTY, "127.0.0.22"))
    barren, good = ([server.url(f"/{kind}/{number}/view") for number in range(size)]
                    for kind, size in (("gallery-day", MANY), ("news", 20)))
    server.routes["/sitemap.xml"] = sitemap([*barren, *good])
    crawled(server, tmp_path, "delay = 0.05\n")
    assert BARREN_AFTER <= asked(server, "/gallery-day/") <= SOON
    assert len(Harvest(tmp_path / "archive").articles) == 20


def test_a_list_without_end_stops_at_the_budget_and_what_is_over_it_is_told(stack, tmp_path):
    def listing(number: int) -> bytes:
        stories_of_page = [(f"/2026/11/20/story-{number}-{each}-of-the-endless-list", "A story that never ends")
                           for each in range(5)]
        return home(links=[*stories_of_page, (f"/page/{number + 2}/", "Older")])

    numbers = count(1)
    server = stack.enter_context(Endless({"/": listing(0)}, lambda number: page(article_html(f"Story {number}")),
                                         "127.0.0.23"))
    for number in range(1, 200):
        server.routes[f"/page/{number + 1}/"] = lambda _, number=number: (next(numbers), listing(number))[1]
    ended = crawled(server, tmp_path, "max_pages = 30\n")
    assert ended.json["sites"]["trap"]["articles"] == 30
    assert next(numbers) - 1 <= 8, "no further than to what fills the budget"
    assert {skip["reason"] for skip in ended.json["skipped"]} == {"over max_pages = 30"}


def test_a_site_that_takes_longer_than_it_may_goes_on_in_the_next_crawl(stack, tmp_path):
    targets = [f"/2026/11/20/story-{number}" for number in range(40)]
    server = stack.enter_context(RawServer(stories(*targets), host="127.0.0.24"))
    server.routes["/sitemap.xml"] = sitemap([server.url(target) for target in targets])
    keys = f'max_minutes = 0.05\ndelay = 0.25\nsitemaps = ["{server.url("/sitemap.xml")}"]\n'
    ended = crawled(server, tmp_path, keys)
    assert ended.exit_code == 0
    first = asked(server, "/2026/")
    assert first <= 0.05 * 60 / 0.25
    assert ended.json["waiting"] == 40 - first
    assert "over max_minutes = 0.05: waits for the next crawl" in {skip["reason"] for skip in ended.json["skipped"]}
    crawled(server, tmp_path)
    assert len(Harvest(tmp_path / "archive").articles) == 40


def test_a_site_that_sends_more_than_it_may_stops_and_the_others_go_on(stack, tmp_path):
    def large(number: int) -> Route:
        """Every second answer is cut off, and counts for what came of it."""
        whole = page(article_html(f"Story {number}", below="<!--" + "x" * 200_000 + "-->"))
        return close_after(whole[:-10]) if number % 2 else whole

    server = stack.enter_context(Endless({}, large, "127.0.0.25"))
    server.routes["/sitemap.xml"] = sitemap([server.url(f"/2026/11/20/story-{number}") for number in range(100)])
    others = [stack.enter_context(RawServer(stories("/2026/11/20/a", "/2026/11/20/b"), host=f"127.0.0.{26 + number}"))
              for number in range(2)]
    for other in others:
        other.routes["/"] = home(alternate("rss", "/rss"), links=[("/2026/11/20/a", "A"), ("/2026/11/20/b", "B")])
    ended = crawled(server, tmp_path, f'max_mb = 2\nsitemaps = ["{server.url("/sitemap.xml")}"]\n', *others)
    assert 10 <= asked(server, "/2026/") <= 13, "the budget, and what was under way when it was used up, retries too"
    assert [ended.json["sites"][f"other-{number}"]["articles"] for number in range(2)] == [2, 2]


def test_a_window_takes_what_was_published_in_it_whether_the_source_or_the_page_says_so(stack, tmp_path):
    def dated(day: str) -> bytes:
        return page(article_html(f"Of {day}", published=f"{day}T10:00:00Z"))

    days = {"first": "2026-10-01", "second": "2026-11-10", "third": "2026-11-20"}
    server = stack.enter_context(RawServer({
        f"/story/the-{name}-of-the-stories-told": dated(day) for name, day in days.items()}, host="127.0.0.28"))
    server.routes["/sitemap.xml"] = sitemap([server.url(target) for target in server.routes if "story" in target])
    server.routes |= {"/2026/11/05/too-early": dated("2026-11-05"), "/2026/11/12/in-time": dated("2026-11-12")}
    server.routes["/"] = home(links=[("/2026/11/05/too-early", "Too early"), ("/2026/11/12/in-time", "In time")])
    ended = crawl("news", tmp_path / "archive", url=server.url(), since="2026-11-08", until="2026-11-15")
    harvest = Harvest(tmp_path / "archive")
    assert sorted(article["title"] for article in harvest.articles) == ["Of 2026-11-10", "Of 2026-11-12"]
    assert "/2026/11/05/too-early" not in server.targets
    late = harvest.fetch(server.url("/story/the-third-of-the-stories-told"))
    assert (late["outcome"], late["reason"]) == ("refused", "published 2026-11-20, after until = 2026-11-15")
    assert {skip["reason"] for skip in ended.json["skipped"]} == {"published before since = 2026-11-08"}
