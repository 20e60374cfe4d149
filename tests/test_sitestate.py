"""In which order a site is explored from nothing but its address."""

from __future__ import annotations

from dataclasses import replace

from crawler.discovery import WELL_KNOWN_FEEDS, WELL_KNOWN_SITEMAPS, Found, Link
from crawler.sites import Site
from crawler.sitestate import MAX_SECTIONS, SiteState, Step
from pipelines.records import Role

HOME = "https://example.org/"
PAGES = tuple(Link(f"{HOME}{name}", Role.PAGE) for name in "abcde")
SECTIONS = tuple(Link(f"{HOME}{name}/", Role.SECTION) for name in ("politics", "sport"))
NOTHING: frozenset[Role] = frozenset()


def begun(*links: Link, wordpress_api: str | None = None) -> SiteState:
    """A site whose home page was read and gave these links."""
    state = SiteState(Site("example", HOME))
    state.read_home(Found(links, wordpress_api=wordpress_api), HOME, "example.org/")
    return state


def steps(
    state: SiteState, known: int = 0, lists: frozenset[Role] = NOTHING, *, is_full: bool = False
) -> list[Step]:
    """All that follow, where what each asks for lists nothing; the first `known` pages are known."""
    keys = {link.url for link in PAGES[:known]}
    found = []
    while step := state.next_step(lists, lambda link: link.url in keys, is_full=is_full):
        found.append(step)
    return found


def asked(found: list[Step], role: Role) -> list[str]:
    return [place.url.removeprefix(HOME.rstrip("/")) for step in found for place in step.sources if place.role is role]


def test_nothing_follows_while_a_source_is_out_or_before_the_home_page_was_read():
    assert steps(SiteState(Site("example", HOME))) == []
    state = begun(*PAGES)
    state.expect_source()
    assert steps(state) == []
    state.source_ended()
    assert steps(state) != []


def test_where_nothing_is_named_each_usual_place_is_tried_in_turn():
    found = steps(begun(*PAGES))
    assert asked(found, Role.FEED) == list(WELL_KNOWN_FEEDS)
    assert asked(found, Role.SITEMAP) == list(WELL_KNOWN_SITEMAPS)
    assert all(len(step.sources) <= 2 for step in found[:-1]), "one of a kind at a time"


def test_the_first_place_that_lists_pages_ends_the_search_for_its_kind():
    state = begun(*PAGES)
    step = state.next_step(NOTHING, lambda _: False)
    assert step is not None
    assert [place.via for place in step.sources] == ["well-known", "well-known"]
    state.list_pages(Role.FEED, 5)
    assert asked(steps(state), Role.FEED) == []


def test_a_wordpress_site_is_asked_for_all_posts_where_it_has_no_feed():
    found = steps(begun(*PAGES, wordpress_api=HOME + "wp-json/"))
    assert asked(found, Role.FEED)[1:] == ["/wp-json/wp/v2/posts?per_page=100&_fields=link,title,date_gmt,modified_gmt"]


def test_the_home_pages_own_links_are_taken_beside_those_of_lists():
    [home] = [step for step in steps(begun(*PAGES, *SECTIONS), 5, frozenset({Role.FEED, Role.SITEMAP})) if step.is_home]
    assert home.pages == PAGES
    assert home.sources == (), "the lists have all that the home page links to, so they are taken to be complete"


def test_a_feed_alone_is_not_complete_when_a_site_is_read_for_the_first_time_for_it_drops_what_is_older():
    for is_first, expected in ((True, ["/politics/", "/sport/"]), (False, [])):
        state = SiteState(Site("example", HOME))
        state.read_home(Found((*PAGES, *SECTIONS)), HOME, "example.org/", is_first=is_first)
        assert asked(steps(state, 5, frozenset({Role.FEED})), Role.SECTION) == expected


def test_lists_that_lack_much_of_the_home_page_are_not_complete_and_sections_are_read():
    [home] = [step for step in steps(begun(*PAGES, *SECTIONS), 3, frozenset({Role.FEED, Role.SITEMAP})) if step.is_home]
    assert [place.url for place in home.sources] == [link.url for link in SECTIONS]


