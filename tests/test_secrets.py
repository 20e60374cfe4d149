"""What is secret reaches no file, no log and no database, whichever way it came in."""

from __future__ import annotations

import base64
import gzip
import logging
import pprint
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crawler.loglines import _without_secrets
from tests.crawls import REPOSITORY, Harvest, crawl, write_list
from tests.newsserver import RawServer, page, redirect
from tests.proxying import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "correct-horse-battery-staple"
URL_PASSWORD = "swordfish-swordfish"
META_PASSWORD = "hunter2-hunter2"
TOKEN = "tok-5f1d8e77"
CREDENTIALS = base64.b64encode(f"reader:{PASSWORD}".encode()).decode()
PROXY_CREDENTIALS = base64.b64encode(f"proxy-user:{PASSWORD}".encode()).decode()
META_CREDENTIALS = base64.b64encode(f"guest:{META_PASSWORD}".encode()).decode()
REDIRECT_PASSWORD = "open-sesame-open"
SECRETS = [PASSWORD, URL_PASSWORD, META_PASSWORD, TOKEN, CREDENTIALS, META_CREDENTIALS, PROXY_CREDENTIALS]
SPIDER = f'''
from scrapy import Request, Spider
from pipelines.items import Page

class Subscriber(Spider):
    """Logs in in every way that Scrapy has."""
    name = "subscriber"
    custom_settings = {{"HTTPAUTH_USER": "reader", "HTTPAUTH_PASS": "{PASSWORD}", "HTTPAUTH_DOMAIN": None}}

    async def start(self):
        yield Request(self.url + "by-settings")
        yield Request(self.url + "by-meta", meta={{"http_user": "guest", "http_pass": "{META_PASSWORD}"}})
        yield Request(self.url + "by-header", headers={{"Authorization": "Bearer {TOKEN}"}})
        yield Request(self.url + "by-proxy", meta={{"proxy": self.proxy}})

    def parse(self, response):
        yield Page(response)
        yield Request(self.url.replace("//", "//me:{URL_PASSWORD}@") + "by-url")
        yield Request(self.url + "leads-to-one")
        if response.url.endswith("by-header"):
            yield Request(self.url + "later", headers={{"Authorization": "Bearer {TOKEN}"}})
'''


class Crawled:
    def __init__(self, root: Path, stderr: str, server: RawServer, proxy: Proxy) -> None:
        self.root, self.stderr, self.server, self.proxy = root, stderr, server, proxy
        self.harvest = Harvest(root)


@pytest.fixture(scope="module", params=["DEBUG", "INFO"])
def crawled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "spiders_of_mine.py").write_text(SPIDER)
    routes = {target: page(f"<p>The page {target} for subscribers only.</p>" * 9)
              for target in ("/by-settings", "/by-meta", "/by-header", "/by-proxy", "/later")}
    with RawServer(routes) as server, Proxy() as proxy:
        server.routes["/leads-to-one"] = redirect(server.url("/a").replace("//", f"//me:{REDIRECT_PASSWORD}@"))
        ended = crawl("subscriber", folder / "archive", url=server.url("/"),
                      proxy=f"http://proxy-user:{PASSWORD}@127.0.0.1:{proxy.port}",
                      settings={"SPIDER_MODULES": "spiders_of_mine", "LOG_LEVEL": request.param},
                      environment={"PYTHONPATH": f"{folder}:{REPOSITORY}"})
        assert ended.exit_code == 0, ended.stderr
        yield Crawled(folder / "archive", ended.stderr + ended.stdout, server, proxy)


def test_the_server_and_the_proxy_got_the_secrets(crawled: Crawled) -> None:
    """Without that, nothing below would show anything."""
    sent = b"".join(exchange.request_bytes for exchange in crawled.server.log)
    assert f"Authorization: Basic {CREDENTIALS}".encode() in sent
    assert f"Authorization: Basic {META_CREDENTIALS}".encode() in sent
    assert sent.count(f"Authorization: Bearer {TOKEN}".encode()) == 2
    assert f"Proxy-Authorization: Basic {PROXY_CREDENTIALS}".encode() in b"".join(crawled.proxy.heads)


