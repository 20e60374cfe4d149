"""Walls over a whole crawl: the fetch line says which one it was, and none becomes an article."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.crawls import Harvest, crawl, write_list
from tests.newsserver import RawServer, article_html, page, redirect
from tests.walls import BOT_PAGES, CONSENT_PAGES, GEO_PAGES, teaser_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHALLENGE = BOT_PAGES["Cloudflare challenge"]


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        yield server


def test_each_wall_is_recorded_as_what_it_is(server: RawServer, tmp_path: Path) -> None:
    server.routes |= {
        "/story": page(article_html("A story of the day")), "/teaser": page(teaser_page()),
        "/challenge": page(CHALLENGE, 403, cf_mitigated="challenge"),
        "/packed": page(gzip.compress(BOT_PAGES["DataDome"].encode()), 403, Content_Encoding="gzip"),
        "/quiet": page(BOT_PAGES["Imperva"]),
        "/price": page("<p>Pay</p>", 402, crawler_price="USD 0.01"),
        "/law": page(GEO_PAGES["an American paper's in Europe"], 451),
        "/region": page(GEO_PAGES["a broadcaster's"]),
        "/asked": redirect("/cookiewall?target=https%3A%2F%2Fnews.example%2Fasked", 302),
        "/cookiewall?target=https%3A%2F%2Fnews.example%2Fasked": page(CONSENT_PAGES["a search engine's"]),
        "/platform": page(CONSENT_PAGES["a consent platform"]),
        "/forbidden": page("<h1>Forbidden</h1>", 403), "/contact": page("<p>Write to us.</p>"),
    }
    targets = [target for target in server.routes if not target.startswith("/cookiewall")]
    urls = write_list(tmp_path / "urls.txt", [server.url(target) for target in targets])
    ended = crawl("pages", tmp_path / "archive", urls=urls, settings={"RETRY_TIMES": "0"})
    assert ended.exit_code == 0, ended.stderr
    harvest = Harvest(tmp_path / "archive")
    harvest.check()
    told = {target: (harvest.outcome(server.url(target)), harvest.fetch(server.url(target))["reason"])
            for target in targets}
    assert told == {
        "/story": ("article", None), "/teaser": ("article", None),
        "/challenge": ("http_error", "403: bot wall: cf-mitigated: challenge; Cloudflare challenge: _cf_chl_opt"),
        "/packed": ("http_error", "403: bot wall: DataDome: captcha-delivery.com"),
        "/quiet": ("no_article", "bot wall: Imperva: pardon our interruption"),
        "/price": ("http_error", "402: paywall: crawler-price: USD 0.01"),
        "/law": ("http_error", "451: geo wall: status 451 Unavailable For Legal Reasons"),
        "/region": ("no_article", "geo wall: not available in your region"),
        "/asked": ("no_article", "consent wall: the address of a consent gate: /cookiewall"),
        "/platform": ("no_article", told["/platform"][1]),
        "/forbidden": ("http_error", "403"), "/contact": ("no_article", "kind: other"),
    }
    assert str(told["/platform"][1]).startswith("consent wall: we and our; ")
    walls = {article["url"].removeprefix(server.url("")): article["wall"] for article in harvest.articles}
    assert walls.pop("/story") is None
    assert {target: wall["kind"] for target, wall in walls.items()} == {"/teaser": "paywall"}
