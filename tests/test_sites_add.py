"""`scrapy sites add` as its users run it: from an address to an entry that a crawl can use."""

from __future__ import annotations

import signal
import stat
import threading
import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from scrapy.settings import Settings

from benchmarks.onboarding import Compared, compare
from crawler.sites import load_sites
from crawler.survey.adding import Order, add_sites
from crawler.survey.looking import MAX_REQUESTS
from pipelines.errors import ConfigurationError
from tests.crawls import Ended, Running, scrapy
from tests.newsserver import RawServer, feed, page, redirect, response, sitemap
from tests.newssites import alternate, home, stories
from tests.replies import Reply, stall_after
from tests.web.catalogue import all_sites

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION, FAILED, SITE_FAILED, STOPPED = 4, 9, 10, 11
SETTINGS = {"DOWNLOAD_DELAY": "0", "RETRY_DELAY": "0"}
TARGETS = [f"/2026/11/{day}/what-happened-on-the-day-{day}" for day in range(10, 20)]
LINKS = [(target, f"What happened at the bridge on the day of {target[-2:]}") for target in TARGETS]
BEFORE = (b'# My sites, \xe2\x82\xac.\r\n[defaults]\r\ndelay = 0\r\n\r\n[[site]]\r\nname = "mine"  # keep\r\n'
          b'url = "https://mine.example/"')


def news_site(host: str = "127.0.0.1") -> RawServer:
    """A feed, one that adds nothing, one that is dead, one of comments; rights. `fill` gives what they hold."""
    server = RawServer(stories(*TARGETS), host=host)
    head = (alternate("rss", "/feed.xml"), alternate("rss", "/sport.xml"), alternate("rss", "/old.xml"),
            alternate("rss", "/comments/feed/"), '<meta name="generator" content="WordPress 6.9">',
            '<meta name="robots" content="noai, max-snippet:-1">')
    server.routes["/"] = home(*head, links=LINKS)
    return server


def fill(server: RawServer) -> RawServer:
    """What needs the server's address."""
    url = server.url
    old = '<rss version="2.0"><channel><item><title>Old</title><link>{}</link><pubDate>Mon, 02 Jan 2017 10:00:00 GMT' \
          "</pubDate></item></channel></rss>"
    server.routes |= {
        "/robots.txt": response(f"User-agent: *\nCrawl-delay: 0.05\nDisallow: /private/\nSitemap: {url('/map.xml')}\n"
                                "Content-Signal: ai-train=no\n"),
        "/feed.xml": feed([(url(target), title) for target, title in LINKS]),
        "/sport.xml": feed([(url(target), title) for target, title in LINKS[:3]]),
        "/old.xml": response(old.format(url("/2017/01/02/an-old-story-of-the-bridge"))),
        "/map.xml": sitemap([(url(target), f"{datetime.now(UTC):%Y-%m-%d}") for target in TARGETS]),
        "/.well-known/tdmrep.json": response('[{"location": "/", "tdm-reservation": 1}]'),
    }
    return server


def add(*arguments: str, folder: Path, **settings: str) -> Ended:
    return scrapy("sites", "add", *arguments, "--file", str(folder / "sites.toml"), home=folder,
                  settings={**SETTINGS, **settings})


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ended, Path, RawServer]]:
    folder = tmp_path_factory.mktemp("added")
    (folder / "sites.toml").write_bytes(BEFORE)
    (folder / "sites.toml").chmod(0o640)
    with news_site() as server:
        yield add(fill(server).url(), "--name", "bridge", folder=folder), folder / "sites.toml", server


def test_the_entry_lists_what_is_needed_with_a_comment_for_each_choice(added: tuple[Ended, Path, RawServer]) -> None:
    ended, path, server = added
    assert ended.exit_code == 0, ended.stderr
    site = load_sites(path.read_bytes(), "sites.toml")[1]
    assert (site.name, site.url) == ("bridge", server.url())
    assert (site.feeds, site.sitemaps, site.sections) == (
        (server.url("/feed.xml"),), (server.url("/map.xml"),), ())
    text = " ".join(line.lstrip("# ") for line in path.read_text().splitlines())
    for words in (
        'System: WordPress, by its generator is "WordPress 6.9"', "Language: en", "read, Crawl-delay 0.05, 1 sitemap",
        "noai (meta: robots: noai, max-snippet:-1)", "tdm-reservation = 1 (tdmrep.json: ",
        "ai-train = no (robots.txt: ",
        f"left out: adds nothing: all that it lists is in {server.url('/feed.xml')}",
        "left out: nothing in it is newer than 2017-01-02", "named in robots.txt: 10 entries, all dated",
        "linked from the home page: 10 entries, none dated", "has 100% of the 10 articles that the site shows now",
        "Sample: \"What happened at /2026/11/",
    ):
        assert words in text, words
    assert "/comments/" not in text


