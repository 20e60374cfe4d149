"""What a page's markup says of its use reaches its article, each with where it stands and what stands there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.boilerplate.learner import STORIES_TO_KNOW
from pipelines.extraction import NO_HINTS, Fetched, extract_article, read_together
from pipelines.rights.evidence import MAX_CHARS, MAX_DIRECTIVES
from tests.newsserver import article_html

URL = "https://news.example/2026/11/22/a"
Said = list[tuple[str, str | None, str | None, str]]


def said(*head: str, body: str = "", json_ld: dict[str, Any] | None = None) -> Said:
    html = article_html("Fair moves to the lower meadow", json_ld=json_ld, below=body)
    article = extract_article(html.replace("</head>", "".join(head) + "</head>").encode(), URL)
    assert article.kind == "article"
    return [(each.name, each.value, each.agent, each.source) for each in article.rights]


def meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{content}">'


def test_a_page_that_says_nothing_has_no_rights() -> None:
    assert said(meta("robots", "index, follow, max-image-preview:large"), meta("googlebot", "all")) == []


def test_robots_tags_are_for_all_and_those_of_agents_for_them() -> None:
    assert said(meta("ROBOTS", "noai, noimageai"), meta("robots", "noarchive"), meta("GPTBot", "noindex"),
                meta("googlebot-news", "nosnippet"), meta("broadsheet", "noindex")) == [
        ("noai", None, None, "meta"), ("noimageai", None, None, "meta"), ("noarchive", None, None, "meta"),
        ("noindex", None, "broadsheet", "meta"), ("nosnippet", None, "googlebot-news", "meta"),
        ("noindex", None, "gptbot", "meta")]


def test_a_tag_in_the_name_of_any_crawler_is_for_that_one() -> None:
    """Ours may have any name: USER_AGENT says it."""
    assert said(meta("Paperboy2", "noai noarchive"), meta("keywords", "noai, press"), meta("referrer", "none")) == [
        ("noai", None, "paperboy2", "meta"), ("noarchive", None, "paperboy2", "meta")]


def test_a_robots_header_may_stand_in_the_markup() -> None:
    assert said('<meta http-equiv="X-Robots-Tag" content="noimageai, gptbot: noindex">') == [
        ("noimageai", None, None, "meta"), ("noindex", None, "gptbot", "meta")]


def test_the_first_tdm_tag_of_a_page_counts() -> None:
    """TDMRep section 5.3."""
    assert said(meta("tdm-reservation", "1"), meta("tdm-policy", "/policies/1.json"), meta("tdm-reservation", "0")) == [
        ("tdm-reservation", "1", None, "meta"),
        ("tdm-policy", "https://news.example/policies/1.json", None, "meta")]
    assert said(meta("tdm-reservation", "maybe")) == []


def test_links_to_licences_are_told_with_the_element_that_they_are() -> None:
    cc = "https://creativecommons.org/licenses/by/4.0/"
    assert said('<link rel="license" type="application/rsl+xml" href="/license.xml">',
                body=f'<footer><p>Under <a rel="license" href="{cc}">CC BY</a></p></footer>') == [
        ("rsl", "https://news.example/license.xml", None, "link"), ("license", cc, None, "a")]


def test_a_licence_in_rsl_may_stand_in_the_page() -> None:
    rsl = ('<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
           '<prohibits type="usage">train-ai</prohibits></license></content></rsl>')
    html = article_html("Choir finds its scores").replace(
        "</head>", f'<script type="application/rsl+xml">{rsl}</script></head>')
    article = extract_article(html.encode(), URL)
    assert [(each.name, each.source, each.evidence) for each in article.rights] == [("rsl", "script", rsl)]
    assert "train-ai" not in article.text


def test_linked_data_names_licence_terms_and_holder() -> None:
    assert said(json_ld={
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": "Fair moves to the lower meadow",
        "license": "https://news.example/terms", "usageInfo": {"@type": "CreativeWork", "url": "/usage"},
        "copyrightHolder": {"@type": "Organization", "name": "Osmere Courier"}, "copyrightNotice": "© 2026",
        "acquireLicensePage": "https://news.example/buy",
        "image": {"@type": "ImageObject", "license": "https://pictures.example/terms"}}) == [
        ("license", "https://news.example/terms", None, "json-ld"),
        ("usage-info", "https://news.example/usage", None, "json-ld"),
        ("copyright-holder", "Osmere Courier", None, "json-ld"), ("copyright-notice", "© 2026", None, "json-ld"),
        ("acquire-license-page", "https://news.example/buy", None, "json-ld")]


def test_dublin_core_names_licence_and_rights() -> None:
    cc = "https://creativecommons.org/licenses/by-sa/4.0/"
    assert said(meta("DCTERMS.license", cc), meta("dc.rights", "© Osmere"), meta("copyright", "Osmere Courier")) == [
        ("license", cc, None, "meta"), ("rights", "© Osmere", None, "meta"),
        ("copyright-notice", "Osmere Courier", None, "meta")]


def test_the_evidence_is_what_stands_there() -> None:
    html = article_html("Fair moves").replace("</head>", meta("robots", "noai,  noimageai") + "</head>")
    assert [each.evidence for each in extract_article(html.encode(), URL).rights] == ["robots: noai, noimageai"] * 2


@pytest.mark.parametrize("head", [
    "".join(f'<link rel="license" href="/{number}">' for number in range(5000)),
    meta("robots", "noai, noarchive, " * 50_000), meta("robots", "noindex:" * 50_000), meta("dc.rights", "x" * 500_000),
    f'<script type="application/rsl+xml">{"<rsl>" * 50_000}</script>',
    '<link rel="license" href="http://[broken">', '<link rel="license" href="&#0;&#xd800;\x01">'])
def test_a_hostile_page_gives_no_more_than_a_record_can_bear(head: str) -> None:
    article = extract_article(article_html("Fair moves").replace("</head>", head + "</head>").encode(), URL)
    assert 1 <= len(article.rights) <= MAX_DIRECTIVES
    for each in article.rights:
        assert len(each.evidence) <= MAX_CHARS
        assert len(each.value or "") <= MAX_CHARS
        json.dumps([each.value, each.evidence])


def test_pages_read_one_by_one_and_together_have_the_same_rights() -> None:
    pages = [Fetched(article_html(f"Story {'abcdefgh'[number]} of the day", robots="noai").encode(),
                     f"https://site.example/{number}", NO_HINTS) for number in range(STORIES_TO_KNOW)]
    reading = read_together(pages)
    assert reading.model is not None
    for page, article in zip(pages, reading.articles, strict=True):
        assert article is not None
        assert article.rights == extract_article(page.html, page.url, reading.model).rights
        assert [each.name for each in article.rights] == ["noai"]
