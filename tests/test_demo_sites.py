"""The demo's sites hold everything that the demo is there to show, and the same bytes at every start."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import subprocess
import sys
import threading
import tomllib
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import feedparser
import pytest
import trafilatura
from lxml import etree, html

from crawler.demo.documents import Documents
from crawler.demo.edition import NAMES, load_edition
from crawler.demo.server import DemoServer

COURIER, FUNK = NAMES
EDITIONS = {name: load_edition(name) for name in NAMES}
ARTICLES = [(name, article) for name, edition in EDITIONS.items() for article in edition.articles]
DEAD = "/news/ferry-timetable-winter"
MOVED = "/2026/11/19/bus-12-decision.html"
COPY = "/archive/oyster-beds-reopen"


class Answer:
    """One answer of the demo server, as http.client saw it."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = answer.status, dict(answer.getheaders()), answer.read()

    @property
    def tree(self) -> html.HtmlElement:
        return html.document_fromstring(self.body.decode())


class Reader:
    """Reads both sites, each over one connection that is kept alive."""

    def __init__(self, server: DemoServer) -> None:
        self.server = server
        self.url = {site.name: site.url for site in server.sites}
        self._clients = {site.name: http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
                         for site in server.sites}

    def get(self, name: str, target: str, method: str = "GET", **headers: str) -> Answer:
        client = self._clients[name]
        client.request(method, target, headers={key.replace("_", "-"): text for key, text in headers.items()})
        return Answer(client.getresponse())

    def path(self, name: str, url: str) -> str:
        """`url` without the site's own scheme and host, which it has to have."""
        assert url.startswith(self.url[name])
        return "/" + url.removeprefix(self.url[name])

    def sitemap(self, name: str, target: str) -> list[str]:
        body = self.get(name, target).body
        root = etree.fromstring(gzip.decompress(body) if target.endswith(".gz") else body)
        return [self.path(name, node.text) for node in root.iter("{*}loc")]

    def feed(self, name: str) -> list[feedparser.FeedParserDict]:
        return feedparser.parse(self.get(name, EDITIONS[name].feed_path).body).entries

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@pytest.fixture(scope="module")
def reader():
    with DemoServer(ports=(0, 0)) as server:
        reader = Reader(server)
        yield reader
        reader.close()


def every_page(name: str) -> list[str]:
    edition = EDITIONS[name]
    addressed = (*edition.sections, *edition.pages, *edition.articles, *edition.copies)
    return ["/", "/no-such-page", *(content.path for content in addressed)]


@pytest.mark.parametrize("name", NAMES)
def test_a_site_has_at_least_eight_articles_of_four_to_eight_paragraphs(name):
    assert sum(article.listed for article in EDITIONS[name].articles) >= 8
    assert all(4 <= len(article.paragraphs) <= 8 for article in EDITIONS[name].articles)
    texts = [text for article in EDITIONS[name].articles for text in article.paragraphs]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_repeats_banner_menu_teasers_newsletter_and_footer(reader, name):
    words = EDITIONS[name].words
    for target in every_page(name):
        text = " ".join(reader.get(name, target).tree.text_content().split())
        for key in ("consent", "home", "read_also", "newsletter", "footer"):
            assert words[key] in text, f"{target} lacks {key}"


@pytest.mark.parametrize(("name", "banner"), [(COURIER, "We use cookies"), (FUNK, "Wir verwenden Cookies")])
def test_the_two_sites_speak_two_languages(reader, name, banner):
    front = reader.get(name, "/")
    assert front.tree.get("lang") == {COURIER: "en", FUNK: "de"}[name]
    assert banner in front.body.decode()


@pytest.mark.parametrize(("name", "article"), ARTICLES, ids=[article.slug for _, article in ARTICLES])
def test_every_paragraph_of_an_article_comes_out_of_its_page(reader, name, article):
    lines = trafilatura.extract(reader.get(name, article.path).body.decode()).split("\n")
    assert [line for line in lines if line in article.paragraphs] == list(article.paragraphs)
    assert len(lines) > len(article.paragraphs) + 2, "nothing leaks: the demo would have nothing to take out"


