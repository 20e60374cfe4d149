"""One page in, one article out: the same every time, and never an exception."""

import json
import pickle
import subprocess
import sys
from datetime import date

import pytest

from pipelines.extraction import Hints, extract_article
from pipelines.extraction.article import count_words

URL = "https://news.example/2026/11/floods"
SENTENCE = "The river fell by a metre overnight and the first families went back to their homes. "
SECTIONS = "".join(f'<li><a href="/s{n}">Section {n}</a></li>' for n in range(12))
NAVIGATION = f"<nav><ul>{SECTIONS}</ul></nav>"
FOOTER = '<footer><p>Copyright The Example. All rights reserved.</p></footer>'
NEWS = ('<script type="application/ld+json">{"@type":"NewsArticle","headline":"Floods recede",'
        '"datePublished":"2026-11-22T08:00:00Z"}</script>')


def page(body: str, head: str = "") -> bytes:
    whole = f"<html lang='en'><head>{head}</head><body>{NAVIGATION}{body}{FOOTER}</body></html>"
    return b"<!DOCTYPE html>" + whole.encode()


def test_an_article_comes_out_with_its_text_and_figures() -> None:
    paragraphs = "".join(f"<p>Day {n}. {SENTENCE * 3}</p>" for n in range(5))
    article = extract_article(page(f"<article><h1>Floods recede</h1>{paragraphs}</article>", NEWS), URL)
    assert (article.kind, article.title) == ("article", "Floods recede")
    assert article.text.count("The river fell") == 15
    assert "Section 3" not in article.text
    assert article.quality.paragraphs == len(article.text.splitlines())
    assert article.quality.text_share is not None
    assert 0.8 < article.quality.text_share <= 1
    assert article.word_count > 200
    assert article.charset == "utf-8"


def test_a_news_item_of_three_sentences_is_an_article() -> None:
    html = page(f"<main><h1>Floods recede</h1><p>{SENTENCE * 3}</p></main>")
    article = extract_article(html, URL)
    assert 240 < len(article.text) < 300
    assert article.kind == "article"


def teasers(card: str, count: int = 20) -> bytes:
    return page("<main>" + "".join(card.format(n=n) for n in range(count)) + "</main>")


@pytest.mark.parametrize("card", [
    '<h2><a href="/a{n}">Headline number {n} about the floods in the valley</a></h2>',
    f'<article><h3><a href="/a{{n}}">Headline {{n}} on the valley</a></h3><p>Summary {{n}}. {SENTENCE}</p></article>',
    f'<div class="card"><a href="/a{{n}}"><h3>Headline {{n}}</h3><p>Summary {{n}}. {SENTENCE}</p></a></div>',
    '<li><a href="/a{n}">Headline number {n}: the river fell by a metre overnight. Families return.</a></li>',
])
@pytest.mark.parametrize("url", ["https://news.example/", "https://news.example/politics"])
def test_a_page_of_links_to_articles_is_a_listing(card: str, url: str) -> None:
    assert extract_article(teasers(card), url).kind == "listing"


@pytest.mark.parametrize("count", [4, 12])
@pytest.mark.parametrize("card", [
    f'<h2><a href="/a{{n}}">Headline number {{n}} about the floods of the valley</a></h2><p>{{n}}. {SENTENCE}</p>',
    f'<div><h3><a href="/a{{n}}">Headline number {{n}} on the valley</a></h3><p>{{n}}. {SENTENCE * 2}</p></div>',
])
def test_four_plain_teasers_are_a_listing(card: str, count: int) -> None:
    assert extract_article(teasers(card, count), "https://news.example/politics").kind == "listing"


@pytest.mark.parametrize("part", [
    '<h2><a href="/p{n}">The mill that stands at place number {n}</a></h2><p>At place {n}: ' + SENTENCE * 2 + "</p><p>"
    + SENTENCE + "</p>",
    '<h2><a href="/p{n}">The mill that stands at place number {n}</a></h2><p>At place {n}: ' + SENTENCE * 6 + "</p>",
    '<h2><a href="/p{n}">The mill at {n}</a></h2><p>At place {n}: ' + SENTENCE + "</p>",
])
def test_a_long_text_in_parts_with_linked_headings_is_no_listing(part: str) -> None:
    assert extract_article(teasers(part, 8), URL).kind == "article"


PROSE = f"<main><h1>Floods recede</h1>{f'<p>{SENTENCE * 3}</p>' * 3}</main>"
OPEN_GRAPH = '<meta property="og:type" content="article">'


def stated(*types: str, **fields: str) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps({"@type": name, **fields})}</script>'
                   for name in types)


