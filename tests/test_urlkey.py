"""One address spelt several ways has one key; two addresses never share one."""

from __future__ import annotations

import time
from itertools import combinations

import pytest

from pipelines.urlkey import host_of, origin_of, url_key

ONE_ADDRESS = {
    "scheme": ("http://news.example/a", "https://news.example/a", "HTTPS://news.example/a"),
    "host in upper case": ("https://news.example/a", "https://NEWS.Example/a"),
    "www": ("https://news.example/a", "https://www.news.example/a", "http://WWW.news.example/a"),
    "default port": ("https://news.example/a", "https://news.example:443/a", "http://news.example:80/a",
                     "http://news.example:/a"),
    "closing slash": ("https://news.example/a", "https://news.example/a/", "https://news.example/a//"),
    "no path": ("https://news.example", "https://news.example/", "https://news.example/#top", "https://news.example?"),
    "no path before a query": ("https://news.example?id=1", "https://news.example/?id=1"),
    "fragment": ("https://news.example/a", "https://news.example/a#comments", "https://news.example/a#!/x?y=1"),
    "user": ("https://news.example/a", "https://reader:secret@news.example/a"),
    "order": ("https://news.example/?a=1&b=2", "https://news.example/?b=2&a=1"),
    "dots": ("https://news.example/b", "https://news.example/a/../b", "https://news.example/./b"),
    "umlaut in the host": ("https://bücher.example/a", "https://BÜCHER.example/a", "https://xn--bcher-kva.example/a"),
    "umlaut in the path": ("https://news.example/gr%C3%BC%C3%9Fe", "https://news.example/grüße",
                           "https://news.example/gr%c3%bc%c3%9fe"),
    "escaped without need": ("https://news.example/~a-b", "https://news.example/%7Ea%2Db"),
    "case of an escape": ("https://news.example/a%2Fb", "https://news.example/a%2fb"),
    "space in a query": ("https://news.example/?q=a+b", "https://news.example/?q=a%20b"),
    "white space around": ("https://news.example/a", "  https://news.example/a\n"),
    "empty query": ("https://news.example/a", "https://news.example/a?"),
    "utm": ("https://news.example/a", "https://news.example/a?utm_source=x", "https://news.example/a?UTM_Medium=rss",
            "https://news.example/a?utm%5Fsource=x", "https://news.example/a?utm_source=x&utm_campaign=y#top",
            "https://news.example/a?utm_source"),
    "other tracking": ("https://news.example/a", "https://news.example/a?fbclid=1", "https://news.example/a/?gclid=1",
                       "https://news.example/a?mc_cid=1&mc_eid=2", "https://news.example/a?xtor=RSS-1"),
    "tracking amid a query": ("https://news.example/a?id=1&page=2", "https://news.example/a?id=1&utm_source=x&page=2",
                              "https://news.example/a?utm_source=x&page=2&id=1"),
    "AMP twin": ("https://news.example/a", "https://news.example/a/amp", "https://news.example/a/amp/",
                 "https://amp.news.example/a", "https://news.example/a?amp", "https://news.example/a?amp=1",
                 "https://news.example/a?outputType=amp"),
    "AMP twin of a file": ("https://news.example/a/b.html", "https://news.example/a/b.amp.html",
                           "https://news.example/a/b.amp.html?utm_source=x", "https://news.example/amp/a/b.html"),
    "mobile twin": ("https://news.example/a", "https://m.news.example/a", "https://mobile.news.example/a",
                    "https://www.m.news.example/a", "https://news.example/a?m=1"),
    "print view": ("https://news.example/a", "https://news.example/a/print/", "https://news.example/a?print=1",
                   "https://news.example/a?view=print", "https://news.example/a?tmpl=component&print=1"),
    "session": ("https://news.example/a", "https://news.example/a;jsessionid=0A1B2C.node3",
                "https://news.example/a?PHPSESSID=q3v9", "https://news.example/a?sid=0123456789abcdef0123456789abcdef"),
    "session before a query": ("https://news.example/a?id=7", "https://news.example/a;jsessionid=0A1B?id=7"),
}

