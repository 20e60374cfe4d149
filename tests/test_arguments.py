"""Spider arguments: what is wrong with one is said before the first request, and how to mend it."""

from __future__ import annotations

import io
import sys

import pytest

from crawler.arguments import chosen_sites, refuse_unknown, url_list
from pipelines.errors import ConfigurationError

REGISTRY = ("osmere", "quern", "thornby")


@pytest.fixture
def registry(tmp_path):
    path = tmp_path / "sites.toml"
    path.write_text("".join(f'[[site]]\nname = "{name}"\nurl = "https://{name}.example/"\n' for name in REGISTRY))
    return str(path)


def choose(sites=None, site=None, url=None, delay_seconds=2.5):
    return chosen_sites(sites, site, url, delay_seconds)


def test_every_site_of_a_registry_or_the_one_that_is_named(registry):
    assert [site.name for site in choose(registry)] == list(REGISTRY)
    assert [site.name for site in choose(registry, "quern")] == ["quern"]


def test_a_site_by_its_address_alone_keeps_the_delay_of_the_settings():
    [site] = choose(url="https://www.example.org")
    assert (site.name, site.url, site.delay_seconds) == ("example-org", "https://www.example.org/", 2.5)


@pytest.mark.parametrize(("arguments", "said"), [
    ({}, "no site given: write scrapy crawl news -a sites=sites.toml"),
    ({"url": "https://example.org/", "sites": "x.toml"}, "-a sites and -a url: both given: write "),
    ({"sites": "none.toml"}, r"-a sites: cannot be read: none.toml \(No such file or directory\): check the name"),
    ({"sites": "."}, r"-a sites: cannot be read: \. \(Is a directory\)"),
    ({"url": "example.org"}, "url: not an http.s. URL: 'example.org': write https://example.org/"),
    ({"url": "file:///etc/passwd"}, "url: not an http.s. URL: "),
])
def test_arguments_that_leave_open_or_contradict_which_sites_are_refused(arguments, said):
    with pytest.raises(ConfigurationError, match=said):
        choose(**arguments)


@pytest.mark.parametrize(("name", "remedy"), [
    ("osmer", "did you mean 'osmere'?"), ("zzz", "it has: osmere, quern, thornby")])
def test_a_site_that_the_registry_lacks_is_named_with_those_that_it_has(registry, name, remedy):
    with pytest.raises(ConfigurationError) as raised:
        choose(registry, name)
    assert str(raised.value) == f"-a site: not in {registry}: {name!r}: {remedy}"


def test_a_registry_that_is_no_toml_is_refused_by_its_name(tmp_path):
    (tmp_path / "list.txt").write_text("https://example.org/\n")
    with pytest.raises(ConfigurationError, match=r"^list\.txt: not valid TOML: "):
        choose(str(tmp_path / "list.txt"))


@pytest.mark.parametrize(("name", "said"), [
    ("sitess", "-a sitess: no such argument: did you mean -a sites=…?"),
    ("depth", "-a depth: no such argument: known are: sites, site, url"),
])
def test_an_unknown_argument_is_no_argument_at_all(name, said):
    with pytest.raises(ConfigurationError) as raised:
        refuse_unknown({name: "1"}, ("sites", "site", "url"))
    assert str(raised.value) == said


def test_a_list_is_read_as_utf_8_with_or_without_a_byte_order_mark(tmp_path):
    for number, start in enumerate((b"", b"\xef\xbb\xbf")):
        path = tmp_path / str(number)
        path.write_bytes(start + "https://example.org/ü\n".encode())
        with url_list(str(path)) as lines:
            assert list(lines) == ["https://example.org/ü\n"]


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("x"))
    assert url_list("-") is sys.stdin


@pytest.mark.parametrize(("content", "said"), [
    (None, r"-a urls: cannot be read: .*list \(No such file or directory\): check the name, and write scrapy crawl"),
    (b"https://example.org/\n\xff\xfe", r"-a urls: not a text file in UTF-8: .*list \(byte 21\): give one URL a line"),
])
def test_a_list_that_cannot_be_read_is_refused_before_the_crawl(tmp_path, content, said):
    if content is not None:
        (tmp_path / "list").write_bytes(content)
    with pytest.raises(ConfigurationError, match=said):
        url_list(str(tmp_path / "list"))


def test_no_list_at_all_is_refused_with_how_to_give_one():
    with pytest.raises(ConfigurationError, match=r"no list of URLs given: write scrapy crawl pages -a urls=FILE"):
        url_list(None)
