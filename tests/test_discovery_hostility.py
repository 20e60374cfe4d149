"""Discovery against documents that mean harm: nothing raises, hangs or is opened, and nothing unsafe comes out."""

from __future__ import annotations

import gzip
import pickle
import random
import re
import socket
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest

from crawler.discovery import (
    MAX_URL_CHARS,
    Found,
    links_of_feed,
    links_of_page,
    links_of_sitemap,
    sitemaps_of_robots,
)
from crawler.discovery.dates import read_date
from crawler.discovery.urls import resolved

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://example.org/x"
SAFE = re.compile(r"https?://[a-z0-9.:\[\]_-]+/[!-~]*", re.ASCII)


def read_as_everything(body: bytes) -> list[Found]:
    founds = [links_of_feed(body, URL), links_of_sitemap(body, URL, max_bytes=1 << 20), links_of_page(body, URL, None)]
    for url in [link.url for found in founds for link in found.links] + list(sitemaps_of_robots(body, URL)):
        assert SAFE.fullmatch(url), url
        assert len(url) <= MAX_URL_CHARS
        assert "@" not in url.split("/")[2]
        assert "#" not in url
    for link in (link for found in founds for link in found.links):
        assert link.title is None or link.title.encode("utf-8")
        assert link.date is None or link.date.utcoffset() == timedelta(0)
    return founds


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("discovery asked the network")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


LAUGHS = '<!DOCTYPE x [<!ENTITY l0 "ha">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)) + "]>"


@pytest.mark.parametrize("before", ["", "<?xml version='1.0'?>", "<!-- <rss> -->", "<!-- <urlset> -->", "<x/>"])
def test_a_billion_laughs_stay_a_handful_of_characters(before: str):
    feed = f"{before}{LAUGHS}<rss><channel><item><title>&l9;</title><link>/a</link></item></channel></rss>"
    sitemap = f"{before}{LAUGHS}<urlset><url><loc>/a</loc><n>&l9;</n></url></urlset>"
    for found in (links_of_feed(feed.encode(), URL), links_of_sitemap(sitemap.encode(), URL, max_bytes=1 << 20)):
        assert all(len(link.title or "") < 10 for link in found.links)
    if "<rss" not in before and "<urlset" not in before:
        assert [link.title for link in links_of_feed(feed.encode(), URL).links] == ["&l9;"]


def test_no_file_and_no_address_of_an_entity_is_read(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("https://example.org/secret")
    doctype = (f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY s SYSTEM "{secret.as_uri()}">'
               '<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>')
    items = "<item><title>&s;</title><link>&s;</link></item><item><link>/a</link></item>"
    feed = f"{doctype}<rss><channel>{items}</channel></rss>"
    sitemap = f"{doctype}<urlset><url><loc>&s;</loc></url><url><loc>/a</loc></url></urlset>"
    for body in (feed, sitemap):
        founds = read_as_everything(body.encode())
        assert "https://example.org/a" in [link.url for found in founds for link in found.links]
        assert "/secret" not in str(founds)


@pytest.mark.parametrize("body", [
    b"<rss><channel><item>" + b"<a>" * 100_000,
    b"<urlset><url>" + b"<url>" * 50_000,
    b"<urlset>" + b"<a>" * 300 + b"</a>" * 300 + b"<url><loc>/a</loc></url></urlset>",
    b"<html><a " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b" href=/x>",
    b"<urlset><url " + b" ".join(b"a%d='1'" % n for n in range(50_000)) + b"><loc>/a</loc></url></urlset>",
    b"<rss><channel>" + b"<![CDATA[" * 100_000,
    b"<rss><channel><item><title>&#" + b"9" * 100_000 + b";</title><link>/a</link></item></channel></rss>",
    b"<rss><channel><item><title><![CDATA[&#" + b"9" * 100_000 + b";]]></title><link>/a</link></item></rss>",
    b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 100_000,
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "/a", "title": "\\ud800\\u0000"}]}',
    b'{"version": "https://jsonfeed.org/version/1.1", "items": {"url": "/a"}, "x": ' + b"9" * 10_000 + b"}",
    b"<!doctype " * 50_000, b"&" * 200_000, b"<" * 200_000, b"\x1f\x8b" * 1000, b"\xff\xfe\x00\xd8" * 1000,
    b"\xfe\xff<rss>", b"+ADw-rss+AD4-", b"\x00" * 10_000, b"\xef\xbb\xbf" * 1000, b"Sitemap:" * 10_000,
    b"<html><a href='" + b"../" * 100_000 + b"'>x</a>",
    b"<html><base href='//[::1'><a href='/2026/11/22/x'>x</a>",
    b"<html><a href='http://[fe80::1%25eth0]/2026/11/22/x'>x</a><a href='http://\xf0\x9f\x92\xa9/'>x</a>",
    b'<?xml version="1.0" encoding="punycode"?><rss><channel><title>\xff' + b"a" * 10_000,
], ids=range(25))
def test_no_document_raises_or_gives_anything_unsafe(body: bytes):
    assert len(read_as_everything(body)) == 3
    assert len(read_as_everything(gzip.compress(body))) == 3


