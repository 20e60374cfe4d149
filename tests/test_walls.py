"""Walls, each told by what it is: pages as their vendors and publishers make them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.extraction import extract_article
from pipelines.walls import consent_gate, consent_wording, wall_of_answer
from tests.newsserver import article_html, prose
from tests.walls import (
    BOT_PAGES,
    CONSENT_PAGES,
    GEO_PAGES,
    NEWS_OF_WALLS,
    SHORT_NEWS_OF_WALLS,
    registration_page,
    teaser_page,
)

if TYPE_CHECKING:
    from pipelines.records import Article

URL = "https://news.example/2026/11/22/fair-moves"


def read(html: str, url: str = URL) -> Article:
    return extract_article(html.encode(), url)


@pytest.mark.parametrize("name", BOT_PAGES)
def test_a_bot_wall_is_no_article_whatever_its_status(name: str) -> None:
    article = read(BOT_PAGES[name])
    assert article.kind == "wall"
    assert article.wall is not None
    assert article.wall.kind == "bot"
    assert article.wall.evidence.startswith(name)
    told = wall_of_answer(403, {}, BOT_PAGES[name].encode())
    assert told is not None
    assert told.kind == "bot"


@pytest.mark.parametrize("name", CONSENT_PAGES)
def test_a_question_for_consent_is_no_article_though_it_reads_like_one(name: str) -> None:
    article = read(CONSENT_PAGES[name])
    assert (article.kind, article.wall and article.wall.kind) == ("wall", "consent")
    assert article.wall
    assert article.wall.evidence


@pytest.mark.parametrize("name", GEO_PAGES)
def test_a_wall_by_country_is_no_article(name: str) -> None:
    article = read(GEO_PAGES[name])
    assert (article.kind, article.wall and article.wall.kind) == ("wall", "geo")


@pytest.mark.parametrize(("url", "is_gate"), [
    ("https://consent.yahoo.com/v2/collectConsent?sessionId=3_cc-session", True),
    ("https://consent.google.com/m?continue=https://news.example/a&gl=DE", True),
    ("https://guce.example.com/consent?gcrumb=x", True),
    ("https://myprivacy.dpgmedia.example/consent?siteKey=x&callbackUrl=https%3a%2f%2fnews.example", True),
    ("https://www.news.example/privacy-gate/?redirectUri=/2026/11/22/a", True),
    ("https://www.news.example/cookiewall?target=https%3A%2F%2Fnews.example%2Fa", True),
    ("https://consent.example.co.uk/?redirect_url=https%3a%2f%2fexample.co.uk%2fa", True),
    ("https://cdn.privacy-mgmt.com/index.html?message_id=1", True), ("https://privacy-mgmt.com/", True),
    ("https://www.cmp.ca/news/1", False), ("https://cmp.it/x?url=/a", False), ("https://consent.org/a", False),
    ("https://consent.org.uk/a", False), ("https://myprivacymanager.io/", False),
    ("https://blog.consentmanager.net/news/x", False), ("https://cookieconsent.com/blog/x", False),
    ("https://cmp.university.example/news/7?page=2", False),
    ("https://news.example/2026/consent/?next=/2026/11/next-article", False),
    ("https://news.example/en/consent?url=/a", True),
    ("https://news.example/2026/11/22/consent", False), ("https://news.example/consent/?page=2", False),
    ("https://news.example/law/cookie-wall/why-it-falls", False), ("https://consentful.example/a", False),
    ("https://news.example/a?url=https://consent.google.com/", False), ("http://[broken", False), ("", False),
])
def test_the_address_of_a_consent_gate_says_that_it_is_one(url: str, is_gate: bool) -> None:
    assert (consent_gate(url) is not None) is is_gate


def test_whatever_a_consent_gate_shows_is_no_article() -> None:
    article = read(article_html("Fair moves"), "https://consent.news.example/?continue=https://news.example/a")
    assert (article.kind, article.wall and article.wall.kind) == ("wall", "consent")


def test_an_article_about_consent_is_one() -> None:
    text = [
        "The regulator said on Tuesday that publishers may no longer demand consent in exchange for access to a page.",
        "Cookies remain the most common way to follow readers, and partners of the industry said "
        "that little would change.",
        "“Nobody reads these banners,” said the head of the office, who had counted four hundred partners on one page.",
        "The ruling follows a complaint about privacy that a retired teacher had brought before the "
        "court in the spring.",
        *prose("consent", 3)]
    article = read(article_html("Court forbids cookie walls", text))
    assert (article.kind, article.wall) == ("article", None)
    assert consent_wording("\n".join(text)) is None


STATED = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Walls in the news"}


@pytest.mark.parametrize("about", NEWS_OF_WALLS)
@pytest.mark.parametrize("json_ld", [STATED, None])
def test_news_of_walls_is_news(about: str, json_ld: dict[str, Any] | None) -> None:
    article = read(article_html("Walls in the news", NEWS_OF_WALLS[about], json_ld=json_ld))
    assert (article.kind, article.wall) == ("article", None)


@pytest.mark.parametrize("about", SHORT_NEWS_OF_WALLS)
def test_short_news_of_walls_by_country_is_news(about: str) -> None:
    article = read(article_html("Walls in the news", SHORT_NEWS_OF_WALLS[about], json_ld=STATED))
    assert (article.kind, article.wall) == ("article", None)
    assert read(article_html("Walls in the news", SHORT_NEWS_OF_WALLS[about])).wall is None


@pytest.mark.parametrize("name", ["a consent platform", "a question in the article's own page"])
def test_a_question_in_the_place_of_a_stated_article_is_still_one(name: str) -> None:
    stated = '<meta property="og:type" content="article"></head>'
    wall = read(CONSENT_PAGES[name].replace("</head>", stated)).wall
    assert wall is not None
    assert wall.kind == "consent"


def test_a_banner_makes_no_wall_of_a_short_text() -> None:
    banner = ('<div id="cookie-banner" class="cookie-consent"><p>We use cookies. We and our partners store and/or '
              "access information. You can accept cookies or manage your choices.</p><button>Accept all</button></div>")
    text = ["The bridge at Osmere closes on Sunday for repairs, the council said.", "Buses go round by the mill."]
    plain, beside = (read(article_html("Bridge closes", text, below=below)) for below in ("", banner))
    assert (beside.kind, beside.wall, beside.text) == (plain.kind, None, plain.text)
    assert read(article_html("Bridge closes", [], below=banner)).kind == "wall"


def test_an_article_beside_a_banner_stays_one() -> None:
    banner = ('<div id="onetrust-consent-sdk" class="cookie-banner"><p>We value your privacy. We and our 842 '
              "partners store and access information on a device, such as cookies. You may accept or manage your "
              "choices.</p>"
              "<button>Accept all</button></div>")
    article = read(article_html("Fair moves to the lower meadow", below=banner))
    assert (article.kind, article.wall) == ("article", None)
    assert "842 partners" not in article.text


PAID: list[tuple[dict[str, Any] | None, str, str]] = [
    ({"isAccessibleForFree": False, "hasPart": {
        "@type": "WebPageElement", "isAccessibleForFree": "False", "cssSelector": ".paid"}}, "",
     "json-ld isAccessibleForFree: false, hasPart .paid"),
    ({"isAccessibleForFree": "http://schema.org/False"}, "", "json-ld isAccessibleForFree: false"),
    ({"hasPart": [{"isAccessibleForFree": False, "cssSelector": ".a"},
                  {"isAccessibleForFree": False, "cssSelector": ".b"},
                  {"isAccessibleForFree": True, "cssSelector": ".c"}]}, "",
     "json-ld isAccessibleForFree: of parts false, hasPart .a, .b"),
    (None, '<meta property="article:content_tier" content="locked">', "article:content_tier: locked"),
    (None, '<meta property="article:content_tier" content="metered">', "article:content_tier: metered")]


@pytest.mark.parametrize(("json_ld", "head", "evidence"), PAID)
def test_a_page_that_says_that_it_is_not_free_is_behind_a_paywall(
    json_ld: dict[str, Any] | None, head: str, evidence: str,
) -> None:
    stated = json_ld and {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Fair moves", **json_ld}
    article = read(article_html("Fair moves", json_ld=stated).replace("</head>", head + "</head>"))
    assert article.kind == "article"
    assert article.wall is not None
    assert (article.wall.kind, article.wall.evidence) == ("paywall", evidence)


@pytest.mark.parametrize(("json_ld", "head"), [
    ({"isAccessibleForFree": True}, ""), ({"isAccessibleForFree": None}, ""), ({"hasPart": "x"}, ""), (None, ""),
    (None, '<meta property="article:content_tier" content="free">')])
def test_a_page_that_is_free_or_does_not_say_is_behind_none(json_ld: dict[str, Any] | None, head: str) -> None:
    stated = json_ld and {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Fair moves", **json_ld}
    assert read(article_html("Fair moves", json_ld=stated).replace("</head>", head + "</head>")).wall is None


def test_a_teaser_before_a_paywall_is_an_article_with_its_wall() -> None:
    article = read(teaser_page())
    assert (article.kind, article.wall and article.wall.kind) == ("article", "paywall")
    assert article.wall
    assert "Subscribe to continue reading" in article.wall.evidence
    assert "Subscribe to continue reading" not in article.text


def test_a_teaser_that_asks_for_an_account_is_behind_a_registration_wall() -> None:
    article = read(registration_page())
    assert (article.kind, article.wall and article.wall.kind) == ("article", "registration")


def test_a_menu_that_invites_subscribers_is_no_wall() -> None:
    above = '<nav><p>Already a subscriber? <a href="/login">Log in</a></p></nav>'
    assert read(article_html("Fair moves to the lower meadow", above=above)).wall is None


def test_a_page_with_the_sensor_of_a_bot_wall_is_a_page() -> None:
    sensors = ('<script>window._pxAppId="PX123";</script><script src="https://js.datadome.co/tags.js"></script>'
               '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'
               '<script src="/_Incapsula_Resource?SWJIYLWA=719"></script>')
    article = read(article_html("Fair moves", prose("short", 1), below=sensors))
    assert (article.kind, article.wall) == ("article", None)


@pytest.mark.parametrize(("status", "headers", "body", "kind", "evidence"), [
    (403, {"cf-mitigated": "challenge"}, b"", "bot", "cf-mitigated: challenge"),
    (403, {"x-datadome": "protected"}, b"", "bot", "x-datadome: protected"),
    (405, {"x-amzn-waf-action": "captcha"}, b"", "bot", "x-amzn-waf-action: captcha"),
    (402, {"crawler-price": "USD 0.01"}, b"", "paywall", "crawler-price: USD 0.01"),
    (402, {}, b"", "paywall", "status 402 Payment Required"),
    (451, {}, b"", "geo", "status 451 Unavailable For Legal Reasons"),
    (403, {}, b"<p>This content is not available in your region.", "geo", "not available in your region"),
    (401, {"www-authenticate": 'Basic realm="subscribers"'}, b"", "registration",
     'www-authenticate: Basic realm="subscribers"'),
])
def test_an_error_status_may_be_a_wall(
    status: int, headers: dict[str, str], body: bytes, kind: str, evidence: str,
) -> None:
    wall = wall_of_answer(status, headers, body)
    assert wall is not None
    assert (wall.kind, wall.evidence) == (kind, evidence)


@pytest.mark.parametrize(("status", "headers", "body"), [
    (403, {}, b"<h1>Forbidden</h1>"), (404, {"cf-mitigated": "challenge"}, b"<title>just a moment...</title>"),
    (500, {"x-datadome": "protected"}, b""), (503, {"server": "cloudflare"}, b"<h1>Busy</h1>"),
    (401, {}, b""), (503, {}, b"not available in your country"), (410, {}, b"")])
def test_an_error_like_any_other_is_none(status: int, headers: dict[str, str], body: bytes) -> None:
    assert wall_of_answer(status, headers, body) is None


def test_a_wall_is_written_down_as_kind_and_evidence() -> None:
    article = read(teaser_page())
    assert article.wall is not None
    assert json.loads(json.dumps([article.wall.kind, article.wall.evidence]))[0] == "paywall"
