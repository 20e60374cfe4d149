"""Links whose addresses and words say little: what their place in the page says, and what their likes do."""

from __future__ import annotations

import pytest

from crawler.discovery import date_in_url, links_of_page
from crawler.discovery.judgement import is_no_article
from pipelines.records import Role

HOME = "https://news.example/"
LEAD = "The works would cost more than was planned, said the engineer of the town."


def read(body: str, head: str = ""):
    return links_of_page(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode(), HOME, None)


def pages(body: str) -> set[str]:
    return {link.url.removeprefix(HOME) for link in read(body).links if link.role is Role.PAGE}


def teasers(*paths: str, words: str = "Bridge fire looms", form: str = "heading") -> str:
    forms = {"heading": '<h3><a href="/{0}">{1}</a></h3>', "lead": '<a href="/{0}">{1}</a> ' + LEAD,
             "time": '<a href="/{0}">{1}</a> <i>26.11.2026</i>', "plain": '<li><a href="/{0}">{1}</a></li>'}
    return "".join(forms[form].format(path, words) for path in paths)


SHORT = ("culture/bakery-fire-fails", "culture/choir-sale-looms", "sport/lake-vote-ends")


@pytest.mark.parametrize("form", ["heading", "lead", "time"])
def test_short_headlines_count_where_they_stand_as_teasers_do(form: str):
    assert pages(teasers(*SHORT, form=form)) == set(SHORT)


def test_short_headlines_in_the_navigation_are_names_of_sections():
    assert not pages(f"<nav>{teasers(*SHORT)}</nav>")
    assert not pages(f"<footer>{teasers(*SHORT, form='lead')}</footer>")


def test_below_a_section_that_the_page_links_to_short_headlines_are_articles():
    menu = '<a href="/culture/">Culture</a> <a href="/sport/">Sport</a> '
    assert pages(menu + teasers(*SHORT, form="plain")) == set(SHORT)
    assert not pages(teasers(*SHORT, form="plain"))


@pytest.mark.parametrize("paths", [
    ("news/37", "news/38", "news/39"),
    ("story.php?sid=12", "story.php?sid=13", "story.php?sid=14"),
    ("culture/5SD6G8i", "culture/F9OsdM1", "sport/IgEvZJt"),
    ("n/018dcf", "n/0ffd94", "n/a1b2c3"),
])
def test_three_of_one_numbered_kind_are_articles(paths: tuple[str, ...]):
    assert pages(teasers(*paths, form="plain")) == set(paths)


def test_names_of_sections_with_numbers_are_no_headlines():
    assert not pages(teasers("list/11", "list/12", "list/13", words="Local sport", form="plain"))


@pytest.mark.parametrize("paths", [
    ("temas/el-ayuntamiento-aplaza-la-feria", "temas/el-museo-vende-el-lago", "temas/el-juzgado-rescata-el-molino"),
    ("events/town-museum-celebrates-the-lake", "events/bus-drivers-defend-the-fair", "events/council-sells-the-mill"),
])
def test_a_word_of_the_address_rules_out_no_three_teasers_with_headlines(paths: tuple[str, ...]):
    words = "Council raises doubts over the old mill"
    assert pages(teasers(*paths, words=words)) == set(paths)
    assert not pages(teasers(*paths, words=words, form="plain")), "their place does not speak for them"
    assert not pages(teasers(*paths[:2], words=words)), "two are too few"


def test_behind_an_article_s_own_name_a_day_is_no_archive():
    headline = "Council raises doubts over the old mill"
    assert pages(teasers("culture/council-raises-doubts-over-mill/2026-11-19", words=headline)) == {
        "culture/council-raises-doubts-over-mill/2026-11-19"}
    assert is_no_article(HOME + "culture/2026-11-19")
    assert is_no_article(HOME + "news-of-town/2026/11")


@pytest.mark.parametrize(("path", "is_none"), [
    ("page/bakery-row-ends", False), ("page/2", True), ("news/page/2/", True), ("page/", True),
    ("index.php?action=view&id=12", False), ("index.php?action=login", True), ("?q=12345", False), ("?q=bridge", True),
    ("2026/11/26/agenda", False), ("news/agenda", True), ("2026/11/26/feed", True), ("praca/kierowca", True),
])
def test_one_word_rules_an_address_out_only_where_it_means_that(path: str, is_none: bool):
    assert is_no_article(HOME + path) is is_none


@pytest.mark.parametrize(("path", "day"), [
    ("20261126/a-bridge-opens", "2026-11-26"), ("a-bridge-opens-20261126.html", "2026-11-26"),
    ("2026/11/26/", "2026-11-26"), ("article/20191231", None), ("article/20191231.html", None),
])
def test_eight_digits_alone_are_a_number_and_no_day(path: str, day: str | None):
    found = date_in_url(HOME + path)
    assert (found.date().isoformat() if found else None) == day


@pytest.mark.parametrize("box", [
    '<article data-href="/culture/{0}"><h3>{1}</h3></article>',
    """<div onclick="location.href='/culture/{0}'"><h3>{1}</h3><div>Text</div></div>""",
])
def test_boxes_that_a_script_makes_links_of_count_where_there_are_no_links(box: str):
    names = ("council-sells-the-old-mill", "choir-finds-its-missing-scores", "lake-opens-before-first-frost")
    boxes = "".join(box.format(name, "Council raises doubts over the old mill") for name in names)
    assert pages(boxes) == {f"culture/{name}" for name in names}
    assert not pages(boxes + teasers("1", "2", "3")) & {f"culture/{name}" for name in names}


STATED = '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2026-11-26"}</script>'
PROSE = f"<p>26 November 2026</p><p>{LEAD * 12}</p>"


@pytest.mark.parametrize(("head", "body"), [
    (STATED, ""),
    ('<meta property="og:type" content="article"><meta property="article:published_time" content="2026-11-26">', ""),
    ("", '<div itemscope itemtype="https://schema.org/NewsArticle"></div>'), ("", PROSE),
])
def test_a_page_that_says_so_or_reads_like_one_is_an_article(head: str, body: str):
    assert read(body, head).is_article


@pytest.mark.parametrize(("head", "body"), [
    (STATED * 3, ""), ('<meta property="og:type" content="article">', ""), ("", f"<p>{LEAD * 12}</p>"),
    ("", f'{PROSE}<a href="/1">1</a>' * 4), ("", teasers(*SHORT, form="lead")),
])
def test_a_list_of_posts_or_a_page_without_a_day_is_none(head: str, body: str):
    assert not read(body, head).is_article
