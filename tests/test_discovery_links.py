"""Pages: which of their links are feeds, sitemaps, articles, sections, or nothing of use."""

from __future__ import annotations

import pytest

from crawler.discovery import Found, Link, links_of_page, same_site
from crawler.discovery.judgement import verdict_of
from pipelines.records import Role

HOME = "https://www.example.co.uk/"


def read(html: str | bytes, url: str = HOME, content_type: str | None = "text/html") -> tuple[Link, ...]:
    body = html if isinstance(html, bytes) else f"<!DOCTYPE html><html><body>{html}</body></html>".encode()
    found = links_of_page(body, url, content_type)
    assert found.problem is None
    return found.links


def roles(html: str, url: str = HOME) -> dict[str, Role]:
    return {link.url.removeprefix("https://www.example.co.uk"): link.role for link in read(html, url)}


def test_a_home_page_gives_feeds_then_sitemaps_then_articles_then_sections():
    page = b"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>News</title>
        <link rel="alternate" type="application/rss+xml" title="All news" href="/feed.xml">
        <link rel="sitemap" type="application/xml" href="/sitemap.xml">
        <link rel="stylesheet" href="/style.css"><link rel="alternate" hreflang="de" href="/de/"></head><body>
        <nav><a href="/">Home</a> <a href="/politics/">Politics</a> <a href="https://sport.example.co.uk/">Sport</a></nav>
        <a href="/politics/2026/11/22/budget-vote"><img src="b.jpg" alt="The chamber at night"></a>
        <a href="/politics/2026/11/22/budget-vote"><span>Live</span><h2>MPs <em>pass</em> the budget</h2><p>Text</p></a>
        <a href="/politics/2026/11/22/budget-vote#comments">12 comments</a>
        <footer><a href="/about">About</a> <a href="https://social.example/us">Follow us on social media</a></footer>"""
    assert read(page) == (
        Link(HOME + "feed.xml", Role.FEED, "All news"),
        Link(HOME + "sitemap.xml", Role.SITEMAP),
        Link(HOME + "politics/2026/11/22/budget-vote", Role.PAGE, "MPs pass the budget"),
        Link(HOME + "politics/", Role.SECTION, "Politics"),
        Link("https://sport.example.co.uk/", Role.SECTION, "Sport"),
    )


# Feeds that a page names


@pytest.mark.parametrize("link", [
    '<link rel="alternate" type="application/rss+xml" href="/f">',
    '<LINK REL="Alternate" TYPE="Application/Atom+XML; charset=utf-8" HREF="/f">',
    '<link rel="alternate" type="application/feed+json" href="/f">',
    '<link rel="alternate" type="application/rdf+xml" href="/f">',
    '<link rel="home alternate" type=text/rss href=/f>',
    '<link rel="feed" href="/f">',
])
def test_a_feed_that_the_head_declares_is_found(link: str):
    assert roles(link) == {"/f": Role.FEED}


def test_a_feed_that_the_head_declares_may_lie_on_another_host():
    [link] = read('<link rel="alternate" type="application/rss+xml" href="https://feeds.example.net/x">')
    assert link == Link("https://feeds.example.net/x", Role.FEED)


@pytest.mark.parametrize("link", [
    '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">',
    '<link rel="alternate" type="application/json+oembed" href="/oembed?url=x">',
    '<link rel="alternate" type="text/xml" href="/wlwmanifest.xml">',
    '<link rel="alternate stylesheet" type="text/css" href="/feed.css">',
    '<link rel="alternate" type="application/rss+xml" title="News » Comments Feed" href="/comments/feed/">',
    '<link rel="alternate" type="application/rss+xml" title="Kommentar-Feed" href="/k/feed/">',
    '<link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">',
    '<link rel="alternate" type="application/rss+xml">',
])
def test_what_is_no_feed_of_articles_is_left(link: str):
    assert read(link) == ()


@pytest.mark.parametrize("path", [
    "/feed", "/feed/", "/politics/feed/", "/rss.xml", "/rss/politics.xml", "/index.rdf", "/politics.rss", "/atom.xml",
    "/feeds/all.atom", "/feed.json", "/?feed=rss2", "/news?format=rss"])
def test_an_anchor_that_plainly_is_a_feeds_is_one(path: str):
    assert roles(f'<a href="{path}">RSS</a>') == {path: Role.FEED}


def test_a_feed_in_an_anchor_of_another_site_is_not_this_sites():
    assert read('<a href="https://other.example/feed/">RSS</a>') == ()


# Articles, sections, and the rest


@pytest.mark.parametrize(("path", "words"), [
    ("/2026/11/22/budget", "Budget"),
    ("/2026/nov/22/budget", "Budget"),
    ("/politics/2026-11-22-budget.html", "Budget"),
    ("/politics/20261122/10277301/budget.html", "Budget"),
    ("/politics/parliament-passes-the-budget-at-last", "More"),
    ("/politik/haushalt_kommt_in_letzter_minute.html", "Mehr"),
    ("/politics/budget-1.5827206", "Parliament passes the budget"),
    ("/politics/article245055596/Budget.html", "Budget"),
    ("/doc/7715044", "Парламент принял бюджет в последнюю минуту"),
    ("/articles/view/sports/367061", "豊昇龍は当面「横綱（仮）」安定感は高評価"),
    ("/news/articles/c4ngk17zzkpo", "Budget passed"),
    ("/news/view.php?idx=8576&page=1", "Parliament passes the budget"),
    ("/a/1234567.html", "Budget"),
    ("/inhalt.haushalt.e4f07910-3c72-4551-a37d-96207f2c9b02.html", "Haushalt"),
    ("/authors/jane-doe/how-the-budget-came-to-pass", "More"),
    ("/help/2026/11/22/how-the-budget-came-to-pass", "More"),
    ("/media/2026/nov/22/a-newspaper-is-sold-again", "More"),
    ("/2026/11/22/politics/budget-vote/index.html", "Vote"),
])
def test_an_article_is_known_by_its_address_and_words(path: str, words: str):
    assert roles(f'<a href="{path}">{words}</a>') == {path: Role.PAGE}


@pytest.mark.parametrize(("path", "words"), [
    ("/politics", "Politics"), ("/politics/", "Politics"), ("/uk/politics/", "UK politics"),
    ("/politics/index.html", "Politics"), ("/wirtschaft/geld-und-boerse/", "Geld & Börse"),
    ("/category/science-and-the-environment-today/", "Science"), ("/политика/", "Политика"),
    ("/euro-2028/", "Euro 2028"), ("/経済/", "経済"),
])
def test_a_section_is_known_by_its_address_and_words(path: str, words: str):
    [link] = read(f'<a href="{path}">{words}</a>')
    assert (link.role, link.title) == (Role.SECTION, words)


@pytest.mark.parametrize("path", [
    "/login", "/account/sign-in?next=/politics/", "/about-us/", "/privacy-policy", "/cookie-policy-2/",
    "/impressum.html",
    "/datenschutz", "/terms-and-conditions", "/kontakt/", "/newsletter/", "/jobs", "/search?q=budget", "/sitemap/",
    "/tag/budget/", "/author/jane-doe", "/autoren/103182359/jane-doe", "/page/2/", "/2026/11/", "/2026/11/22/",
    "/budget.pdf", "/2026/11/22/picture-of-the-whole-chamber.jpg", "/podcast.mp3", "/assets/app.js", "/data.xml",
    "/wp-content/uploads/x", "/politics/?share=twitter", "/2026/11/22/budget?replytocom=7", "/?p=x",
])
def test_what_leads_to_no_news_is_left(path: str):
    assert roles(f'<a href="{path}">Words</a>') == {}


@pytest.mark.parametrize("href", [
    "javascript:void(0)", "mailto:desk@example.co.uk", "tel:+441", "data:text/html,x", "file:///etc/passwd", "#top", "",
    "https://user:secret@www.example.co.uk/2026/11/22/budget", "https://other.co.uk/2026/11/22/budget", HOME,
    "https://example.co.uk/", "http://[::1", "https://www.example.co.uk:99999/2026/11/22/budget",
    "https://login.example.co.uk/2026/11/22/budget", "/2026/11/22/" + "x" * 3000,
])
def test_what_cannot_or_need_not_be_asked_is_left(href: str):
    assert roles(f'<a href="{href}">Parliament passes the budget at last</a>') == {}


def test_a_site_on_a_host_named_like_a_service_is_a_site_all_the_same():
    [link] = read('<a href="/2026/11/22/budget">x</a>', url="https://media.example.org/")
    assert link.url == "https://media.example.org/2026/11/22/budget"
    [link] = read('<a href="/2026/11/22/budget">x</a>', url="https://www.shop.co.uk/")
    assert link.url == "https://www.shop.co.uk/2026/11/22/budget"


@pytest.mark.parametrize(("url", "other", "same"), [
    ("https://example.co.uk/", "https://sport.example.co.uk/a", True),
    ("https://example.co.uk/", "https://other.co.uk/", False),
    ("http://example.org/", "https://example.org:8443/", True),
    ("https://one.blogspot.com/", "https://two.blogspot.com/", False),
    ("http://127.0.0.1:8001/", "http://127.0.0.1:8001/a", True),
    ("http://127.0.0.1:8001/", "http://127.0.0.1:8002/", False),
    ("http://127.0.0.1/", "http://127.0.0.2/", False),
    ("http://localhost:8001/", "http://localhost:8002/", False),
    ("http://[::1]:8001/", "http://[::1]:8001/a", True),
    ("https://XN--mller-kva.example/", "https://xn--mller-kva.example/a", True),
])
def test_one_site_is_one_registered_domain_or_one_local_host(url: str, other: str, *, same: bool):
    assert same_site(url, other) is same_site(other, url) is same


# Reading HTML


def test_relative_links_are_resolved_against_the_base():
    assert roles('<base href="/de/"><base href="/no/"><a href="politik/">Politik</a>') == {"/de/politik/": Role.SECTION}


def test_a_base_that_cannot_be_used_is_left():
    assert roles('<base href="javascript:x"><a href="/politics/">Politics</a>') == {"/politics/": Role.SECTION}


@pytest.mark.parametrize(("anchor", "title"), [
    ("<h3>The <b>Head</b>line</h3><p>and a teaser of a whole sentence</p>", "The Headline"),
    ("<span>Kicker</span><span>Headline</span>", "Kicker Headline"),
    ("Fish &amp; chips &nbsp;\n today", "Fish & chips today"),
    ("<img alt='A picture'>", "A picture"),
    ("<svg><title>Icon</title></svg><style>a{}</style><script>x()</script>Words", "Words"),
    ("", None),
])
def test_the_title_is_what_a_reader_sees(anchor: str, title: str | None):
    [link] = read(f'<a href="/2026/11/22/x">{anchor}</a>')
    assert link.title == title


def test_of_many_anchors_the_headline_gives_the_title():
    [link] = read('<a href="/2026/11/22/x" title="A long description of the picture"><img></a>'
                  '<a href="/2026/11/22/x">more</a><h2><a href="/2026/11/22/x">Headline</a></h2>'
                  '<a href="/2026/11/22/x">A teaser of the article in many words</a>')
    assert link.title == "Headline"


@pytest.mark.parametrize(("encoding", "content_type", "meta"), [
    ("utf-8", "text/html; charset=iso-8859-1", "latin1"), ("iso-8859-1", "text/html; charset=ISO-8859-1", ""),
    ("cp1252", None, "windows-1252"), ("cp1252", None, ""), ("utf-16", None, ""),
])
def test_the_charset_is_found_in_spite_of_wrong_labels(encoding: str, content_type: str | None, meta: str):
    page = f'<html><meta charset="{meta}"><a href="/2026/11/22/x?k=ü">Müllers Büro</a></html>'.encode(encoding)
    [link] = read(page, content_type=content_type)
    assert link.title == "Müllers Büro"
    assert link.url.startswith(HOME + "2026/11/22/x?k=%")


def test_links_are_found_however_deep_or_broken_the_page():
    deep = "<div>" * 100_000 + '<a href="/2026/11/22/x">x</a>' + "</div>" * 50_000
    assert roles(deep) == {"/2026/11/22/x": Role.PAGE}
    assert roles('<a href="/2026/11/22/x">x<a href="/2026/11/22/y">y<p></b></a></a>') == {
        "/2026/11/22/x": Role.PAGE, "/2026/11/22/y": Role.PAGE}


@pytest.mark.parametrize(("body", "problem"), [
    (b"", "not a page: found an empty body"), (b"{}", "not a page: found JSON"),
    (b"moved", "not a page: found plain text"), (b"\x89PNG\0\0", "not a page: found bytes that are no text"),
])
def test_what_is_no_page_is_named(body: bytes, problem: str):
    assert links_of_page(body, HOME, None) == Found((), problem)


def test_a_feed_or_sitemap_at_a_sections_address_is_read_as_such():
    feed = b"<rss><channel><item><link>/a</link></item></channel></rss>"
    sitemap = b"<urlset><url><loc>/a</loc></url></urlset>"
    assert links_of_page(feed, HOME, None) == links_of_page(sitemap, HOME, None) == Found(
        (Link(HOME + "a", Role.PAGE),))


def test_a_page_of_markup_without_html_tags_is_read():
    assert links_of_page(b"<a href=/politics/>Politics</a>", HOME, None).links == (
        Link(HOME + "politics/", Role.SECTION, "Politics"),)


def test_no_words_are_no_evidence_for_a_section():
    assert verdict_of(HOME + "x", "").role is None
