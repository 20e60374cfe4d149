"""When a site lies in one folder of a host, and where its feeds and sitemaps are looked for then."""

from __future__ import annotations

from crawler.discovery import Link
from crawler.ownfolder import is_below, own_folder, places_of
from pipelines.records import Role

HOST = "https://host.example/"


def links(*paths: str, role: Role = Role.PAGE) -> list[Link]:
    return [Link(HOST + path, role) for path in paths]


def test_a_site_lies_in_its_folder_if_nearly_all_its_links_do():
    own = links(*(f"paper/{number}" for number in range(9)))
    assert own_folder(HOST + "paper/", own) == HOST + "paper/"
    assert own_folder(HOST + "paper/index.html", [*own, *links("city/1")]) == HOST + "paper/"
    assert own_folder(HOST + "paper/", [*own, *links("city/1", "city/2")]) is None


def test_a_home_page_whose_articles_lie_elsewhere_has_the_whole_host():
    sections = links("en/a", "en/b", role=Role.SECTION)
    assert own_folder(HOST + "en/", [*links("2026/1", "2026/2", "2026/3"), *sections]) is None
    assert own_folder(HOST, links("a", "b", "c")) is None


def test_few_links_say_nothing():
    assert own_folder(HOST + "paper/", links("paper/1", "paper/2")) is None


def test_a_folder_says_nothing_of_other_hosts():
    assert is_below("http://host.example/paper/1", HOST + "paper/")
    assert is_below("https://feeds.example/1", HOST + "paper/")
    assert not is_below(HOST + "paperback/1", HOST + "paper/")


def test_places_in_the_folder_are_tried_first():
    assert places_of(HOST + "paper/", ["/feed/", "/rss.xml"]) == [
        HOST + "paper/feed/", HOST + "paper/rss.xml", HOST + "feed/", HOST + "rss.xml"]
    assert places_of(HOST, ["/feed/"]) == [HOST + "feed/"]
