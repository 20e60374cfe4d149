"""Feeds: which page an entry leads to, its title and its date, in sound feeds and in those of the web."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from crawler.discovery import Found, Link, links_of_feed
from pipelines.boilerplate.blocks import text_key
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FEED = "https://example.org/news/feed.xml"


def read(body: bytes | str) -> Found:
    return links_of_feed(body.encode() if isinstance(body, str) else body, FEED)


def rss(items: str, *, head: str = "", attributes: str = "") -> str:
    return f'{head}<rss version="2.0" {attributes}><channel><title>News</title>{items}</channel></rss>'


def item(*parts: str) -> str:
    return f"<item>{''.join(parts)}</item>"


def urls(found: Found) -> list[str]:
    return [link.url for link in found.links]


RSS_2 = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>News</title><link>https://example.org/</link>
<lastBuildDate>Sun, 22 Nov 2026 12:00:00 GMT</lastBuildDate>
<item><title>Older</title><link>https://example.org/older</link>
<pubDate>Sat, 21 Nov 2026 10:00:00 +0100</pubDate>
<media:content url="https://example.org/a.jpg"><media:title>A picture</media:title></media:content></item>
<item><title>Newer</title><link>https://example.org/newer</link>
<pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate></item>
</channel></rss>"""

RSS_1 = b"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://example.org/"><title>News</title></channel>
<item rdf:about="https://example.org/older"><title>Older</title><link>https://example.org/older</link>
<dc:date>2026-11-21T10:00:00+01:00</dc:date></item>
<item rdf:about="https://example.org/newer"><title>Newer</title><dc:date>2026-11-22T10:00:00Z</dc:date></item>
</rdf:RDF>"""

RSS_091 = b"""<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:9/0.91.dtd">
<rss version="0.91"><channel><title>News</title>
<item><title>Older</title><link>https://example.org/older</link><pubDate>21 Nov 2026 09:00 GMT</pubDate></item>
<item><title>Newer</title><link>https://example.org/newer</link><pubDate>22 Nov 2026 10:00 GMT</pubDate></item>
</channel></rss>"""

ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>
<link rel="self" href="https://example.org/news/feed.xml"/>
<entry><title>Older</title><link rel="enclosure" href="https://example.org/a.mp3"/>
<link rel="alternate" type="text/html" href="https://example.org/older"/><id>tag:example.org,2026:1</id>
<updated>2026-11-23T10:00:00Z</updated><published>2026-11-21T09:00:00Z</published></entry>
<entry><title type="html">&lt;b&gt;Newer&lt;/b&gt;</title><link href="https://example.org/newer"/>
<updated>2026-11-22T11:00:00+01:00</updated></entry></feed>"""