def test_budgets_that_left_links_out_say_nothing_of_completeness():
    state = begun(*PAGES, *SECTIONS)
    lists = frozenset({Role.FEED, Role.SITEMAP})
    [home] = [step for step in steps(state, 0, lists, is_full=True) if step.is_home]
    assert home.sources == ()


def test_sections_of_sections_are_read_only_where_nothing_else_lists_pages():
    for lists, expected in ((NOTHING, ["/sport/football/"]), (frozenset({Role.FEED}), [])):
        state = begun(*SECTIONS)
        before = asked(steps(state, lists=lists), Role.SECTION)
        assert before == ["/politics/", "/sport/"]
        again = begun(*SECTIONS)
        again.find_sections([Link(HOME + "sport/football/", Role.SECTION), *PAGES])
        assert asked(steps(again, lists=lists), Role.SECTION)[len(before):] == expected


def test_max_depth_of_one_ends_at_the_sections_of_the_home_page():
    state = begun(*SECTIONS)
    state.site = replace(state.site, max_depth=1)
    state.find_sections([Link(HOME + "sport/football/", Role.SECTION)])
    assert asked(steps(state), Role.SECTION) == ["/politics/", "/sport/"]


def test_the_home_page_counts_as_read_when_all_steps_are_done():
    state = begun(*PAGES)
    assert not state.ends_now()
    steps(state)
    assert [state.ends_now(), state.ends_now()] == [True, False]


def test_only_so_many_sections_are_tried():
    many = [Link(f"{HOME}{number}/", Role.SECTION) for number in range(MAX_SECTIONS + 10)]
    assert len(asked(steps(begun(*many)), Role.SECTION)) == MAX_SECTIONS


def test_a_sitemap_is_taken_once_and_no_more_than_the_limit():
    sitemaps = SiteState(Site("example", HOME))
    assert [sitemaps.takes_sitemap(url, 2) for url in ("a", "a", "b", "c")] == [True, False, True, False]


def test_with_a_depth_of_one_the_home_page_s_second_page_is_not_read():
    for depth, second in ((1, []), (0, ["/page/2/"])):
        state = SiteState(Site("example", HOME, max_depth=depth))
        state.read_home(Found(PAGES, next_url=f"{HOME}page/2/"), HOME, "example.org/")
        assert asked(steps(state), Role.SECTION) == second


def test_a_section_that_proved_to_be_an_article_makes_pages_of_its_likes():
    likes = [Link(f"{HOME}news/{number}", Role.SECTION) for number in range(40)]
    state = SiteState(Site("example", HOME))
    state.read_home(Found(tuple(likes), doubtful=tuple(replace(link, role=Role.PAGE) for link in likes)), HOME,
                    "example.org/")
    found = []
    while step := state.next_step(NOTHING, lambda _: False):
        found.append(step)
        if any(place.role is Role.SECTION for place in step.sources):
            state.shapes.learn_all([likes[0].url])
    assert len(asked(found, Role.SECTION)) == MAX_SECTIONS
    assert {link.url for step in found for link in step.pages} == {link.url for link in likes}


def test_what_is_known_as_a_page_is_no_section_in_later_crawls():
    likes = [Link(f"{HOME}news/{number}", Role.SECTION) for number in range(4)]
    state = SiteState(Site("example", HOME))
    state.read_home(Found(tuple(likes), doubtful=tuple(replace(link, role=Role.PAGE) for link in likes)), HOME,
                    "example.org/", is_first=False)
    found = []
    while step := state.next_step(NOTHING, lambda link: link.url == likes[0].url):
        found.append(step)
    assert asked(found, Role.SECTION) == []
    assert {link.url for step in found for link in step.pages} == {link.url for link in likes}


def test_in_a_folder_of_a_shared_host_nothing_else_of_it_is_the_site_s():
    state = SiteState(Site("example", HOME))
    own = tuple(Link(f"{HOME}paper/{number}", Role.PAGE) for number in range(4))
    sections = (Link(f"{HOME}paper/sport/", Role.SECTION), Link(f"{HOME}city/", Role.SECTION))
    state.read_home(Found((*own, *sections)), f"{HOME}paper/", "example.org/paper")
    found = steps(state)
    assert asked(found, Role.FEED)[:2] == ["/paper/feed/", "/paper/rss.xml"]
    assert asked(found, Role.SECTION) == ["/paper/sport/"]
    assert not state.is_inside(f"{HOME}city/1")
