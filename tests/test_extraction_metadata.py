"""Each field has one answer: JSON-LD, then meta tags, then what can be found in the page."""

from datetime import date

import pytest

from pipelines.extraction.authors import clean_authors
from pipelines.extraction.dates import parse_moment
from pipelines.extraction.metadata import Metadata, language_tag, read_metadata
from pipelines.extraction.metatags import MetaTags
from pipelines.extraction.page import parse_page
from pipelines.extraction.title import choose_title

URL = "https://news.example/2026/11/floods?page=1"


def read(
    head: str = "", body: str = "", lang: str = "", latest: date | None = None, url: str = URL,
) -> Metadata:
    html = f"<html{lang and f' lang={lang!r}'}><head>{head}</head><body>{body}</body></html>"
    tree = parse_page(html.encode()).tree
    return read_metadata(tree, MetaTags(tree), url, latest)


LD = ('<script type="application/ld+json">{"@type":"NewsArticle","headline":"Floods","datePublished":"%s"}'
      '</script>')


@pytest.mark.parametrize(("stated", "utc", "precision"), [
    ("2026-11-22T08:00:30+01:00", "2026-11-22T07:00:30Z", "second"),
    ("2026-11-22T08:00:30.123Z", "2026-11-22T08:00:30Z", "second"),
    ("2026-11-22T08:00+0530", "2026-11-22T02:30:00Z", "minute"),
    ("2026-11-22 08:00:30 +0100", "2026-11-22T07:00:30Z", "second"),
    ("2026-11-22 08:00", "2026-11-22T08:00:00Z", "minute"),
    ("2026-11-22", "2026-11-22T00:00:00Z", "day"),
    ("20261122", "2026-11-22T00:00:00Z", "day"),
    ("2026/11/22", "2026-11-22T00:00:00Z", "day"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", "second"),
    ("Sun, 22 Nov 2026 08:00:30 -0500", "2026-11-22T13:00:30Z", "second"),
    ("1795334430", "2026-11-22T08:00:30Z", "second"),
    ("1795334430000", "2026-11-22T08:00:30Z", "second"),
    ("1851-09-18", "1851-09-18T00:00:00Z", "day"),
])
def test_dates_become_utc_with_the_precision_they_state(stated: str, utc: str, precision: str) -> None:
    moment = parse_moment(stated)
    assert moment is not None
    assert (moment.rfc3339(), moment.precision) == (utc, precision)


@pytest.mark.parametrize("stated", [
    None, "", "yesterday", "2026-13-01", "2026-02-30T10:00:00Z", "0001-01-01", "9999-12-31", "03/04/2026",
    "Sun, 99 Nov 2026 08:00:30 -0500", "2026-11-22T08:00:00+99:99"])
def test_what_is_no_plausible_date_is_none(stated: str | None) -> None:
    assert parse_moment(stated, date(2026, 11, 22)) is None


def test_a_date_after_the_fetch_is_not_believed() -> None:
    assert parse_moment("2026-11-23", date(2026, 11, 22)) is not None
    assert parse_moment("2026-11-29", date(2026, 11, 22)) is None


def test_json_ld_outranks_meta_tags_and_a_broken_date_gives_way() -> None:
    meta = '<meta property="article:published_time" content="2026-11-21T10:00:00Z">'
    first, second = read(LD % "2026-11-22T08:00:00Z" + meta), read(LD % "soon" + meta)
    assert (first.date_published, first.date_published_source) == ("2026-11-22T08:00:00Z", "json-ld")
    assert (second.date_published, second.date_published_source) == (
        "2026-11-21T10:00:00Z", "meta:article:published_time")


def test_a_time_element_by_the_headline_is_read_and_one_elsewhere_is_not() -> None:
    body = ('<time datetime="2020-01-01T00:00:00Z">a teaser</time>'
            '<article><h1>Floods</h1><time datetime="2026-11-22T08:00:00Z">today</time></article>')
    assert read(body=body).date_published_source == "time"
    assert read(body=body).date_published == "2026-11-22T08:00:00Z"


def test_htmldate_is_the_last_resort_and_gives_a_day() -> None:
    metadata = read(body="<p class='date'>Published: 21 November 2026</p><p>" + "Rain fell. " * 30 + "</p>",
                    latest=date(2026, 11, 22), url="https://news.example/floods")
    assert (metadata.date_published, metadata.date_published_source, metadata.date_published_precision) == (
        "2026-11-21T00:00:00Z", "htmldate", "day")


def test_a_time_without_a_zone_is_read_as_utc_and_says_so() -> None:
    assert "date_published: states no time zone, read as UTC" in read(LD % "2026-11-22T08:00:00").warnings


def test_the_title_is_what_most_places_agree_on() -> None:
    assert choose_title("A", "B", ("B",), "B | Site") == "B"
    assert choose_title("A story", "Another", ("Log in", "Another"), "Another | Site") == "Another"
    assert choose_title("A story", "Another", ("Another",), "A story | Site") == "A story"


def test_the_name_of_the_site_is_cut_off_where_one_place_leaves_it_out() -> None:
    named = "Floods - The Paper"
    assert choose_title(named, named, ("Floods",), named) == "Floods"
    assert choose_title(None, None, (), "Floods - The Paper") == "Floods - The Paper"


def test_a_dash_inside_a_headline_stays() -> None:
    title = "Floods - a report"
    assert choose_title(title, None, (title,), f"{title} | Paper") == title


def test_the_meta_tag_serves_where_there_is_no_heading() -> None:
    assert read('<meta property="og:title" content="Floods &amp; mud">').title == "Floods & mud"


def test_a_page_without_any_title_says_so() -> None:
    assert read(body="<p>text</p>").title is None
    assert "no title" in read(body="<p>text</p>").warnings


@pytest.mark.parametrize(("stated", "names"), [
    (["By Ada Brown and Bo Chen"], ("Ada Brown", "Bo Chen")),
    (["Ada Brown, Bo Chen & Cy Dee"], ("Ada Brown", "Bo Chen", "Cy Dee")),
    (["Von: Birgit Baumann und Anna Fink"], ("Birgit Baumann", "Anna Fink")),
    (["Standards and Practices"], ("Standards and Practices",)),
    (["https://facebook.com/ada", "Ada Brown", "ada brown"], ("Ada Brown",)),
    (["Ada Brown ada@news.example @ada"], ("Ada Brown",)),
    (["Martin King, Jr."], ("Martin King, Jr",)),
    (["Image: An Agency", "ada-brown", "", None], ()),
    (["Byron Doe", "Vonnegut"], ("Byron Doe", "Vonnegut")),
])
def test_authors_are_names_and_nothing_else(stated: list[str | None], names: tuple[str, ...]) -> None:
    assert tuple(name.rstrip(".") for name in clean_authors(stated)) == names


def test_a_person_in_a_meta_tag_outranks_the_publisher_in_json_ld() -> None:
    ld = ('<script type="application/ld+json">{"@type":"Article","author":{"name":"The Paper"},'
          '"publisher":{"name":"The Paper Ltd"}}</script>')
    assert read(ld + '<meta name="author" content="Ada Brown">').authors == ("Ada Brown",)
    assert read(ld).authors == ("The Paper",)


def test_the_byline_in_the_page_is_the_last_resort() -> None:
    body = '<article><p class="byline"><a rel="author">Ada Brown</a></p></article>'
    assert read(body=body).authors == ("Ada Brown",)


@pytest.mark.parametrize(("stated", "tag"), [
    ("de", "de"), ("DE-at", "de-AT"), ("en_US", "en-US"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"),
    ("pt_BR.UTF-8", "pt-BR"), ("utf-8", None), ("English", None), ("", None), (None, None), ("{{lang}}", None),
])
def test_languages_are_bcp_47_tags(stated: str | None, tag: str | None) -> None:
    assert language_tag(stated) == tag


def test_the_html_element_names_the_language_before_open_graph_does() -> None:
    locale = '<meta property="og:locale" content="en_US">'
    assert read(locale, lang="de-AT").language == "de-AT"
    assert read(locale).language == "en-US"


@pytest.mark.parametrize(("href", "canonical"), [
    ("/2026/11/floods", "https://news.example/2026/11/floods"),
    ("//www.news.example/floods", "https://www.news.example/floods"),
    ("https://other.example/floods", "https://other.example/floods"),
    ("javascript:void(0)", None), ("http://[broken", None), ("mailto:a@b.example", None),
    ("https://news.example/", None),
])
def test_the_canonical_address_is_absolute_http_or_none(href: str, canonical: str | None) -> None:
    assert read(f'<link rel="canonical" href="{href}">').canonical_url == canonical


def test_the_home_page_may_name_itself_canonical() -> None:
    head = '<link rel="canonical" href="https://news.example/">'
    assert read(head, url="https://news.example/").canonical_url == "https://news.example/"


def test_tags_section_publisher_and_image_come_from_meta_tags_too() -> None:
    metadata = read(
        '<meta property="article:tag" content="floods"><meta property="article:tag" content="rivers">'
        '<meta name="keywords" content="Floods, mud"><meta property="article:section" content="Weather">'
        '<meta property="og:site_name" content="The Example"><meta property="og:image" content="/a.jpg">'
        '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">')
    assert metadata.tags == ("floods", "rivers", "mud")
    assert (metadata.section, metadata.publisher) == ("Weather", "The Example")
    assert metadata.image == "https://news.example/a.jpg"
    assert metadata.license == "https://creativecommons.org/licenses/by/4.0/"
