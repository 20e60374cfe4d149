"""Crawls that publish what they seal to a real S3 server, which fails, and that are killed while they do."""

from __future__ import annotations

import hashlib
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.bucketwatch import BucketWatch
from tests.crawls import Harvest, Running, crawl, scrapy, start_crawl
from tests.killing import SMALL_FILES
from tests.newsserver import RawServer
from tests.s3server import S3Server, needs_s3
from tests.storysite import StorySite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = needs_s3

TARGET = "s3://news"
PAGES = 60
PUBLISHING = {**SMALL_FILES, "PUBLISH_TO": TARGET, "PUBLISH_WAIT": "60", "EXTRACT_WORKERS": "1", "EXTRACT_WAIT": "0"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[S3Server]:
    with S3Server(tmp_path / "s3") as server:
        server.make_bucket("news")
        yield server


def published(store: S3Server) -> dict[str, str]:
    """SHA-256 by path of what lies in the bucket, read past the server."""
    return _digests(store.root / "news")


def archived(root: Path) -> dict[str, str]:
    return {path: digest for path, digest in _digests(root).items() if not path.startswith("state.sqlite")}


def _digests(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob("*") if path.is_file()}


class Steps:
    """Calls what is due at the n-th request of a crawl, from within it: a crawl that sends one at a time waits."""

    def __init__(self, site: StorySite, steps: dict[int, Callable[[], object]]) -> None:
        self._site, self._steps, self._at = site, sorted(steps.items()), 0
        self._next()

    def _next(self) -> None:
        if self._steps:
            number, do = self._steps.pop(0)
            ahead, self._at = number - self._at, number
            self._site.at_request(ahead, lambda: (do(), self._next()))


def publish(store: S3Server, root: Path, *options: str) -> Any:
    return scrapy("publish", TARGET, "--json", *options, home=root.parent, environment=store.environment,
                  settings={"ARCHIVE_DIR": root, "PUBLISH_WAIT": "20"})


def test_a_reader_of_the_bucket_never_sees_what_is_not_final_though_the_store_is_killed_and_stalls(tmp_path, store):
    root = tmp_path / "archive"
    with RawServer() as server, BucketWatch(store.environment, "news") as watch:
        site = StorySite(server, PAGES)
        stall = store.stalled()
        seen_early: list[bool] = []
        Steps(site, {25: lambda: (seen_early.append(watch.saw.wait(30)), store.kill()), 45: store.start,
                     50: stall.__enter__, 60: lambda: stall.__exit__(None, None, None)})
        ended = crawl("news", root, url=site.url(), settings={**PUBLISHING, "CONCURRENT_REQUESTS_PER_DOMAIN": "1"},
                      environment=store.environment)
    assert ended.exit_code == 0, ended.stderr
    told = ended.json["published"]
    assert (told["target"], told["left_files"], told["reason"]) == (TARGET, 0, None)
    assert "Publishing is tried again" in ended.stderr
    assert watch.faults == []
    assert watch.failed_polls > 0
    assert published(store) == archived(root)
    assert 10 < told["sent_files"] <= len(archived(root))    # one whose answer was lost is found to be there
    assert seen_early == [True]
    assert ended.json["manifest"].removeprefix(f"{root}/") in watch.seen     # and its files were there by then
    again = publish(store, root)
    assert (again.exit_code, again.json["sent_files"]) == (0, 0)
    check = publish(store, root, "--check")
    assert (check.exit_code, check.json["is_sound"], check.json["unlisted"]) == (0, True, 0)
    assert store.environment["AWS_SECRET_ACCESS_KEY"] not in ended.stderr


def test_crawls_killed_while_they_publish_lose_nothing_and_double_nothing(tmp_path, store):
    root = tmp_path / "archive"
    with RawServer() as server:
        site = StorySite(server, 40)
        for number in (25, 15):
            killed = _killed_at(site, number, root, store)
            assert killed.exit_code == -signal.SIGKILL, killed.stderr
        ended = crawl("news", root, url=site.url(), settings=PUBLISHING, environment=store.environment)
    assert ended.exit_code == 0, ended.stderr
    harvest = Harvest(root)
    harvest.check()
    assert len(harvest.manifests) == 3
    assert published(store) == archived(root)


def _killed_at(site: StorySite, number: int, root: Path, store: S3Server) -> Any:
    started: list[Running] = []

    def kill() -> None:
        started[0].process.kill()

    site.at_request(number, kill)
    started.append(start_crawl("news", root, url=site.url(), settings=PUBLISHING, environment=store.environment))
    return started[0].wait()


def test_a_store_that_is_down_fails_no_crawl_and_a_command_catches_up(tmp_path, store):
    root = tmp_path / "archive"
    store.kill()
    with RawServer() as server:
        site = StorySite(server, 6)
        ended = crawl("news", root, url=site.url(), settings={**PUBLISHING, "PUBLISH_WAIT": "0.2"},
                      environment=store.environment)
    assert ended.exit_code == 10, ended.stderr
    told = ended.json["published"]
    assert told["left_files"] == len(archived(root))
    assert "does not answer" in told["reason"]
    harvest = Harvest(root)
    assert len(harvest.articles) == 6
    store.start()
    caught_up = publish(store, root)
    assert (caught_up.exit_code, caught_up.json["sent_files"]) == (0, told["left_files"]), caught_up.stderr
    assert published(store) == archived(root)


def test_a_store_that_says_no_ends_a_crawl_before_its_first_request(tmp_path, store):
    with RawServer() as server:
        site = StorySite(server, 2)
        ended = crawl("news", tmp_path / "archive", url=site.url(), settings={**PUBLISHING, "LOG_LEVEL": "DEBUG"},
                      environment={**store.environment, "AWS_SECRET_ACCESS_KEY": "not-the-right-one",
                                   "AWS_SESSION_TOKEN": "a-token-of-the-tests"})
        assert server.targets == []
    assert ended.exit_code == 4
    assert [line for line in ended.errors if line.startswith("PUBLISH_TO") and "denied" in line], ended.stderr
    assert "not-the-right-one" not in ended.stderr
    assert "a-token-of-the-tests" not in ended.stderr
    assert not list((tmp_path / "archive").rglob("*.json"))
