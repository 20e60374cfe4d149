"""From findings to an entry: what is listed, what is left out and why, and TOML that nothing can break."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.discovery import Link
from crawler.discovery.cms import systems_of
from crawler.sites import load_sites, site_of_url
from crawler.survey.diagnosis import Cause, diagnose
from crawler.survey.entry import bare_entry, entry_text
from crawler.survey.findings import GUESSED, Answer, HomeFacts, RobotsFacts, Sample, SourceFound, Survey
from crawler.survey.registryfile import free_name, joined, place_of
from crawler.survey.robotslines import denial
from crawler.survey.verdict import choose, duration
from pipelines.records import Outcome, Role

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOME = "https://example.org/"
LISTED = "linked from the home page"
HOSTILE = 'Title "] \n[[site]]\nname = "evil"\r\x00\x1b[31m\u2028\x85 \\u0041 \ud800\x7f'


def page(number: int, *, hours: float | None = 1.0, **more: object) -> Link:
    date = NOW - timedelta(hours=hours * (number + 1)) if hours is not None else None
    return Link(f"{HOME}news/{number}", Role.PAGE, f"News {number}", date, **more)  # type: ignore[arg-type]


def source(name: str, numbers: range, *, role: Role = Role.FEED, origin: str = LISTED, hours: float | None = 1.0,
           **more: object) -> SourceFound:
    links = tuple(page(number, hours=hours) for number in numbers)
    return SourceFound(f"{HOME}{name}", role, origin, links, **more)  # type: ignore[arg-type]


def survey(*sources: SourceFound, home: range = range(5), **more: object) -> Survey:
    links = (*(page(number, hours=None) for number in home), Link(f"{HOME}sport/", Role.SECTION, "Sport"))
    return Survey(site_of_url(HOME), Answer(HOME, HOME, Outcome.FETCHED, status=200), home_links=links,
                  sources=sources, **more)  # type: ignore[arg-type]


def listed(found: Survey) -> dict[str, list[str]]:
    """What the entry lists once it is read as a registry."""
    [site] = load_sites(entry_text(found, choose(found, NOW), "example", NOW).encode(), "sites.toml")
    return {key: [url.removeprefix(HOME) for url in urls] for key, urls in
            (("feeds", site.feeds), ("sitemaps", site.sitemaps), ("sections", site.sections)) if urls}


def reasons(found: Survey) -> dict[str, str | None]:
    return {choice.source.url.removeprefix(HOME): choice.reason for choice in choose(found, NOW).choices}


def test_a_feed_that_has_all_is_listed_alone() -> None:
    assert listed(survey(source("feed", range(10)))) == {"feeds": ["feed"]}


def test_a_feed_whose_entries_are_all_in_another_is_left_out_with_the_reason() -> None:
    found = survey(source("sport/feed", range(3)), source("feed", range(10)))
    assert listed(found) == {"feeds": ["feed"]}
    assert reasons(found)["sport/feed"] == f"adds nothing: all that it lists is in {HOME}feed"
    text = entry_text(found, choose(found, NOW), "example", NOW)
    assert f'    # "{HOME}sport/feed",' in text


def test_of_two_feeds_with_the_same_entries_the_one_with_their_text_is_listed() -> None:
    full = source("full", range(5))
    full = replace(full, links=tuple(replace(link, paragraphs=(1, 2)) for link in full.links))
    assert listed(survey(source("short", range(5)), full)) == {"feeds": ["full"]}


def test_a_feed_that_goes_on_is_not_left_out_for_one_that_does_not() -> None:
    found = survey(source("feed", range(10)), source("paged", range(5), next_url=f"{HOME}paged?page=2"))
    assert listed(found) == {"feeds": ["feed", "paged"]}


def test_a_feed_without_news_for_a_year_is_left_out_unless_there_is_nothing_else() -> None:
    dead = source("dead", range(20, 25), hours=10_000.0)
    assert reasons(survey(dead, source("feed", range(5))))["dead"] == "nothing in it is newer than 2002-12-12"
    assert listed(survey(dead, home=range(0)))["feeds"] == ["dead"]


def test_empty_and_unreadable_sources_are_left_out_and_guesses_that_failed_are_not_mentioned() -> None:
    found = survey(source("feed", range(9)), source("empty", range(0)), source("gone", range(0), problem="HTTP 404"),
                   source("rss.xml", range(0), origin=GUESSED, problem="HTTP 404"))
    assert reasons(found) == {"feed": None, "empty": "empty", "gone": "HTTP 404"}


def test_a_news_sitemap_stays_beside_the_sitemap_that_has_all_of_it() -> None:
    news = source("news.xml", range(3), role=Role.SITEMAP)
    news = replace(news, links=tuple(replace(link, is_published=True) for link in news.links))
    found = survey(source("sitemap.xml", range(50), role=Role.SITEMAP), news)
    assert listed(found) == {"sitemaps": ["sitemap.xml", "news.xml"]}


def test_an_index_of_which_not_all_was_read_is_listed() -> None:
    index = source("index.xml", range(0), role=Role.SITEMAP, below=300, below_read=2)
    assert listed(survey(index))["sitemaps"] == ["index.xml"]


def test_the_home_page_is_listed_where_the_lists_lack_some_of_it_and_sections_where_they_lack_much() -> None:
    assert listed(survey(source("feed", range(9)), home=range(10))) == {"feeds": ["feed"], "sections": [""]}
    assert listed(survey(source("feed", range(5)), home=range(10))) == {"feeds": ["feed"], "sections": ["", "sport/"]}


def test_sections_are_listed_where_they_show_more_than_a_feed_has() -> None:
    sport = source("sport/", range(3, 9), role=Role.SECTION)
    found = survey(source("feed", range(5)), sport)
    assert listed(found) == {"feeds": ["feed"], "sections": ["", "sport/"]}
    assert choose(found, NOW).why.startswith("4 links like articles, 0 of them on the home page, are in no feed")
    assert listed(survey(source("feed", range(9)), sport)) == {"feeds": ["feed"]}


def test_of_many_links_that_no_list_has_some_are_looked_at() -> None:
    sport = source("sport/", range(20, 40), role=Role.SECTION)
    none = tuple(Sample(page(number).url, kind="other", problem="read as no article") for number in (20, 25, 30, 35))
    found = survey(source("feed", range(9)), sport, doubts=none)
    assert listed(found) == {"feeds": ["feed"]}
    assert choose(found, NOW).why == (
        "20 links like articles are in no feed or sitemap, and of 4 that were looked at none is an article")
    one = replace(none[0], kind="article", problem=None)
    assert "sections" in listed(survey(source("feed", range(9)), sport, doubts=(one, *none[1:])))


def test_what_there_was_no_budget_for_is_listed_and_said_to_be_so() -> None:
    found = survey(source("feed", range(9)), source("sport/feed", range(0), is_asked=False))
    assert listed(found) == {"feeds": ["feed", "sport/feed"]}
    assert "# linked from the home page: not looked at, for there are too many" in entry_text(
        found, choose(found, NOW), "example", NOW)


def test_a_link_that_was_looked_at_and_is_no_article_is_not_missed() -> None:
    doubt = Sample(page(9).url, kind="other", problem="read as no article")
    found = survey(source("feed", range(9)), home=range(10), doubts=(doubt,))
    assert listed(found) == {"feeds": ["feed"]}
    assert "but for 1 that were looked at and are none" in choose(found, NOW).why


def test_without_any_list_the_address_alone_is_written_and_the_reason() -> None:
    found = survey()
    assert listed(found) == {}
    assert "# Neither feed nor sitemap lists articles: a crawl from the address alone" in entry_text(
        found, choose(found, NOW), "example", NOW)


def test_the_figures_say_how_much_how_fresh_and_how_complete() -> None:
    found = survey(source("feed", range(4), hub="https://hub.example/"), home=range(5))
    assert choose(found, NOW).choices[0].figures == (
        "4 entries, all dated, the newest of 2026-11-26 11:00 UTC, one every 60 minutes, none with text, has 80% of "
        "the 5 articles that the site shows now, WebSub hub https://hub.example/")


def test_a_crawl_delay_is_written_and_kept_to_what_a_registry_takes() -> None:
    for asked, written in ((10.0, 10.0), (0.5, None), (1e9, 86_400.0)):
        found = survey(source("feed", range(9)), robots=RobotsFacts(200, text="", crawl_delay_seconds=asked))
        entry = tomllib.loads(entry_text(found, choose(found, NOW), "example", NOW))["site"][0]
        assert entry.get("delay") == written


def test_nothing_that_a_site_says_can_break_out_of_a_comment() -> None:
    facts = HomeFacts(language=HOSTILE, systems=((HOSTILE, HOSTILE),), rights=(HOSTILE,))
    sample = Sample(HOME, HOSTILE, HOSTILE, (HOSTILE,), 9, "article")
    found = survey(source("feed", range(9), problem=HOSTILE), facts=facts, samples=(sample,),
                   robots=RobotsFacts(200, text=HOSTILE))
    text = entry_text(found, choose(found, NOW), "example", NOW)
    [entry] = tomllib.loads(text)["site"]
    assert entry == {"name": "example", "url": HOME, "feeds": [f"{HOME}feed"]}
    assert all(line.isprintable() for line in text.splitlines())
    text = bare_entry("x", 'https://example.org/"\\\x7f', ["https://example.org/\n"], [HOSTILE])
    assert tomllib.loads(text) == {"site": [
        {"name": "x", "url": 'https://example.org/"\\\x7f', "feeds": ["https://example.org/\n"]}]}


@pytest.mark.parametrize("before", [
    b"", b"# mine\n", b"# mine", b"# a\r\n[defaults]\r\ndelay = 2\r\n", b"\xef\xbb\xbf# b\n"])
def test_what_was_in_the_file_stays_byte_for_byte(before: bytes) -> None:
    after = joined(before, ['[[site]]\nname = "a"\nurl = "https://a.example/"\n', '[[site]]\nname = "b"\n'])
    assert after.startswith(before)
    assert after.endswith(b'name = "b"\r\n' if b"\r" in before else b'name = "b"\n')
    assert (b"\r\n" in after) == (b"\r\n" in before)


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert free_name("example-org", {"other"}) == "example-org"
    assert free_name("example-org", {"example-org", "example-org-2"}) == "example-org-3"
    assert len(free_name("x" * 63, {"x" * 63})) <= 63


def test_one_site_is_told_by_host_and_path() -> None:
    assert place_of("http://www.Example.org") == place_of("https://example.org/")
    assert place_of("https://example.org/blog/") != place_of("https://example.org/")


@pytest.mark.parametrize(("text", "path", "rule"), [
    ("User-agent: *\nDisallow: /", "/", 'line 2, "Disallow: /", in the group "User-agent: *"'),
    ("User-agent: *\nDisallow: /\nUser-agent: broadsheet\nDisallow: /x", "/", None),
    ("User-agent: a\nUser-agent: Broadsheet/2\nDisallow: /*.html$\nAllow: /", "/b/a.html",
     'line 3, "Disallow: /*.html$", in the group "User-agent: broadsheet"'),
    ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b", None),
    ("User-agent: *\nDisallow: # nothing\n\nSitemap: /x", "/", None),
    ("User-agent: *\nDisallow: /*a*a*a*a*a*a*a*a*b$", "/" + "a" * 2_000, None),
    ("User-agent: *\nDisallow: /%7Ejoe/", "/~joe/x", 'line 2, "Disallow: /%7Ejoe/", in the group "User-agent: *"'),
    ("", "/", None),
])
def test_the_line_that_forbids_is_found(text: str, path: str, rule: str | None) -> None:
    assert denial(text, "Broadsheet", path) == rule


@pytest.mark.parametrize(("page_text", "headers", "robots", "name", "evidence"), [
    ('<meta name="generator" content="WordPress 6.9">', {}, "", "WordPress", 'its generator is "WordPress 6.9"'),
    ("<link href='/wp-content/a.css'>", {}, "", "WordPress", '"/wp-content/" in the home page'),
    ("", {"x-generator": "Drupal 11 (https://www.drupal.org)"}, "", "Drupal",
     "header x-generator: Drupal 11 (https://www.drupal.org)"),
    ("", {}, "User-agent: *\nDisallow: /typo3/", "TYPO3", '"/typo3/" in robots.txt'),
    ('<meta content="Ghost 5.9" name=generator>', {}, "", "Ghost", 'its generator is "Ghost 5.9"'),
    ('<script id="__NEXT_DATA__">', {}, "", "Next.js", '"__next_data__" in the home page'),
    ("", {"x-wix-request-id": "1"}, "", "Wix", "header x-wix-request-id: 1"),
    ("", {"server": "Squarespace"}, "", "Squarespace", "header server: Squarespace"),
])
def test_a_publishing_system_is_told_by_what_it_leaves(
    page_text: str, headers: dict[str, str], robots: str, name: str, evidence: str
) -> None:
    [found] = systems_of(page_text, headers, robots)
    assert (found.system.name, found.evidence) == (name, evidence)


def test_a_page_that_betrays_nothing_is_of_no_system() -> None:
    assert systems_of("<html><body>News of wordpress.org and drupal</body></html>", {"server": "nginx"}, "") == ()


def test_a_stale_site_and_an_undated_sitemap_are_told_apart_from_good_ones() -> None:
    stale = survey(source("feed", range(5), hours=20_000.0), home=range(0))
    assert diagnose(stale, NOW).cause is Cause.STALE
    undated = survey(source("sitemap.xml", range(5), role=Role.SITEMAP, hours=None), home=range(0))
    undated = replace(undated, site=replace(undated.site, max_age_days=7))
    found = diagnose(undated, NOW)
    assert (found.cause, found.is_good) == (Cause.UNDATED, True)


def test_every_cause_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[1] / "docs" / "adding-sites.md").read_text()
    assert [cause for cause in Cause if f"`{cause}`" not in text] == []


def test_durations_are_told_in_a_unit_of_their_size() -> None:
    assert [duration(seconds) for seconds in (5, 150, 7_300, 200_000)] == [
        "5 seconds", "2 minutes", "2 hours", "2 days"]


def test_an_entry_says_at_once_that_a_crawl_may_give_nothing():
    found = survey(samples=(Sample(f"{HOME}news/1", problem="read as no article"),))
    text = entry_text(found, choose(found, NOW), "example", NOW, diagnose(found, NOW).text)
    assert "# SEE TO IT, a crawl may give nothing: links are found, but of 1 tried none gave an article" in text
    assert load_sites(text.encode(), "sites.toml")


def test_a_site_in_a_folder_of_its_host_is_kept_to_it():
    found = replace(survey(), folder=f"{HOME}paper/")
    [site] = load_sites(entry_text(found, choose(found, NOW), "example", NOW).encode(), "sites.toml")
    assert site.permits("http://example.org/paper/1")
    assert not site.permits(f"{HOME}city/1")