def test_links_on_a_site_lead_to_pages_of_it(reader):
    for name in NAMES:
        for target in every_page(name):
            for link in reader.get(name, target).tree.xpath("//@href | //img/@src"):
                if link.startswith("/"):
                    assert reader.get(name, link).status == 200, f"{target} → {link}"


def test_the_courier_describes_its_articles_in_json_ld_and_open_graph(reader):
    for article in EDITIONS[COURIER].articles:
        tree = reader.get(COURIER, article.path).tree
        described = json.loads(tree.xpath("string(//script[@type='application/ld+json'])"))
        assert described["@type"] == "NewsArticle"
        assert described["headline"] == article.title
        assert tree.xpath("string(//meta[@property='og:title']/@content)") == article.title
        assert [author["name"] for author in described["author"]] == list(article.authors)
        assert described["datePublished"] == article.published.isoformat()
        assert described["isAccessibleForFree"] is article.free
        assert described["publisher"]["name"] == "The Osmere Courier"
        canonical = tree.xpath("string(//link[@rel='canonical']/@href)")
        assert reader.path(COURIER, canonical) == article.path
    assert {article.free for article in EDITIONS[COURIER].listed} == {True, False}


def test_the_funk_has_meta_tags_alone_around_a_soup_of_divs(reader):
    for article in EDITIONS[FUNK].articles:
        tree = reader.get(FUNK, article.path).tree
        published = tree.xpath("string(//meta[@property='article:published_time']/@content)")
        assert published == article.published.isoformat()
        assert tree.xpath("string(//meta[@name='author']/@content)") == " und ".join(article.authors)
        assert not tree.xpath("//script | //article | //main | //header | //nav | //link[@rel='canonical']")


def test_all_dates_are_of_november_2026():
    assert {(a.published.year, a.published.month) for _, a in ARTICLES} == {(2026, 11)}


@pytest.mark.parametrize(("name", "version", "kind"), [(COURIER, "rss20", "rss"), (FUNK, "atom10", "atom")])
def test_front_page_names_the_feed_and_the_feed_is_sound(reader, name, version, kind):
    (link,) = reader.get(name, "/").tree.xpath("//link[@rel='alternate']")
    assert link.get("type") == f"application/{kind}+xml"
    answer = reader.get(name, link.get("href"))
    feed = feedparser.parse(answer.body)
    assert (feed.bozo, feed.version) == (False, version)
    assert answer.headers["Content-Type"] == link.get("type")
    titles = {entry.title for entry in feed.entries}
    assert {article.title for article in EDITIONS[name].listed} <= titles
    assert all(entry.published_parsed.tm_year == 2026 for entry in feed.entries)


def test_the_atom_feed_brings_whole_texts_and_the_rss_feed_summaries(reader):
    whole = {entry.title: entry.content[0].value for entry in reader.feed(FUNK)}
    for article in EDITIONS[FUNK].listed:
        texts = html.fromstring(f"<div>{whole[article.title]}</div>").xpath("//p/text()")
        assert texts == list(article.paragraphs)
    assert not any("content" in entry for entry in reader.feed(COURIER))


def test_the_feed_names_a_moved_article_by_its_old_address(reader):
    links = [reader.path(COURIER, entry.link) for entry in reader.feed(COURIER)]
    assert MOVED in links
    assert "/news/number-12-bus-saved" not in links
    answer = reader.get(COURIER, MOVED)
    assert (answer.status, answer.body) == (301, b"")
    target = reader.path(COURIER, answer.headers["Location"])
    assert target == "/news/number-12-bus-saved"
    assert reader.get(COURIER, target).status == 200


def test_the_feed_names_a_page_that_is_gone(reader):
    links = [reader.path(COURIER, entry.link) for entry in reader.feed(COURIER)]
    assert DEAD in links
    assert reader.get(COURIER, DEAD).status == 404


