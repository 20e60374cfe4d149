"""What feeds say of the use of the pages that they list."""

from __future__ import annotations

import pytest

from crawler.discovery import links_of_feed

URL = "https://news.example/feed.xml"
CC = "https://creativecommons.org/licenses/by/4.0/"
NAMESPACES = ('xmlns:rsl="https://rslstandard.org/rsl" xmlns:cc="http://creativecommons.org/ns#" '
              'xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"')
Said = list[tuple[str, str | None, str]]


def said(item: str = "", channel: str = "") -> Said:
    feed = (f'<rss version="2.0" {NAMESPACES}><channel><title>N</title>{channel}<item><title>A</title>'
            f"<link>https://news.example/2026/11/20/a</link>{item}</item></channel></rss>")
    [link] = links_of_feed(feed.encode(), URL).links
    assert {each.source for each in link.rights} <= {"feed"}
    return [(each.name, each.value, each.evidence) for each in link.rights]


def test_a_feed_that_says_nothing_gives_nothing() -> None:
    assert said("<description>All rights</description>", "<copyright>2026</copyright>") == []


def test_rsl_s_module_is_told_with_what_it_is_about() -> None:
    rsl = ('<rsl:content url="/a" server="https://s.example"><rsl:license><rsl:permits type="usage">search'
           "</rsl:permits></rsl:license></rsl:content>")
    assert said(rsl) == [("rsl", None, URL + ': rsl:content url="/a" server="https://s.example"')]


@pytest.mark.parametrize("item", [
    f"<creativeCommons:license>{CC}</creativeCommons:license>", f'<cc:license rdf:resource="{CC}" '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    f'<link xmlns="http://www.w3.org/2005/Atom" rel="license" href="{CC}"/>'])
def test_a_licence_of_an_entry_is_that_of_its_page(item: str) -> None:
    assert said(item) == [("license", CC, f"{URL}: license: {CC}")]


def test_what_the_feed_says_as_a_whole_is_for_entries_that_say_nothing() -> None:
    channel = f"<creativeCommons:license>{CC}</creativeCommons:license>"
    assert said(channel=channel) == [("license", CC, f"{URL}: license: {CC}")]
    assert [name for name, _, _ in said('<rsl:content url="/a"/>', channel)] == ["rsl"]
