"""`scrapy sites check URL` as its users run it: every kind of site that gives nothing is told why."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.crawls import Ended, scrapy
from tests.newsserver import RawServer, Route, article_html, attribute_bomb, feed, page, redirect, response, sitemap
from tests.newssites import alternate, home, stories
from tests.replies import reset_after, stall_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = {"DOWNLOAD_DELAY": "0", "RETRY_DELAY": "0", "DOWNLOAD_TIMEOUT": "1.5", "EXTRACT_TIMEOUT": "5"}
SOME_FAILED, NONE_GOOD = 10, 9
NEWS = ("/2026/11/20/bridge", "/2026/11/21/choir", "/2026/11/19/well")
LINKS = [(target, f"What happened at the place called {target}") for target in NEWS]
ROBOTS = "# ours\nUser-agent: nobody\nDisallow:\n\nUser-agent: Broadsheet\nAllow: /open/\nDisallow: /\n"
SCRIPTS = page("<!doctype html><html><head><title>App</title></head><body><div id=root></div>"
               "<script src=/app.js></script></body></html>")
CONSENT = page("<!doctype html><html><body><div id='sp_message_container_1'><h1>We value your privacy</h1><p>We and "
               "our partners store and access information on a device, such as cookies, and process personal data. "
               "Please accept all cookies or manage your preferences to go on.</p><button>Accept all</button></div>"
               "</body></html>")

# kind → its routes, the cause, and what the one line must say
KINDS: dict[str, tuple[dict[str, Route], str, tuple[str, ...]]] = {
    "healthy": ({"/": home(links=LINKS), **stories(*NEWS)}, "nothing", ("nothing wrong: 3 articles", "3 of 3 samples")),
    "forbidden": ({"/robots.txt": response(ROBOTS), "/": home(links=LINKS)}, "robots-forbids", (
        'robots.txt forbids the home page to us: line 7, "Disallow: /", in the group "User-agent: broadsheet"',
        "ask the site for permission")),
    "robots fails": ({"/robots.txt": response("busy", 503), "/": home(links=LINKS)}, "robots-unreachable", (
        "robots.txt cannot be had (503), which forbids everything for now", "RFC 9309")),
    "bot wall": ({"/": page("<title>Just a moment...</title>", 403, Server="cloudflare", Cf_Mitigated="challenge")},
                 "bot-wall", ("HTTP 403 for the home page: bot wall, by cf-mitigated: challenge",)),
    "refused plainly": ({"/": page("Forbidden", 403)}, "bot-wall", ("HTTP 403", "the server does not say why")),
    "missing": ({}, "http-status", ("HTTP 404", "check the address")),
    "server error": ({"/": page("Oh no", 500)}, "http-status", ("HTTP 500", "try again later")),
    "redirect loop": ({"/": redirect("/")}, "bad-redirect", ("redirects that lead nowhere",)),
    "silent": ({"/robots.txt": response(status=404), "/": stall_after()}, "timeout", ("no answer in time",)),
    "reset": ({"/robots.txt": response(status=404), "/": reset_after()}, "connection", ("no connection",)),
    "scripts": ({"/": SCRIPTS}, "script-page", (
        "the home page is made by scripts (0 words", "ask the site for a feed")),
    "no links": ({"/": page(article_html("A page on its own"))}, "no-links", (
        "no link on the home page leads to an article",)),
    "consent": ({"/": CONSENT}, "consent-wall", ("a consent wall stands in the place of the home page",)),
    "not a page": ({"/": response(bytes(range(256)) * 9, Content_Type="application/pdf")}, "not-a-page", (
        "the address is no page of news: not a page: found bytes that are no text",)),
    "dead sources": ({"/": home(alternate("rss", "/gone.xml"), alternate("atom", "/empty.xml")),
                      "/empty.xml": feed([])}, "sources-fail", ("/gone.xml: HTTP 404; feed ", "/empty.xml: empty")),
    "stale": ({"/": home('<link rel="sitemap" href="/map.xml">'), **stories("/2019/01/02/old-story-of-the-well")},
              "stale", ("nothing is newer than 2019-01-02", "seems to have moved or ended")),
    "hostile": ({"/": page(attribute_bomb())}, "not-a-page", ("cannot be read as a page: took longer than 5 s",)),
    "no articles": ({"/": home(links=LINKS), **dict.fromkeys(NEWS, SCRIPTS)}, "no-articles", (
        "links are found, but of 3 tried none gave an article: read as no article",)),
}


class Checked(NamedTuple):
    """One check of all kinds at once."""

    ended: Ended
    by_kind: dict[str, dict[str, Any]]
    servers: dict[str, RawServer]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(RawServer(routes, host=f"127.0.0.{number}"))
                   for number, (kind, (routes, _, _)) in enumerate(KINDS.items(), 20)}
        servers["stale"].routes["/map.xml"] = sitemap(
            [(servers["stale"].url("/2019/01/02/old-story-of-the-well"), "2019-01-02")])
        servers["untrusted"] = stack.enter_context(RawServer({"/": home(links=LINKS)}, tls=True, host="127.0.0.10"))
        servers["moved"] = stack.enter_context(RawServer(host="127.0.0.9"))
        servers["new"] = stack.enter_context(RawServer({"/": home(links=LINKS), **stories(*NEWS)}, host="127.0.0.8"))
        servers["moved"].routes["/"] = redirect(servers["new"].url("/"))
        closed = closed_port()
        urls = [*(server.url("/") for kind, server in servers.items() if kind != "new"), closed]
        ended = scrapy("sites", "check", "--json", *urls, home=tmp_path_factory.mktemp("home"), settings=SETTINGS)
        found = {each["url"]: each for each in ended.json}
        by_kind = {kind: found[server.url("/")] for kind, server in servers.items() if kind != "new"}
        yield Checked(ended, {**by_kind, "closed": found[closed]}, servers)


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.parametrize("kind", KINDS)
def test_the_cause_is_told_in_one_line_with_its_remedy(checked: Checked, kind: str) -> None:
    _, cause, words = KINDS[kind]
    found = checked.by_kind[kind]
    assert found["cause"] == cause, found["fact"]
    line = f"{found['fact']}: {found['remedy']}"
    assert [word for word in words if word not in line] == [], line
    assert found["is_good"] == (cause == "nothing")


def test_what_keeps_the_connection_from_being_made_is_told_apart(checked: Checked) -> None:
    assert checked.by_kind["closed"]["cause"] == "connection"
    assert checked.by_kind["untrusted"]["cause"] == "tls"


def test_a_site_that_has_moved_is_good_and_its_new_address_is_told(checked: Checked) -> None:
    found = checked.by_kind["moved"]
    assert (found["cause"], found["is_good"]) == ("another-site", True)
    assert checked.servers["new"].url("/") in found["fact"]


def test_of_many_sites_some_fail_and_none_costs_the_others(checked: Checked) -> None:
    assert checked.ended.exit_code == SOME_FAILED
    assert len(checked.ended.json) == len(KINDS) + 3


def test_the_evidence_is_all_that_the_server_was_asked(checked: Checked) -> None:
    for kind in ("healthy", "scripts", "dead sources"):
        server, found = checked.servers[kind], checked.by_kind[kind]
        asked = [look["url"] for look in found["looks"]]
        assert sorted(asked) == sorted(server.url(target) for target in server.targets), kind
        assert len(asked) <= 46


def test_what_robots_txt_forbids_is_never_asked(checked: Checked) -> None:
    assert checked.servers["forbidden"].targets == ["/robots.txt"]
    assert set(checked.servers["robots fails"].targets) == {"/robots.txt"}


def test_a_person_reads_the_verdict_first_and_then_the_evidence(tmp_path: Path) -> None:
    with RawServer({"/": home(links=LINKS), **stories(*NEWS)}) as server:
        ended = scrapy("sites", "check", server.url("/"), home=tmp_path, settings=SETTINGS)
    lines = ended.stdout.splitlines()
    assert ended.exit_code == 0, ended.stderr
    assert lines[0].startswith("127-0-0-1-")
    assert "nothing wrong: 3 articles found by home page and sections; 3 of 3 samples could be read" in lines[0]
    assert lines[1].split()[:3] == ["asked", "address", "came"]
    assert any(line.startswith("home page") and "3 links like articles" in line for line in lines)


def registry(folder: Path, server: RawServer, rules: str) -> Path:
    path = folder / "sites.toml"
    path.write_text(f'[[site]]\nname = "ruled"\nurl = "{server.url("/")}"\n{rules}\n'
                    f'[[site]]\nname = "other"\nurl = "{closed_port()}"\n')
    return path


def test_the_sites_of_a_registry_are_asked_with_their_own_sources_and_rules(tmp_path: Path) -> None:
    with RawServer(stories(*NEWS)) as server:
        server.routes["/news.xml"] = feed([(server.url(target), "News") for target in NEWS])
        path = registry(tmp_path, server, f'feeds = ["{server.url("/news.xml")}"]\ndeny = ["/2026/"]')
        ended = scrapy("sites", "check", str(path), "--ask", "--site", "ruled", "--json", home=tmp_path,
                       settings=SETTINGS)
    assert ended.exit_code == NONE_GOOD, ended.stderr
    [found] = ended.json
    assert found["cause"] == "ruled-out"
    assert "allow and deny rule out all 3 links" in found["fact"]


def test_a_site_that_the_registry_does_not_have_is_one_clear_line(tmp_path: Path) -> None:
    with RawServer() as server:
        path = registry(tmp_path, server, "")
        ended = scrapy("sites", "check", str(path), "--ask", "--site", "ruld", home=tmp_path)
    assert ended.exit_code == 4
    assert ended.errors == [f"--site: not in {path}: 'ruld': did you mean 'ruled'?"]


def test_an_address_elsewhere_needs_a_contact(tmp_path: Path) -> None:
    ended = scrapy("sites", "check", "https://news.example.org/", home=tmp_path)
    assert ended.exit_code == 4
    assert "no contact address, and https://news.example.org/ is not on this machine" in ended.errors[0]


def test_the_archive_of_what_was_asked_can_be_kept(tmp_path: Path) -> None:
    with RawServer({"/": home(links=LINKS), **stories(*NEWS)}) as server:
        kept = tmp_path / "kept"
        ended = scrapy("sites", "check", server.url("/"), "--keep", str(kept), "--json", home=tmp_path,
                       settings=SETTINGS)
        verified = scrapy("verify", "--json", home=tmp_path, settings={"ARCHIVE_DIR": kept})
    assert ended.exit_code == 0, ended.stderr
    assert verified.exit_code == 0, verified.stdout
    assert json.loads(verified.stdout)
