"""robots.txt as a whole crawl keeps to it: what is asked for and what is not, by the server's log.

Each check has a host of its own, on which nothing but robots.txt and perhaps one page is asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.crawls import FAST, Ended, Harvest, Running, scrapy
from tests.manyhosts import ManyHosts
from tests.newsserver import redirect, response
from tests.robotscases import CRAWL_DELAYS, GOOGLE, PROTEGO, RFC_9309

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.robotscases import Case

ALL = {"RFC 9309": RFC_9309, "Protego": PROTEGO, "Google": GOOGLE}


@dataclass(frozen=True, slots=True)
class Check:
    """One path for one agent, on a host of its own."""

    case: str
    robots: str | bytes
    agent: str
    path: str
    is_allowed: bool


def checks_of(cases: Sequence[Case]) -> list[Check]:
    return [Check(case.name, case.robots, agent, path, is_allowed)
            for case in cases for agent, allowed, denied in case.said
            for paths, is_allowed in ((allowed, True), (denied, False)) for path in paths]


CHECKS = [check for cases in ALL.values() for check in checks_of(cases)]


@dataclass(frozen=True, slots=True)
class Crawled:
    """`asked` is what the server was asked for besides robots.txt, by host."""

    ended: Ended
    harvest: Harvest
    asked: dict[str, list[str]]
    robots_asked: dict[str, int]
    hosts: list[str]


def host_of(number: int) -> str:
    return f"127.3.{number // 250}.{number % 250 + 1}"


def run(folder: Path, server: ManyHosts, asking: list[tuple[str, str]], **settings: object) -> tuple[Ended, Path]:
    (folder / "asking.json").write_text(json.dumps(asking), encoding="utf-8")
    command = ["crawl", "agents", "--json", "-a", f"asking={folder / 'asking.json'}"]
    root = folder / "archive"
    ended = Running(command, folder, {"ARCHIVE_DIR": root, "SPIDER_MODULES": "tests.userspiders", **FAST,
                                      "CONCURRENT_REQUESTS_PER_DOMAIN": 1, **settings}).wait()
    return ended, root


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("robots")
    hosts = [host_of(number) for number in range(len(CHECKS))]
    with ManyHosts(hosts) as server:
        for host, check in zip(hosts, CHECKS, strict=True):
            server.serve(host, {"/robots.txt": response(check.robots, Content_Type="text/plain")})
        asking = [(check.agent, server.url(host, check.path)) for host, check in zip(hosts, CHECKS, strict=True)]
        ended, root = run(folder, server, asking)
        asked: dict[str, list[str]] = {host: [] for host in hosts}
        robots_asked = dict.fromkeys(hosts, 0)
        for each in server.log:
            if each.target == "/robots.txt":
                robots_asked[each.host] += 1
            else:
                asked[each.host].append(each.target)
        yield Crawled(ended, Harvest(root), asked, robots_asked, hosts)


@pytest.mark.parametrize("source", ALL)
def test_what_is_allowed_is_fetched_and_what_is_not_is_never_asked_for(crawled, source):
    wrong = [check for host, check in zip(crawled.hosts, CHECKS, strict=True)
             if bool(crawled.asked[host]) is not check.is_allowed and check in checks_of(ALL[source])]
    assert wrong == []


def test_there_are_cases_of_both_kinds(crawled):
    allowed = [check for check in CHECKS if check.is_allowed]
    assert len(allowed) > 150
    assert len(CHECKS) - len(allowed) > 150


def test_every_robots_txt_was_read_once_and_every_denial_is_an_outcome(crawled):
    assert crawled.ended.exit_code in {0, 10}, crawled.ended.stderr
    assert "Traceback" not in crawled.ended.stderr
    assert set(crawled.robots_asked.values()) == {1}
    denied = [line for line in crawled.harvest.fetches if line["outcome"] == "robots_denied"]
    assert len(denied) == sum(not check.is_allowed for check in CHECKS)


def test_a_crawl_delay_is_that_of_the_agents_own_group(tmp_path):
    hosts = [host_of(number) for number in range(len(CRAWL_DELAYS))]
    with ManyHosts(hosts) as server:
        asking = []
        for host, (_, text, agent, _) in zip(hosts, CRAWL_DELAYS, strict=True):
            server.serve(host, {"/robots.txt": response(text, Content_Type="text/plain")})
            asking += [(agent, server.url(host, path)) for path in ("/a", "/b")]
        _, root = run(tmp_path, server, asking)
    ledger = ledger_of(root)
    for host, (name, _, _, asked) in zip(hosts, CRAWL_DELAYS, strict=True):
        assert ledger[host]["asked_seconds"].get("crawl_delay") == asked, name
        assert ledger[host]["delay_seconds"] == (asked or 0.0), name
        assert ledger[host]["shortest_gap_seconds"] >= (asked or 0.0), name


def ledger_of(root: Path) -> dict[str, dict[str, Any]]:
    shown = scrapy("status", "--hosts", "--json", home=root.parent, settings={"ARCHIVE_DIR": root}).json
    return {line["host"]: line for line in shown["hosts"]}


# What comes in its place, and how often it is read

DENY_ALL = response("User-agent: *\nDisallow: /\n")
KIB = 1024


def asked_pages(tmp_path: Path, server: ManyHosts, *targets: str, **settings: object) -> dict[str, list[str]]:
    """The targets that were asked for on each host besides robots.txt, where each was to be fetched from each."""
    asking = [("ExampleBot", server.url(host, target)) for host in server.hosts for target in targets]
    ended, _ = run(tmp_path, server, asking, **settings)
    assert "Traceback" not in ended.stderr
    return {host: [each.target for each in server.of(host) if not each.target.startswith("/robots")]
            for host in server.hosts}


def test_a_status_of_4xx_allows_everything_and_one_of_5xx_nothing(tmp_path):
    statuses = (400, 401, 403, 404, 410, 451, 500, 502, 503, 504)
    with ManyHosts([host_of(number) for number in range(len(statuses))]) as server:
        for host, status in zip(server.hosts, statuses, strict=True):
            server.serve(host, {"/robots.txt": response("User-agent: *\nDisallow: /a\n", status)})
        asked = asked_pages(tmp_path, server, "/a")
    assert [bool(asked[host]) for host in server.hosts] == [status < 500 for status in statuses]


def test_five_redirects_are_followed_to_other_hosts_and_the_rules_are_those_of_the_first(tmp_path):
    hosts = [host_of(number) for number in range(6)]
    with ManyHosts(hosts) as server:
        for host, following in pairwise(hosts):
            server.serve(host, {"/robots.txt": redirect(server.url(following, "/robots.txt"), 302)})
        server.serve(hosts[-1], {"/robots.txt": response("User-agent: *\nDisallow: /a\n")})
        asking = [("ExampleBot", server.url(hosts[0], target)) for target in ("/a", "/b")]
        run(tmp_path, server, asking)
        assert [each.target for each in server.of(hosts[0])] == ["/robots.txt", "/b"]
        assert [len(server.of(host)) for host in hosts[1:]] == [1] * 5


def test_of_a_long_file_the_first_500_kib_count(tmp_path):
    comment = b"# a comment\n"
    early = b"User-agent: *\nDisallow: /early\n" + comment * (499 * KIB // len(comment))
    late = early + comment * (2 * KIB // len(comment)) + b"Disallow: /late\n"
    with ManyHosts([host_of(0)]) as server:
        server.serve(host_of(0), {"/robots.txt": response(late)})
        assert asked_pages(tmp_path, server, "/early", "/late") == {host_of(0): ["/late"]}


def test_a_long_crawl_reads_it_again_and_goes_by_what_it_says_by_then(tmp_path):
    targets = [f"/{number}" for number in range(12)]
    with ManyHosts([host_of(0)]) as server:
        server.serve(host_of(0), {"/robots.txt": lambda host, target, times: DENY_ALL if times else response("")})
        [asked] = asked_pages(tmp_path, server, *targets, DOWNLOAD_DELAY=0.1, ROBOTS_MAX_AGE=0.5).values()
        read = [each.began_at for each in server.of(host_of(0)) if each.target == "/robots.txt"]
    assert len(read) >= 2
    assert read[1] - read[0] >= 0.5
    assert 0 < len(asked) < len(targets), "those of the first half second, and none after that"
