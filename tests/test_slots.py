"""A redirected request waits in the slot of its own host, unless somebody chose another."""

from __future__ import annotations

import pytest
from scrapy import Request

from crawler.slots import OwnSlotMiddleware


@pytest.mark.parametrize(("url", "meta", "slot"), [
    ("https://b.example/", {"download_slot": "a.example", "redirect_urls": ["https://a.example/"]}, None),
    ("https://a.example/2", {"download_slot": "a.example", "redirect_urls": ["https://a.example/"]}, "a.example"),
    ("http://a.example:8080/2", {"download_slot": "a.example", "redirect_urls": ["https://a.example/"]}, "a.example"),
    ("https://b.example/", {"download_slot": "chosen", "redirect_urls": ["https://a.example/"]}, "chosen"),
    ("https://b.example/", {"download_slot": "a.example"}, "a.example"),
    ("https://b.example/", {}, None),
])
def test_the_slot_that_was_noted_for_the_first_host_is_forgotten_at_the_second(url, meta, slot):
    request = Request(url, meta=meta)
    OwnSlotMiddleware().process_request(request)
    assert request.meta.get("download_slot") == slot
