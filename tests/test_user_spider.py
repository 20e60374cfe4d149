"""Spiders of a user's own get the archive and the records without knowing them, whatever they do."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.crawls import Ended, Harvest, start_crawl
from tests.newsserver import RawServer, article_html, page, redirect
from tests.newssites import home, stories

if TYPE_CHECKING:
    from collections.abc import Iterator

LINKED = {
    "following": ["/one", "/two", "/three"],
    "raising": ["/raises-before", "/raises-after", "/sound"],
    "dropping": ["/wanted", "/unwanted", "/faulty", "/advertisement"],
    "lambdas": ["/one", "/two", "/three", "/four"],
    "rewriting": ["/plain", "/downloads", "/after"],
    "keeping": ["/one", "/leaves"],
    "asking": ["/page", "/page?utm_source=x", "/head"],
}


class Crawled(NamedTuple):
    server: RawServer
    ended: Ended
    harvest: Harvest

    @property
    def outcomes(self) -> dict[str, str]:
        """By path; for every URL that was fetched once."""
        return {line["url"].removeprefix(self.server.url("")): line["outcome"] for line in self.harvest.fetches
                if line["role"] == "page"}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Crawled]]:
    """All spiders at once, each with a site and an archive of its own."""
    folder = tmp_path_factory.mktemp("spiders")
    with ExitStack() as stack:
        servers, running = {}, {}
        for name, targets in LINKED.items():
            server = servers[name] = stack.enter_context(RawServer(stories(*targets, "/rewritten", "/aside")))
            server.routes["/"] = home(links=[(target, target) for target in targets])
            server.routes["/leaves"] = redirect("http://127.0.0.9:9/elsewhere")
            server.routes["/search"] = lambda request: page(article_html(f"Found: {request[-12:].decode()}"))
            (folder / name).mkdir()
            running[name] = start_crawl(name, folder / name / "archive", start=server.url(),
                                        settings={"SPIDER_MODULES": "tests.userspiders"})
        ended = {name: crawl.wait() for name, crawl in running.items()}
        yield {name: Crawled(servers[name], ended[name], Harvest(folder / name / "archive")) for name in LINKED}


@pytest.mark.parametrize("name", LINKED)
def test_every_archive_is_whole_and_holds_every_request(crawled, name):
    crawl = crawled[name]
    assert crawl.ended.exit_code == 0, crawl.ended.stderr
    crawl.harvest.check(asked_again=crawl.server.url("/") if name == "asking" else "")
    assert crawl.harvest.requests.total() == len(crawl.server.log)


def test_pages_become_articles_links_are_followed_and_say_where_they_were(crawled):
    crawl = crawled["following"]
    assert crawl.outcomes == {"/": "no_article", "/one": "article", "/two": "article", "/three": "article"}
    article = crawl.harvest.article(crawl.server.url("/two"))
    assert article["discovered"] == {"via": "spider", "source_url": crawl.server.url("/"), "title": None, "date": None,
                                     "updated": None, "image": None}
    assert article["site"].startswith("127")


def test_a_callback_that_raises_costs_its_own_page_which_counts_as_an_error(crawled):
    crawl = crawled["raising"]
    assert crawl.outcomes == {
        "/": "fetched", "/raises-before": "error", "/raises-after": "article", "/sound": "article"}
    assert crawl.harvest.fetch(crawl.server.url("/raises-before"))["reason"] == "ValueError: a fault of the user's"
    assert "a fault of the user's" in crawl.ended.stderr


def test_a_page_that_a_pipeline_dropped_is_archived_and_its_reason_told(crawled):
    crawl = crawled["dropping"]
    assert crawl.outcomes == {"/": "no_article", "/wanted": "article", "/unwanted": "dropped", "/faulty": "error",
                              "/advertisement": "dropped"}
    reasons = {target: crawl.harvest.fetch(crawl.server.url(target))["reason"] for target in crawl.outcomes}
    assert (reasons["/unwanted"], reasons["/advertisement"]) == ("nobody wants it", "an advertisement")
    assert reasons["/faulty"] == "RuntimeError: a pipeline with a fault"
    assert crawl.harvest.exchanges(crawl.server.url("/unwanted"))[0][1] == crawl.server.routes["/unwanted"]


def test_callbacks_without_a_name_and_objects_in_meta_work(crawled):
    assert crawled["lambdas"].outcomes == {
        "/": "fetched", "/one": "article", "/two": "article", "/three": "article", "/four": "article"}


def test_a_middleware_that_answers_a_request_by_another_keeps_its_visit_and_the_crawl_ends(crawled):
    crawl = crawled["rewriting"]
    assert crawl.outcomes == {"/": "fetched", "/plain": "article", "/downloads": "article", "/after": "article"}
    [line] = [line for line in crawl.harvest.fetches if line["url"].endswith("/plain")]
    assert line["final_url"] == crawl.server.url("/rewritten")


def test_a_page_of_a_response_that_came_past_the_frontier_is_refused_in_words(crawled):
    assert "/aside: a Page needs a response that a callback was given" in crawled["rewriting"].ended.stderr
    assert "Traceback" not in crawled["rewriting"].ended.stderr


def test_forms_are_told_apart_by_what_they_send(crawled):
    crawl = crawled["asking"]
    sent = sorted(wire.request_bytes.rpartition(b"\r\n")[2] for wire in crawl.server.log if wire.target == "/search")
    assert sent == [b"q=choir", b"q=swifts"]
    lines = [line for line in crawl.harvest.fetches if line["url"].endswith("/search")]
    assert {line["exchanges"][0]["method"] for line in lines} == {"POST"}
    assert len({line["url_key"] for line in lines}) == 2
    assert sorted(line["outcome"] for line in lines) == ["article", "duplicate"], "one address is one article"


def test_a_request_with_headers_and_a_method_of_its_own_is_sent_as_it_is(crawled):
    crawl = crawled["asking"]
    [(request, answered)] = crawl.harvest.exchanges(crawl.server.url("/head"))
    assert request.startswith(b"HEAD /head HTTP/1.1\r\n")
    assert "X-Own: grüße\r\n".encode() in request
    assert crawl.outcomes["/head"] == "fetched"
    assert answered


def test_one_page_at_two_spellings_of_its_address_is_fetched_once(crawled):
    fetched = [target for target in crawled["asking"].server.targets if target.startswith("/page")]
    assert fetched == ["/page"]


def test_dont_filter_asks_for_a_url_again_even_from_its_own_callback(crawled):
    crawl = crawled["asking"]
    assert crawl.server.targets.count("/") == 3
    assert len([line for line in crawl.harvest.fetches if line["url"] == crawl.server.url("/")]) == 3


def test_a_redirect_that_scrapy_filters_as_offsite_ends_its_visit_and_the_crawl(crawled):
    crawl = crawled["keeping"]
    assert crawl.outcomes == {"/": "no_article", "/one": "article", "/leaves": "redirect_failed"}
    assert "filtered" in crawl.harvest.fetch(crawl.server.url("/leaves"))["reason"]