JSON_FEED = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": [
{"id": "1", "url": "https://example.org/older", "title": "Older",
 "date_published": "2026-11-21T10:00:00+01:00"},
{"id": "https://example.org/newer", "title": "Newer", "date_modified": "2026-11-22T10:00:00Z"},
{"id": 7}, "rubbish"]}"""


@pytest.mark.parametrize("body", [RSS_2, RSS_1, RSS_091, ATOM, JSON_FEED],
                         ids=["RSS 2.0", "RSS 1.0", "RSS 0.91", "Atom", "JSON Feed"])
def test_each_format_gives_pages_with_titles_and_dates_newest_first(body: bytes):
    found = read(body)
    assert [(link.url, link.role, link.title, link.date) for link in found.links] == [
        ("https://example.org/newer", Role.PAGE, "Newer", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("https://example.org/older", Role.PAGE, "Older", datetime(2026, 11, 21, 9, tzinfo=UTC)),
    ]
    assert found.problem is None


def test_dates_of_change_and_pictures_come_with_the_entry():
    [_, atom], [_, rss_2] = read(ATOM).links, read(RSS_2).links
    assert atom.updated == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert rss_2.image == "https://example.org/a.jpg"


def test_a_feed_without_entries_is_sound():
    assert read(rss("")) == Found(())


def test_a_feed_that_is_html_says_so_and_gives_the_feeds_it_names():
    page = '<!DOCTYPE html><title>Gone</title><link rel=alternate type="application/rss+xml" href="/new.xml">'
    found = read(page + '<a href="/2026/11/22/not-a-feed-at-all">x</a>')
    assert found == Found((Link("https://example.org/new.xml", Role.FEED),), "not a feed: found an HTML page")


@pytest.mark.parametrize(("body", "problem"), [
    (b"", "not a feed: found an empty body"),
    (b" \r\n\0", "not a feed: found an empty body"),
    (b'{"items": []}', "not a feed: found JSON that is no JSON Feed"),
    (b"[" * 100_000, "not a feed: found JSON that is no JSON Feed"),
    (b"Service unavailable", "not a feed: found plain text"),
    (b"<error>no</error>", "not a feed: found XML or HTML of another kind"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a feed: found bytes that are no text"),
])
def test_what_is_no_feed_is_named(body: bytes, problem: str):
    assert read(body) == Found((), problem)


def test_a_sitemap_in_a_feeds_place_gives_its_links_all_the_same():
    found = read("<urlset><url><loc>https://example.org/a</loc></url></urlset>")
    assert found == Found((Link("https://example.org/a", Role.PAGE),), "not a feed: found a sitemap")


# Which address of an entry counts


@pytest.mark.parametrize(("parts", "url"), [
    ("<link>/a</link>", "https://example.org/a"),
    ("<link>a</link>", "https://example.org/news/a"),
    ("<link>\n <![CDATA[https://example.org/a?x=1&y=2]]>\n</link>", "https://example.org/a?x=1&y=2"),
    ("<link>https://example.org/a?x=1&y=2#top</link>", "https://example.org/a?x=1&y=2"),
    ("<guid>https://example.org/a</guid>", "https://example.org/a"),
    ("<link/><guid isPermaLink='true'>/a</guid>", "https://example.org/a"),
    ("<guid>https://example.org/g</guid><link>https://example.org/a</link>", "https://example.org/a"),
    ("<link>https://p.example/1</link><f:origLink>https://example.org/a</f:origLink>", "https://example.org/a"),
    ("<link>https://example.org/</link><guid>https://example.org/a</guid>", "https://example.org/a"),
    ("<a:link rel='self' href='/s'/><link>/a</link><a:link rel='replies' href='/r'/>", "https://example.org/a"),
    ("<link>https://example.org/a</link><comments>https://example.org/a#c</comments>", "https://example.org/a"),
])
def test_an_rss_items_own_page_is_found(parts: str, url: str):
    spaces = 'xmlns:f="http://rssnamespace.org/feedburner/ext/1.0" xmlns:a="http://www.w3.org/2005/Atom"'
    assert urls(read(rss(item(parts), attributes=spaces))) == [url]


@pytest.mark.parametrize("parts", [
    "<title>No address</title>",
    "<guid>12345</guid>",
    "<guid isPermaLink='false'>https://example.org/?p=1</guid>",
    "<link>https://example.org/</link>",
    "<link>javascript:alert(1)</link>",
    "<link>file:///etc/passwd</link>",
    "<link>data:text/html,x</link>",
    "<link>mailto:desk@example.org</link>",
    "<link>https://user:secret@example.org/a</link>",
    f"<link>https://example.org/{'x' * 3000}</link>",
])
def test_an_item_without_a_page_is_passed_over_and_costs_no_other(parts: str):
    found = read(rss(item(parts) + item("<link>/b</link>")))
    assert found == Found((Link("https://example.org/b", Role.PAGE),))


@pytest.mark.parametrize(("entry", "url"), [
    ('<link rel="alternate" type="application/json" href="/j"/><link href="/a"/>', "https://example.org/a"),
    ('<link rel="related" href="/r"/><link rel="alternate" href="/a"/>', "https://example.org/a"),
    ('<link href="/a"/><source><link href="/source"/><title>S</title></source>', "https://example.org/a"),
    ('<link href="/a"/><link rel="alternate" hreflang="de" href="/de"/>', "https://example.org/a"),
    ("<id>https://example.org/a</id>", "https://example.org/a"),
])
def test_an_atom_entrys_own_page_is_found(entry: str, url: str):
    assert urls(read(f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{entry}</entry></feed>')) == [url]


@pytest.mark.parametrize(("base", "url"), [
    ("https://other.example/dir/", "https://other.example/dir/a"), ("/dir/", "https://example.org/dir/a")])
def test_relative_links_are_resolved_against_xml_base(base: str, url: str):
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{base}"><entry><link href="a"/></entry></feed>'
    assert urls(read(feed)) == [url]


def test_a_page_named_twice_comes_once():
    twice = item("<link>/a</link>") + item("<link>/a#comments</link>")
    assert urls(read(rss(twice))) == ["https://example.org/a"]


# Titles and dates


@pytest.mark.parametrize(("written", "title"), [
    ("Plain", "Plain"),
    ("  two\n  lines ", "two lines"),
    ("Fish &amp; chips", "Fish & chips"),
    ("Fish &amp;amp; chips", "Fish & chips"),
    ("Fish & chips at AT&T", "Fish & chips at AT&T"),
    ("<![CDATA[Fish & <i>chips</i>]]>", "Fish & chips"),
    ("M&uuml;ller&nbsp;&ndash; 5&thinsp;%", "Müller – 5 %"),
    ("1 &lt; 2", "1 < 2"),
    ("bad \x0c&#8;&#x1F; characters", "bad characters"),
    ("&#99999999999;", "\ufffd"),
    ("", None),
])
def test_titles_are_plain_text_on_one_line(written: str, title: str | None):
    [link] = read(rss(item(f"<title>{written}</title><link>/a</link>"))).links
    assert link.title == title


@pytest.mark.parametrize(("written", "hour"), [
    ("Sun, 22 Nov 2026 10:00:00 GMT", 10),
    ("Sun, 22 Nov 2026 10:00:00 CEST", 8),
    ("22 Nov 2026 10:00 EST", 15),
    ("2026-11-22T10:00:00+02:00", 8),
    ("&#931;&#945;&#946;, 22 &#925;&#959;&#941; 2026 10:00:00 +0200", 8),
])
def test_dates_become_utc(written: str, hour: int):
    [link] = read(rss(item(f"<link>/a</link><pubDate>{written}</pubDate>"))).links
    assert link.date == datetime(2026, 11, 22, hour, tzinfo=UTC)


@pytest.mark.parametrize("written", ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "0001-01-01T00:00:00"])
def test_a_date_that_says_nothing_is_none(written: str):
    [link] = read(rss(item(f"<link>/a</link><pubDate>{written}</pubDate>"))).links
    assert link.date is None


# Broken feeds


@pytest.mark.parametrize("breakage", [
    lambda xml: "\n\r\n  " + xml,
    lambda xml: "\ufeff" + xml,
    lambda xml: "<br />\n<b>Warning</b>: foo() in /var/www/feed.php on line 3<br />\n" + xml,
    lambda xml: xml + "\n<!-- cached in 0.2 s -->\n<p>",
    lambda xml: xml.replace("News", "News &nbsp;&eacute;&undeclared; & more"),
    lambda xml: xml.replace("<channel>", "<channel><media:thumbnail url='x'/>"),
    lambda xml: xml.replace("<channel>", "<channel>\x00\x0b"),
    lambda xml: xml.replace("</title>", "</titel>", 1),
    lambda xml: xml.replace("</channel>", ""),
    lambda xml: xml.replace("<channel>", "<channel><title>a < b</title>"),
], ids=["white space", "BOM", "PHP notice", "trailing comment", "entities", "undeclared prefix",
        "control characters", "mismatched tag", "unclosed tag", "bare less-than"])
def test_broken_xml_still_gives_its_links(breakage: Callable[[str], str]):
    items = item("<title>Ä</title><link>/a</link>") + item("<link>/b</link>")
    found = read(breakage(rss(items, head="<?xml version='1.0'?>")))
    assert urls(found) == ["https://example.org/a", "https://example.org/b"]
    assert (found.links[0].title, found.problem) == ("Ä", None)


@pytest.mark.parametrize(("declared", "encoding"), [
    ("ISO-8859-1", "utf-8"), ("utf-16", "utf-8"), ("x-none", "utf-8"), ("utf-7", "utf-8"), ("rot13", "utf-8"),
    ("ISO-8859-1", "iso-8859-1"), ("windows-1252", "cp1252"), ("utf-8", "cp1252"), ("utf-8", "utf-16"),
    ("utf-16", "utf-16-le"), ("utf-8", "utf-32"), ("ISO-2022-JP", "iso-2022-jp"), ("Shift_JIS", "shift_jis"),
])
def test_a_wrong_declaration_of_the_charset_spoils_no_title(declared: str, encoding: str):
    title = "首相が会見" if "jp" in encoding or "jis" in encoding else "Müllers Büro"
    items = item(f"<title>{title}</title><link>/a</link>")
    [link] = read(rss(items, head=f'<?xml version="1.0" encoding="{declared}"?>').encode(encoding)).links
    assert link.title == title


def test_a_title_cut_in_the_middle_of_a_character_spoils_no_other():
    feed = rss(item("<title>Bür@</title><link>/a</link>") + item("<title>Größe über</title><link>/b</link>"))
    titles = [link.title for link in read(feed.encode().replace(b"@", b"\xc3")).links]
    assert titles == ["Bür\ufffd", "Größe über"]


def test_a_feed_that_breaks_off_gives_what_came_before_and_no_half_address():
    found = read(rss(item("<link>/a</link>") + item("<link>/whole-address</link>")).partition("-address")[0])
    assert found == Found((Link("https://example.org/a", Role.PAGE),),
                          "the feed breaks off before its end: the entries before that were read")


def test_bytes_that_name_a_file_open_no_file(tmp_path: Path):
    secret = tmp_path / "secret.xml"
    secret.write_text(rss(item("<link>https://example.org/secret</link>")))
    assert read(str(secret)) == Found((), "not a feed: found plain text")
    assert urls(links_of_feed(secret.read_bytes(), FEED)) == ["https://example.org/secret"]


def test_the_paragraphs_of_full_content_are_known_again_by_their_keys():
    """A summary is not the text."""
    content = "<p>The harbour is <b>open</b> again.</p>\n<p>Many ships came in.</p>"
    rss = f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
    <item><link>https://news.example/a</link><description>The harbour is open, says a summary.</description>
    <content:encoded><![CDATA[{content}]]></content:encoded></item></channel></rss>"""
    item = {"id": "1", "url": "https://news.example/a", "content_html": content}
    json_feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})
    for feed in (rss, json_feed):
        [link] = links_of_feed(feed.encode(), "https://news.example/feed").links
        assert link.paragraphs == (text_key("theharbourisopenagain"), text_key("manyshipscamein"))
