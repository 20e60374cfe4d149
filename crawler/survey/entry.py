"""A registry entry as TOML, with a comment for each choice.

Owns the form of what `scrapy sites add` writes. Pure. Must not know files, or how a choice is made. What strangers
wrote goes only into comments and strings, and cannot leave them.
"""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING

from crawler.display import one_line
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from crawler.survey.findings import Sample, Survey
    from crawler.survey.verdict import Choice, Verdict

_WIDTH = 118
_KEYS = ((Role.FEED, "feeds"), (Role.SITEMAP, "sitemaps"))


def entry_text(survey: Survey, verdict: Verdict, name: str, now: datetime, doubt: str | None = None) -> str:
    """The whole entry, from its first comment to a closing newline. `doubt` is why the site may give nothing."""
    lines = [
        *_comment(f"{name}: looked at on {now:%Y-%m-%d %H:%M} UTC with {len(survey.looks)} requests."),
        *(_comment(f"SEE TO IT, a crawl may give nothing: {doubt}") if doubt else ()),
        *(line for fact in site_facts(survey) for line in _comment(fact)),
        "[[site]]", f"name = {quoted(name)}", f"url = {quoted(survey.home.final_url)}",
        *(line for role, key in _KEYS for line in _list(key, [c for c in verdict.choices if c.source.role is role])),
        *_sections(verdict), *_folder(survey), *_delay(survey),
        *(line for sample in survey.samples for line in _comment(f"Sample: {sample_text(sample)}")),
    ]
    return "\n".join(lines) + "\n"


def bare_entry(name: str, url: str, feeds: Sequence[str], comments: Iterable[str]) -> str:
    """An entry of what a list of subscriptions says, without a look at the site."""
    lines = [line for comment in comments for line in _comment(comment)]
    lines += ["[[site]]", f"name = {quoted(name)}", f"url = {quoted(url)}"]
    if feeds:
        lines += ["feeds = [", *(f"    {quoted(feed)}," for feed in feeds), "]"]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A basic string of TOML 1.0."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def site_facts(survey: Survey) -> Iterator[str]:
    """What is known of the site as a whole, a sentence each."""
    if survey.home.final_url != survey.site.url:
        yield f"{survey.site.url} leads to {survey.home.final_url}."
    facts = survey.facts
    systems = "; ".join(f"{name}, by {evidence}" for name, evidence in facts.systems)
    yield f"System: {systems or 'none that is known'}. Language: {survey.language or 'not stated'}."
    yield f"robots.txt: {robots_text(survey)}."
    stated = dict.fromkeys((*facts.rights, *(r for s in (*survey.samples, *survey.doubts) for r in s.rights)))
    yield f"Rights: {'; '.join(stated) or 'no statement found on the home page, the samples or in robots.txt'}."
    if survey.is_budget_spent:
        yield "The budget of requests was spent before all was looked at (a long Crawl-delay leaves but few)."


def robots_text(survey: Survey) -> str:
    robots = survey.robots
    if robots.text is None:
        return f"none (HTTP {robots.status})" if robots.status else "not read"
    delay = f"Crawl-delay {robots.crawl_delay_seconds:g}" if robots.crawl_delay_seconds else "no Crawl-delay"
    count = len(robots.sitemaps)
    return f"read, {delay}, {count or 'no'} {'sitemap' if count == 1 else 'sitemaps'}"


def sample_text(sample: Sample) -> str:
    if sample.problem:
        return f"{sample.problem}: {sample.url}"
    by = f", by {', '.join(sample.authors)}" if sample.authors else ""
    return f'"{sample.title or ""}", {(sample.date or "no date")[:10]}{by}, {sample.words} words: {sample.url}'


def _list(key: str, choices: Sequence[Choice]) -> Iterator[str]:
    """The list of a role's sources; those left out stand in it as comments."""
    if not any(choice.is_listed for choice in choices):
        yield from (line for choice in choices for line in _left_out(key, choice))
        return
    yield f"{key} = ["
    for choice in choices:
        if choice.is_listed:
            yield from _comment(f"{choice.source.origin}: {choice.figures}", "    ")
            yield f"    {quoted(choice.source.url)},"
        else:
            yield from _comment(f"left out: {choice.reason} ({choice.source.origin}: {choice.figures})", "    ")
            yield f"    # {quoted(choice.source.url)},"
    yield "]"


def _left_out(key: str, choice: Choice) -> Iterator[str]:
    yield from _comment(f"{key[:-1]} left out: {quoted(choice.source.url)}: {choice.reason} ({choice.source.origin})")


def _sections(verdict: Verdict) -> Iterator[str]:
    yield from _comment(f"{verdict.why[:1].upper()}{verdict.why[1:]}.")
    if verdict.sections:
        yield "sections = ["
        yield from (f"    {quoted(section)}," for section in verdict.sections)
        yield "]"


def _folder(survey: Survey) -> Iterator[str]:
    if survey.folder:
        yield from _comment("What the home page links to lies in its folder: the rest of the host is left out.")
        yield f"allow = [{quoted('//' + re.escape(survey.folder.partition('://')[2]))}]"


def _delay(survey: Survey) -> Iterator[str]:
    delay = survey.robots.crawl_delay_seconds
    if delay and delay > survey.site.delay_seconds:
        yield from _comment("robots.txt asks for this Crawl-delay, which would be kept to without this line, too.")
        yield f"delay = {float(min(delay, 86_400.0))}"


def _comment(text: str, indent: str = "") -> list[str]:
    """Lines of a comment; nothing in it can end one."""
    return textwrap.wrap(one_line(text), _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}#   ",
                         break_long_words=False, break_on_hyphens=False)
