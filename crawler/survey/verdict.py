"""Which of the sources that a survey found go into the registry, and why; why the others do not.

Owns the choice and its sentences. Pure. Must not know TOML or the network. An entry that names sources is crawled from
these alone, so what is chosen must list all that a crawl from the address alone would find.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.survey.findings import OLD, SourceFound, Survey
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

_COMPLETE = 0.8
_MAX_SECTIONS = 30
_HOURS = 3_600.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A feed or sitemap, whether it is listed, and why not; `figures` are what was found in it, in words."""

    source: SourceFound
    is_listed: bool
    figures: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sections` with the sentence why they are needed; no sources at all with the sentence why the address is best."""

    choices: tuple[Choice, ...]
    sections: tuple[str, ...] = ()
    why: str = ""

    def listed(self, role: Role) -> tuple[str, ...]:
        return tuple(choice.source.url for choice in self.choices if choice.is_listed and choice.source.role is role)


def choose(survey: Survey, now: datetime) -> Verdict:
    """The verdict on a site; no choice is listed where a crawl finds best by itself what there is."""
    sources = [source for source in survey.sources if source.role is not Role.SECTION and _is_of_interest(source)]
    alive = any(_is_fresh(source, now) for source in sources)
    choices, taken = [], list[SourceFound]()
    for source in sorted(sources, key=_worth, reverse=True):
        reason = _reason_to_leave(source, taken, now, is_rest_alive=alive)
        choices.append(Choice(source, reason is None, figures_of(source, survey, now), reason))
        if reason is None:
            taken.append(source)
    choices.sort(key=lambda choice: sources.index(choice.source))
    if not any(source.pages or source.below for source in taken):
        return Verdict(tuple(choices), (), _why_address_alone(survey))
    return Verdict(tuple(choices), *_sections(survey))


def _is_of_interest(source: SourceFound) -> bool:
    """What was only tried, and is not there, is not worth a line."""
    return bool(source.pages or source.below or not source.is_guess)


def _worth(source: SourceFound) -> tuple[int, bool, int]:
    """The larger first, of those that list as much the one with the articles' text."""
    return len(source.keys), source.full_content > 0, int(source.newest.timestamp()) if source.newest else 0


def _reason_to_leave(
    source: SourceFound, taken: Iterable[SourceFound], now: datetime, *, is_rest_alive: bool
) -> str | None:
    if not source.is_asked:
        return None
    if not source.pages and source.below <= source.below_read:
        return source.problem or "empty"
    if source.role is Role.FEED and source.newest and is_rest_alive and not _is_fresh(source, now):
        return f"nothing in it is newer than {source.newest:%Y-%m-%d}"
    for other in taken:
        if _adds_nothing(source, other):
            return f"adds nothing: all that it lists is in {other.url}"
    return None


def _adds_nothing(source: SourceFound, other: SourceFound) -> bool:
    if source.role is not other.role or not source.keys or source.below > source.below_read:
        return False
    if source.is_news and not other.is_news:    # its dates and titles are better
        return False
    return source.keys <= other.keys and not (source.next_url and not other.next_url)


def _is_fresh(source: SourceFound, now: datetime) -> bool:
    return source.newest is not None and now - source.newest < OLD


def _why_address_alone(survey: Survey) -> str:
    if survey.home_pages or survey.sections:
        return ("neither feed nor sitemap lists articles: a crawl from the address alone follows the home page and its "
                "sections, and finds new ones")
    return "nothing that lists articles was found: scrapy sites check says why"


def _sections(survey: Survey) -> tuple[tuple[str, ...], str]:
    """The home page and its sections, where they show articles that feeds and sitemaps lack; the home page alone where
    sections need not be asked."""
    unlisted, none = survey.unlisted, len(survey.not_articles)
    if not unlisted:
        others = f", but for {none} that were looked at and are none" if none else ""
        return (), f"feeds and sitemaps list every article that is linked{others}"
    if none and none == len(survey.doubts):
        return (), (f"{len(unlisted) + none} links like articles are in no feed or sitemap, and of {none} that were "
                    "looked at none is an article")
    home, on_home = survey.home.final_url, len(survey.shown - survey.listed)
    why = (f"{len(unlisted)} links like articles, {on_home} of them on the home page, are in no feed or sitemap; where "
           "you can do without what is older, take the sections out")
    if survey.sections or on_home > (1 - _COMPLETE) * len(survey.shown):
        sections = [link.url for link in survey.home_links if link.role is Role.SECTION]
        return tuple(dict.fromkeys((home, *sections[:_MAX_SECTIONS]))), why
    return (home,), why


def figures_of(source: SourceFound, survey: Survey, now: datetime) -> str:
    """What was found in a source, in words: how much, how fresh, how complete."""
    if not source.is_asked:
        return "not looked at, for there are too many"
    return ", ".join(_figures(source, survey, now))


def _figures(source: SourceFound, survey: Survey, now: datetime) -> Iterator[str]:
    count, dates = len(source.pages), source.dates
    noun = "entry" if count == 1 else "entries"
    yield f"{count:,} {noun}" + (f" in {source.below_read} of its {source.below} sitemaps" if source.below else "")
    if count:
        yield f"{'all' if len(dates) == count else len(dates) or 'none'} dated"
    if source.is_news:
        yield "a news sitemap"
    if source.newest:
        yield f"the newest of {source.newest:%Y-%m-%d %H:%M} UTC"
    gap = source.gap_seconds(now)
    if gap:
        yield f"one every {duration(gap)}"
    if source.role is Role.FEED and count:
        yield f"{'all' if source.full_content == count else source.full_content or 'none'} with text"
    current = survey.current
    if current and count:
        yield f"has {share_of(source, survey):.0%} of the {len(current)} articles that the site shows now"
    if source.next_url:
        yield "goes on with older ones"
    if source.hub:
        yield f"WebSub hub {source.hub}"
    if source.problem and count:
        yield source.problem


def share_of(source: SourceFound, survey: Survey) -> float:
    """How complete a source is: its share of what the site shows now."""
    current = survey.current
    return len(source.keys & current) / len(current) if current else 0.0


def duration(seconds: float) -> str:
    """Seconds in the largest unit that gives at least two."""
    for size, noun in ((86_400.0, "days"), (_HOURS, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {noun}"
    return f"{seconds:.0f} seconds"
