"""Sitemaps and robots.txt: what they name, in which order, and what of a damaged one is saved."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from crawler.discovery import MAX_LINKS, Found, Link, links_of_sitemap, robots, sitemaps_of_robots
from crawler.discovery.found import newest_first
from pipelines.records import Role

SITEMAP = "https://example.org/maps/sitemap.xml"
MIB = 1 << 20


def read(body: bytes | str, *, max_bytes: int = 50 * MIB) -> Found:
    return links_of_sitemap(body.encode() if isinstance(body, str) else body, SITEMAP, max_bytes=max_bytes)


def urlset(*locations: str) -> str:
    entries = "".join(f"<url><loc>{location}</loc></url>" for location in locations)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def urls(found: Found) -> list[str]:
    return [link.url for link in found.links]


NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="https://example.org/style.xsl"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
  xmlns:video="http://www.google.com/schemas/sitemap-video/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url><loc>https://example.org/undated</loc></url>
<url><image:image><image:loc>https://example.org/picture.jpg</image:loc><image:title>Picture</image:title></image:image>
  <loc>https://example.org/old</loc><lastmod>2026-11-20</lastmod></url>
<url>
  <loc>
    https://example.org/new?a=1&amp;b=2
  </loc>
  <lastmod>2026-12-24T00:00:00Z</lastmod><changefreq>daily</changefreq>
  <xhtml:link rel="alternate" hreflang="de" href="https://example.org/de"/>
  <video:video><video:title>Film</video:title><video:content_loc>https://example.org/f.mp4</video:content_loc>
    <video:publication_date>2001-01-01</video:publication_date></video:video>
  <news:news><news:publication><news:name>The Example</news:name><news:language>en</news:language></news:publication>
    <news:publication_date>2026-11-22T11:00:00+01:00</news:publication_date>
    <news:title>&quot;New&quot; &amp; true</news:title></news:news>
</url></urlset>"""


def test_a_news_sitemap_gives_titles_and_dates_newest_first_and_undated_last():
    assert read(NEWS) == Found((
        Link("https://example.org/new?a=1&b=2", Role.PAGE, '"New" & true', datetime(2026, 11, 22, 10, tzinfo=UTC),
             updated=datetime(2026, 12, 24, tzinfo=UTC), is_published=True),
        Link("https://example.org/old", Role.PAGE, None, datetime(2026, 11, 20, tzinfo=UTC)),
        Link("https://example.org/undated", Role.PAGE),
    ))


