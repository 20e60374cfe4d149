"""The end of a crawl, for a person: what each site gave, what it did not and why, where it is, what to do next.

Owns the closing table and the exit code that goes with it. Pure but for writing to the console it is given.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from crawler.display import archive_option, own_command
from pipelines.errors import BroadsheetError, ExitCode
from pipelines.records import Outcome, rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from crawler.display import Display
    from pipelines.objectstore.publisher import Published

_WORDS = {
    Outcome.DUPLICATE: "copies", Outcome.NO_ARTICLE: "without article", Outcome.HTTP_ERROR: "error status",
    Outcome.ROBOTS_DENIED: "denied by robots.txt", Outcome.SOURCE_INVALID: "unreadable sources",
    Outcome.EXTRACTION_FAILED: "not extracted", Outcome.TOO_LARGE: "too large", Outcome.TIMEOUT: "timed out",
    Outcome.DNS_FAILED: "host not found", Outcome.CONNECTION_FAILED: "no connection", Outcome.TLS_FAILED: "TLS failed",
    Outcome.INVALID_RESPONSE: "invalid answers", Outcome.TRUNCATED: "cut off", Outcome.REDIRECT_FAILED: "bad redirects",
    Outcome.REFUSED: "refused by our rules", Outcome.DROPPED: "dropped by a pipeline", Outcome.ERROR: "errors of ours",
    Outcome.REDIRECTED: "redirects", Outcome.FETCHED: "without extraction",
    Outcome.WITHHELD: "withheld for their rights",
}


@dataclass(frozen=True, slots=True)
class CrawlEnd:
    """What a crawl came to. `tallies` are outcomes by site; the counters are of links, by site.

    `read_sites` are those of which something but robots.txt could be read, `asked_sites` those whose sources were
    asked: None for a spider that has none. `owed` pages are archived, and their articles still to be made. `not_due`
    counts sources by site that were not asked, until `next_due`;
    `last_new` is when a source of a site last listed a new page.
    """

    finish_reason: str
    failure: Exception | None
    tallies: Mapping[str, Mapping[str, int]]
    links: Mapping[str, int]
    known: Mapping[str, int]
    skipped: Mapping[tuple[str, str], int]
    read_sites: frozenset[str]
    asked_sites: frozenset[str] | None
    not_due: Mapping[str, int]
    next_due: datetime | None
    started_at: datetime
    finished_at: datetime
    waiting: int | None
    owed: int
    resting_hosts: int
    last_new: Mapping[str, datetime]
    root: Path
    manifest: Path | None
    published: Published | None = None

    @property
    def exit_code(self) -> ExitCode:
        if self.failure is not None:
            return self.failure.exit_code if isinstance(self.failure, BroadsheetError) else ExitCode.FAILED
        if self.finish_reason == "finished":
            is_published = self.published is None or self.published.is_complete
            return ExitCode.DONE if is_published and not self.failed_sites else ExitCode.SITE_FAILED
        return ExitCode.STOPPED if self.finish_reason.startswith(_STOPS) else ExitCode.FAILED

    @property
    def failed_sites(self) -> list[str]:
        """Sites that were asked for something and of which nothing but robots.txt could be read."""
        if self.finish_reason != "finished":
            return []  # there was no time for all
        tried = self.tallies.keys() if self.asked_sites is None else self.asked_sites
        return sorted(tried - self.read_sites)


_NO_TROUBLE = frozenset({Outcome.ARTICLE, Outcome.SOURCE, Outcome.NOT_MODIFIED, Outcome.ABSENT})
_ENDS = {"shutdown": "stopped before its end", "killed": "stopped at once",
         "archive_failed": "stopped: the archive cannot be written"}
_STOPS = ("shutdown", "killed", "cancelled", "closespider_", "memusage_exceeded")


def show(end: CrawlEnd, display: Display) -> None:
    display.print(_table(end))
    if end.failure is not None:
        display.say(f"error: {end.failure}", style="bold red")
    where = archive_option(end.root)
    scrapy = own_command()
    for site in end.failed_sites:
        display.say(f"{site}: nothing could be read: {scrapy} status{where} says why", style="red")
    if end.exit_code is ExitCode.STOPPED:
        display.say("Stopped: run the same command again, and it goes on from here.")
    if end.owed:
        display.say(f"{end.owed:,} pages are archived and wait for their articles: the next crawl makes them.")
    if end.not_due:
        display.say(_not_due(end))
    if end.published is not None:
        _say_published(end.published, where, display)
    display.say(f"Files in {end.root}: warc/ articles/ fetches/ runs/")
    display.say(f"Next: {scrapy} articles{where}   {scrapy} verify{where}   {scrapy} status{where}")


def as_json(end: CrawlEnd) -> dict[str, Any]:
    """The same for a program."""
    sites = sorted({*end.tallies, *end.links})
    return {
        "finish_reason": end.finish_reason, "exit_code": int(end.exit_code), "failed_sites": end.failed_sites,
        "error": str(end.failure) if end.failure else None, "manifest": str(end.manifest) if end.manifest else None,
        "archive_dir": str(end.root), "sites": {site: _figures(end, site) for site in sites},
        "started_at": rfc3339(end.started_at), "finished_at": rfc3339(end.finished_at), "waiting": end.waiting,
        "owed": end.owed,
        "resting_hosts": end.resting_hosts, "not_due": sum(end.not_due.values()),
        "next_due": rfc3339(end.next_due) if end.next_due else None,
        "skipped": [{"site": site, "reason": reason, "links": count} for (site, reason), count in end.skipped.items()],
        "published": asdict(end.published) if end.published else None,
    }


def _say_published(published: Published, where: str, display: Display) -> None:
    if published.is_complete:
        display.say(f"Published to {published.target}: {published.sent_files:,} files, {published.sent_bytes:,} bytes")
        return
    display.say(f"{published.left_files:,} files ({published.left_bytes:,} bytes) are not published to "
                f"{published.target} ({published.reason}): {own_command()} publish {published.target}{where} catches "
                "up, and so does the next crawl", style="red")


def _not_due(end: CrawlEnd) -> str:
    count = sum(end.not_due.values())
    until = f" until {end.next_due:%Y-%m-%d %H:%M} UTC" if end.next_due else ""
    return f"{count:,} {'source is' if count == 1 else 'sources are'} not due{until}: -a poll=all asks all the same."


def _figures(end: CrawlEnd, site: str) -> dict[str, Any]:
    outcomes = dict(end.tallies.get(site, {}))
    return {"links": end.links.get(site, 0), "known": end.known.get(site, 0), "tried": sum(outcomes.values()),
            "articles": outcomes.get(Outcome.ARTICLE, 0), "precision": precision_of(outcomes), "outcomes": outcomes}


def precision_of(outcomes: Mapping[str, int]) -> float | None:
    """Of the pages that could be read, the share that brought an article not held before; None where none could."""
    articles = outcomes.get(Outcome.ARTICLE, 0)
    pages = articles + outcomes.get(Outcome.NO_ARTICLE, 0) + outcomes.get(Outcome.DUPLICATE, 0)
    return round(articles / pages, 4) if pages else None


def _table(end: CrawlEnd) -> Table:
    title = f"Crawl {_ENDS.get(end.finish_reason, end.finish_reason)}"
    table = Table(title=title, title_justify="left", show_footer=True)
    sites = sorted({*end.tallies, *end.links, *(site for site, _ in end.skipped)})
    rows = [_row(end, site) for site in sites]
    totals = [sum(row[column] for row in rows) for column in range(4)]
    table.caption = ("found: links to pages · known: those to a page that was found before · fetched: feeds and all · "
                     "of pages: share of the pages read that were new articles")
    table.caption_justify = "left"
    table.add_column("site", footer=f"{len(sites)} in all")
    for name, total in zip(("found", "known", "fetched", "articles"), totals, strict=True):
        table.add_column(name, justify="right", footer=str(total))
    table.add_column("of pages", justify="right")
    table.add_column("not kept, and why", overflow="fold")
    for site, row in zip(sites, rows, strict=True):
        share = precision_of(end.tallies.get(site, {}))
        table.add_row(site, *(str(figure) for figure in row), f"{share:.0%}" if share is not None else "",
                      _reasons(end, site))
    return table


def _row(end: CrawlEnd, site: str) -> tuple[int, int, int, int]:
    figures = _figures(end, site)
    return figures["links"], figures["known"], figures["tried"], figures["articles"]


def _reasons(end: CrawlEnd, site: str) -> str:
    reasons: Counter[str] = Counter()
    for outcome, count in end.tallies.get(site, {}).items():
        if outcome not in _NO_TROUBLE:
            reasons[_WORDS.get(Outcome(outcome), outcome)] += count
    for (skipped_site, reason), count in end.skipped.items():
        if skipped_site == site:
            reasons[reason] += count
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
