"""An honest user agent: without an address to write to, nothing but this machine is asked."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.settings import Settings

from crawler.guard import GuardMiddleware
from crawler.identity import agent_of, has_contact, is_loopback, require_contact, user_agent, warcinfo_fields
from crawler.outcomes import RefusedError
from pipelines import __version__
from pipelines.errors import ConfigurationError

PRODUCT = f"Broadsheet/{__version__}"
FAR = "https://news.example.org/"


@pytest.mark.parametrize("contact", [
    "you@example.org", "mailto:you@example.org", "https://example.org/crawl", "http://sub.example.org", "a.b+c@x.uk"])
def test_an_e_mail_or_a_web_address_is_a_contact(contact):
    assert user_agent(contact) == f"{PRODUCT} (+{contact})"
    assert has_contact(user_agent(contact))


@pytest.mark.parametrize("contact", [
    "me", "you@localhost", "example.org", "you@example.org\r\nX-Injected: 1", "@", "http://x"])
def test_anything_else_is_none_and_the_error_says_what_to_give(contact):
    with pytest.raises(ConfigurationError, match=r"^CONTACT: neither an e-mail nor a web address: .*-s CONTACT="):
        user_agent(contact)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_this_machine_is_known_by_its_names(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", [
    "example.org", "localhost.example.org", "10.0.0.1", "0.0.0.0", "128.0.0.1", "127.1", "2130706433", "", "::2"])
def test_other_names_are_not_this_machine_whatever_they_may_resolve_to(host):
    assert not is_loopback(host)


def settings(**values: str) -> Settings:
    made = Settings({"ROBOTSTXT_OBEY": True})
    made.setdict({"CONTACT": "", **values})
    return made


def test_the_agent_is_ours_unless_one_was_set_and_no_contact():
    assert agent_of(settings()) == PRODUCT
    assert agent_of(settings(CONTACT="you@example.org")) == f"{PRODUCT} (+you@example.org)"
    assert agent_of(settings(USER_AGENT="Own/1 (you@example.org)")) == "Own/1 (you@example.org)"
    assert agent_of(settings(USER_AGENT="Own/1", CONTACT="you@example.org")) == f"{PRODUCT} (+you@example.org)"


def test_a_site_elsewhere_needs_a_contact_before_the_crawl():
    require_contact(PRODUCT, ["http://127.0.0.1:8000/", "http://localhost/"])
    require_contact(user_agent("you@example.org"), [FAR])
    with pytest.raises(ConfigurationError, match=f"no contact address, and {FAR} is not on this machine: name"):
        require_contact(PRODUCT, ["http://127.0.0.1/", FAR])


def test_and_before_each_request():
    guard = GuardMiddleware(PRODUCT)
    guard.process_request(Request("http://127.0.0.1:8000/"))
    with pytest.raises(RefusedError, match=r"no contact address: .*-s CONTACT="):
        guard.process_request(Request(FAR))
    GuardMiddleware(user_agent("you@example.org")).process_request(Request(FAR))


def test_warc_files_say_who_crawled_and_how():
    fields = warcinfo_fields(settings(CONTACT="you@example.org", USER_AGENT="x"))
    assert fields["operator"] == "you@example.org"
    assert fields["robots"] == "obey"
    assert fields["format"] == "WARC File Format 1.1"
    assert "operator" not in warcinfo_fields(settings(USER_AGENT="x"))


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "s3://127.0.0.1/x", "file:///etc/passwd", "data:text/plain,x"])
def test_nothing_but_http_is_asked_for_not_even_of_this_machine(url):
    with pytest.raises(RefusedError, match=r"^not an http\(s\) URL: "):
        GuardMiddleware(user_agent("you@example.org")).process_request(Request(url))
