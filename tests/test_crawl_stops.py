"""Crawls that are told to stop: in order, within a deadline, at once, and before they have begun."""

from __future__ import annotations

import json
import signal
import threading
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from tests.crawls import FAST, Ended, Harvest, Running, crawl, scrapy, start_crawl, write_list
from tests.newsserver import RawServer, Route, feed, response, stall_after
from tests.newssites import alternate, home, stories

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STOPPED = 11
PAGES = 30
TARGETS = [f"/2026/11/{1 + number % 20:02}/story-{number}" for number in range(PAGES)]
HALF_AN_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<html>"


class Site:
    """Every third page stalls until `mend`; `on_stall` is called when the n-th of them is asked for."""

    def __init__(self, server: RawServer) -> None:
        self.server, self.stalled, self.on_stall = server, set(TARGETS[::3]), lambda number: None
        self._count = 0
        pages = stories(*TARGETS)
        server.routes |= {target: self._page(target, answer) for target, answer in pages.items()}
        server.routes |= {"/feed.xml": feed([(server.url(target), target) for target in TARGETS]),
                          "/": home(alternate("rss", "/feed.xml"))}

    def _page(self, target: str, answer: Route) -> Route:
        def page(request: bytes) -> object:
            if target not in self.stalled:
                return answer
            self._count += 1
            self.on_stall(self._count)
            return stall_after(HALF_AN_ANSWER)

        return page

    def mend(self) -> None:
        self.stalled.clear()
        self.server.release()


def stop(tmp_path: Path, site: Site, end: Callable[[Running], None], **settings: object) -> tuple[Ended, float]:
    """A crawl on which `end` is called once six servers stall, and the seconds from then to its end."""
    started: list[Running] = []
    moments: list[float] = []

    def on_stall(number: int) -> None:
        if number == 6:
            moments.append(monotonic())
            end(started[0])

    site.on_stall = on_stall
    started.append(start_crawl("news", tmp_path / "archive", url=site.server.url(), settings=settings))
    ended = started[0].wait()
    return ended, monotonic() - moments[0]


def check_completed(tmp_path: Path, site: Site) -> None:
    site.mend()
    ended = crawl("news", tmp_path / "archive", url=site.server.url())
    assert ended.exit_code == 0, ended.stderr
    harvest = Harvest(tmp_path / "archive")
    harvest.check()
    assert sorted(article["url"] for article in harvest.articles) == sorted(map(site.server.url, TARGETS))
    assert scrapy("verify", home=tmp_path, settings={"ARCHIVE_DIR": tmp_path / "archive"}).exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_waits_for_stalled_servers_no_longer_than_the_deadline_and_puts_their_urls_back(tmp_path, number):
    with RawServer() as server:
        site = Site(server)
        ended, seconds = stop(tmp_path, site, lambda crawl: crawl.process.send_signal(number), DRAIN_SECONDS=3)
        assert ended.exit_code == STOPPED, ended.stderr
        assert seconds < 10, "the download timeout is 60 s"
        assert "put back" in ended.stderr
        assert "Traceback" not in ended.stderr
        harvest = Harvest(tmp_path / "archive")
        harvest.check()
        assert {line["outcome"] for line in harvest.fetches if line["role"] == "page"} <= {"article"}
        assert [manifest["finish_reason"] for manifest in harvest.manifests] == ["shutdown"]
        kept = harvest.articles
        check_completed(tmp_path, site)
    assert Harvest(tmp_path / "archive").articles[:len(kept)] == kept


def test_a_second_ctrl_c_stops_at_once_and_loses_nothing_committed(tmp_path):
    log = tmp_path / "log"

    def twice(running: Running) -> None:
        running.process.send_signal(signal.SIGINT)
        while "shutting down gracefully" not in log.read_text():
            assert running.process.poll() is None
        running.process.send_signal(signal.SIGINT)

    with RawServer() as server:
        site = Site(server)
        ended, seconds = stop(tmp_path, site, twice, LOG_FILE=log)
        assert ended.exit_code == STOPPED, ended.stderr
        assert seconds < 5, "the drain would take 20 s"
        assert "Traceback" not in log.read_text() + ended.stderr
        check_completed(tmp_path, site)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["extension", "engine"])
def test_a_stop_before_the_first_request_ends_in_order(tmp_path, number, moment):
    settings = {"ARCHIVE_DIR": tmp_path / "archive", **FAST, "STOP_AT": moment, "STOP_BY": int(number),
                "EXTENSIONS": json.dumps({"tests.userspiders.StopsEarly": 900})}
    with RawServer() as server:
        Site(server).mend()
        ended = scrapy("crawl", "news", "--json", "-a", f"url={server.url()}", home=tmp_path, settings=settings)
        assert ended.exit_code == STOPPED, ended.stderr
        assert "Traceback" not in ended.stderr
        [manifest] = Harvest(tmp_path / "archive").manifests
        assert manifest["finish_reason"] == "shutdown"
        assert crawl("news", tmp_path / "archive", url=server.url()).exit_code == 0
    assert len(Harvest(tmp_path / "archive").articles) == PAGES


def test_a_callback_that_never_returns_does_not_keep_a_stopped_crawl_from_ending(tmp_path):
    log = tmp_path / "log"
    with RawServer(stories("/")) as server:
        running = start_crawl("hanging", tmp_path / "archive", start=server.url(), settings={
            "SPIDER_MODULES": "tests.userspiders", "DRAIN_SECONDS": 2, "LOG_FILE": log})
        while "/" not in server.targets:
            assert running.process.poll() is None
        running.process.send_signal(signal.SIGTERM)
        ended = running.wait()
    assert ended.exit_code == STOPPED
    assert "does not return" in log.read_text()
    harvest = Harvest(tmp_path / "archive")
    assert [manifest["finish_reason"] for manifest in harvest.manifests] == ["shutdown"]
    assert not list((tmp_path / "archive").rglob("*.open"))


def test_a_list_that_comes_through_a_pipe_left_open_does_not_either(tmp_path):
    with RawServer(stories("/a")) as server:
        running = start_crawl("pages", tmp_path / "archive", urls="-", settings={"DRAIN_SECONDS": 4})
        running.process.stdin.write(f"{server.url('/a')}\n".encode())
        running.process.stdin.flush()
        while "Spider opened" not in (line := running.process.stderr.readline().decode()):
            assert line, "the crawl ended before it began"
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == STOPPED
        running.process.communicate()


def test_what_waits_for_robots_txt_or_for_its_host_does_not_keep_it_either(tmp_path):
    """Requests that come into a queue only after the stop would wait out a Crawl-delay there."""
    asked = threading.Event()

    def robots(request: bytes) -> Route:
        asked.set()
        let_go.wait()
        return response(b"User-agent: *\nCrawl-delay: 60\n")

    let_go = threading.Event()
    with RawServer({**stories("/a", "/b"), "/robots.txt": robots}) as server:
        urls = write_list(tmp_path / "urls", [server.url("/a"), server.url("/b")])
        running = start_crawl("pages", tmp_path / "archive", urls=urls, settings={"DRAIN_SECONDS": 9})
        assert asked.wait(60)
        running.process.send_signal(signal.SIGTERM)
        began = monotonic()
        let_go.set()
        ended = running.wait()
        assert ended.exit_code == STOPPED, ended.stderr
        assert monotonic() - began < 9
        assert server.targets == ["/robots.txt"]
