"""What came of the runs over an archive, by run and by site.

Owns how the state, the manifests and the newest articles are put together. Must not know how it is shown.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.clock import utc_now
from pipelines.layout import STATE
from pipelines.records import Outcome, rfc3339
from pipelines.sqlite import SqliteStore
from pipelines.store import HostHealth, Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipelines.reader import Archive

KEPT = frozenset({Outcome.ARTICLE})
NO_PAGE = frozenset({Outcome.SOURCE, Outcome.NOT_MODIFIED, Outcome.ABSENT, Outcome.REDIRECTED})
"""Outcomes of what was never meant to be an article."""
FINE = NO_PAGE | {Outcome.ARTICLE, Outcome.DUPLICATE, Outcome.NO_ARTICLE, Outcome.WITHHELD, Outcome.FETCHED}
"""Outcomes that are no problem: something could be read."""

_MAX_DAYS = 400     # how far back the last article of a site is looked for


@dataclass(frozen=True, slots=True)
class RunStatus:
    """One run. `ended` is its finish reason, `running`, or `interrupted` before the next crawl has written
    so down.
    """

    run_id: str
    spider: str
    started_at: str
    finished_at: str | None
    ended: str
    outcomes: dict[str, int]

    @property
    def tried(self) -> int:
        return sum(self.outcomes.values())

    @property
    def articles(self) -> int:
        return self.outcomes.get(Outcome.ARTICLE, 0)

    @property
    def problems(self) -> int:
        return sum(count for outcome, count in self.outcomes.items() if outcome not in FINE)


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site: what its last run brought, how many articles there are in all, and the newest of them."""

    site: str
    last_run: str
    last_run_at: str
    outcomes: dict[str, int]
    articles_in_all: int
    last_article: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """Runs newest first, sites by name; `waiting` URLs are found and not fetched, None where no state says
    so. `resting` are the hosts that are left alone, `failing` the sources that could not be read when they
    were last asked. `owed` pages are archived, and their articles still to be made.
    """

    runs: tuple[RunStatus, ...]
    sites: tuple[SiteStatus, ...]
    waiting: int | None
    resting: tuple[HostHealth, ...] = ()
    failing: tuple[Source, ...] = ()
    owed: int = 0


def archive_status(reader: Archive) -> ArchiveStatus:
    """From the state, or where there is none (a copy for reading), from the manifests."""
    trouble: _Trouble = ((), (), 0)
    if (reader.root / STATE).exists():
        runs, tallies, waiting = _from_state(reader)
        trouble = _trouble(reader, utc_now())
    else:
        runs, tallies, waiting = *_from_manifests(reader), None
    runs.sort(key=lambda run: (run.started_at, run.run_id), reverse=True)
    return ArchiveStatus(tuple(runs), tuple(_sites(reader, runs, tallies)), waiting, *trouble)


_Trouble = tuple[tuple[HostHealth, ...], tuple[Source, ...], int]


def _trouble(reader: Archive, now: datetime) -> _Trouble:
    with closing(SqliteStore.open_to_read(reader.root / STATE)) as store:
        resting = [host for host in store.hosts() if host.rests_until and host.rests_until > now]
        return (tuple(sorted(resting, key=lambda host: host.host)), tuple(store.failing_sources()),
                store.owed_count())


_Tallies = dict[str, dict[str, dict[str, int]]]


def _from_state(reader: Archive) -> tuple[list[RunStatus], _Tallies, int]:
    from pipelines.verification.state import is_held  # noqa: PLC0415  # heavy: Scrapy loads every command at each start

    with closing(SqliteStore.open_to_read(reader.root / STATE)) as store:
        stored = store.runs()
        tallies = {run.run_id: store.tallies(run.run_id) for run in stored}
        waiting = store.waiting()
    is_open = any(run.finish_reason is None for run in stored)
    unfinished = "running" if is_open and is_held(reader.root) else "interrupted"
    runs = [RunStatus(run.run_id, run.spider, rfc3339(run.started_at),
                      rfc3339(run.finished_at) if run.finished_at else None, run.finish_reason or unfinished,
                      _total(tallies[run.run_id])) for run in stored]
    return runs, tallies, waiting


def _from_manifests(reader: Archive) -> tuple[list[RunStatus], _Tallies]:
    runs, tallies = [], {}
    for content in reader.runs():
        sites = {site: counts.outcomes for site, counts in content.sites.items()}
        tallies[content.run_id] = sites
        runs.append(RunStatus(content.run_id, content.spider, content.started_at, content.finished_at,
                              content.finish_reason, _total(sites)))
    return runs, tallies


def _total(sites: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for outcomes in sites.values():
        total.update(outcomes)
    return dict(total)


def _sites(reader: Archive, runs: list[RunStatus], tallies: _Tallies) -> list[SiteStatus]:
    """`runs` are newest first."""
    last: dict[str, RunStatus] = {}
    articles: Counter[str] = Counter()
    for run in runs:
        for site, outcomes in tallies[run.run_id].items():
            last.setdefault(site, run)
            articles[site] += outcomes.get(Outcome.ARTICLE, 0)
    newest = _newest_articles(reader, {site for site in last if articles[site]})
    return [SiteStatus(site, run.run_id, run.started_at, tallies[run.run_id][site], articles[site], newest.get(site))
            for site, run in sorted(last.items())]


def _newest_articles(reader: Archive, sites: set[str]) -> dict[str, dict[str, Any]]:
    """The article fetched last of each site, looked for from the newest day backwards."""
    found: dict[str, dict[str, Any]] = {}
    for day in list(reversed(reader.days("articles")))[:_MAX_DAYS]:
        missing = sites - found.keys()
        if not missing:
            break
        on_day = date.fromisoformat(day)
        for article in reader.rows("articles", since=on_day, until=on_day, include_open=True):
            site = article["site"]
            if site in missing and _fetched(article) > _fetched(found.get(site)):
                found[site] = article
    return found


def _fetched(article: Mapping[str, Any] | None) -> str:
    return str(article["http"]["fetched_at"]) if article else ""
