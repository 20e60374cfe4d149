"""Which directives count, and what a policy does about those that do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.sites import load_sites
from pipelines.errors import ConfigurationError
from pipelines.publish import by_policy
from pipelines.records import Directive, Outcome, Removed
from pipelines.rights import RECORD_ALL, Action, Policy, resolved
from pipelines.rights.policy import DIRECTIVES
from tests import archives

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def directive(name: str, value: str | None = None, source: str = "meta", agent: str | None = None) -> Directive:
    return Directive(name, value, agent, source, f"{name} as it stands")


def applying(*directives: Directive, agent: str = "broadsheet") -> list[tuple[str, str | None, str]]:
    return [(each.name, each.value, each.source) for each in resolved(directives, agent) if each.applies]


def test_what_is_for_another_agent_is_recorded_and_does_not_count() -> None:
    given = (directive("noai", agent="gptbot"), directive("noai", agent="broadsheet"), directive("noarchive"))
    assert [each.applies for each in resolved(given)] == [False, True, True]
    assert [each.applies for each in resolved(given, "gptbot")] == [True, False, True]


def test_tdm_in_the_page_goes_before_the_header_and_that_before_the_file() -> None:
    """TDMRep section 5.7."""
    in_file, in_header, in_page = (directive("tdm-reservation", value, source) for value, source in (
        ("1", "tdmrep.json"), ("0", "header"), ("1", "meta")))
    assert applying(in_file) == [("tdm-reservation", "1", "tdmrep.json")]
    assert applying(in_file, in_header) == [("tdm-reservation", "0", "header")]
    assert applying(in_file, in_header, in_page) == [("tdm-reservation", "1", "meta")]
    assert len(resolved((in_file, in_header, in_page))) == 3, "all are kept"


def test_a_nearer_reservation_leaves_the_policy_of_a_farther_one_in_force() -> None:
    """"The absence of tdm-reservation and tdm-policy must not reset current values", each by itself."""
    assert applying(directive("tdm-policy", "/p", "tdmrep.json"), directive("tdm-reservation", "1", "header")) == [
        ("tdm-policy", "/p", "tdmrep.json"), ("tdm-reservation", "1", "header")]


def test_all_other_preferences_add_up() -> None:
    given = (directive("ai-train", "yes", "robots.txt"), directive("ai-train", "no", "header"))
    assert len(applying(*given)) == 2


def test_resolving_twice_is_resolving_once() -> None:
    given = (directive("tdm-reservation", "0", "tdmrep.json"), directive("tdm-reservation", "1", "header"),
             directive("noai", agent="gptbot"))
    assert resolved(resolved(given)) == resolved(given)


def verdict(policy: dict[str, str], *directives: Directive, at: datetime = NOON) -> Action:
    return Policy.of(policy.items()).verdict(directives, at).action


def test_without_a_policy_everything_is_recorded() -> None:
    assert RECORD_ALL.verdict([directive(name, "1") for name in DIRECTIVES], NOON).action is Action.RECORD


@pytest.mark.parametrize(("given", "action"), [
    (directive("noai"), Action.SKIP), (directive("noarchive"), Action.RECORD),
    (replace(directive("noai"), applies=False), Action.RECORD),
    (directive("tdm-reservation", "1"), Action.SKIP_TEXT), (directive("tdm-reservation", "0"), Action.RECORD),
    (directive("tdm-reservation", None), Action.SKIP_TEXT), (directive("train-ai", "?0"), Action.SKIP_TEXT),
    (directive("ai-train", "no"), Action.SKIP_TEXT), (directive("ai-train", "yes"), Action.RECORD),
    (directive("train-ai", "n"), Action.SKIP_TEXT), (directive("train-ai", "y"), Action.RECORD)])
def test_a_policy_acts_on_what_forbids_something(given: Directive, action: Action) -> None:
    policy = {"noai": "skip", "tdm-reservation": "skip-text", "ai-train": "skip-text", "train-ai": "skip-text"}
    assert verdict(policy, given) is action


@pytest.mark.parametrize(("order", "action"), [
    (("noarchive", "noai"), Action.SKIP), (("noai", "noarchive"), Action.SKIP), (("noarchive",), Action.SKIP_TEXT)])
def test_of_several_actions_the_strictest_is_taken(order: tuple[str, ...], action: Action) -> None:
    assert verdict({"noarchive": "skip-text", "noai": "skip"}, *map(directive, order)) is action


def test_a_page_is_unavailable_only_after_its_date() -> None:
    ends = directive("unavailable_after", "2026-11-22T12:00:00.000000Z")
    policy = {"unavailable_after": "skip"}
    assert verdict(policy, ends, at=NOON - timedelta(seconds=1)) is Action.RECORD
    assert verdict(policy, ends, at=NOON) is Action.SKIP
    assert verdict(policy, directive("unavailable_after", "last week"), at=NOON) is Action.SKIP


def test_the_reason_names_directive_action_source_and_evidence() -> None:
    said = Policy.of([("noai", "skip")]).verdict([directive("noai")], NOON)
    assert said.reason == 'noai = "skip": meta: noai as it stands'


ARTICLE = replace(archives.article("Ein Titel", "Ein Text."), rights=(directive("noai"),))


def test_a_skipped_article_is_withheld() -> None:
    outcome, reason, article = by_policy(ARTICLE, Policy.of([("noai", "skip")]), NOON)
    assert (outcome, reason, article) == (Outcome.WITHHELD, 'rights: noai = "skip": meta: noai as it stands', None)


def test_a_skipped_text_leaves_no_piece_of_it_in_the_article() -> None:
    whole = replace(ARTICLE, boilerplate=replace(ARTICLE.boilerplate, removed=(Removed("Ein Text.", "site: x"),)))
    outcome, reason, article = by_policy(whole, Policy.of([("noai", "skip-text")]), NOON)
    assert outcome is Outcome.ARTICLE
    assert article is not None
    assert (article.text, article.word_count, article.boilerplate.removed) == ("", 0, ())
    assert (article.title, article.rights) == (whole.title, whole.rights)
    assert article.warnings[-1] == f"text left out: {reason}"


def test_an_article_of_which_nothing_is_skipped_stays_as_it_is() -> None:
    assert by_policy(ARTICLE, Policy.of([("noarchive", "skip")]), NOON) == (Outcome.ARTICLE, None, ARTICLE)


SITE = '[[site]]\nname = "a"\nurl = "https://a.example/"\n'


def test_a_site_has_the_policy_of_the_defaults_but_for_what_it_says_otherwise() -> None:
    [a, b] = load_sites((
        '[defaults]\nrights = { noai = "skip", noarchive = "skip-text" }\n' + SITE +
        'rights = { noai = "record", "tdm-reservation" = "skip" }\n'
        '[[site]]\nname = "b"\nurl = "https://b.example/"\n').encode(), "sites.toml")
    assert dict(a.rights) == {"noai": "record", "noarchive": "skip-text", "tdm-reservation": "skip"}
    assert dict(b.rights) == {"noai": "skip", "noarchive": "skip-text"}


@pytest.mark.parametrize(("key", "problem"), [
    ('rights = "skip"', '''rights: expected a table, got a string: 'skip': write { noai = "skip-text" }'''),
    ('rights = { noia = "skip" }', "rights: unknown directive 'noia': did you mean 'noai'?"),
    ('rights = { tdm_reservation = "skip" }',
     "rights: unknown directive 'tdm_reservation': did you mean 'tdm-reservation'?"),
    ('rights = { noai = "drop" }', "rights['noai']: not an action: 'drop': write 'record', 'skip-text', 'skip'"),
    ("rights = { noai = true }", "rights['noai']: not an action: true or false: write 'record', 'skip-text', 'skip'"),
])
def test_what_is_wrong_with_a_policy_is_told_with_the_remedy(key: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        load_sites((SITE + key).encode(), "sites.toml")
    assert str(told.value) == f'sites.toml: [[site]] "a": {problem}'
    with pytest.raises(ConfigurationError) as told:
        load_sites((f"[defaults]\n{key}\n" + SITE).encode(), "sites.toml")
    assert str(told.value) == f"sites.toml: [defaults]: {problem}"
