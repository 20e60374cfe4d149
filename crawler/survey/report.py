"""What a survey looks like: tables for a person, values for a program.

Owns columns and words. Must not know how anything is found or decided.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crawler.survey.entry import site_facts
from crawler.survey.verdict import duration, figures_of, share_of
from pipelines.records import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.display import Display
    from crawler.sites import Site
    from crawler.survey.diagnosis import Diagnosis
    from crawler.survey.findings import Look, SourceFound, Survey
    from crawler.survey.verdict import Verdict


def show_survey(survey: Survey, verdict: Verdict, now: datetime, display: Display) -> None:
    """A site's sources with what was chosen, its facts, its samples."""
    display.say(survey.home.final_url, style="bold")
    for fact in site_facts(survey):
        display.say(f"  {fact}")
    rows = [_source_row(choice.source, survey, now, choice.reason or "listed") for choice in verdict.choices]
    if rows:
        display.table(("source", "entries", "dated", "newest", "one every", "complete", "in the registry"), rows,
                      fold="in the registry")
    if verdict.why:
        sections = f" Listed as sections: {', '.join(verdict.sections)}." if verdict.sections else ""
        display.say(f"  {verdict.why[0].upper()}{verdict.why[1:]}.{sections}")
    show_samples(survey, display)


def show_samples(survey: Survey, display: Display) -> None:
    if survey.samples:
        rows = [((sample.date or "")[:10], sample.title or sample.url, ", ".join(sample.authors), sample.words,
                 sample.problem or "read") for sample in survey.samples]
        display.table(("sample of", "title", "authors", "words", "result"), rows, fold="title")


def show_evidence(survey: Survey, diagnosis: Diagnosis, display: Display) -> None:
    """The one line of the verdict, then what was asked and what came."""
    display.say(f"{survey.site.name}: {diagnosis.text}", style="bold green" if diagnosis.is_good else "bold red")
    rows = [(look.purpose, look.url, _came(look), look.content_type or "", look.size_bytes, look.read_as or "")
            for look in survey.looks]
    display.table(("asked", "address", "came", "type", "bytes", "read as"), rows, fold="read as")


def survey_json(survey: Survey, now: datetime) -> dict[str, Any]:
    """The findings for a program."""
    return {
        "site": survey.site.name, "url": survey.site.url, "final_url": survey.home.final_url,
        "status": survey.home.status, "language": survey.language, "facts": asdict(survey.facts),
        "robots": {key: value for key, value in asdict(survey.robots).items() if key != "text"},
        "home_links": len(survey.home_pages), "shown_now": len(survey.current),
        "sources": [_source_json(source, survey, now) for source in survey.sources],
        "samples": [asdict(sample) for sample in survey.samples],
        "looks": [asdict(look) for look in survey.looks], "is_budget_spent": survey.is_budget_spent,
    }


def tell_look(site: Site, look: Look) -> None:
    """Progress: a line for each answer, on a terminal alone."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{site.name}: {look.purpose}: {look.url[:100]!r}: {_came(look)}\n")


def _came(look: Look) -> str:
    if look.status is None:
        return f"{look.outcome.value.replace('_', ' ')}: {look.reason}"
    moved = f", from {look.final_url}" if look.final_url != look.url else ""
    return f"{look.status}{moved}"


def _source_row(source: SourceFound, survey: Survey, now: datetime, result: str) -> tuple[Any, ...]:
    gap = source.gap_seconds(now)
    newest = f"{source.newest:%Y-%m-%d %H:%M}" if source.newest else ""
    complete = f"{share_of(source, survey):.0%}" if survey.current and source.pages else ""
    return (f"{source.role.value} {source.url}", len(source.pages), len(source.dates), newest,
            duration(gap) if gap else "", complete, result)


def _source_json(source: SourceFound, survey: Survey, now: datetime) -> dict[str, Any]:
    return {
        "url": source.url, "role": source.role.value, "origin": source.origin, "problem": source.problem,
        "entries": len(source.pages), "dated": len(source.dates), "full_content": source.full_content,
        "newest": rfc3339(source.newest) if source.newest else None, "gap_seconds": source.gap_seconds(now) or None,
        "complete": share_of(source, survey), "is_news": source.is_news, "hub": source.hub, "next_url": source.next_url,
        "refresh_seconds": source.refresh_seconds or None, "sitemaps_below": source.below,
        "sitemaps_read": source.below_read, "figures": figures_of(source, survey, now),
    }
