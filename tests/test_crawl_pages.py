"""`scrapy crawl pages`: exactly the URLs of a list, whatever they hold, each once."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.crawls import Ended, Harvest, crawl, write_list
from tests.newsserver import RawServer, article_html, attribute_bomb, page, prose, redirect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARSER_SECONDS = 3
MIB = 1 << 20
GOOD = [f"/story-{number}" for number in range(8)]
BAD_LINES = ["ftp://127.0.0.1/x", "not a url", "http://", "http://user:pw@127.0.0.1/secret"]


def large_page() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    for _ in range(50):
        yield b"<p>Nothing at all.</p>".ljust(MIB)


def bomb() -> bytes:
    """16 KiB that unfold to 17 MiB, over the limit."""
    return gzip.compress(b"0" * (17 * MIB))


def in_windows_1251(title: str) -> bytes:
    """Russian text that its own page declares to be UTF-8."""
    text = "Вчера вечером на площади собрались жители, чтобы обсудить новый мост через реку. "
    paragraphs = [f"{text}Номер {number}. {text * 3}" for number in range(5)]
    return article_html(title, paragraphs, language="ru").encode("cp1251")


ROUTES = {
    **{target: page(article_html(f"The report {target}")) for target in GOOD},
    "/wrong-charset": page(in_windows_1251("Мост через реку построят")),
    "/broken-utf-8": page(article_html("Half a character").encode().replace(b"streets", b"str\xc3ts\xff\x00")),
    "/utf-7": page(article_html("Old mail"), Content_Type="text/html; charset=utf-7"),
    "/no-such-charset": page(article_html("A charset of one's own"), Content_Type="text/html; charset=x-klingon"),
    "/empty": page(""),
    "/no-html": page(bytes(range(256)) * 20, Content_Type="application/octet-stream"),
    "/large": lambda _: large_page(),
    "/gzip-bomb": page(bomb(), Content_Encoding="gzip"),
    "/four-codings": page(article_html("Onions"), Content_Encoding="gzip, gzip, gzip, gzip"),
    "/hangs-the-parser": page(attribute_bomb()),
    "/deep": page("<div>" * 100_000 + article_html("Depth")),
    "/short": page("<html><body><nav><a href='/'>Home</a></nav></body></html>"),
    "/moved": redirect("/story-0"),
    "/new": page(article_html("News at last", prose("news"))),
}
OUTCOMES = {
    **dict.fromkeys(GOOD[1:], "article"),
    "/wrong-charset": "article", "/broken-utf-8": "article", "/utf-7": "article", "/no-such-charset": "article",
    "/empty": "no_article", "/no-html": "no_article", "/large": "too_large", "/gzip-bomb": "too_large",
    "/four-codings": "invalid_response", "/hangs-the-parser": "extraction_failed", "/short": "no_article",
    "/none": "http_error",
}


class Crawled(NamedTuple):
    server: RawServer
    archive: Path
    first: Ended
    after_first: Harvest
    again: Ended
    after_both: Harvest
    asked_again: list[str]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """A list from a file, then the same one and a new URL from standard input."""
    folder = tmp_path_factory.mktemp("pages")
    archive = folder / "archive"
    settings = {"EXTRACT_TIMEOUT": PARSER_SECONDS, "CONCURRENT_REQUESTS_PER_DOMAIN": 2}
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(ROUTES))
        urls = [server.url(target) for target in ["/story-0", *OUTCOMES, "/moved", "/deep"]]
        lines = ["# The list of Sunday", "", *urls[:3], *BAD_LINES, "   ", f"  {urls[0]}#fragment  ", *urls[3:]]
        first = crawl("pages", archive, urls=write_list(folder / "urls.txt", lines), settings=settings)
        asked = len(server.log)
        after_first = Harvest(archive)
        stdin = "\r\n".join([*(server.url(target) for target in GOOD), server.url("/new"), *BAD_LINES]).encode()
        again = crawl("pages", archive, urls="-", stdin=stdin, settings=settings)
        yield Crawled(server, archive, first, after_first, again, Harvest(archive), server.targets[asked:])


@pytest.mark.parametrize(("target", "outcome"), OUTCOMES.items())
def test_each_url_of_the_list_has_the_one_outcome_that_it_should(crawled, target, outcome):
    assert crawled.after_first.outcome(crawled.server.url(target)) == outcome


def test_of_a_page_and_a_redirect_to_it_whichever_came_first_is_the_article(crawled):
    outcomes = [crawled.after_first.outcome(crawled.server.url(target)) for target in ("/story-0", "/moved")]
    assert sorted(outcomes) == ["article", "duplicate"]


def test_pages_that_hang_or_crush_a_parser_cost_themselves_alone(crawled):
    line = crawled.after_first.fetch(crawled.server.url("/hangs-the-parser"))
    assert line["reason"] == f"took longer than {PARSER_SECONDS} s"
    assert {article["title"] for article in crawled.after_first.articles} >= {f"The report {t}" for t in GOOD}


def test_a_page_too_deep_for_the_parser_ends_somehow_and_once(crawled):
    assert crawled.after_first.outcome(crawled.server.url("/deep")) in {"article", "no_article", "extraction_failed"}


def test_wrong_charsets_are_read_all_the_same(crawled):
    article = crawled.after_first.article(crawled.server.url("/wrong-charset"))
    assert article["title"] == "Мост через реку построят"
    assert "на площади собрались жители" in article["text"]
    assert "asked about it" in crawled.after_first.article(crawled.server.url("/broken-utf-8"))["text"]


def test_a_page_too_large_is_archived_as_far_as_it_came_and_no_further(crawled):
    [(_, large)] = crawled.after_first.exchanges(crawled.server.url("/large"))
    assert 16 * MIB < len(large) < 20 * MIB
    [(_, bombed)] = crawled.after_first.exchanges(crawled.server.url("/gzip-bomb"))
    assert bombed == ROUTES["/gzip-bomb"]


def test_lines_that_are_no_urls_are_told_by_number_without_their_password_and_skipped(crawled):
    assert crawled.first.exit_code == crawled.again.exit_code == 0
    for number, line in enumerate(BAD_LINES, 6):
        assert f"Line {number} of the list: " in crawled.first.stderr, line
    assert "pw@" not in crawled.first.stderr + crawled.again.stderr
    assert crawled.first.json["skipped"] == [
        {"site": "(list)", "reason": "not a URL that can be fetched", "links": len(BAD_LINES)}]


def test_a_url_that_is_archived_already_is_not_fetched_again(crawled):
    assert sorted(crawled.asked_again) == ["/new", "/robots.txt"]
    [site] = crawled.again.json["sites"].values()
    assert (site["links"], site["known"], site["articles"]) == (len(GOOD) + 1, len(GOOD), 1)


def test_the_archive_is_whole_and_says_what_the_server_was_asked(crawled):
    crawled.after_both.check()
    assert crawled.after_both.requests.total() == len(crawled.server.log)
    assert set(crawled.after_both.requests) == {wire.request_bytes for wire in crawled.server.log}


def test_no_line_holds_a_nul_or_a_lone_surrogate(crawled):
    for line in [*crawled.after_both.articles, *crawled.after_both.fetches]:
        assert "\0" not in str(line)
        str(line).encode()