def test_robots_txt_names_a_news_sitemap_with_dates(reader):
    (url,) = robots(reader, COURIER).site_maps()
    root = etree.fromstring(reader.get(COURIER, reader.path(COURIER, url)).body)
    news = {"news": "http://www.google.com/schemas/sitemap-news/0.9"}
    titles = root.xpath("//news:title/text()", namespaces=news)
    dates = root.xpath("//news:publication_date/text()", namespaces=news)
    assert len(titles) == len(dates) == len(root)
    assert "2026-11-20T06:15:00Z" in dates


def test_robots_txt_names_an_index_of_a_gzipped_sitemap(reader):
    (url,) = robots(reader, FUNK).site_maps()
    (packed,) = reader.sitemap(FUNK, reader.path(FUNK, url))
    assert packed == "/sitemap.xml.gz"
    answer = reader.get(FUNK, packed, Accept_Encoding="gzip")
    assert answer.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in answer.headers
    assert {article.path for article in EDITIONS[FUNK].articles} <= set(reader.sitemap(FUNK, packed))


@pytest.mark.parametrize(("name", "sitemap", "denied"), [
    (COURIER, "/news-sitemap.xml", "/subscribers/budget-street-by-street"),
    (FUNK, "/sitemap.xml.gz", "/intern/dienstplan-silvester.html"),
])
def test_a_sitemap_lists_a_page_that_robots_txt_forbids(reader, name, sitemap, denied):
    assert denied in reader.sitemap(name, sitemap)
    rules = robots(reader, name)
    forbidden = [target for target in every_page(name) if not rules.can_fetch("Broadsheet", target)]
    assert forbidden == [denied]


@pytest.mark.parametrize(("name", "sitemap", "only"), [
    (COURIER, "/news-sitemap.xml", "/culture/tide-organ-heard-again"),
    (FUNK, "/sitemap.xml.gz", "/wissen/alte-apfelsorten.html"),
])
def test_an_article_is_in_the_sitemap_and_nowhere_else(reader, name, sitemap, only):
    assert only in reader.sitemap(name, sitemap)
    assert only not in reader.get(name, EDITIONS[name].feed_path).body.decode()
    others = [target for target in every_page(name) if target != only]
    assert not [target for target in others if f'href="{only}"' in reader.get(name, target).body.decode()]


def test_the_sitemap_lists_pages_without_an_article(reader):
    listed = reader.sitemap(FUNK, "/sitemap.xml.gz")
    for target in ("/wetter/", "/bilder/herbst-an-der-quern/"):
        assert target in listed
        tree = reader.get(FUNK, target).tree
        assert tree.xpath("//table | //div[@class='gallery']/img")
        assert not tree.xpath("//meta[@property='article:published_time']")


def test_one_article_is_listed_under_two_addresses_and_both_name_the_same_canonical(reader):
    listed = reader.sitemap(COURIER, "/news-sitemap.xml")
    copies = ["/news/oyster-beds-reopen", f"{COPY}?utm_source=morning-tide&utm_medium=email"]
    assert set(copies) <= set(listed)
    bodies = {reader.get(COURIER, target).body for target in copies}
    assert len(bodies) == 1
    tree = html.document_fromstring(bodies.pop().decode())
    canonical = tree.xpath("string(//link[@rel='canonical']/@href)")
    assert reader.path(COURIER, canonical) == copies[0]


def test_the_same_edition_at_the_same_address_gives_the_same_bytes():
    for name in NAMES:
        first, second = (Documents(load_edition(name), "http://127.0.0.1:8650").by_path for _ in range(2))
        assert first == second


