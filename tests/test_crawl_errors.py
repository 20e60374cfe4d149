"""What a user reads when a crawl cannot be: one line with the thing, the fact and the remedy, and an exit code."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from pipelines import __version__
from tests.crawls import FAST, Ended, Harvest, Running, crawl, scrapy, start_crawl, write_list
from tests.newsserver import RawServer, article_html, page, response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SITE = '[[site]]\nname = "{}"\nurl = "{}"\n'
ELSEWHERE = "https://news.example.org/"
CONFIGURATION, SITE_FAILED, ARCHIVE_HELD = 4, 10, 75

# name → spider, its arguments, settings, and what the line must say; tests/test_arguments.py has more of them
CASES: dict[str, tuple[str, dict[str, str], dict[str, str], tuple[str, ...]]] = {
    "wrong registry": ("news", {"sites": "wrong.toml"}, {}, (
        'wrong.toml: [[site]] "osmere": feeds[0]: not an http(s) URL', 'wrong.toml: [[site]] "osmere": delay: ')),
    "missing registry": ("news", {"sites": "none.toml"}, {}, (
        "-a sites: cannot be read: ", "none.toml (No such file or directory)", "scrapy crawl news -a sites=sites.toml",
    )),
    "unknown argument": ("news", {"sitess": "good.toml"}, {}, (
        "-a sitess: no such argument: did you mean -a sites=…?",)),
    "binary list": ("pages", {"urls": "binary"}, {}, ("-a urls: not a text file in UTF-8: ", "give one URL a line")),
    "archive is a file": ("pages", {"urls": "list.txt"}, {"ARCHIVE_DIR": "list.txt"}, (
        "ARCHIVE_DIR: not a folder: ", "name a folder that is new")),
    "no contact": ("news", {"sites": "far.toml"}, {}, (
        f"no contact address, and {ELSEWHERE} is not on this machine", "-s CONTACT=you@example.org")),
    "no contact for a list": ("pages", {"urls": "far.txt"}, {}, (f"no contact address, and {ELSEWHERE} is not",)),
    "contact is rubbish": ("pages", {"urls": "list.txt"}, {"CONTACT": "me"}, (
        "CONTACT: neither an e-mail nor a web address: 'me'",)),
    "unknown compression": ("pages", {"urls": "list.txt"}, {"JSONL_COMPRESSION": "rar"}, (
        "JSONL_COMPRESSION: not one of gzip, zstd, none: 'rar'",)),
    "unknown spider": ("pagse", {}, {}, ("no such spider: 'pagse': did you mean 'pages'?",)),
}


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with RawServer({"/story": page(article_html("The story"))}) as running:
        yield running


@pytest.fixture(scope="module")
def folder(server: RawServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("errors")
    write_list(folder / "list.txt", [server.url("/story")])
    write_list(folder / "far.txt", [server.url("/story"), ELSEWHERE])
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / "good.toml").write_text(SITE.format("osmere", server.url()))
    (folder / "far.toml").write_text(SITE.format("near", server.url()) + SITE.format("far", ELSEWHERE))
    (folder / "wrong.toml").write_text(
        SITE.format("osmere", server.url()) + 'feeds = ["ftp://127.0.0.1/feed"]\ndelay = "often"\n')
    return folder


@pytest.fixture(scope="module")
def ended(folder: Path) -> dict[str, Ended]:
    """All of them at once: each is most of all the start of Python."""
    running = {}
    for name, (spider, arguments, settings, _) in CASES.items():
        placed = {key: str(folder / value) if key in {"sites", "urls"} else value for key, value in arguments.items()}
        given = [part for key, value in placed.items() for part in ("-a", f"{key}={value}")]
        archive = folder / settings.get("ARCHIVE_DIR", f"archive-{name}")
        running[name] = Running(["crawl", spider, *given], folder, {**settings, "ARCHIVE_DIR": archive})
    return {name: process.wait() for name, process in running.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_crawl_that_cannot_begin_says_why_and_how_to_mend_it(ended, name):
    assert ended[name].exit_code == CONFIGURATION
    assert "Traceback" not in ended[name].stderr
    assert ended[name].stdout == ""
    said = "\n".join(ended[name].errors)
    for fact in CASES[name][3]:
        assert fact in said


@pytest.mark.parametrize("name", CASES)
def test_the_message_is_one_line_or_one_a_problem(ended, name):
    assert len(ended[name].errors) == (2 if name == "wrong registry" else 1)
    assert ended[name].stderr.endswith(f"error: {ended[name].errors[-1]}\n")


def test_nothing_was_sent_and_no_archive_begun(ended, folder, server):
    assert server.log == []
    assert not [path for path in folder.glob("archive-*/*/*") if path.is_file()]


def test_an_archive_that_another_crawl_holds_is_left_alone_and_the_holder_named(tmp_path):
    asked, answer = threading.Event(), threading.Event()

    def when_told(_: bytes) -> bytes:
        asked.set()
        answer.wait()
        return page(article_html("Patience"))

    with RawServer({"/story": when_told}) as server:
        urls = write_list(tmp_path / "urls", [server.url("/story")])
        holder = start_crawl("pages", tmp_path / "archive", urls=urls)
        assert asked.wait(60)
        second = crawl("pages", tmp_path / "archive", urls=urls)
        answer.set()
        first = holder.wait()
    assert (first.exit_code, second.exit_code) == (0, ARCHIVE_HELD)
    assert "Traceback" not in second.stderr
    [line] = second.errors
    harvest = Harvest(tmp_path / "archive")
    harvest.check()
    run_id = harvest.manifests[0]["run_id"]
    assert f"another crawl (run {run_id}, process {holder.process.pid}) holds this archive" in line
    assert len(harvest.articles) == 1


def test_the_contact_is_in_every_request_and_in_every_warc_file(tmp_path):
    with RawServer({"/story": page(article_html("The story")), "/robots.txt": response("")}) as server:
        urls = write_list(tmp_path / "urls", [server.url("/story")])
        ended = crawl("pages", tmp_path / "archive", urls=urls, settings={"CONTACT": "crawl@example.org"})
        agents = {line for wire in server.log for line in wire.request_bytes.split(b"\r\n") if b"User-Agent" in line}
        assert len(server.log) == 2
    assert ended.exit_code == 0
    assert agents == {f"User-Agent: Broadsheet/{__version__} (+crawl@example.org)".encode()}
    warcinfo = Harvest(tmp_path / "archive").records[0].block.decode()
    assert "operator: crawl@example.org\r\n" in warcinfo
    assert f"http-header-user-agent: Broadsheet/{__version__} (+crawl@example.org)\r\n" in warcinfo


def test_a_redirect_or_a_streamed_list_cannot_lead_elsewhere_without_a_contact(tmp_path):
    with RawServer({"/away": response(b"", 302, Location=ELSEWHERE)}) as server:
        stdin = f"{server.url('/away')}\n{ELSEWHERE}\n".encode()
        ended = crawl("pages", tmp_path / "archive", urls="-", stdin=stdin)
        away = server.url("/away")
    harvest = Harvest(tmp_path / "archive")
    harvest.check()
    assert {harvest.outcome(away), harvest.outcome(ELSEWHERE)} == {"refused"}
    assert "-s CONTACT=" in harvest.fetch(ELSEWHERE)["reason"]
    assert ended.exit_code == SITE_FAILED


def test_a_site_that_cannot_be_read_at_all_is_named_and_makes_exit_code_10(tmp_path):
    (tmp_path / "sites.toml").write_text(SITE.format("silent", "http://127.0.0.9:9/"))
    ended = scrapy("crawl", "news", "-a", f"sites={tmp_path / 'sites.toml'}", home=tmp_path,
                   settings={**FAST, "ARCHIVE_DIR": tmp_path / "archive", "RETRY_TIMES": 0})
    assert ended.exit_code == SITE_FAILED
    assert "silent: nothing could be read" in ended.stderr
    assert "Traceback" not in ended.stderr
    harvest = Harvest(tmp_path / "archive")
    harvest.check()
    assert {line["outcome"] for line in harvest.fetches} <= {"connection_failed", "robots_denied"}


@pytest.fixture(scope="module")
def looked(folder: Path) -> Iterator[dict[str, Ended]]:
    """Scrapy's own commands, which look at pages and leave the archive alone."""
    with RawServer({"/story": page(article_html("The story"))}) as server:
        url = server.url("/story")
        urls = write_list(folder / "looked.txt", [url])
        commands = {
            "list": ["list"], "check": ["check"], "fetch": ["fetch", "--nolog", url],
            "shell": ["shell", "--nolog", "-c", "response.css('h1::text').get()", url],
            "parse": ["parse", "--nolog", "--spider", "pages", "-a", f"urls={urls}", "-c", "parse_page", url],
            "export": ["crawl", "pages", "-a", f"urls={urls}", "-O", str(folder / "out.jsonl")],
        }
        running = {name: Running(command, folder, {**FAST, "ARCHIVE_DIR": folder / f"looked-{name}"})
                   for name, command in commands.items()}
        yield {name: process.wait() for name, process in running.items()}


def test_scrapy_list_check_fetch_and_shell_do_what_they_do_elsewhere(looked):
    assert {name: ended.exit_code for name, ended in looked.items()} == dict.fromkeys(looked, 0)
    assert looked["list"].stdout.split() == ["news", "pages"]
    assert "<h1>The story</h1>" in looked["fetch"].stdout
    assert looked["shell"].stdout.strip() == "The story"
    assert "<200 http://127.0.0.1" in looked["parse"].stdout
    assert not any("Traceback" in ended.stderr for ended in looked.values())


@pytest.mark.parametrize("name", ["list", "check", "fetch", "shell", "parse"])
def test_they_leave_no_archive(looked, folder, name):
    assert not (folder / f"looked-{name}").exists()


def test_scrapys_own_feed_export_gives_the_article_records(looked, folder):
    [exported] = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    [article] = Harvest(folder / "looked-export").articles
    assert exported == article
