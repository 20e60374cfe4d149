"""Requests as the store keeps them: JSON, never pickle, and the same request again."""

from __future__ import annotations

import json

import pytest
from scrapy import FormRequest, Request, Spider

from crawler.request_json import request_from_json, request_key, request_to_json


class OwnSpider(Spider):
    name = "own"

    def parse_page(self, response):
        return None

    def failed(self, failure):
        return None


SPIDER = OwnSpider()


def round_trip(request: Request) -> Request:
    text = request_to_json(request, SPIDER)
    assert text is not None
    return request_from_json(text, SPIDER)


@pytest.mark.parametrize("request_", [
    Request("https://example.org/ä?q=1#part"),
    Request("https://example.org/", callback=SPIDER.parse_page, errback=SPIDER.failed, cb_kwargs={"depth": [1, None]},
            meta={"site": "osmere", "nested": {"a": [True, "ü"]}}, priority=-7, dont_filter=True, flags=["x"]),
    Request("https://example.org/", method="PUT", body=bytes(range(256)), encoding="latin-1"),
    Request("https://example.org/", headers={"X-Own": "grüße", "Cookie": [b"a=1", b"b=\xff"]}, cookies={"c": "1"}),
    FormRequest("https://example.org/search", formdata={"q": "swifts & co"}),
], ids=["plain", "everything", "bytes", "headers", "form"])
def test_a_request_comes_back_as_it_was(request_):
    again = round_trip(request_)
    assert again.to_dict(spider=SPIDER) == request_.to_dict(spider=SPIDER)
    assert type(again) is type(request_)


def test_what_is_as_scrapy_has_it_anyway_takes_no_room():
    text = request_to_json(Request("https://example.org/a"), SPIDER)
    assert json.loads(text) == {"url": "https://example.org/a", "priority": 0, "dont_filter": False}


@pytest.mark.parametrize("request_", [
    Request("https://example.org/", callback=lambda response: None),
    Request("https://example.org/", meta={"object": object()}),
    Request("https://example.org/", meta={"numbers": {1: "a key that JSON makes a string"}}),
    Request("https://example.org/", meta={"pair": (1, 2)}),
    Request("https://example.org/", cb_kwargs={"raw": b"\xff"}),
    Request("https://example.org/", callback=Request),
], ids=["lambda", "object", "numeric key", "tuple", "bytes", "a function of another"])
def test_what_json_would_change_or_cannot_hold_is_not_written_down(request_):
    assert request_to_json(request_, SPIDER) is None


def test_a_callback_that_is_gone_is_an_error_and_not_another_callback():
    text = request_to_json(Request("https://example.org/", callback=SPIDER.parse_page), SPIDER)
    with pytest.raises(ValueError, match="parse_page"):
        request_from_json(text, Spider("another"))


def test_the_key_tells_methods_and_bodies_apart_but_not_spellings():
    plain = request_key(Request("https://www.example.org/a/?utm_source=x"))
    assert plain == request_key(Request("http://example.org/a"))
    forms = {request_key(FormRequest("https://example.org/a", formdata={"q": word})) for word in ("x", "y")}
    heads = {request_key(Request("https://example.org/a", method="HEAD"))}
    assert len({plain} | forms | heads) == 4


def test_a_url_without_a_host_has_no_key():
    with pytest.raises(ValueError, match="not a URL with a host"):
        request_key(Request("file:///etc/passwd"))
