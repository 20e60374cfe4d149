"""Safe without being told: what a crawl with no settings of the user's is made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pipelines import __version__
from tests.crawls import Ended, Harvest, Running
from tests.newsserver import RawServer, page, response

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1 << 20
AWAY = {"/to-a-file": "file:///etc/passwd", "/to-ftp": "ftp://127.0.0.1/x", "/to-data": "data:text/html,x"}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict, Ended, Harvest, RawServer]]:
    folder = tmp_path_factory.mktemp("settings")
    with RawServer({"/": page("<p>Home</p>", Set_Cookie="id=1"), "/robots.txt": response("")}) as server:
        ended = Running(["crawl", "facts", "-a", f"start={server.url()}", "-O", str(folder / "facts.jsonl")], folder,
                        {"ARCHIVE_DIR": folder / "archive", "SPIDER_MODULES": "tests.userspiders"}).wait()
        facts = [json.loads(line) for line in (folder / "facts.jsonl").read_text().splitlines()]
        yield facts[0], ended, Harvest(folder / "archive"), server


@pytest.mark.parametrize(("name", "value"), {
    "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_MAXSIZE": 16 * MIB, "ROBOTSTXT_OBEY": True, "COOKIES_ENABLED": False, "METAREFRESH_ENABLED": False,
    "HTTPCACHE_ENABLED": False, "DOWNLOAD_DELAY": 1.0, "REDIRECT_MAX_TIMES": 10, "DOWNLOAD_TIMEOUT": 60,
    "USER_AGENT": f"Broadsheet/{__version__}", "CONTACT": "", "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
}.items())
def test_the_defaults_are_safe_and_polite(crawled, name, value):
    assert crawled[0]["settings"][name] == value


def test_no_console_is_there_and_no_port_is_open(crawled):
    facts = crawled[0]
    assert facts["listens"] == []
    assert not {"TelnetConsole", "RemoteControl"} & set(facts["extensions"])


def test_nothing_but_http_can_be_fetched(crawled):
    facts, _, harvest, server = crawled
    assert facts["schemes"] == ["http", "https"]
    refused = {line["url"]: line["outcome"] for line in harvest.fetches if not line["url"].startswith("http")}
    assert refused == {"ftp://127.0.0.1/x": "refused", "s3://bucket.localhost/x": "refused"}
    assert server.targets == ["/robots.txt", "/.well-known/tdmrep.json", "/"]


def test_the_crawl_ends_well_and_with_one_outcome_for_all_that_was_asked_for(crawled):
    _, ended, harvest, server = crawled
    assert "Traceback" not in ended.stderr
    harvest.check()
    assert harvest.outcome(server.url("/")) == "no_article"


def test_a_redirect_out_of_http_is_not_followed(tmp_path):
    routes = {target: response(b"", 302, Location=location) for target, location in AWAY.items()}
    with RawServer(routes) as server:
        urls = tmp_path / "urls"
        urls.write_text("".join(server.url(target) + "\n" for target in AWAY))
        Running(["crawl", "pages", "-a", f"urls={urls}"], tmp_path,
                {"ARCHIVE_DIR": tmp_path / "archive", "DOWNLOAD_DELAY": 0}).wait()
        harvest = Harvest(tmp_path / "archive")
        harvest.check()
        assert {harvest.outcome(server.url(target)) for target in AWAY} == {"redirect_failed"}
        assert harvest.requests.total() == len(server.log) == len(AWAY) + 2  # robots.txt and tdmrep.json