SEEDS = [
    b'<?xml version="1.0"?><rss version="2.0"><channel><item><title>A &amp; b</title>'
    b"<link>https://example.org/a?b=1</link><pubDate>Sun, 22 Nov 2026 10:00:00 +0100</pubDate>"
    b"<guid>x</guid></item></channel></rss>",
    b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/b/"><entry><link href="a"/>'
    b"<updated>2026-11-22T10:00:00Z</updated></entry></feed>",
    b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://example.org/a</loc>'
    b"<lastmod>2026-11-22</lastmod></url></urlset>",
    b'<!doctype html><meta charset=utf-8><base href="/b/"><a href="2026/11/22/x">W<b>or</b>ds</a><a href="/p/">P</a>',
    b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "/a", "date_published": "2026-11-22"}]}',
    b"User-agent: *\r\nDisallow:\r\nSitemap: https://example.org/s.xml\r\n",
]


@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_no_mutation_of_a_sound_document_raises(seed: int):
    chance = random.Random(seed)
    splinters = [b"<", b">", b"&", b"]]>", b"<![CDATA[", b"\x00", b"\xff", b'"', b"://", b"@", b"#", b"</", b"&#0;"]
    for _ in range(400):
        body = bytearray(SEEDS[seed])
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(body))
            body[place:place + chance.randint(0, 8)] = chance.choice([*splinters, chance.randbytes(3), b""])
        read_as_everything(bytes(body))


def test_arguments_and_results_travel_to_worker_processes():
    with ProcessPoolExecutor(1) as workers:
        found = workers.submit(links_of_feed, SEEDS[0], URL).result(timeout=60)
    assert found == links_of_feed(SEEDS[0], URL) == pickle.loads(pickle.dumps(found))
    assert len(found.links) == 1


# Single addresses and dates


@pytest.mark.parametrize(("href", "url"), [
    ("a b", "https://example.org/dir/a%20b"),
    ("../b/./c", "https://example.org/b/c"),
    ("https://example.org/a/../b", "https://example.org/b"),
    ("?q=1", "https://example.org/dir/page?q=1"),
    ("HTTPS://EXAMPLE.ORG", "https://example.org/"),
    ("\n https://exam\tple.org/a\r\n", "https://example.org/a"),
    ("//example.net:8080/ä?ö=ü#ß", "https://example.net:8080/%C3%A4?%C3%B6=%C3%BC"),
    ("http://müller.example/", "http://xn--mller-kva.example/"),
    ("\\\\example.net\\a", "https://example.net/a"),
    ("https://example.net\\@evil.example/", "https://example.net/@evil.example/"),
    ("http://[::1]:8080/", "http://[::1]:8080/"),
    ("#top", None), ("file:///etc/passwd", None), ("javascript:x", None), ("http://user@example.org/", None),
    ("http://", None), ("http://../../x", None), ("http://a..b/", None), ("http://[::1", None),
    ("//example.org:0/", None),
    ("http://example.org:99999/", None), ("http://exa mple.org/", None), ("http://example.org%00.evil.example/", None),
    (f"http://{'a' * 64}.example/", None), (f"http://{'a.' * 130}example/", None), ("/\ud800", None),
    ("x" * 2084, None),
])
def test_an_address_is_made_absolute_and_safe_or_left(href: str, url: str | None):
    assert resolved(href, "https://example.org/dir/page") == url


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-11-22", "2026-11-22T00:00:00+00:00"), ("2026/11/22", "2026-11-22T00:00:00+00:00"),
    ("20261122T100000Z", "2026-11-22T10:00:00+00:00"), ("2026-11-22T10:00Z", "2026-11-22T10:00:00+00:00"),
    (" 2026-11-22T10:00:00.1234567-05:00 ", "2026-11-22T15:00:00.123456+00:00"),
    ("2026-11-22 10:00:00 +0200", "2026-11-22T08:00:00+00:00"),
    ("2026-11-22 10:00:00 UTC", "2026-11-22T10:00:00+00:00"),
    ("2026-11-22T10:00:00CET", "2026-11-22T09:00:00+00:00"), ("2026-11-22t10:00:00z", "2026-11-22T10:00:00+00:00"),
    ("Sun, 22 Nov 2026 10:00:60 GMT", "2026-11-22T10:00:59+00:00"),
    ("22 Nov 26 10:00 PST", "2026-11-22T18:00:00+00:00"),
    ("Sun, 22 Nov 2026 10:00:00 GMT+0200", "2026-11-22T08:00:00+00:00"),
    ("Nov 22, 2026", "2026-11-22T00:00:00+00:00"),
    ("Sun, 22 Nov 2026 10:00:00 +0530", "2026-11-22T04:30:00+00:00"),
])
def test_a_date_is_read_in_the_forms_that_sites_write(text: str, moment: str):
    date = read_date(text)
    assert date is not None
    assert date.isoformat() == moment


@pytest.mark.parametrize("text", [
    None, "", "2026", "2026-11", "soon", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-13-01", "2026-02-30",
    "9999-12-31T23:59:59-12:00", "Sun, 99 Nov 2026 10:00:00 GMT", "22 Nov 2026 10:00:00 +9999999999", "١٢٣٤٥٦٧٨",
    "1" * 200,
])
def test_a_text_that_is_no_date_or_says_nothing_is_none(text: str | None):
    assert read_date(text) is None