def test_a_second_start_answers_with_the_same_bytes(reader):
    ports = [urlsplit(url).port for url in reader.url.values()]
    with DemoServer(ports=(0, 0)) as other:
        again = Reader(other)
        for name, port, site in zip(NAMES, ports, other.sites, strict=True):
            moved = (f":{port}/", f":{urlsplit(site.url).port}/")
            body = reader.get(name, "/").body.decode().replace(*moved)
            assert again.get(name, "/").body.decode() == body
        again.close()


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_what_a_client_holds_already_is_answered_with_304(reader, encoding):
    whole = reader.get(COURIER, "/news/oyster-beds-reopen", Accept_Encoding=encoding)
    assert whole.headers["Last-Modified"] == "Mon, 16 Nov 2026 06:30:00 GMT"
    etag, last_modified = whole.headers["ETag"], whole.headers["Last-Modified"]
    for condition in ({"If_None_Match": etag}, {"If_None_Match": f'"old", W/{etag}'},
                      {"If_Modified_Since": last_modified}):
        answer = reader.get(COURIER, "/news/oyster-beds-reopen", Accept_Encoding=encoding, **condition)
        assert (answer.status, answer.body) == (304, b"")
        assert (answer.headers["ETag"], answer.headers["Vary"]) == (etag, "Accept-Encoding")


@pytest.mark.parametrize("condition", [
    {"If_None_Match": '"other"', "If_Modified_Since": "Sun, 22 Nov 2026 00:00:00 GMT"},
    {"If_Modified_Since": "Mon, 16 Nov 2026 06:29:59 GMT"},
    {"If_Modified_Since": "no date"},
], ids=["etag-wins", "older", "garbage"])
def test_what_a_client_does_not_hold_is_sent_whole(reader, condition):
    assert reader.get(COURIER, "/news/oyster-beds-reopen", **condition).status == 200


def test_html_is_compressed_for_those_who_take_it(reader):
    plain = reader.get(FUNK, "/")
    packed = reader.get(FUNK, "/", Accept_Encoding="br, gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_head_answers_as_get_does_without_a_body(reader):
    whole, head = reader.get(COURIER, "/"), reader.get(COURIER, "/", "HEAD")
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(whole.body)) == whole.headers["Content-Length"]
    assert head.headers["ETag"] == whole.headers["ETag"]


def test_the_log_says_what_was_asked_and_what_was_answered():
    with DemoServer(ports=(0, 0)) as server:
        reader = Reader(server)
        for name, target in ((COURIER, "/?q=1"), (FUNK, "/nope"), (COURIER, MOVED)):
            reader.get(name, target)
        reader.close()
        assert [tuple(asked) for asked in server.requests] == [
            (COURIER, "GET", "/?q=1", 200), (FUNK, "GET", "/nope", 404), (COURIER, "GET", MOVED, 301)]


def test_a_port_in_use_is_left_to_its_owner_and_a_port_set_free_is_used_again():
    with socket.create_server(("127.0.0.1", 0)) as owner:
        taken = owner.getsockname()[1]
        with DemoServer(ports=(taken, 0)) as server:
            urls = [site.url for site in server.sites]
            ports = tuple(urlsplit(url).port for url in urls)
            assert taken not in ports
            reader = Reader(server)
            reader.get(COURIER, "/")        # a connection that is still open as the server stops
    with DemoServer(ports=ports) as server:
        assert [site.url for site in server.sites] == urls
    reader.close()


def test_stopping_leaves_no_thread_though_clients_keep_connections_open():
    before = set(threading.enumerate())
    with DemoServer(ports=(0, 0)) as server:
        reader = Reader(server)
        for name in NAMES:
            reader.get(name, "/")
    assert set(threading.enumerate()) <= before
    reader.close()


def test_the_registry_names_both_sites_by_their_address_alone():
    with DemoServer(ports=(0, 0)) as server:
        registry = tomllib.loads(server.sites_toml())
        assert registry == {"defaults": {"delay": 0},
                            "site": [{"name": site.name, "url": site.url} for site in server.sites]}


def test_the_module_serves_until_it_is_interrupted():
    command = [sys.executable, "-m", "crawler.demo.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline().split() for _ in NAMES]
        process.stdout.readline()
        assert [name for name, _ in lines] == list(NAMES)
        client = http.client.HTTPConnection(urlsplit(lines[0][1]).netloc, timeout=10)
        client.request("HEAD", "/")
        assert client.getresponse().status == 200
        client.close()
        process.send_signal(2)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


def robots(reader: Reader, name: str) -> RobotFileParser:
    rules = RobotFileParser()
    rules.parse(reader.get(name, "/robots.txt").body.decode().splitlines())
    return rules
