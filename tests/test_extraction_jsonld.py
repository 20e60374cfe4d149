"""JSON-LD is found wherever it hides and read even when it is broken."""

import json
from typing import Any

import pytest

from pipelines.extraction.jsonld import LinkedData, load_json, read_linked_data
from pipelines.extraction.page import parse_page

URL = "https://news.example/2026/11/floods"


def read(*scripts: str) -> LinkedData:
    blocks = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return read_linked_data(parse_page(f"<html><head>{blocks}</head><body></body></html>".encode()).tree, URL)


def article(**fields: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Floods recede", **fields}


def test_every_field_of_a_news_article_is_read() -> None:
    ld = read(json.dumps(article(
        author=[{"@type": "Person", "name": "Ada Brown"}, "Bo Chen"], publisher={"name": "The Example"},
        datePublished="2026-11-22T08:00:00+01:00", dateModified="2026-11-22T09:00:00Z",
        articleSection=["Weather", "Local"], keywords="floods, rivers", isAccessibleForFree="False",
        image={"@type": "ImageObject", "url": "/flood.jpg"}, inLanguage="en-GB", description="Water &amp; mud",
        license="https://creativecommons.org/licenses/by/4.0/",
    )))
    assert ld.headline == "Floods recede"
    assert ld.authors == ("Ada Brown", "Bo Chen")
    assert ld.publisher == "The Example"
    assert ld.date_published == "2026-11-22T08:00:00+01:00"
    assert ld.section == "Weather"
    assert ld.keywords == ("floods", "rivers")
    assert ld.image == "https://news.example/flood.jpg"
    assert ld.is_accessible_for_free is False
    assert ld.language == "en-GB"
    assert ld.license == "https://creativecommons.org/licenses/by/4.0/"
    assert ld.description == "Water & mud"
    assert ld.is_article


def test_authors_and_publisher_in_a_graph_are_found_by_reference() -> None:
    graph = {"@context": "https://schema.org", "@graph": [
        {"@type": "Organization", "@id": "#org", "name": "The Example"},
        {"@type": "Person", "@id": "#ada", "name": "Ada Brown"},
        {**article(), "author": {"@id": "#ada"}, "publisher": {"@id": "#org"}}]}
    ld = read(json.dumps(graph))
    assert (ld.authors, ld.publisher) == (("Ada Brown",), "The Example")


def test_an_article_nested_as_main_entity_or_in_a_list_is_found() -> None:
    assert read(json.dumps({"@type": "WebPage", "mainEntity": article()})).headline == "Floods recede"
    assert read(json.dumps([{"@type": "BreadcrumbList"}, article()])).headline == "Floods recede"


def test_the_article_that_names_this_page_outranks_teasers_of_others() -> None:
    other = article(headline="Another story", url="https://news.example/other", datePublished="2020-01-01")
    ours = article(mainEntityOfPage={"@type": "WebPage", "@id": URL + "?utm_source=feed"})
    assert read(json.dumps([other, ours])).headline == "Floods recede"


@pytest.mark.parametrize("kind", [
    "ReportageNewsArticle", "BlogPosting", ["Article", "Thing"], "http://schema.org/OpinionNewsArticle"])
def test_all_sorts_of_articles_count(kind: Any) -> None:
    assert read(json.dumps(article(**{"@type": kind}))).is_article


@pytest.mark.parametrize("broken", [
    '{"@type": "NewsArticle", "headline": "Floods recede",}',
    '<!-- {"@type": "NewsArticle", "headline": "Floods recede"} -->',
    '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Floods recede"}\n//]]>',
    '{"@type": "NewsArticle", "headline": "Floods\n\trecede"};',
    '{"@type": "NewsArticle", "headline": "Floods recede", "description": "it\\\'s over"}',
    '{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Floods recede&quot;}',
    '{"@type": "Thing"}{"@type": "NewsArticle", "headline": "Floods recede"}',
])
def test_json_that_is_cheap_to_repair_is_read(broken: str) -> None:
    assert read(broken).headline == "Floods recede"


@pytest.mark.parametrize("hopeless", [
    "not json", '{"headline": \'x\'}', "[" * 50_000, '{"a": ' + "9" * 5000 + "}"])
def test_json_beyond_repair_is_counted_and_costs_nothing_else(hopeless: str) -> None:
    ld = read(hopeless, json.dumps(article()))
    assert (ld.unreadable_blocks, ld.headline) == (1, "Floods recede")


@pytest.mark.parametrize("odd", [
    None, 7, "text", {"author": {"name": {"deep": []}}}, {"author": [[["x"]]]}, {"image": [None]},
    {"keywords": 5}, {"publisher": []}, {"datePublished": {"@value": 3}}])
def test_values_of_unexpected_shapes_are_passed_over(odd: Any) -> None:
    read(json.dumps(article(**odd) if isinstance(odd, dict) else odd))


def test_lone_surrogates_do_not_survive() -> None:
    headline = read(r'{"@type": "NewsArticle", "headline": "Floods \ud83d recede"}').headline
    assert headline == "Floods recede"


def test_objects_in_a_row_are_all_read() -> None:
    assert load_json('{"a": 1}\n{"b": 2}') == [{"a": 1}, {"b": 2}]