def test_what_was_in_the_registry_stays_byte_for_byte(added: tuple[Ended, Path, RawServer]) -> None:
    _, path, _ = added
    assert path.read_bytes().startswith(BEFORE + b"\r\n\r\n#")
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".sites")] == []


def test_a_person_sees_what_was_found_and_that_it_works(added: tuple[Ended, Path, RawServer]) -> None:
    ended, path, server = added
    lines = ended.stdout.splitlines()
    feeds = [line.rstrip() for line in lines if line.startswith(f"feed {server.url('/feed.xml')}")]
    assert [line.endswith("listed") for line in feeds] == [True]
    assert sum(" read " in f"{line} " for line in lines if "What happened at" in line) == 3
    assert lines[-2:] == [f"Added to {path}: bridge", f"Next: scrapy crawl news -a sites={path} -a site=bridge"]


def test_the_site_is_asked_politely_and_little(added: tuple[Ended, Path, RawServer]) -> None:
    _, _, server = added
    assert len(server.targets) == len(set(server.targets)) <= 20
    assert server.targets[0] == "/robots.txt"
    assert all(b"User-Agent: Broadsheet/" in exchange.request_bytes for exchange in server.log)


def test_a_site_that_is_there_is_refused_before_anything_is_asked(added: tuple[Ended, Path, RawServer]) -> None:
    _, path, server = added
    asked, before = len(server.targets), path.read_bytes()
    ended = add(server.url(), folder=path.parent)
    assert ended.exit_code == CONFIGURATION
    assert f'{server.url()} is there already, as "bridge"' in ended.errors[0]
    assert (len(server.targets), path.read_bytes()) == (asked, before)


