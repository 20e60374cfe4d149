"""What is read in a robots.txt otherwise than Protego does (RFC 9309)."""

from __future__ import annotations

import pytest

from crawler.robotrules import RobotRules
from pipelines.rights import rules_of_robots
from pipelines.rights.agents import product_token

PAGE = "https://news.example/private/a"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("agent", [
    "Broadsheet", "broadsheet", "Broadsheet/1.0", "Broadsheet/2 beta", "Broadsheet 2", "Broadsheet*"])
def test_a_group_is_ours_by_its_product_token_whatever_ends_a_line(agent: str, end: str) -> None:
    lines = ["User-agent: other", "Disallow: /", "", f"User-agent: {agent}", "Disallow: /private/"]
    rules = RobotRules(end.join(lines).encode())
    assert not rules.allowed(PAGE, "Broadsheet/0.1 (+you@news.example)")
    assert rules.allowed("https://news.example/public", "Broadsheet/0.1 (+you@news.example)")


@pytest.mark.parametrize(("text", "delay"), [
    ("2", 2.0), ("0.5", 0.5), ("0", 0.0), ("-5", None), ("inf", None), ("nan", None), ("1,5", None), ("soon", None)])
def test_a_crawl_delay_is_a_number_of_seconds_or_none(text: str, delay: float | None) -> None:
    assert RobotRules(f"User-agent: *\nCrawl-delay: {text}\n".encode()).crawl_delay("Broadsheet") == delay


def test_the_comment_of_an_agent_is_no_name_of_it() -> None:
    assert product_token("Broadsheet/0.1 (+you@otherbot.example)") == "Broadsheet"
    assert product_token("Mozilla/5.0 (compatible; Broadsheet/0.1; +https://news.example)") == "Broadsheet"


@pytest.mark.parametrize(("agent", "token"), [
    ("News2Bot/1.0", "News2Bot"), ("360spider", "360spider"), ("Osmere Courier/2", "Osmere"),
    ("(none)", "(none)")])
def test_digits_belong_to_a_token_and_blanks_end_it(agent: str, token: str) -> None:
    assert product_token(agent) == token


def test_the_rules_and_the_rights_of_a_file_are_those_of_one_group() -> None:
    file = (b"User-agent: News/3\nDisallow: /\n\n"
            b"User agent: news2bot 1.0\nDisallow: /private\nContent-Signal: search=no\n")
    rules = RobotRules(file)
    assert not rules.allowed(PAGE, "News2Bot/0.1")
    assert rules.allowed("https://news.example/public", "News2Bot/0.1")
    assert len(rules_of_robots(file, "https://news.example/robots.txt", product_token("News2Bot/0.1").lower())) == 1


def test_a_file_costs_no_more_than_its_length_however_many_agents_share_its_rules() -> None:
    names = b"".join(b"\xc2\xa0User-agent : a%d\n" % number for number in range(4000)) + b"User-agent: broad\n"
    rules = RobotRules(names + b"".join(b"Disallow: /%d\n" % number for number in range(4000)))
    assert not rules.allowed("https://news.example/3999", "Broadsheet/0.1")
    assert rules.allowed("https://news.example/x", "Broadsheet/0.1")
    assert not rules.allowed("https://news.example/7", "A7"), "whoever asks"


@pytest.mark.parametrize(("agent", "delay"), [
    ("Broadsheet/0.1", 3.0), ("Broad", 2.0), ("foo.bar", 4.0), ("foo-bar", 1.0), ("other", 1.0), ("(none)", 1.0)])
def test_the_longest_name_by_which_an_agent_goes_counts(agent: str, delay: float) -> None:
    groups = {"*": 1, "broad": 2, "Broads*": 3, "bar": 4, "**": 5, "": 6, "sheet": 7}
    file = "".join(f"User-agent: {name}\nCrawl-delay: {seconds}\n\n" for name, seconds in groups.items())
    assert RobotRules(file.encode()).crawl_delay(agent) == delay
