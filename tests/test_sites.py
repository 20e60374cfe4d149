"""The registry: what a good sites.toml gives, and what a bad one is told."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from crawler.sites import Site, load_sites, site_of_url
from pipelines.errors import ConfigurationError, ExitCode


def problems(toml: str | bytes) -> list[str]:
    data = toml.encode() if isinstance(toml, str) else toml
    with pytest.raises(ConfigurationError) as raised:
        load_sites(data, "sites.toml")
    return str(raised.value).splitlines()


def problem_of(lines: str) -> str:
    """The one problem of a site that is sound but for these lines."""
    keys = {line.partition(" ")[0] for line in lines.splitlines()}
    sound = {"name": 'name = "example"', "url": 'url = "https://example.org/"'}
    rest = "\n".join(line for key, line in sound.items() if key not in keys)
    [problem] = problems(f"[[site]]\n{rest}\n{lines}\n")
    return problem


def test_a_name_and_an_address_are_enough():
    [site] = load_sites(b'[[site]]\nname = "example"\nurl = "https://example.org/"\n', "sites.toml")
    assert site == Site(name="example", url="https://example.org/")
    assert (site.feeds, site.delay_seconds, site.max_pages, site.max_age_days) == ((), 1.0, 0, 0)


def test_every_key_is_read_and_a_sites_own_wins_over_the_defaults():
    text = b"""
        [defaults]
        delay = 2
        deny = ["/default/"]
        max_age_days = 30
        [[site]]
        name = "one"
        url = "https://one.example"
        feeds = ["https://one.example/feed.xml"]
        sitemaps = ["https://one.example/s.xml"]
        sections = ["https://one.example/politics/"]
        allow = ['/\\d{4}/']
        deny = []
        delay = 0.5
        max_pages = 10
        max_age_days = 7
        [[site]]
        name = "two"
        url = "http://two.example/"
    """
    one, two = load_sites(text, "sites.toml")
    assert one == Site(
        name="one", url="https://one.example/", feeds=("https://one.example/feed.xml",),
        sitemaps=("https://one.example/s.xml",), sections=("https://one.example/politics/",),
        allow=(r"/\d{4}/",), deny=(), delay_seconds=0.5, max_pages=10, max_age_days=7)
    assert (two.delay_seconds, two.deny, two.max_age_days) == (2.0, ("/default/",), 30)


def test_addresses_are_kept_as_they_are_sent():
    text = '\ufeff[[site]]\r\nname = "m"\r\nurl = "https://WWW.Müller.Example/Ä?q=ü#top"\r\n'
    [site] = load_sites(text.encode(), "sites.toml")
    assert site.url == "https://www.xn--mller-kva.example/%C3%84?q=%C3%BC"


def test_deny_wins_over_allow_and_both_are_searched_anywhere():
    site = Site("e", "https://e.org/", allow=("/news/", r"\.html$"), deny=("/news/sport/",))
    assert site.permits("https://e.org/news/a")
    assert site.permits("https://e.org/a.html")
    assert not site.permits("https://e.org/a")
    assert not site.permits("https://e.org/news/sport/a.html")
    assert Site("e", "https://e.org/").permits("https://e.org/anything")


def test_all_problems_of_a_file_come_at_once_in_its_order():
    assert problems("""
        [defaults]
        delay = true
        [[site]]
        name = "example"
        url = "https://example.org/"
        feeds = ["ftp://example.org/feed", "https://example.org/ok"]
        [[site]]
        name = "example"
        url = "https://EXAMPLE.org"
    """) == [
        "sites.toml: [defaults]: delay: expected a number of seconds, got true or false: write it as 1.0",
        "sites.toml: [[site]] \"example\": feeds[0]: not an http(s) URL: 'ftp://example.org/feed'",
        'sites.toml: [[site]] "example": name: taken by an earlier [[site]]: '
        "give each site a name of its own",
        "sites.toml: [[site]] \"example\": url: 'https://example.org/' is an earlier [[site]]'s already: "
        "keep one of the two",
    ]


def test_a_problem_is_a_configuration_error_for_the_shell():
    with pytest.raises(ConfigurationError) as raised:
        load_sites(b"", "sites.toml")
    assert raised.value.exit_code is ExitCode.CONFIGURATION


@pytest.mark.parametrize(("text", "fact"), [
    (b"", 'no [[site]]: write [[site]], then name = "example"'),
    (b"[site]\nname = 'a'\n", "site: expected a list of tables, got a table: write [[site]], with two"),
    (b"site = [1]", "site: expected a list of tables"),
    (b"defaults = 1\n[[site]]\nname='a'\nurl='https://a.org'", "defaults: expected a table, got a whole"),
    (b"[[site]]\nname = \n", "not valid TOML: Invalid value (at line 2, column 8)"),
    (b"x = " + b"[" * 100_000, "not valid TOML: nested too deeply"),
    (b"x = " + b"1" * 10_000, "not valid TOML: "),
    (b"# ok\n# caf\xe9\n", "not UTF-8: byte 0xe9 in line 2: save the file as UTF-8"),
    ("[[site]]".encode("utf-16"), "not UTF-8: byte 0xff in line 1"),
])
def test_a_file_that_cannot_be_read_says_where_and_why(text: bytes, fact: str):
    [problem] = problems(text)
    assert problem.startswith(f"sites.toml: {fact}")


def test_a_site_without_name_is_told_which_to_write():
    assert problems('[[site]]\nurl = "https://www.example.org:8080/"') == [
        'sites.toml: [[site]] number 1: name: missing: write name = "example-org-8080"']


def test_a_site_without_address_is_told_to_write_one():
    assert problems('[[site]]\nname = "a"') == [
        'sites.toml: [[site]] "a": url: missing: write url = "https://example.org/"']


@pytest.mark.parametrize(("line", "fact"), [
    ("dely = 1", "unknown key 'dely': did you mean 'delay'?"),
    ("zzzzzz = 1", "unknown key 'zzzzzz': the keys are name, url, feeds"),
    ('name = "Die Zeit"', "name: not a name: 'Die Zeit': use up to 63 of a-z, 0-9 and -, such as 'die-zeit'"),
    ('name = "../x"', "name: not a name: '../x': use up to 63 of a-z, 0-9 and -, such as 'x'"),
    ("name = 3", "name: expected a string, got a whole number"),
    ("url = 3", "url: expected a URL in quotes, got a whole number"),
    ('url = "example.org"', "url: not an http(s) URL: 'example.org': write https://example.org/"),
    ('url = "javascript:alert(1)"', "url: not an http(s) URL: 'javascript:alert(1)': it begins with https://"),
    ('url = "https:///x"', "url: has no host: 'https:///x'"),
    ('url = "https://a..b/"', "url: not a host that can be asked: 'https://a..b/'"),
    ('url = "https://[::1/"', "url: not a URL: 'https://[::1/': its host or port cannot be read"),
    ('url = "https://e.org:99999/"', "url: not a URL: 'https://e.org:99999/': its host or port"),
    ('url = "https://e.org/a b"', "url: has a space or control character: 'https://e.org/a b'"),
    ('url = "https://e.org/\\u0000"', r"url: has a space or control character: 'https://e.org/\x00'"),
    ('feeds = "https://e.org/f"', "feeds: expected a list of strings, got a string: 'https://e.org/f'"),
    ("sitemaps = [1]", "sitemaps[0]: expected a URL in quotes, got a whole number"),
    ('sections = ["https://e.org/", "/x"]', "sections[1]: not an http(s) URL: '/x'"),
    ('allow = ["("]', "allow[0]: not a regular expression: '(': missing )"),
    ("deny = [1979-05-27]", "deny[0]: expected a regular expression in quotes, got a date or time"),
    ("delay = -1", "delay: not a time to wait: -1: write 0 to 86400 seconds"),
    ("delay = nan", "delay: not a time to wait: nan"),
    ("delay = inf", "delay: not a time to wait: inf"),
    ('delay = "1s"', "delay: expected a number of seconds, got a string: '1s'"),
    ("max_pages = true", "max_pages: expected a whole number, got true or false: 0 is no limit"),
    ("max_pages = 1.5", "max_pages: expected a whole number, got a number"),
    ("max_age_days = -1", "max_age_days: below zero: -1: 0 is no limit"),
])
def test_a_wrong_value_is_named_with_its_remedy(line: str, fact: str):
    assert fact in problem_of(line)


def test_a_key_of_a_site_at_the_top_of_the_file_is_sent_to_its_place():
    assert problems('delay = 1\n[[site]]\nname = "a"\nurl = "https://a.org/"') == [
        "sites.toml: unknown key 'delay': move it into a [[site]] or under [defaults]"]


def test_defaults_may_not_hold_what_belongs_to_one_site():
    assert problems('[defaults]\nurl = "x"\n[[site]]\nname = "a"\nurl = "https://a.org/"') == [
        "sites.toml: [defaults]: url: belongs to one site alone: move it into a [[site]]"]


def test_credentials_are_refused_and_not_shown():
    assert problem_of('url = "https://user:secret@example.org/"').endswith(
        "url: holds credentials: 'https://…@example.org/': take out what stands before the @")


@pytest.mark.parametrize("url", [
    "https://user:secret/@example.org/", "https://u:secret#@e.org/", "ftp://u:secret@e.org/", "u://secret@ x"])
def test_no_message_shows_a_password(url: str):
    assert "secret" not in problem_of(f'url = "{url}"')


def test_a_message_stays_on_one_line_whatever_is_in_the_file():
    [problem] = problems('[[site]]\nname = "a\\nb"\nurl = "https://a.org/"')
    assert problem.startswith(r'sites.toml: [[site]] "a\nb": name: not a name')


@pytest.mark.parametrize(("url", "name", "address"), [
    ("https://www.example.org", "example-org", "https://www.example.org/"),
    (" https://news.Example.org/en/ ", "news-example-org", "https://news.example.org/en/"),
    ("http://127.0.0.1:8080/", "127-0-0-1-8080", "http://127.0.0.1:8080/"),
    ("http://localhost:8001", "localhost-8001", "http://localhost:8001/"),
    ("http://[2001:db8::1]/", "2001-db8-1", "http://[2001:db8::1]/"),
    ("https://müller.example/", "xn-mller-kva-example", "https://xn--mller-kva.example/"),
])
def test_a_site_is_made_from_nothing_but_its_address(url: str, name: str, address: str):
    assert site_of_url(url, delay_seconds=0) == Site(name, address, delay_seconds=0.0)


@pytest.mark.parametrize(("url", "fact"), [
    ("example.org", "url: not an http(s) URL: 'example.org': write https://example.org/"),
    ("//example.org/x", "url: not an http(s) URL: '//example.org/x': write https://example.org/x"),
    ("localhost:8000", "url: not an http(s) URL: 'localhost:8000': write https://localhost:8000/"),
    ("file:///etc/passwd", "url: not an http(s) URL: 'file:///etc/passwd'"),
    ("", "url: not an http(s) URL: ''"),
])
def test_a_bad_address_on_the_command_line_is_told_the_remedy(url: str, fact: str):
    with pytest.raises(ConfigurationError) as raised:
        site_of_url(url)
    assert str(raised.value).startswith(fact)


def test_a_site_travels_to_another_process():
    site = Site("e", "https://e.org/", deny=("x",))
    assert not site.permits("https://e.org/x")
    assert pickle.loads(pickle.dumps(site)) == site


@pytest.mark.parametrize("module", ["crawler.sites", "crawler.discovery"])
def test_neither_scrapy_nor_twisted_is_loaded(module: str):
    code = f"import sys, {module}; sys.exit(bool({{'scrapy', 'twisted'}} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
