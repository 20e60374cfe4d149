"""What a host says for all its pages: tdmrep.json (TDMRep section 5.1) and the lines of robots.txt about use."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.rights import rules_for, rules_of_robots, rules_of_tdmrep
from pipelines.rights.evidence import MAX_DIRECTIVES
from pipelines.rights.pathpattern import matches, path_of
from pipelines.rights.robotstxt import MAX_LICENCES
from pipelines.rights.robotstxt import MAX_RULES as MAX_LINES
from pipelines.rights.tdmrep import MAX_RULES
from pipelines.rights.usage import preferences

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "https://news.example"
FILE = HOST + "/.well-known/tdmrep.json"
ROBOTS = HOST + "/robots.txt"


def tdm(document: Any, path: str) -> dict[str, str | None] | None:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    rules = rules_of_tdmrep(body, FILE)
    return None if rules is None else {each.name: each.value for each in rules_for(rules, HOST + path)}


@pytest.mark.parametrize(("pattern", "path", "is_match"), [
    ("/", "/", True), ("/", "/a/b?c", True), ("/fish", "/fish.html", True), ("/fish", "/Fish.html", False),
    ("/fish*", "/fishheads/x", True), ("/fish/", "/fish", False), ("/*.php", "/a/b.php?x", True),
    ("/*.php$", "/a/b.php", True), ("/*.php$", "/b.php?x", False), ("/fish*.php", "/fishheads/c.php?p", True),
    ("/a$", "/a", True), ("/a$", "/ab", False), ("/a*a$", "/a", False), ("/a*a$", "/axa", True),
    ("/this/*/then", "/this/x/y/then/z", True), ("/this/*/then", "/this/then", False),
    ("/path/foo-%24", "/path/foo-%24", True), ("/a%3cd.html", "/a%3Cd.html", True), ("/%7Ejoe", "/~joe", True),
    ("/a%2Fb", "/a/b", False), ("/zürich", "/z%C3%BCrich", True),
    ("*", "/x", True), ("*$", "/x", True), ("$", "/x", False),
    ("/a**b", "/axb", True), ("/b/images/*.jpg", "/b/images/x/y.jpg", True),
])
def test_patterns_match_as_in_robots_txt(pattern: str, path: str, is_match: bool) -> None:
    assert matches(pattern, path_of(HOST + path)) is is_match


def test_a_hostile_pattern_costs_little() -> None:
    began = time.process_time()
    assert not matches("/" + "*a" * 1000 + "b$", "/" + "a" * 20_000)
    assert time.process_time() - began < 1


def test_every_file_of_a_server_may_be_reserved() -> None:
    """The specification's first example."""
    assert tdm([{"location": "/", "tdm-reservation": 1}], "/any/where") == {"tdm-reservation": "1"}


@pytest.mark.parametrize(("path", "expected"), [
    ("/directory-a/x.pdf", {"tdm-reservation": "1"}),
    ("/directory-b/html/x", {"tdm-reservation": "1", "tdm-policy": "https://provider.com/policies/policy.json"}),
    ("/directory-b/images/a/x.jpg", {"tdm-reservation": "0"}), ("/directory-c/", {}),
])
def test_groups_of_files_have_rules_of_their_own(path: str, expected: dict[str, str]) -> None:
    """The specification's second example."""
    assert tdm([
        {"location": "/directory-a/", "tdm-reservation": 1},
        {"location": "/directory-b/html/", "tdm-reservation": 1,
         "tdm-policy": "https://provider.com/policies/policy.json"},
        {"location": "/directory-b/images/*.jpg", "tdm-reservation": 0}], path) == expected


def test_of_several_rules_that_match_the_first_is_used() -> None:
    rules = [{"location": "/a/b", "tdm-reservation": 0}, {"location": "/a", "tdm-reservation": 1, "tdm-policy": "/p"},
             {"location": "/", "tdm-reservation": 0}]
    assert tdm(rules, "/a/b/c") == {"tdm-reservation": "0"}
    assert tdm(rules, "/a/c") == {"tdm-reservation": "1", "tdm-policy": HOST + "/p"}


@pytest.mark.parametrize("rule", [
    {"location": "/"}, {"tdm-reservation": 1}, {"location": 5, "tdm-reservation": 1}, "a", None, [], 7,
    {"location": "/", "tdm-reservation": 2}, {"location": "/", "tdm-reservation": None},
    {"location": "/", "tdm-reservation": "yes"}])
