"""The first pages of a new site: archived at once, and made into articles when the site is known, whatever happens."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.boilerplate.learner import STORIES_TO_KNOW
from pipelines.layout import STATE
from pipelines.sqlite import SqliteStore
from tests.crawls import Ended, Harvest, Running, crawl, scrapy, start_crawl, write_list
from tests.newsserver import RawServer, Route, article_html, attribute_bomb, page, response, stall_after
from tests.newssites import alternate, home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LETTERS = "abcdefghijkl"
FEW = STORIES_TO_KNOW - 2
STALLED = "/2026/01/01/stalled"
HALF = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<html>"


def story(number: int) -> bytes:
    return page(article_html(f"Story {LETTERS[number]} of the day"))


class Site:
    """`count` stories, and with `stalls` a page that never ends; `when_owed` is called once `count` pages are owed."""

    def __init__(self, server: RawServer, root: Path, count: int, *, stalls: bool = False) -> None:
        self.server, self.root, self.count = server, root, count
        self.targets = [f"/2026/11/{20 - number}/story-{number}" for number in range(count)]
        server.routes |= {target: story(number) for number, target in enumerate(self.targets)}
        if stalls:
            self.targets.append(STALLED)
            server.routes[STALLED] = self._stall
        self.when_owed: Callable[[], object] = lambda: None

    def _stall(self, _: bytes) -> Route:
        while owed(self.root) < self.count:
            threading.Event().wait(0.01)
        self.when_owed()
        return stall_after(HALF)

    @property
    def list(self) -> Path:
        return write_list(self.root.parent / "urls.txt", [self.server.url(target) for target in self.targets])

    def articles(self) -> dict[str, Any]:
        harvest = Harvest(self.root)
        harvest.check()
        return {line["url"].removeprefix(self.server.url("")): line for line in harvest.articles}


def owed(root: Path) -> int:
    try:
        with closing(SqliteStore.open_to_read(root / STATE)) as store:
            return store.owed_count()
    except sqlite3.Error:
        return 0


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        yield server


def interrupted(site: Site, end: Callable[[Running], None], **settings: object) -> Ended:
    started: list[Running] = []
    site.when_owed = lambda: end(started[0])
    started.append(start_crawl("pages", site.root, urls=site.list, settings=settings))
    return started[0].wait()


def kill(running: Running) -> None:
    running.process.kill()


def test_a_crawl_that_is_killed_owes_its_first_pages_and_the_next_one_makes_them_without_fetching(
    server: RawServer, tmp_path: Path,
) -> None:
    site = Site(server, tmp_path / "archive", FEW, stalls=True)
    assert interrupted(site, kill).exit_code != 0
    assert owed(site.root) == FEW
    assert scrapy("status", "--json", home=tmp_path, settings={"ARCHIVE_DIR": site.root}).json["owed"] == FEW
    verified = scrapy("verify", home=tmp_path, settings={"ARCHIVE_DIR": site.root})
    assert verified.exit_code == 0, verified.stdout
    server.release()
    server.routes[STALLED] = story(FEW)
    asked = len(server.log)
    ended = crawl("pages", site.root, urls=site.list)
    assert (ended.exit_code, ended.json["owed"]) == (0, 0)
    assert {line.target for line in server.log[asked:]} <= {STALLED, "/robots.txt"}
    assert set(site.articles()) == set(site.targets)


def test_a_crawl_that_is_stopped_says_what_it_owes(server: RawServer, tmp_path: Path) -> None:
    site = Site(server, tmp_path / "archive", FEW, stalls=True)
    ended = interrupted(site, lambda running: running.process.terminate(), DRAIN_SECONDS=2)
    assert (ended.exit_code, ended.json["owed"]) == (11, FEW)
    server.release()
    server.routes[STALLED] = story(FEW)
    assert crawl("pages", site.root, urls=site.list).exit_code == 0
    assert set(site.articles()) == set(site.targets)


def test_a_crawl_that_is_stopped_while_its_first_pages_are_read_ends_in_time(
    server: RawServer, tmp_path: Path,
) -> None:
    """Their wait ends meanwhile as well. The next crawl makes them, and what hangs the parser costs itself alone."""
    site = Site(server, tmp_path / "archive", STORIES_TO_KNOW, stalls=True)
    server.routes[site.targets[2]] = page(attribute_bomb())
    ended = interrupted(site, lambda running: running.process.terminate(), DRAIN_SECONDS=6, EXTRACT_WAIT=0.5)
    assert (ended.exit_code, ended.json["owed"]) == (11, STORIES_TO_KNOW)
    assert "does not end in time" not in ended.stderr
    server.release()
    server.routes[STALLED] = story(STORIES_TO_KNOW)
    assert crawl("pages", site.root, urls=site.list, settings={"EXTRACT_TIMEOUT": 3}).exit_code == 0
    assert set(site.articles()) == set(site.targets) - {site.targets[2]}
    assert Harvest(site.root).outcome(server.url(site.targets[2])) == "extraction_failed"


def test_pages_wait_no_longer_than_they_are_allowed_to(server: RawServer, tmp_path: Path) -> None:
    """Without a wait nothing is owed; articles are there while the crawl still waits for a page."""
    site = Site(server, tmp_path / "archive", FEW)
    ended = crawl("pages", site.root, urls=site.list, settings={"EXTRACT_WAIT": 0})
    assert (ended.exit_code, ended.json["owed"]) == (0, 0)
    assert {line["boilerplate"]["model_id"] for line in site.articles().values()} == {None}


def test_the_articles_of_a_site_that_became_known_name_its_model(server: RawServer, tmp_path: Path) -> None:
    site = Site(server, tmp_path / "archive", STORIES_TO_KNOW + 2)
    assert crawl("pages", site.root, urls=site.list).exit_code == 0
    articles = site.articles()
    assert set(articles) == set(site.targets)
    models = {line["boilerplate"]["model_id"] for line in articles.values()}
    assert None not in models
    with closing(SqliteStore.open_to_read(site.root / STATE)) as store:
        for model_id in models:
            assert json.loads(store.site_model(model_id) or b"")["stories"] >= STORIES_TO_KNOW


def test_what_a_users_pipeline_makes_of_an_article_counts_for_pages_that_waited(
    server: RawServer, tmp_path: Path,
) -> None:
    site = Site(server, tmp_path / "archive", FEW)
    settings = {"ITEM_PIPELINES": json.dumps({"tests.userspiders.DropStoryB": 700})}
    ended = crawl("pages", site.root, urls=site.list, settings=settings)
    assert ended.exit_code == 0, ended.stderr
    assert set(site.articles()) == set(site.targets) - {site.targets[1]}
    assert Harvest(site.root).outcome(server.url(site.targets[1])) == "dropped"


def test_of_two_copies_the_one_that_was_fetched_first_is_the_article(server: RawServer, tmp_path: Path) -> None:
    site = Site(server, tmp_path / "archive", 1)
    site.targets.append("/copy")
    server.routes["/copy"] = story(0)
    assert crawl("pages", site.root, urls=site.list, settings={"CONCURRENT_REQUESTS_PER_DOMAIN": 1}).exit_code == 0
    harvest = Harvest(site.root)
    assert [harvest.outcome(server.url(target)) for target in site.targets] == ["article", "duplicate"]


def test_a_paragraph_that_the_feed_has_in_full_stays_though_the_site_repeats_it(
    server: RawServer, tmp_path: Path,
) -> None:
    """It comes with the link, waits in the store, and is heard when the article is made."""
    refrain = "Whoever wants to help may write to the harbour office before the end of the month."
    items, urls = "", []
    for number in range(STORIES_TO_KNOW + 1):
        target = f"/2026/11/{20 - number}/story-{number}"
        urls.append(server.url(target))
        html = article_html(f"Story {LETTERS[number]} of the day")
        html = html.replace("</article>", f"<p>{refrain}</p></article>")
        server.routes[target] = page(html)
        content = f"<content:encoded><![CDATA[<p>{refrain}</p>]]></content:encoded>" if number == 1 else ""
        items += f"<item><link>{urls[-1]}</link><title>Story</title>{content}</item>"
    server.routes["/feed.xml"] = response(
        f'<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"{items}</channel></rss>".encode(), Content_Type="application/rss+xml")
    server.routes["/"] = home(alternate("rss", "/feed.xml"))
    assert crawl("news", tmp_path / "archive", url=server.url("/")).exit_code == 0
    texts = [Harvest(tmp_path / "archive").article(url)["text"] for url in urls]
    assert [refrain in text for text in texts] == [number == 1 for number in range(len(urls))]
