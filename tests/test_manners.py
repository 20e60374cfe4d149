"""Fifty hosts at once, each with wishes of its own: what the server saw, and what the ledger says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.crawls import Ended, Harvest, crawl, scrapy
from tests.manyhosts import ManyHosts, gaps, most_at_once
from tests.newsserver import article_html, feed, page, redirect, response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTS = [f"127.0.2.{number}" for number in range(1, 51)]
DELAYS = (0.1, 0.2, 0.3)
CRAWL_DELAY = 0.4
RETRY_AFTER = 1.0
CLOCK_SECONDS = 0.001
ROBOTS = "User-agent: *\nDisallow: /private/\n"
SECRETS = ("/private/a", "/private/b")
STORIES = tuple(f"/2026/11/2{number}/story" for number in range(4))
WAITS = {
    "200 with Retry-After": lambda: page(article_html("Not so fast"), Retry_After="1"),
    "404 with Retry-After": lambda: response("gone", 404, Retry_After="1"),
    "503 with Retry-After": lambda: response("busy", 503, Retry_After="1"),
    "429 with Retry-After": lambda: response("too many", 429, Retry_After="1"),
    "301 with Retry-After": lambda: redirect("/2026/11/29/moved", Retry_After="1"),
}


@dataclass(frozen=True, slots=True)
class Crawled:
    server: ManyHosts
    ended: Ended
    harvest: Harvest
    ledger: dict[str, dict[str, Any]]


def delay_of(host: str) -> float:
    return DELAYS[HOSTS.index(host) % len(DELAYS)]


def asks_for_crawl_delay(host: str) -> bool:
    return HOSTS.index(host) % 5 == 1


def asked_of(host: str) -> float:
    return max(delay_of(host), CRAWL_DELAY if asks_for_crawl_delay(host) else 0.0)


def wait_of(host: str) -> str | None:
    """Of every second host one page asks for a wait."""
    number = HOSTS.index(host)
    return list(WAITS)[number // 2 % len(WAITS)] if number % 2 else None


def neighbour(host: str) -> str:
    return HOSTS[(HOSTS.index(host) + 1) % len(HOSTS)]


def fill(server: ManyHosts, host: str) -> None:
    url, wait = server.url, wait_of(host)
    crawl_delay = f"Crawl-delay: {CRAWL_DELAY}\n" if asks_for_crawl_delay(host) else ""
    first = ["/2026/11/27/wait"] if wait else []
    listed = [url(host, target) for target in (*first, *STORIES, *SECRETS, "/2026/11/28/hop", "/2026/11/28/hidden")]
    server.serve(host, {
        "/robots.txt": response(ROBOTS + crawl_delay, Content_Type="text/plain"),
        "/feed": feed(listed),
        "/2026/11/28/hop": redirect(url(neighbour(host), f"/2026/11/28/from-{host}")),
        f"/2026/11/28/from-{HOSTS[HOSTS.index(host) - 1]}": page(article_html(f"A guest at {host}")),
        "/2026/11/28/hidden": redirect(url(neighbour(host), SECRETS[0])),
        **{target: page(article_html(f"{target} of {host}")) for target in STORIES},
        **{target: page(article_html("A secret")) for target in SECRETS},
        "/2026/11/29/moved": page(article_html(f"Moved at {host}")),
    })
    if wait:
        server.serve(host, {"/2026/11/27/wait": lambda host, _, times: (
            WAITS[wait]() if not times else page(article_html(f"Waited for at {host}")))})


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("manners")
    with ManyHosts(HOSTS, latency_seconds=0.02) as server:
        for host in HOSTS:
            fill(server, host)
        entries = (f'[[site]]\nname = "s{number}"\nurl = "{server.url(host)}"\ndelay = {delay_of(host)}\n'
                   f'feeds = ["{server.url(host, "/feed")}"]\n' for number, host in enumerate(HOSTS))
        (folder / "sites.toml").write_text("".join(entries))
        ended = crawl("news", folder / "archive", sites=folder / "sites.toml", settings={
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 1.0, "EXTRACT_WAIT": 0})
        shown = scrapy("status", "--hosts", "--json", home=folder, settings={"ARCHIVE_DIR": folder / "archive"}).json
        yield Crawled(server, ended, Harvest(folder / "archive"), {line["host"]: line for line in shown["hosts"]})


def test_the_crawl_ends_well(crawled):
    assert crawled.ended.exit_code == 0, crawled.ended.stderr
    assert "Traceback" not in crawled.ended.stderr
    crawled.harvest.check()


def test_no_two_requests_to_a_host_overlap_but_those_to_different_hosts_do(crawled):
    for host in HOSTS:
        assert most_at_once(crawled.server.of(host)) == 1, host
    assert most_at_once(crawled.server.log) > 10


def test_no_gap_is_shorter_than_the_host_asked_for(crawled):
    for host in HOSTS:
        shortest = min(gaps(crawled.server.of(host)))
        assert shortest >= asked_of(host) - CLOCK_SECONDS, f"{host} asked for {asked_of(host)} s"


def test_retry_after_is_kept_to_on_every_status(crawled):
    waited = {}
    for host in filter(wait_of, HOSTS):
        asked = crawled.server.of(host)
        place = next(place for place, each in enumerate(asked) if each.target == "/2026/11/27/wait")
        waited.setdefault(asked[place].status, []).append(gaps(asked)[place] if place + 1 < len(asked) else None)
    assert sorted(waited) == [200, 301, 404, 429, 503]
    for status, seconds in waited.items():
        assert any(seconds), f"nothing came after any {status}"
        assert all(each >= RETRY_AFTER - CLOCK_SECONDS for each in seconds if each is not None), status


def test_nothing_that_robots_txt_forbids_is_asked_for_not_even_after_a_redirect(crawled):
    assert not [asked for asked in crawled.server.log if asked.target.startswith("/private/")]
    for host in HOSTS:
        assert {crawled.harvest.outcome(crawled.server.url(host, target)) for target in SECRETS} == {"robots_denied"}
        assert crawled.harvest.outcome(crawled.server.url(host, "/2026/11/28/hidden")) == "robots_denied"


def test_every_other_page_is_fetched(crawled):
    for host in HOSTS:
        pages = [*STORIES, "/2026/11/28/hop"]
        outcomes = [crawled.harvest.outcome(crawled.server.url(host, target)) for target in pages]
        assert outcomes == ["article"] * len(pages), host
        wait = wait_of(host)
        if wait:
            outcome = crawled.harvest.outcome(crawled.server.url(host, "/2026/11/27/wait"))
            assert outcome == ("http_error" if wait.startswith("404") else "duplicate" if outcome == "duplicate"
                               else "article"), (host, wait)


def test_robots_txt_is_read_once_a_host(crawled):
    for host in HOSTS:
        assert [asked.target for asked in crawled.server.of(host)].count("/robots.txt") == 1


def test_the_ledger_agrees_with_the_servers_log(crawled):
    assert sorted(crawled.ledger) == sorted(HOSTS)
    for host in HOSTS:
        line, asked = crawled.ledger[host], crawled.server.of(host)
        assert line["requests"] == len(asked), host
        assert (line["most_at_once"], line["too_soon"]) == (1, 0), host
        assert asked_of(host) <= line["shortest_gap_seconds"] + CLOCK_SECONDS
        assert line["shortest_gap_seconds"] <= min(gaps(asked)) + 2 * CLOCK_SECONDS
        assert line["robots_denied"] == 3, "two of its own, and one that its neighbour leads to"
        assert line["asked_seconds"]["registry"] == delay_of(host)
        assert line["asked_seconds"].get("crawl_delay") == (CRAWL_DELAY if asks_for_crawl_delay(host) else None)
        assert line["asked_seconds"].get("retry_after") == (RETRY_AFTER if wait_of(host) else None)


def test_the_ledger_is_sealed_with_its_run(crawled):
    root = crawled.harvest.root
    [manifest] = crawled.harvest.manifests
    path = root / manifest["hosts"]["path"]
    assert path.name == f"{manifest['run_id']}.hosts.jsonl"
    assert [json.loads(line)["host"] for line in path.read_text().splitlines()] == sorted(HOSTS)
    assert verified(root)["is_sound"]
    text = path.read_bytes()
    path.write_bytes(text.replace(b'"too_soon": 0', b'"too_soon": 1', 1))
    assert not verified(root)["is_sound"]
    path.write_bytes(text)


def verified(root: Path) -> dict[str, Any]:
    return scrapy("verify", "--json", home=root.parent, settings={"ARCHIVE_DIR": root}).json