def test_a_rule_without_what_it_must_have_is_passed_over(rule: Any) -> None:
    assert tdm([rule, {"location": "/", "tdm-reservation": 0}], "/x") == {"tdm-reservation": "0"}


@pytest.mark.parametrize("value", [1, "1", True, " 1 ", 1.0])
def test_a_reservation_counts_however_it_is_written(value: object) -> None:
    found = tdm([{"location": "/", "tdm-reservation": value}], "/x")
    assert found is not None
    assert (found["tdm-reservation"] or "").strip() == "1"


@pytest.mark.parametrize("body", [
    b"<!doctype html><title>Not found</title>", b"", b"{}", b'"text"', b"[" * 100_000, b"\xff\xfe", b"null"])
def test_what_is_no_such_file_says_nothing(body: bytes) -> None:
    assert tdm(body, "/x") is None


def test_a_file_without_its_brackets_or_with_a_mark_before_them_is_read() -> None:
    assert tdm(b'\xef\xbb\xbf{"location": "/", "tdm-reservation": 1}', "/x") == {"tdm-reservation": "1"}
    assert tdm(b"[]", "/x") == {}


def test_of_more_rules_than_one_site_can_need_it_is_said_that_they_were_not_read() -> None:
    document = [{"location": f"/x{number}/", "tdm-reservation": 0} for number in range(MAX_RULES)]
    assert tdm(document, "/news") == {}
    document += [{"location": "/*", "tdm-reservation": 1}] * 5
    [unread] = rules_for(rules_of_tdmrep(json.dumps(document).encode(), FILE) or (), HOST + "/news")
    assert (unread.value, unread.evidence) == (
        None, f"{FILE}: has 1005 rules, of which the first 1000 were read, and none of them matches")
    assert tdm(document, "/x7/a") == {"tdm-reservation": "0"}


def test_the_evidence_is_the_rule_and_where_it_stands() -> None:
    [rule] = rules_of_tdmrep(b'[{"location": "/a", "tdm-reservation": 1}]', FILE) or ()
    assert rule.directives[0].evidence == FILE + ': {"location": "/a", "tdm-reservation": 1}'
    assert rule.directives[0].source == "tdmrep.json"


def robots(body: str, path: str = "/a", agent: str = "broadsheet") -> dict[str, str | None]:
    return {each.name: each.value for each in rules_for(rules_of_robots(body.encode(), ROBOTS, agent), HOST + path)}


def test_a_licence_is_for_all_agents_wherever_it_stands() -> None:
    body = "User-agent: googlebot\nLicense: https://news.example/license.xml#all\nDisallow: /\n"
    assert robots(body) == {"rsl": "https://news.example/license.xml#all"}


def test_preferences_are_of_our_group_if_there_is_one_and_else_of_everyones() -> None:
    body = ("User-agent: *\nContent-Signal: ai-train=no, search=yes # a comment\nAllow: /\n\n"
            "User-agent: gptbot\nUser-agent: Broadsheet\nContent-Signal: ai-train=yes\nDisallow: /x\n")
    assert robots(body, agent="otherbot") == {"ai-train": "no", "search": "yes"}
    assert robots(body) == {"ai-train": "yes"}


def test_a_group_of_ours_without_preferences_states_none() -> None:
    assert robots("User-agent: *\nContent-Signal: ai-train=no\n\nUser-agent: broadsheet\nAllow: /\n") == {}


def test_a_group_whose_name_ours_begins_with_is_ours_as_it_is_for_allow_and_disallow() -> None:
    body = ("User-agent: *\nContent-Signal: search=no\n\nUser-agent: broad\nContent-Signal: ai-train=no\n\n"
            "User-agent: Broads/2\nContent-Signal: ai-input=no\n")
    assert robots(body) == {"ai-input": "no"}
    assert robots(body, agent="broad") == {"ai-train": "no"}


def test_a_preference_before_any_group_is_for_all() -> None:
    assert robots("Content-Usage: train-ai=n\nUser-agent: *\nAllow: /\n") == {"train-ai": "n"}


def test_the_longest_path_of_a_preference_goes_before_the_others() -> None:
    body = "User-agent: *\nContent-Usage: train-ai=y, search=y\nContent-Usage: /a/ train-ai=n\n"
    assert robots(body, "/b") == {"train-ai": "y", "search": "y"}
    assert robots(body, "/a/b") == {"train-ai": "n", "search": "y"}


