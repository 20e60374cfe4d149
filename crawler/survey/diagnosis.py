"""Why a site gives nothing, or that it gives enough: one line, from the findings of a look at it.

Owns the causes, the order in which they are told, and the remedies. Pure. Must not know how the findings were come by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from crawler.discovery import same_site
from crawler.survey.findings import OLD
from pipelines.records import Outcome, Role
from pipelines.walls import wall_of_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.survey.findings import SourceFound, Survey

_LOOKED_AT_BYTES = 1 << 16
_LISTS = {Role.FEED: "feed", Role.SITEMAP: "sitemap", Role.SECTION: "section"}


class Cause(StrEnum):
    """What is the matter; words for a program."""

    NOTHING = "nothing"
    DNS = "dns"
    CONNECTION = "connection"
    TIMEOUT = "timeout"
    TLS = "tls"
    ROBOTS_UNREACHABLE = "robots-unreachable"
    ROBOTS_FORBIDS = "robots-forbids"
    BOT_WALL = "bot-wall"
    HTTP_STATUS = "http-status"
    BAD_REDIRECT = "bad-redirect"
    BAD_ANSWER = "bad-answer"
    ANOTHER_SITE = "another-site"
    CONSENT_WALL = "consent-wall"
    NOT_A_PAGE = "not-a-page"
    SCRIPT_PAGE = "script-page"
    NO_LINKS = "no-links"
    SOURCES_FAIL = "sources-fail"
    STALE = "stale"
    RULED_OUT = "ruled-out"
    UNDATED = "undated"
    NO_ARTICLES = "no-articles"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`fact` is the one line, `remedy` what to do. `is_good`: the site gives articles, whatever else is to be said."""

    cause: Cause
    fact: str
    remedy: str = ""
    is_good: bool = False

    @property
    def text(self) -> str:
        return f"{self.fact}: {self.remedy}" if self.remedy else self.fact


def diagnose(survey: Survey, now: datetime) -> Diagnosis:
    """The first cause, in the order in which a crawl would meet them."""
    for found in _causes(survey, now):
        return found
    return Diagnosis(Cause.NOTHING, f"nothing wrong: {_summary(survey)}", is_good=True)


def _causes(survey: Survey, now: datetime) -> Iterator[Diagnosis]:
    """Everything that is the matter, the gravest first."""
    has_lists = any(source.pages for source in survey.sources)
    if not survey.home.is_good and not has_lists:
        yield _of_home(survey)
    if survey.home.is_good and not has_lists and not survey.home_pages:
        yield from _of_another_page(survey)
        yield from _of_sources(survey)
        yield from _of_page(survey)
    yield from _of_rules(survey, now)
    yield from _of_age(survey, now)
    yield from _of_samples(survey)
    if not survey.home.is_good:
        home = _of_home(survey)
        yield Diagnosis(home.cause, f"feeds or sitemaps can be read, but not the home page: {home.fact}", home.remedy,
                        is_good=True)
    if not same_site(survey.home.final_url, survey.site.url):
        yield Diagnosis(Cause.ANOTHER_SITE, f"leads to another site: {survey.home.final_url}",
                        "write that address into the registry", is_good=True)


def _of_home(survey: Survey) -> Diagnosis:
    home, url, robots = survey.home, survey.site.url, survey.robots
    reason = robots.reason or home.reason or ""
    outcome = Outcome(robots.outcome) if _is_robots_at_fault(survey) and robots.outcome else home.outcome
    if outcome is Outcome.DNS_FAILED:
        return Diagnosis(Cause.DNS, f"no such host: {url} ({reason})", "check the spelling, and your name server")
    if outcome is Outcome.TLS_FAILED:
        return Diagnosis(Cause.TLS, f"TLS fails: {url} ({reason})",
                         "see whether a browser takes the certificate; http:// if the site has no https")
    if outcome is Outcome.TIMEOUT:
        return Diagnosis(Cause.TIMEOUT, f"no answer in time: {url} ({reason})",
                         "try again later, and see whether the site answers others")
    if outcome is Outcome.CONNECTION_FAILED:
        return Diagnosis(Cause.CONNECTION, f"no connection: {url} ({reason})",
                         "see whether the site is up, and whether the port is right")
    if _is_robots_at_fault(survey):
        return Diagnosis(
            Cause.ROBOTS_UNREACHABLE, f"robots.txt cannot be had ({reason}), which forbids everything for now",
            "RFC 9309 section 2.3.1.4 has it so: ask the site, or wait until it answers with the file or with 404")
    if outcome is Outcome.ROBOTS_DENIED:
        where = f": {robots.denial}" if robots.denial else ""
        return Diagnosis(Cause.ROBOTS_FORBIDS, f"robots.txt forbids the home page to us{where}",
                         "ask the site for permission; -s ROBOTSTXT_OBEY=0 only with that")
    return _of_answer(survey)


def _is_robots_at_fault(survey: Survey) -> bool:
    """The home page was never asked: what failed is what comes before it."""
    outcome = survey.robots.outcome
    return (survey.home.status is None and outcome is not None
            and outcome not in {Outcome.SOURCE, Outcome.FETCHED} and survey.robots.status is None
            and survey.home.outcome is not Outcome.ROBOTS_DENIED) or (survey.robots.status or 0) >= 500


