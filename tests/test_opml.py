"""Lists of subscriptions: read whatever reader wrote them, refused clearly where they are none, imported as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.sites import load_sites
from crawler.survey.opml import read_opml
from pipelines.errors import ConfigurationError
from tests.crawls import scrapy
from tests.newsserver import RawServer, feed
from tests.newssites import alternate, home, stories

if TYPE_CHECKING:
    from pathlib import Path

LIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="News"><outline text="Regional">
  <outline type="rss" text="Example &amp; Co" title="Example" xmlUrl="https://example.org/feed/" htmlUrl="https://example.org/"/>
  <outline type="rss" text="Example sport" xmlUrl="https://www.example.org/sport/feed/" htmlUrl="https://www.example.org/sport/"/>
</outline></outline>
<outline TYPE="RSS" TEXT="Shouting" XMLURL="HTTPS://Shouting.example/RSS"/>
<outline text="By feed only" xmlUrl="feed://quiet.example.net/atom.xml"/>
<outline text="Burner one" xmlUrl="https://feeds.feedburner.com/one"/>
<outline text="Burner two" xmlUrl="https://feeds.feedburner.com/two"/>
<outline text="Twice" xmlUrl="https://example.org/feed"/>
<outline text="Broken" xmlUrl="ftp://example.com/feed"/>
<outline text="A folder without feeds"/>
</body></opml>
"""
EVIL = b'<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><body>&a;</body></opml>'


def test_each_site_is_read_once_with_all_its_feeds() -> None:
    sites, _ = read_opml(LIST, "mine.opml")
    assert [(site.url, site.title, site.feeds) for site in sites] == [
        ("https://example.org/", "Example", ["https://example.org/feed/", "https://www.example.org/sport/feed/"]),
        ("https://shouting.example/", "Shouting", ["https://shouting.example/RSS"]),
        ("https://quiet.example.net/", "By feed only", ["https://quiet.example.net/atom.xml"]),
        ("https://feeds.feedburner.com/one", "Burner one", ["https://feeds.feedburner.com/one"]),
        ("https://feeds.feedburner.com/two", "Burner two", ["https://feeds.feedburner.com/two"]),
    ]


def test_what_is_left_out_is_told() -> None:
    _, problems = read_opml(LIST, "mine.opml")
    assert problems == ["https://example.org/feed: is in the list twice",
                        "Broken: not an http(s) URL: 'ftp://example.com/feed'"]


@pytest.mark.parametrize(("data", "fact"), [
    (b"", "not OPML: "),
    (b"<opml><body><outline", "not OPML: "),
    (b"\x00\xff\xfe", "not OPML: "),
    (b"<html><body>no</body></html>", "its root is <html>"),
    (b"<opml version='1.0'><body/></opml>", "no outline has an xmlUrl"),
    (b"<opml><body><outline xmlUrl='mailto:x'/></body></opml>", "no feed in it: an outline: not an http(s) URL"),
    (EVIL, "declares entities"),
], ids=["empty", "broken", "binary", "html", "no feeds", "no good feeds", "entities"])
def test_what_is_no_list_is_refused_with_a_clear_line(data: bytes, fact: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_opml(data, "mine.opml")
    assert str(raised.value).startswith("mine.opml: ")
    assert fact in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_list_is_imported_without_asking_anyone(tmp_path: Path) -> None:
    (tmp_path / "mine.opml").write_bytes(LIST)
    registry = tmp_path / "sites.toml"
    registry.write_text('[[site]]\nname = "shouting-example"\nurl = "https://shouting.example"\n')
    ended = scrapy("sites", "add", str(tmp_path / "mine.opml"), "--file", str(registry), home=tmp_path)
    assert ended.exit_code == 0, ended.stderr
    sites = {site.name: site for site in load_sites(registry.read_bytes(), "sites.toml")}
    assert list(sites) == ["shouting-example", "example-org", "quiet-example-net", "burner-one", "burner-two"]
    assert sites["example-org"].feeds == ("https://example.org/feed/", "https://www.example.org/sport/feed/")
    comment = "# Example: from a list of subscriptions, and not looked at: these feeds alone are asked."
    assert comment in registry.read_text()
    assert 'https://shouting.example/: is there already, as "shouting-example": left as it is' in ended.stdout


def test_a_list_can_be_looked_at_as_well(tmp_path: Path) -> None:
    target = "/2026/11/20/bridge-opens-to-walkers"
    with RawServer(stories(target)) as server:
        for name in ("listed", "linked"):
            server.routes[f"/{name}.xml"] = feed([(server.url(target), "Bridge opens to walkers")])
        links = [(target, "Bridge opens to walkers at last")]
        server.routes["/"] = home(alternate("rss", "/linked.xml"), links=links)
        (tmp_path / "mine.opml").write_text(
            f'<opml><body><outline text="One" xmlUrl="{server.url("/listed.xml")}"/></body></opml>')
        registry = tmp_path / "sites.toml"
        ended = scrapy("sites", "add", str(tmp_path / "mine.opml"), "--look", "--file", str(registry), home=tmp_path,
                       settings={"DOWNLOAD_DELAY": "0"})
        assert ended.exit_code == 0, ended.stderr
        [site] = load_sites(registry.read_bytes(), "sites.toml")
        assert site.feeds == (server.url("/listed.xml"),)
    assert f"adds nothing: all that it lists is in {site.feeds[0]}" in ended.stdout