def test_an_index_gives_sitemaps_newest_first_and_not_itself():
    found = read(f"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        <sitemap><loc>{SITEMAP}</loc></sitemap>
        <sitemap><loc>/2025</loc><lastmod>2025-12-31T23:00:00-05:00</lastmod></sitemap>
        <sitemap><loc>2026.xml</loc><lastmod>2026-11-22</lastmod></sitemap></sitemapindex>""")
    assert found == Found((
        Link("https://example.org/maps/2026.xml", Role.SITEMAP, None, datetime(2026, 11, 22, tzinfo=UTC)),
        Link("https://example.org/2025", Role.SITEMAP, None, datetime(2026, 1, 1, 4, tzinfo=UTC)),
    ))


def test_a_sitemap_that_is_listed_as_a_page_is_a_sitemap():
    found = read(urlset("/sitemap-news.xml", "/archive/2026.xml.gz", "/what-a-sitemap-is", "/data.xml"))
    assert [link.role for link in found.links] == [Role.SITEMAP, Role.SITEMAP, Role.PAGE, Role.OTHER]


TWO = urlset("https://example.org/a?x=1&amp;y=2", "https://example.org/b")
TWO_LINKS = (Link("https://example.org/a?x=1&y=2", Role.PAGE), Link("https://example.org/b", Role.PAGE))


@pytest.mark.parametrize("body", [
    "\n <?xml version='1.0'?>" + TWO,
    "\ufeff" + TWO,
    TWO.encode("utf-16"),
    TWO.replace("&amp;", "&"),
    TWO.replace("<loc>", "<loc>\n  ").replace("</loc>", "\x00\x08\n</loc>"),
    TWO.replace("<loc>", "<loc><![CDATA[").replace("</loc>", "]]></loc>").replace("&amp;", "&"),
    TWO.replace("https://example.org/", "/"),
    TWO.replace(' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', ""),
    TWO.replace("www.sitemaps.org/schemas/sitemap/0.9", "www.google.com/schemas/sitemap/0.84"),
    TWO.replace("</", "</s:").replace("<", "<s:").replace("<s:/", "</").replace("xmlns=", "xmlns:s="),
    TWO.replace("<url>", "").replace("</url>", ""),
    TWO.replace("<url>", "<url><!-- <loc>https://example.org/c</loc> -->"),
    TWO.replace("<url>", "<url><image:loc>https://example.org/i.jpg</image:loc>"),
    TWO.replace("</urlset>", "<url/><url><loc/></url><url><loc>javascript:x</loc></url></urlset>"),
    TWO.replace("</urlset>", "<url><loc>https://example.org/</loc></url></urlset>"),
    TWO + "<!-- made in 0.3 s -->\n<script>1</script>",
    "<b>Notice</b>: undefined index in /var/www/map.php on line 3\n" + TWO,
    "https://example.org/a?x=1&y=2\r\n\r\nhttps://example.org/b\r\nno address\r\n",
    "\ufeffHTTPS://Example.org/a?x=1&y=2\n\thttps://example.org/b",
    "<rss><channel><item><link>/a?x=1&y=2</link></item><item><link>/b</link></item></channel></rss>",
], ids=["white space", "BOM", "UTF-16", "bare ampersand", "control characters", "CDATA", "relative", "no namespace",
        "old namespace", "prefixes", "bare loc", "comments", "undeclared prefix", "useless entries", "home page",
        "trailing rubbish", "PHP notice", "plain text", "plain text with BOM", "feed"])
def test_an_awkward_sitemap_gives_its_pages_without_a_problem(body: str | bytes):
    assert read(body) == Found(TWO_LINKS)


@pytest.mark.parametrize(("body", "problem"), [
    ("", "not a sitemap: found an empty body"),
    ("<!doctype html><p>https://example.org/a", "not a sitemap: found an HTML page"),
    ("Not found", "not a sitemap: found plain text without URLs"),
    ("{}", "not a sitemap: found JSON"),
    ("<Error><Code>AccessDenied</Code></Error>", "not a sitemap: found XML or HTML of another kind"),
    (b"\x1f\x8bnot gzip", "not a sitemap: found an empty body"),
])
def test_what_is_no_sitemap_is_named(body: str | bytes, problem: str):
    assert read(body) == Found((), problem)


def test_an_empty_sitemap_is_sound():
    assert read("<urlset/>") == read(urlset()) == Found(())


# Damage


@pytest.mark.parametrize("damage", [
    "</url>", "<p class=x>", "<url><loc>https://example.org/c</lok></url>", "<url a='1' a='2'/>", "</loc></url>", "< >",
])
def test_damage_in_the_middle_costs_no_other_entry(damage: str):
    found = read(TWO.replace("</url><url>", f"</url>{damage}<url>"))
    assert set(TWO_LINKS) <= set(found.links)


def test_a_sitemap_that_breaks_off_gives_the_whole_entries_and_no_half_address():
    assert read(TWO[:-len("b</loc></url></urlset>")]) == Found(
        TWO_LINKS[:1], "the sitemap breaks off before its end: the entries before that were read")


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_gzip_is_known_by_its_bytes_and_unpacked_as_often_as_it_was_packed(layers: int):
    body = TWO.encode()
    for _ in range(layers):
        body = gzip.compress(body)
    assert read(body) == Found(TWO_LINKS)


def test_gzip_in_several_members_or_with_rubbish_after_it_is_whole():
    half = len(TWO) // 2
    members = gzip.compress(TWO[:half].encode()) + gzip.compress(TWO[half:].encode())
    assert read(members) == read(members + b"rubbish") == Found(TWO_LINKS)


def test_gzip_that_breaks_off_gives_what_came_before():
    whole = gzip.compress(urlset(*(f"https://example.org/{n * 7919}" for n in range(5000))).encode())
    found = read(whole[:-1000])
    assert found.problem == "the gzip data breaks off"
    assert 1000 < len(found.links) < 5000
    assert set(urls(found)) <= {f"https://example.org/{n * 7919}" for n in range(5000)}


def test_a_bomb_is_unpacked_no_further_than_allowed():
    bomb = gzip.compress(urlset("https://example.org/a").encode() + b" " * 50 * MIB)
    found = read(bomb, max_bytes=1000)
    assert found == Found((Link("https://example.org/a", Role.PAGE),),
                          "larger than 1000 bytes: the rest was not read")


def test_no_more_links_are_given_than_allowed_each_once_and_the_newest_are_kept():
    undated = [Link(f"https://example.org/{n}", Role.PAGE) for n in range(MAX_LINKS)]
    dated = Link("https://example.org/new", Role.PAGE, None, datetime(2026, 11, 22, tzinfo=UTC))
    assert newest_first([*undated, *undated, dated]) == (dated, *undated[:-1])


# robots.txt

ROBOTS = "https://example.org/robots.txt"


def test_sitemaps_of_robots_are_found_wherever_and_however_they_are_written():
    lines = [b"\xef\xbb\xbfSitemap: https://example.org/1.xml", b"User-agent: *", b"Disallow: /",
             b"  sitemap :https://example.org/2.xml # news", b"SITEMAP:/3.xml", b"Site-map: //cdn.example.org/4.xml",
             b"# Sitemap: https://example.org/no.xml", b"Sitemap:", b"Sitemap: https://example.org/1.xml",
             b"Sitemap: file:///etc/passwd", b"Sitemaps: /no.xml", b"Sitemap: https://example.org/\xff.xml"]
    expected = ("https://example.org/1.xml", "https://example.org/2.xml", "https://example.org/3.xml",
                "https://cdn.example.org/4.xml")
    for newline in (b"\n", b"\r\n", b"\r"):
        assert sitemaps_of_robots(newline.join(lines), ROBOTS)[:4] == expected


def test_sitemaps_of_a_robots_txt_of_a_megabyte_are_found():
    body = b"User-agent: *\n" + b"Disallow: /private/\n" * 50_000 + b"Sitemap: /late.xml\n"
    assert len(body) > 1_000_000
    assert sitemaps_of_robots(body, ROBOTS) == ("https://example.org/late.xml",)


def test_a_robots_txt_without_sitemaps_names_none():
    assert sitemaps_of_robots(b"", ROBOTS) == sitemaps_of_robots(b"<html>Not found</html>", ROBOTS) == ()


def test_a_file_of_nothing_but_sitemaps_is_read_no_further_than_they_are_taken(monkeypatch):
    asked = []
    monkeypatch.setattr(robots, "resolved", lambda word, url: asked.append(word) or f"{url}/{word}")
    body = b"".join(b"Sitemap: /%d.xml\nSitemap: /0.xml\n" % number for number in range(20_000))
    assert len(sitemaps_of_robots(body, ROBOTS)) == robots.MAX_SITEMAPS
    assert len(asked) < 5 * robots.MAX_SITEMAPS