# name → arguments, the registry's text (None: a folder in its place), and what the line must say
REFUSED: dict[str, tuple[list[str], str | None, str]] = {
    "not a URL": (["example.org"], "", "not an http(s) URL: 'example.org': write https://example.org/"),
    "another scheme": (["ftp://example.org/"], "", "not an http(s) URL: 'ftp://example.org/'"),
    "credentials": (["https://me:secret@example.org/"], "", "holds credentials: 'https://…@example.org/'"),
    "name taken": (["http://127.0.0.1:1/", "--name", "a"], '[[site]]\nname="a"\nurl="https://a.example/"\n',
                   'the name is taken: "a"'),
    "bad name": (["http://127.0.0.1:1/", "--name", "A b"], "", "not a name: 'A b'"),
    "one name for two": (["http://127.0.0.1:1/", "http://127.0.0.1:2/", "--name", "a"], "",
                         "--name: for one site alone"),
    "twice": (["http://127.0.0.1:1/", "http://127.0.0.1:1"], "", "is there already"),
    "broken registry": (["http://127.0.0.1:1/"], "[[site]\n", "not valid TOML"),
    "invalid registry": (["http://127.0.0.1:1/"], '[[site]]\nname = "a"\n', 'sites.toml: [[site]] "a": url: missing'),
    "inline sites": (["http://127.0.0.1:1/"], 'site = [{name = "a", url = "https://a.example/"}]\n', "not valid TOML"),
    "a folder": (["http://127.0.0.1:1/"], None, "cannot be read"),
    "no such list": (["feeds.opml"], "", "not an http(s) URL: 'feeds.opml'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_added_is_one_clear_line_and_changes_nothing(tmp_path: Path, name: str) -> None:
    arguments, text, words = REFUSED[name]
    path = tmp_path / "sites.toml"
    if text is None:
        path.mkdir()
    else:
        path.write_text(text)
    named = arguments.index("--name") if "--name" in arguments else len(arguments)
    order = Order(tuple(arguments[:named]), path, next(iter(arguments[named + 1:]), None))
    with pytest.raises(ConfigurationError) as raised:
        add_sites(order, Settings({"DOWNLOAD_DELAY": 0}))
    assert words in str(raised.value)
    assert "secret" not in str(raised.value)
    assert path.is_dir() if text is None else path.read_text() == text


def test_an_error_is_one_line_on_stderr_and_exit_code_4(tmp_path: Path) -> None:
    for argument, words in (("example.org", "not an http(s) URL"), ("https://news.example.org/", "no contact address")):
        ended = add(argument, folder=tmp_path)
        assert ended.exit_code == CONFIGURATION
        assert words in ended.errors[0]
        assert "Traceback" not in ended.stderr
        assert not (tmp_path / "sites.toml").exists()


def test_sites_that_give_nothing_are_not_written_and_do_not_cost_the_others(tmp_path: Path) -> None:
    with news_site() as server, RawServer({"/": page("Forbidden", 403)}, host="127.0.0.2") as wall:
        ended = add(fill(server).url(), wall.url(), folder=tmp_path)
        assert ended.exit_code == SITE_FAILED
        assert f"{wall.url()}: not added: HTTP 403 for the home page" in ended.stdout
        [site] = load_sites((tmp_path / "sites.toml").read_bytes(), "sites.toml")
        assert site.url == server.url()
        ended = scrapy("sites", "add", wall.url(), "--file", str(tmp_path / "none.toml"), "--json", home=tmp_path,
                       settings=SETTINGS)
    assert ended.exit_code == FAILED
    assert [(each["result"], each["entry"]) for each in ended.json] == [("failed", None)]
    assert not (tmp_path / "none.toml").exists()


def test_a_dry_run_tells_entry_and_findings_and_writes_nothing(tmp_path: Path) -> None:
    with news_site() as server:
        ended = add(fill(server).url(), "--dry-run", "--json", folder=tmp_path)
    assert ended.exit_code == 0, ended.stderr
    assert not (tmp_path / "sites.toml").exists()
    [told] = ended.json
    [site] = tomllib.loads(told["entry"])["site"]
    assert site["feeds"] == [server.url("/feed.xml")]
    assert (told["result"], told["verdict"][:13]) == ("not written", "nothing wrong")
    assert {source["role"] for source in told["found"]["sources"]} == {"feed", "sitemap"}
    assert len(told["found"]["samples"]) == 3


def test_a_site_that_has_moved_is_written_at_its_new_address(tmp_path: Path) -> None:
    with news_site("127.0.0.2") as server, RawServer() as old:
        old.routes["/"] = redirect(fill(server).url())
        ended = add(old.url(), "--json", folder=tmp_path)
    [site] = load_sites((tmp_path / "sites.toml").read_bytes(), "sites.toml")
    assert site.url == server.url()
    assert f"{old.url()} leads to {server.url()}" in ended.json[0]["entry"]


def test_two_addresses_that_lead_to_one_site_are_added_once(tmp_path: Path) -> None:
    with news_site("127.0.0.2") as server, RawServer() as old, RawServer(host="127.0.0.3") as older:
        old.routes["/"] = older.routes["/"] = redirect(fill(server).url())
        ended = add(old.url(), older.url(), folder=tmp_path)
    assert ended.exit_code == SITE_FAILED, ended.stderr
    [site] = load_sites((tmp_path / "sites.toml").read_bytes(), "sites.toml")
    told = f'{older.url()}: not added: leads to {server.url()}, which is there already, as "{site.name}"'
    assert told in ended.stdout


def test_a_stop_before_the_end_writes_nothing(tmp_path: Path) -> None:
    asked = threading.Event()

    def stall(_: bytes) -> Reply:
        asked.set()
        return stall_after()

    with RawServer({"/": stall}) as server:
        running = Running(["sites", "add", server.url(), "--file", str(tmp_path / "sites.toml")], tmp_path, SETTINGS)
        is_asked = asked.wait(60)
        running.process.send_signal(signal.SIGINT)
        ended = running.wait()
    assert is_asked
    assert ended.exit_code == STOPPED, ended.stderr
    assert ended.errors == ["stopped before the end of the look: nothing was written"]
    assert not (tmp_path / "sites.toml").exists()


WEB = ("alder-gazette", "birch-courier", "prairie-pioneer", "creek-clarion", "nettle-news", "mooring-mirror")
"""Of the test web: feeds linked from home, from sections, WordPress's REST API, a sitemap unnamed, no list, both."""


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compared]:
    sites = [site for site in all_sites(datetime.now(UTC).replace(microsecond=0)) if site.name in WEB]
    return {each.site: each for each in compare(sites, tmp_path_factory.mktemp("web"))}


@pytest.mark.parametrize("name", WEB)
def test_an_entry_crawls_the_same_articles_as_the_address_alone_and_all_of_them(
    compared: dict[str, Compared], name: str
) -> None:
    found = compared[name]
    assert found.is_same, found
    assert found.entry == found.articles
    assert found.requests_add <= MAX_REQUESTS + 1