def test_groups_of_one_agent_are_one_group() -> None:
    body = ("User-agent: *\nContent-Signal: ai-train=no\nUser-agent: x\nDisallow: /\n"
            "User-agent: *\nContent-Signal: search=no")
    assert robots(body) == {"ai-train": "no", "search": "no"}


@pytest.mark.parametrize("agent", ["360Spider", '"Broadsheet"', "'*'", "*bot", "", "(none)", "broadsheetplus", "@all"])
def test_what_is_said_to_another_or_to_a_name_that_cannot_be_read_is_not_said_to_us(agent: str) -> None:
    assert robots(f"User-agent: {agent}\nContent-Signal: ai-train=no\n") == {}


@pytest.mark.parametrize("line", [
    "User-agent: 360Spider/2 (beta)", "User agent: 360spider", "useragent:360SPIDER*", "USER-AGENT 360spider"])
def test_a_group_is_ours_however_it_spells_our_name(line: str) -> None:
    body = f"User-agent: *\nContent-Signal: ai-train=yes\n\n{line} # us\nContent-Signal: ai-train=no\n"
    assert robots(body, agent="360spider") == {"ai-train": "no"}


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_nothing_but_the_ends_of_lines_ends_a_line(end: str) -> None:
    body = end.join(["User-agent: *", "# a\x0bContent-Signal: ai-train=yes\u2028Content-Signal: search=no",
                     "Content-Signal: ai-train=no"])
    assert robots(body) == {"ai-train": "no"}


def test_a_comment_with_a_colon_in_it_parts_no_group() -> None:
    assert robots("User-agent: x\n# next: us\nUser-agent: broadsheet\nContent-Usage: bots=n\n") == {"bots": "n"}


def test_preferences_may_be_separated_by_semicolons_or_blanks_and_parameters_are_none() -> None:
    assert robots("Content-Signal: ai-train=no; search=yes ai-input = no") == {
        "ai-train": "no", "search": "yes", "ai-input": "no"}
    assert robots("Content-Usage: train-ai=?0;exp=1, other=y;train=x") == {"train-ai": "?0", "other": "y"}


def test_a_path_that_is_longer_than_any_pages_is_of_none() -> None:
    assert robots(f"Content-Signal: /{'a' * 2000} ai-train=no", "/a") == {}


def test_agents_times_lines_cost_no_more_than_their_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what is made, not by the clock: 3000 names of one group, and lines with as many preferences as fit."""
    read: list[str] = []

    def counted(text: str) -> Iterator[tuple[str, str]]:
        read.append(text)
        return preferences(text)

    monkeypatch.setattr("pipelines.rights.robotstxt.preferences", counted)
    agents = "".join(f"User-agent: a{number}\nUser-agent: *\nUser-agent: broadsheet\n" for number in range(3000))
    many = ",".join(f"p{number}=no" for number in range(900))
    body = agents + f"Content-Signal: /{'é' * 400} {many}\n" * 300 + "License: /l\n" * 3000
    rules = rules_of_robots(body.encode(), ROBOTS, "broadsheet")
    assert len(read) == MAX_LINES
    assert len(rules) == MAX_LINES + MAX_LICENCES
    assert sum(len(rule.directives) for rule in rules) <= MAX_LINES * MAX_DIRECTIVES + MAX_LICENCES
    assert len(rules_for(rules, f"{HOST}/{'é' * 500}")) == MAX_DIRECTIVES


def test_licences_in_their_thousands_hide_no_preference() -> None:
    assert robots("License: /l\n" * 3000 + "User-agent: *\nContent-Signal: ai-train=no\n")["ai-train"] == "no"


def test_the_evidence_is_the_line_and_where_it_stands() -> None:
    [rule] = rules_of_robots(b"Content-Signal: ai-train=no\n", ROBOTS, "broadsheet")
    assert rule.directives[0].evidence == ROBOTS + ": Content-Signal: ai-train=no"


@pytest.mark.parametrize("body", [
    "", "\0\xff", "<html>License plates</html>", "License:", "Content-Signal", "a" * 600_000])
def test_what_says_nothing_of_use_gives_nothing(body: str) -> None:
    assert robots(body) == {}
