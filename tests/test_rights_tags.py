"""Robots tags and headers: what is read, whom it is addressed to, and what states only the default."""

from __future__ import annotations

import time

import pytest

from pipelines.rights import rights_of_headers
from pipelines.rights.evidence import MAX_CHARS, MAX_DIRECTIVES
from pipelines.rights.robotstags import is_robots_content, moment_of, robots_directives

URL = "https://news.example/2026/11/22/a"
Said = list[tuple[str, str | None, str | None]]


def said(content: str, **how: bool) -> Said:
    return [(each.name, each.value, each.agent) for each in robots_directives(content, "meta", content, **how)]


def header(*lines: str) -> Said:
    pairs = [line.split(": ", 1) for line in lines]
    found = rights_of_headers([(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs], URL)
    assert {each.source for each in found} <= {"header"}
    return [(each.name, each.value, each.agent) for each in found]


@pytest.mark.parametrize(("content", "expected"), [
    ("noindex, nofollow", [("noindex", None, None), ("nofollow", None, None)]),
    ("NOAI,NoImageAI", [("noai", None, None), ("noimageai", None, None)]),
    ("none", [("noindex", None, None), ("nofollow", None, None)]),
    ("noarchive", [("noarchive", None, None)]),
    ("max-snippet:0, max-image-preview: NONE", [("max-snippet", "0", None), ("max-image-preview", "none", None)]),
    ("all", []), ("index, follow", []), ("", []), (",,,", []), ("noindexer", []), ("max-snippet", []),
    ("max-snippet:-1, max-image-preview:large, max-video-preview:-1", []),
    ("noindex:", [("noindex", None, None)]),
])
def test_a_robots_tag_says_what_it_does_not_allow(content: str, expected: Said) -> None:
    assert said(content) == expected


@pytest.mark.parametrize("content", [
    "noindex noai", "noindex; noai", "noindex\tnoai", '"noindex, noai"', "'noindex', 'noai'", "noindex,, noai;",
    "index noindex follow noai", "noindex: noai"])
def test_directives_are_told_apart_however_they_are_separated(content: str) -> None:
    assert said(content) == [("noindex", None, None), ("noai", None, None)]


def test_values_are_told_from_the_directives_around_them() -> None:
    assert said("noai max-snippet: 20 noarchive unavailable_after: 25 Jun 2010 15:00:00 PST; noml") == [
        ("noai", None, None), ("max-snippet", "20", None), ("noarchive", None, None),
        ("unavailable_after", "2010-06-25T23:00:00.000000Z", None), ("noml", None, None)]
    assert header("X-Robots-Tag: noai gptbot: noindex max-snippet:0") == [
        ("noai", None, None), ("noindex", None, "gptbot"), ("max-snippet", "0", "gptbot")]


@pytest.mark.parametrize(("content", "is_one"), [
    ("noai", True), ("noindex, nofollow", True), ("index; noai max-snippet:0", True),
    ("none", False), ("notranslate please", False), ("index, follow", False), ("", False), ("noai: yes", False)])
def test_a_tag_is_a_robots_tag_if_it_holds_nothing_else(content: str, is_one: bool) -> None:
    assert is_robots_content(content) is is_one


@pytest.mark.parametrize(("date", "moment"), [
    ("2026-12-24", "2026-12-24T00:00:00.000000Z"),
    ("2026-12-24T18:00:00+01:00", "2026-12-24T17:00:00.000000Z"),
    ("25 Jun 2010 15:00:00 PST", "2010-06-25T23:00:00.000000Z"),                # RFC 822
    ("Friday, 25-Jun-10 15:00:00 UTC", "2010-06-25T15:00:00.000000Z"),          # RFC 850
    ("Fri, 25 Jun 2010 15:00:00 GMT", "2010-06-25T15:00:00.000000Z"),
    ("soon", "soon"),
])
def test_a_page_is_unavailable_after_a_date_in_any_of_three_formats(date: str, moment: str) -> None:
    assert said(f"unavailable_after: {date}, noarchive") == [
        ("unavailable_after", moment, None), ("noarchive", None, None)]


@pytest.mark.parametrize("date", ["", "99999-01-01", "Fri, 99 Foo 2010 99:99:99", "2026-02-30"])
def test_what_is_no_date_is_none(date: str) -> None:
    assert moment_of(date) is None


def test_several_headers_each_say_something_to_all_or_to_one() -> None:
    assert header("X-Robots-Tag: noindex", "X-Robots-Tag: googlebot: nofollow, noarchive",
                  "X-Robots-Tag: Broadsheet: noai", "X-Robots-Tag: unavailable_after: 2026-12-24") == [
        ("noindex", None, None), ("nofollow", None, "googlebot"), ("noarchive", None, "googlebot"),
        ("noai", None, "broadsheet"), ("unavailable_after", "2026-12-24T00:00:00.000000Z", None)]


def test_what_a_header_says_to_everyone_it_says_to_us() -> None:
    assert header("X-Robots-Tag: *: noai", "X-Robots-Tag: gptbot: noindex, *: nofollow") == [
        ("noai", None, None), ("noindex", None, "gptbot"), ("nofollow", None, None)]


def test_one_header_may_go_on_to_another_agent() -> None:
    assert header("X-Robots-Tag: noai, gptbot: noindex, ccbot: unavailable_after: 2026-12-24") == [
        ("noai", None, None), ("noindex", None, "gptbot"),
        ("unavailable_after", "2026-12-24T00:00:00.000000Z", "ccbot")]


def test_tdm_headers_are_a_reservation_and_the_address_of_a_policy() -> None:
    assert header("TDM-Reservation: 1", "tdm-policy: /policies/1.json") == [
        ("tdm-reservation", "1", None), ("tdm-policy", "https://news.example/policies/1.json", None)]
    assert header("tdm-reservation: yes", "tdm-policy:  ") == []


@pytest.mark.parametrize(("value", "reserved"), [
    ("1, 1", "1"), ('"1"', "1"), (" 1 ;", "1"), ("0, 1", "0"), ("'0'", "0")])
def test_a_reservation_may_be_sent_twice_or_in_quotes(value: str, reserved: str) -> None:
    """Of several the first counts (TDMRep section 5.3)."""
    assert header(f"tdm-reservation: {value}") == [("tdm-reservation", reserved, None)]


@pytest.mark.parametrize(("value", "expected"), [
    ('<https://news.example/l.xml>; rel="license"; type="application/rsl+xml"', [
        ("rsl", "https://news.example/l.xml", None)]),
    ("</terms>; rel=license", [("license", "https://news.example/terms", None)]),
    ('</s.css>; rel=preload; as=style, </terms>; rel="nofollow License"', [
        ("license", "https://news.example/terms", None)]),
    ('</terms>; title="a<b, c"; rel=license, </x>; rel=next', [("license", "https://news.example/terms", None)]),
    ("</terms>; rel='license'", [("license", "https://news.example/terms", None)]),
    ("</terms>; rel = license; rel=next", [("license", "https://news.example/terms", None)]),
    ("</terms>; rel=next; rel=license", []),
    ("</s.css>; rel=preload; title=license", []), ("<https://[broken>; rel=license", [
        ("license", "https://[broken", None)]),
])
def test_a_link_header_may_lead_to_a_licence(value: str, expected: Said) -> None:
    assert header(f"Link: {value}") == expected


def test_usage_preferences_may_stand_in_headers() -> None:
    assert header("Content-Usage: train-ai=n, search=y;x=1, odd", "Content-Signal: ai-train=no, ai-input=yes") == [
        ("train-ai", "n", None), ("search", "y", None), ("ai-train", "no", None), ("ai-input", "yes", None)]


def test_headers_without_a_word_of_rights_say_nothing() -> None:
    assert header("Content-Type: text/html", "Cache-Control: no-store", "X-Robots: noindex") == []


def test_a_hostile_header_costs_little_and_gives_no_more_than_a_record_can_bear() -> None:
    began = time.process_time()
    found = rights_of_headers([
        (b"x-robots-tag", b"noindex," * 100_000), (b"link", b"<" + b"a;" * 100_000 + b" rel=license"),
        (b"link", b"<a>; license" + b" ;" * 100_000), (b"x-robots-tag", b"a:" * 100_000),
        (b"link", b"<a>; rel=license" + b';a="\\' * 50_000), (b"content-signal", b"search" + b" " * 100_000),
        (b"content-usage", b"a=" * 100_000)], URL)
    assert time.process_time() - began < 1
    assert len(found) <= MAX_DIRECTIVES
    assert max(len(each.evidence) for each in found) <= MAX_CHARS


def test_bytes_that_are_no_text_are_evidence_all_the_same() -> None:
    [found] = rights_of_headers([(b"tdm-policy", b"/\xff\x00policy")], URL)
    assert "ÿ" in found.evidence