@pytest.mark.parametrize("secret", SECRETS)
def test_none_of_them_is_in_any_file_or_log(crawled: Crawled, secret: str) -> None:
    assert secret not in crawled.stderr
    paths = [path for path in crawled.root.rglob("*") if path.is_file()]
    assert len(paths) > 4
    for path in paths:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        assert secret.encode() not in data, path
    with closing(sqlite3.connect(crawled.root / "state.sqlite")) as database:
        assert secret not in "\n".join(database.iterdump())


def test_the_records_say_that_something_was_left_out(crawled: Crawled) -> None:
    expected = {"by-settings": ["Authorization"], "by-header": ["Authorization"], "later": ["Authorization"],
                "by-meta": ["Authorization"], "by-proxy": ["Authorization", "Proxy-Authorization"]}
    for name, headers in expected.items():
        [entry] = crawled.harvest.fetch(crawled.server.url(f"/{name}"))["exchanges"]
        request = crawled.harvest.record(entry["request"])
        assert sorted(request.headers["Broadsheet-Redacted"].split(", ")) == headers
        assert request.block.count(b": [redacted]\r\n") == len(headers)
        metadata = crawled.harvest.record(entry["metadata"]).block.decode()
        assert sorted(line for line in metadata.splitlines() if line.startswith("redacted: ")) == [
            f"redacted: request {header}" for header in headers]


def test_everything_else_of_the_requests_is_as_it_was_sent(crawled: Crawled) -> None:
    sent = {exchange.target: exchange.request_bytes for exchange in crawled.server.log}
    [entry] = crawled.harvest.fetch(crawled.server.url("/by-header"))["exchanges"]
    archived = crawled.harvest.record(entry["request"]).block
    assert archived.replace(b"[redacted]", f"Bearer {TOKEN}".encode()) == sent["/by-header"]


def test_an_address_with_a_password_is_refused_and_shown_without_it(tmp_path: Path) -> None:
    urls = write_list(tmp_path / "urls", [f"http://reader:{PASSWORD}@127.0.0.1:9/a"])
    ended = crawl("pages", tmp_path / "archive", urls=urls)
    assert PASSWORD not in ended.stderr + ended.stdout
    for path in (tmp_path / "archive").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert PASSWORD.encode() not in (gzip.decompress(data) if path.suffix == ".gz" else data)
    named = crawl("news", tmp_path / "other", url=f"http://reader:{PASSWORD}@127.0.0.1:9/")
    assert named.exit_code == 4
    assert PASSWORD not in named.stderr + named.stdout


@pytest.mark.parametrize(("settings", "shown"), [
    ({"HTTPAUTH_PASS": "a'b\nc", "HTTPAUTH_USER": "u"}, "{'HTTPAUTH_PASS': '[redacted]', 'HTTPAUTH_USER': 'u'}"),
    ({"A_TOKEN": "x" * 200, "BOT": "b"}, "{'A_TOKEN': '[redacted]',\n 'BOT': 'b'}"),
    ({"AWS_SECRET_ACCESS_KEY": "s"}, "{'AWS_SECRET_ACCESS_KEY': '[redacted]'}"),
    ({"BYPASS_LIST": ["a", "b"], "Z": 1}, "{'BYPASS_LIST': '[redacted]', 'Z': 1}"),
    ({"BOT": "b"}, "{'BOT': 'b'}"),
])
def test_settings_that_are_secret_are_not_logged(settings: dict[str, object], shown: str) -> None:
    record = logging.LogRecord("scrapy.crawler", logging.INFO, "", 0, "Overridden settings:\n%(settings)s",
                               ({"settings": pprint.pformat(settings)},), None)
    assert _without_secrets(record)
    assert record.getMessage() == f"Overridden settings:\n{shown}"


def test_a_password_that_a_server_redirects_to_is_in_its_own_answer_alone(crawled: Crawled) -> None:
    line = crawled.harvest.fetch(crawled.server.url("/leads-to-one"))
    assert line["outcome"] == "refused"
    assert REDIRECT_PASSWORD not in crawled.stderr
    assert REDIRECT_PASSWORD not in str(crawled.harvest.fetches) + str(crawled.harvest.articles)
    holders = [record for record in crawled.harvest.records if REDIRECT_PASSWORD.encode() in record.block]
    assert [(record.type, record.url) for record in holders] == [("response", line["url"])]