def _of_answer(survey: Survey) -> Diagnosis:
    home = survey.home
    wall = wall_of_answer(home.status, home.headers, home.body[:_LOOKED_AT_BYTES]) if home.status else None
    if wall or home.status in {401, 403, 429}:
        who = f"{wall.kind} wall, by {wall.evidence}" if wall else "the server does not say why"
        return Diagnosis(Cause.BOT_WALL, f"HTTP {home.status} for the home page: {who}",
                         "the site refuses crawlers, or this one: ask it to let your user agent through, and do not go "
                         "round it")
    if home.outcome is Outcome.REDIRECT_FAILED:
        return Diagnosis(Cause.BAD_REDIRECT, f"redirects that lead nowhere: {home.reason}",
                         "see where a browser ends, and write that address")
    if home.status is not None and home.status >= 400:
        remedy = "check the address" if home.status < 500 else "the server fails: try again later"
        return Diagnosis(Cause.HTTP_STATUS, f"HTTP {home.status} for {home.final_url}", remedy)
    return Diagnosis(Cause.BAD_ANSWER, f"no answer that can be read: {home.reason or home.outcome.value}",
                     "run again with -s LOG_ENABLED=1, and see the log")


def _of_another_page(survey: Survey) -> Iterator[Diagnosis]:
    """Something else stands where the home page should."""
    home, facts = survey.home, survey.facts
    if survey.home_problem and not survey.home_links:
        yield Diagnosis(Cause.NOT_A_PAGE, f"the address is no page of news: {survey.home_problem}",
                        "give the address of the home page")
    if facts.wall:
        yield Diagnosis(Cause.CONSENT_WALL, f"{facts.wall} stands in the place of the home page",
                        "look for the site's feeds in a browser, and name them in the registry")
    if not same_site(home.final_url, survey.site.url):
        yield Diagnosis(Cause.ANOTHER_SITE, f"leads to another site, which lists nothing: {home.final_url}",
                        "check the address")


def _of_page(survey: Survey) -> Iterator[Diagnosis]:
    facts = survey.facts
    if facts.is_script:
        yield Diagnosis(
            Cause.SCRIPT_PAGE, f"the home page is made by scripts ({facts.words} words without them, no link to an "
            "article), and neither feed nor sitemap lists articles",
            "ask the site for a feed or sitemap, and name it in the registry")
    if not survey.sections:
        yield Diagnosis(
            Cause.NO_LINKS, f"no link on the home page leads to an article ({facts.words} words), and neither feed nor "
            "sitemap lists any",
            "check that this is the page where the news are, or name feeds, sitemaps or sections")


def _of_sources(survey: Survey) -> Iterator[Diagnosis]:
    named = [source for source in survey.sources if not source.is_guess]
    if named:
        facts = "; ".join(f"{source.role.value} {source.url}: {source.problem or 'empty'}" for source in named[:5])
        yield Diagnosis(Cause.SOURCES_FAIL, f"no source lists an article: {facts}",
                        "see whether the addresses are right; leave them out to have others looked for")


def _of_rules(survey: Survey, now: datetime) -> Iterator[Diagnosis]:
    site = survey.site
    links = [link for source in survey.sources for link in source.pages] or list(survey.home_pages)
    if not links:
        return
    permitted = [link for link in links if site.permits(link.url)]
    if not permitted:
        yield Diagnosis(Cause.RULED_OUT, f"allow and deny rule out all {len(links)} links, such as {links[0].url}",
                        "loosen the rules in the registry")
    if site.max_age_days and permitted:
        limit = now - timedelta(days=site.max_age_days)
        in_sitemaps = [link for source in survey.sources if source.role is Role.SITEMAP for link in source.pages]
        others = [source for source in survey.sources if source.role is not Role.SITEMAP and source.pages]
        if in_sitemaps and not others and all(link.date and link.date < limit for link in in_sitemaps):
            yield Diagnosis(Cause.RULED_OUT, f"max_age_days = {site.max_age_days} rules out all {len(in_sitemaps)} "
                            "links of the sitemaps", "raise it")
        if in_sitemaps and not any(link.date for link in in_sitemaps):
            yield Diagnosis(Cause.UNDATED, "max_age_days has no effect: the sitemaps state no dates",
                            "limit the crawl by max_pages", is_good=True)


def _of_age(survey: Survey, now: datetime) -> Iterator[Diagnosis]:
    sources = [source for source in survey.lists if source.newest]
    newest = max((source.newest for source in sources if source.newest), default=None)
    if newest and now - newest > OLD and not survey.home_pages:
        best = max(sources, key=_newest_of)
        yield Diagnosis(Cause.STALE, f"nothing is newer than {newest:%Y-%m-%d}: {best.url}",
                        "the site seems to have moved or ended: see it in a browser")


def _newest_of(source: SourceFound) -> float:
    return source.newest.timestamp() if source.newest else 0.0


def _of_samples(survey: Survey) -> Iterator[Diagnosis]:
    samples = survey.samples
    if samples and not any(sample.is_article for sample in samples):
        reasons = "; ".join(dict.fromkeys(str(sample.problem) for sample in samples))
        yield Diagnosis(Cause.NO_ARTICLES, f"links are found, but of {len(samples)} tried none gave an article: "
                        f"{reasons}", f"see {samples[0].url} in a browser")


def _summary(survey: Survey) -> str:
    counts = {name: sum(source.role is role for source in survey.lists) for role, name in _LISTS.items()}
    lists = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items() if count]
    count = len(survey.current) or len({key for source in survey.lists for key in source.keys})
    where = " and ".join(lists) or "home page and sections"
    articles = sum(sample.is_article for sample in survey.samples)
    return f"{count} articles found by {where}; {articles} of {len(survey.samples)} samples could be read"