@pytest.mark.parametrize(("head", "kind"), [
    (stated("JobPosting"), "other"), (stated("JobPosting") + OPEN_GRAPH, "other"), (stated("MusicEvent"), "other"),
    (stated("Product"), "other"), (stated("Recipe"), "other"), (stated("Quiz", url=URL), "other"),
    (stated("WebPage", "SearchResultsPage"), "listing"), (stated("CollectionPage"), "listing"),
    (stated("JobPosting", "NewsArticle"), "article"), (stated("Product") + OPEN_GRAPH, "article"),
    (stated("SportsEvent") + OPEN_GRAPH, "article"), (stated("Event", "Event", "Event"), "article"),
    (stated("Event", url="https://news.example/events/7"), "article"), (stated("BroadcastEvent"), "article"),
    (stated("WebPage", "Organization", "VideoObject"), "article"),
])
def test_a_page_is_what_its_linked_data_says_that_it_is_and_an_article_beside_it_wins(head: str, kind: str) -> None:
    """The events of a sidebar are several, or lead elsewhere: such a page is not about them."""
    assert extract_article(page(PROSE, head), URL).kind == kind


def test_a_home_page_that_declares_itself_an_article_is_a_listing_still() -> None:
    html = teasers('<h2><a href="/a{n}">Headline number {n} about the floods in the valley</a></h2>')
    html = html.replace(b"<head>", b'<head><meta property="og:type" content="article">')
    assert extract_article(html, "https://news.example/").kind == "listing"


def test_an_article_with_a_list_of_related_stories_is_an_article() -> None:
    related = "".join(f'<li><h3><a href="/r{n}">Related headline number {n}</a></h3></li>' for n in range(20))
    body = f"<article><h1>Floods recede</h1>{f'<p>{SENTENCE * 3}</p>' * 6}</article><ul>{related}</ul>"
    assert extract_article(page(body), URL).kind == "article"


def test_an_article_whose_subheadings_are_links_is_an_article() -> None:
    parts = "".join(f'<h2><a href="/p{n}">Place number {n}</a></h2><p>At place {n}: {SENTENCE * 2}</p>'
                    for n in range(10))
    assert extract_article(page(f"<article><h1>Ten places</h1>{parts}</article>"), URL).kind == "article"


@pytest.mark.parametrize("body", [
    "",
    "<h1>Contact</h1><p>Write to us at desk@news.example. Our office is open from nine to five.</p>",
    "<h1>The floods in pictures</h1><p>Our photographer went out at dawn. These are her best pictures.</p>"
    + "<figure><img src='/p.jpg'><figcaption>Water</figcaption></figure>" * 10,
    "<p>" + "".join(f'<a href="/c{n}">Category {n}</a> ' for n in range(60)) + "</p>",
    "<form><input name='q'><button>Search</button></form>",
])
def test_a_page_with_too_little_text_is_neither(body: str) -> None:
    assert extract_article(page(body), URL).kind == "other"


@pytest.mark.parametrize("html", [
    b"", b"\x00", b"plain words", b'{"json": true}', b"<?xml version='1.0'?><rss><channel/></rss>",
    b"%PDF-1.7 \x00\xff", b"<html><body>" + b"<p>" * 3000, bytes(range(256)) * 20, b"<table>" * 300, b"<![CDATA[",
    b"<a href=" * 500,
])
def test_no_bytes_make_it_raise(html: bytes) -> None:
    article = extract_article(html, URL, hints=Hints("text/html; charset=who-knows"))
    assert article.kind == "other"


def test_a_page_without_text_says_so() -> None:
    article = extract_article(b"<html><body></body></html>", URL)
    assert (article.text, article.word_count, article.quality.text_share) == ("", 0, None)
    assert "no text" in article.warnings


def test_the_same_bytes_give_the_same_article_in_another_process() -> None:
    html = page(f"<article><h1>Floods</h1>{f'<p>{SENTENCE * 4}</p>' * 4}<p>5 May 2019</p></article>", NEWS)
    code = ("import sys, pickle; from pipelines.extraction import extract_article;"
            "sys.stdout.buffer.write(pickle.dumps(extract_article(sys.stdin.buffer.read(), sys.argv[1])))")
    other = subprocess.run([sys.executable, "-c", code, URL], input=html, capture_output=True, check=True)
    assert pickle.loads(other.stdout) == extract_article(html, URL) == extract_article(html, URL)


def test_importing_extraction_loads_neither_scrapy_nor_twisted() -> None:
    code = "import sys, pipelines.extraction; print(*sorted({'scrapy', 'twisted'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b""


def test_the_fetch_day_bounds_the_dates_that_are_believed() -> None:
    html = page(f"<article><h1>Floods</h1><p>{SENTENCE * 5}</p></article>", NEWS)
    today, then = Hints(fetched_at=date(2026, 11, 22)), Hints(fetched_at=date(2020, 1, 1))
    assert extract_article(html, URL, hints=today).date_published == "2026-11-22T08:00:00Z"
    assert extract_article(html, "https://news.example/x", hints=then).date_published is None


def test_soft_hyphens_are_not_part_of_words() -> None:
    paragraph = f"<p>Ver&shy;fas&shy;sungs&shy;beschwerde wurde eingelegt. {SENTENCE * 4}</p>"
    html = page(f"<article><h1>Floods</h1>{paragraph}</article>")
    assert "Verfassungsbeschwerde" in extract_article(html, URL).text


def test_words_are_counted_in_scripts_without_spaces_too() -> None:
    assert count_words("Don't re-open it. 3 times") == 5
    assert count_words("促进航天技术") == 6
    assert count_words("한국어 신문") == 2