TWO_ADDRESSES = {
    "id": ("https://news.example/a", "https://news.example/a?id=1", "https://news.example/a?id=2"),
    "ref": ("https://news.example/a", "https://news.example/a?ref=1", "https://news.example/a?ref=2"),
    "source": ("https://news.example/a", "https://news.example/a?source=1", "https://news.example/a?source=2"),
    "uid": ("https://news.example/a", "https://news.example/a?uid=1"),
    "names that only contain a tracking name": (
        "https://news.example/a", "https://news.example/a?xfbclid=1", "https://news.example/a?fbclid2=1",
        "https://news.example/a?my_utm_source=1", "https://news.example/a?utm=1", "https://news.example/a?pk=7"),
    "a tracking name as a value": ("https://news.example/a", "https://news.example/a?q=utm_source"),
    "page": ("https://news.example/a?page=1", "https://news.example/a?page=2"),
    "case in the path": ("https://news.example/a", "https://news.example/A"),
    "case in the query": ("https://news.example/?id=a", "https://news.example/?id=A", "https://news.example/?ID=a"),
    "host": ("https://news.example/", "https://sport.news.example/", "https://wwwnews.example/", "https://news.example.org/"),
    "port": ("https://news.example/", "https://news.example:8443/", "http://news.example:8080/"),
    "the other scheme's port": ("http://news.example/", "http://news.example:443/", "https://news.example:80/"),
    "escaped slash": ("https://news.example/a/b", "https://news.example/a%2Fb"),
    "escaped ampersand": ("https://news.example/?a=1&b=2", "https://news.example/?a=1%26b=2"),
    "escaped question mark": ("https://news.example/a?b=1", "https://news.example/a%3Fb=1"),
    "plus in a path": ("https://news.example/a+b", "https://news.example/a%20b"),
    "parameters of a path": ("https://news.example/a", "https://news.example/a;page=2"),
    "slash within": ("https://news.example/a/b", "https://news.example/a//b", "https://news.example/ab"),
    "suffix": ("https://news.example/a", "https://news.example/a.html", "https://news.example/a/index.html"),
    "repeated parameter": ("https://news.example/?a=1", "https://news.example/?a=1&a=2"),
    "what only looks like a view": (
        "https://news.example/amp", "https://news.example/amp/b", "https://news.example/print", "https://news.example/",
        "https://news.example/?m=202611", "https://news.example/?view=article", "https://news.example/?format=pdf"),
    "what only looks like a session": ("https://news.example/", "https://news.example/?sid=12",
                                       "https://news.example/?s=bridge", "https://news.example/?token=7"),
    "what only looks like a mobile host": ("https://m.example/a", "https://example/a", "https://am.example/a"),
    "umlaut in another encoding": ("https://news.example/?q=%C3%A4", "https://news.example/?q=%E4"),
}


@pytest.mark.parametrize("spellings", ONE_ADDRESS.values(), ids=ONE_ADDRESS)
def test_spellings_of_one_address_have_one_key(spellings: tuple[str, ...]) -> None:
    assert {url: url_key(url) for url in spellings} == dict.fromkeys(spellings, url_key(spellings[0]))


@pytest.mark.parametrize("urls", TWO_ADDRESSES.values(), ids=TWO_ADDRESSES)
def test_different_addresses_have_different_keys(urls: tuple[str, ...]) -> None:
    alike = [(a, b) for a, b in combinations(urls, 2) if url_key(a) == url_key(b)]
    assert alike == []


@pytest.mark.parametrize(("url", "key"), [
    ("https://www.News.example:443/Politik/Rat/?b=2&utm_source=x&a=1#c", "news.example/Politik/Rat?a=1&b=2"),
    ("http://[2001:DB8::80]:80/a/", "[2001:db8::80]/a"),
    ("http://127.0.0.1:8080", "127.0.0.1:8080/"),
    ("https://news.example/?empty=&bare", "news.example/?bare=&empty="),
])
def test_a_key_reads_like_the_address(url: str, key: str) -> None:
    assert url_key(url) == key


@pytest.mark.parametrize(
    "url",
    sorted(
        {
            url
            for name, urls in (ONE_ADDRESS | TWO_ADDRESSES).items()
            for url in urls
            if name != "the other scheme's port"
        }
    ),
)
def test_the_key_of_a_key_is_itself(url: str) -> None:
    key = url_key(url)
    assert url_key("https://" + key) == key
    assert url_key("https://www." + key) == key
    assert not key.startswith("www.")


@pytest.mark.parametrize("url", [
    "", "/a", "news.example/a", "mailto:red@news.example", "javascript:void(0)", "data:,a", "https://", "https:///a",
    "http://[::1/", "http://news.example:99999/", "http://news.example:abc/",
])
def test_what_has_no_host_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        url_key(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://User:pw@News.Example:8080/a", "news.example"),
        ("http://[::1]:80/", "::1"),
        ("http://[0:0:0:0:0:0:0:1]/", "::1"),
        ("http://[::0001]:8080/", "::1"),
        ("https://news.example./a", "news.example"),
        ("/a", ""),
        ("http://[::1/", ""),
    ],
)
def test_the_host_is_in_lower_case_and_empty_where_there_is_none(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(("url", "origin"), [
    ("http://User:pw@News.Example/a", "http://news.example"), ("http://news.example:80/", "http://news.example"),
    ("http://news.example:080/", "http://news.example"), ("http://news.example.:80/", "http://news.example"),
    ("http://news.example:443/", "http://news.example:443"), ("https://news.example:0443/", "https://news.example"),
    ("http://[::0001]:80/a", "http://[::1]"), ("http://[::1]:8080/a", "http://[::1]:8080"),
    ("http://10.0.0.80/", "http://10.0.0.80"),
])
def test_an_origin_is_one_however_its_parts_are_spelt(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_a_query_of_ten_thousand_parameters_costs_little() -> None:
    query = "&".join(f"p{number}=v&utm_source=x" for number in range(5_000))
    began = time.process_time()
    key = url_key(f"https://news.example/a?{query}")
    assert time.process_time() - began < 1
    assert key.count("&") == 4_999
