"""The test web is what it says it is, and the score counts what it should."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest

from tests.web.catalogue import all_sites
from tests.web.score import score
from tests.web.server import WebProxy
from tests.web.site import Answer, Asked, Site

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
SITES, AGAIN = all_sites(NOW), all_sites(NOW)
HOST = "http://paper.example"


def test_there_are_at_least_thirty_sites_each_a_way_of_its_own() -> None:
    assert len(SITES) >= 30
    assert len({site.name for site in SITES}) == len({site.url for site in SITES}) == len(SITES)
    assert len({site.way for site in SITES}) == len(SITES)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_every_known_address_of_an_article_is_served_and_has_its_own_text(site: Site) -> None:
    assert 6 <= len(site.articles) <= 20
    texts = {}
    for number, (address, canonical) in enumerate(site.truth.items()):
        host, _, path = address.removeprefix("http://").partition("/")
        answer = site.answer(Asked(host, f"/{path}", number))
        assert answer.status in {200, 301}, address
        if address == canonical:
            assert answer.status == 200
            texts[address] = answer.body
    assert len(set(texts.values())) == len(site.articles)
    assert all(len(text) > 1500 for text in texts.values())


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_the_same_moment_makes_the_same_site(site: Site) -> None:
    [again] = [each for each in AGAIN if each.name == site.name]
    assert again.truth == site.truth
    home = Asked(site.url.split("/")[2], "/", 1)
    assert again.answer(home) == site.answer(home)


def test_a_session_changes_with_every_request_and_leads_to_the_same_page() -> None:
    [site] = [site for site in SITES if site.name == "inlet-item"]
    first, second = (site.answer(Asked("inlet-item.example", "/", number)).body for number in (1, 2))
    assert first != second
    [canonical, *_] = site.articles
    target = canonical.removeprefix("http://inlet-item.example")
    with_session = site.answer(Asked("inlet-item.example", f"{target};jsessionid=00FF", 3))
    assert with_session.status == 200
    assert site.article_at(f"{canonical};jsessionid=00FF") == canonical


def test_the_proxy_knows_no_other_host_and_logs_what_it_is_asked() -> None:
    opener = urllib.request.build_opener()
    with WebProxy(SITES) as web:
        opener.add_handler(urllib.request.ProxyHandler({"http": web.url}))
        with opener.open(SITES[0].url) as response:
            assert response.status == 200
        with pytest.raises(urllib.error.HTTPError, match="502") as refused:
            opener.open("http://elsewhere.example/")
        refused.value.close()
        assert [(line.host, line.target, line.status) for line in web.log] == [
            ("alder-gazette.example", "/", 200), ("elsewhere.example", "/", 502)]
        assert all(line.started <= line.ended for line in web.log)
        assert len(web.requests_of(SITES[0])) == 1


def a_site() -> Site:
    truth = {f"{HOST}/{name}": f"{HOST}/{name}" for name in "abcd"} | {f"{HOST}/a/amp": f"{HOST}/a"}
    return Site("paper", f"{HOST}/", "three articles", {"paper.example/": Answer()}, truth,
                frozenset({"paper.example"}))


def line(url: str, kind: str = "article", final_url: str = "", canonical: str | None = None) -> dict[str, object]:
    return {"site": "paper", "kind": kind, "role": "page", "url": url, "final_url": final_url or url,
            "canonical_url": canonical, "exchanges": [{}]}


def test_an_article_counts_under_any_of_its_addresses_and_once() -> None:
    records = [line(f"{HOST}/a/amp"), line(f"{HOST}/a"), line("https://paper.example/b?utm_source=x#top")]
    found = score(a_site(), records, records, 7)
    assert (found.found, found.records, found.wrong, found.requests) == (2, 3, (f"{HOST}/a",), 7)
    assert (found.recall, round(found.precision, 3)) == (0.5, 0.667)
    assert found.missing == (f"{HOST}/c", f"{HOST}/d")


def test_a_page_that_is_none_is_wrong_and_idle_unless_the_crawl_knows_it() -> None:
    records = [line(f"{HOST}/about"), line(f"{HOST}/tag", kind="listing"), line(f"{HOST}/c")]
    found = score(a_site(), records, records, 3)
    assert found.wrong == (f"{HOST}/about",)
    assert (found.pages, found.idle_pages) == (3, 2)
    assert not found.reaches(0.97)


def test_a_page_for_which_nothing_was_sent_was_not_fetched() -> None:
    found = score(a_site(), [], [{**line(f"{HOST}/private"), "exchanges": []}], 0)
    assert (found.pages, found.recall, found.precision) == (0, 0.0, 1.0)


def test_what_a_page_states_as_canonical_counts_only_where_nothing_else_is_known() -> None:
    records = [line(f"{HOST}/a", canonical=f"{HOST}/b"), line(f"{HOST}/x", canonical=f"{HOST}/c")]
    found = score(a_site(), records, [], 2)
    assert found.missing == (f"{HOST}/b", f"{HOST}/d")
    assert not found.wrong
