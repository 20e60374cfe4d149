"""`scrapy status`: runs and sites: what came, what did not, and why.

Owns how that is shown; `crawler/statusfacts.py` finds it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.command import BroadsheetCommand, print_json
from crawler.display import Display, one_line, stdout
from crawler.hoststatus import last_hosts, show_hosts
from crawler.statusfacts import KEPT, NO_PAGE, archive_status
from pipelines.errors import ExitCode
from pipelines.records import rfc3339

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from crawler.statusfacts import ArchiveStatus, RunStatus, SiteStatus
    from pipelines.reader import Archive

_RUNS = 10


class Command(BroadsheetCommand):
    def short_desc(self) -> str:
        return "Show runs and sites: what came, what did not, and why"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--hosts", action="store_true",
                            help="show what the last crawl sent to each host, and the delays that were asked for")
        parser.add_argument("--runs", type=int, default=_RUNS, metavar="N", help="show the last N runs (%(default)s)")

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from pipelines.reader import Archive  # noqa: PLC0415  # heavy: Scrapy loads every command at each start

        reader = Archive(self.archive_dir)
        if opts.hosts:
            self._hosts(reader, is_json=opts.json)
            return ExitCode.DONE
        status = archive_status(reader)
        if opts.json:
            print_json(_as_json(status, str(self.archive_dir)))
        else:
            _show(status, max(opts.runs, 1), stdout())
        return ExitCode.DONE

    def _hosts(self, reader: Archive, *, is_json: bool) -> None:
        hosts = last_hosts(reader)
        if is_json:
            print_json({"archive_dir": str(self.archive_dir), "run_id": hosts.run_id if hosts else None,
                        "hosts": hosts.accounts if hosts else []})
        else:
            show_hosts(hosts, stdout())


def _show(status: ArchiveStatus, shown: int, display: Display) -> None:
    if not status.runs:
        display.say("No run yet: scrapy crawl news -a sites=sites.toml")
        return
    display.table(("run", "started (UTC)", "spider", "ended", "tried", "articles", "problems"), [
        (run.run_id, _minute(run.started_at), run.spider, run.ended, run.tried, run.articles, run.problems)
        for run in status.runs[:shown]])
    if len(status.runs) > shown:
        display.say(f"{shown} of {len(status.runs)} runs: --runs N shows more")
    display.say()
    display.table(("site", "last run (UTC)", "tried", "kept", "skipped, and why", "in all", "last article"), [
        (site.site, _minute(site.last_run_at), sum(site.outcomes.values()), _kept(site.outcomes),
         _skipped(site.outcomes), site.articles_in_all, _last_article(site)) for site in status.sites],
        fold="skipped, and why")
    _show_trouble(status, display)
    if status.waiting:
        display.say()
        display.say(f"{status.waiting:,} URLs wait to be fetched: the next crawl goes on with them")
    if status.owed:
        display.say()
        display.say(f"{status.owed:,} pages are archived and wait for their articles: the next crawl makes them")


def _show_trouble(status: ArchiveStatus, display: Display) -> None:
    if status.resting:
        display.say()
        display.table(("host left alone", "until (UTC)", "failures in a row"), [
            (host.host, _minute(rfc3339(host.rests_until)) if host.rests_until else "-", host.failures)
            for host in status.resting])
    if status.failing:
        display.say()
        display.table(("source that failed", "site", "as", "failures in a row", "asked again (UTC)"), [
            (source.url, source.site, source.role, source.failures,
             f"never: {source.retired}" if source.retired else _minute(rfc3339(source.due)))
            for source in status.failing], fold="source that failed")


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _kept(outcomes: Mapping[str, int]) -> int:
    return sum(count for outcome, count in outcomes.items() if outcome in KEPT)


def _skipped(outcomes: Mapping[str, int]) -> str:
    by_count = sorted(outcomes.items(), key=lambda pair: (-pair[1], pair[0]))
    skipped = ((outcome, count) for outcome, count in by_count if outcome not in NO_PAGE | KEPT)
    return ", ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in skipped)


def _last_article(site: SiteStatus) -> str:
    article = site.last_article
    if article is None:
        return "-"
    title = one_line(article["title"])
    return f"{_minute(article['http']['fetched_at'])} {title[:60] + '…' if len(title) > 60 else title}"


def _as_json(status: ArchiveStatus, archive_dir: str) -> dict[str, Any]:
    return {"archive_dir": archive_dir, "waiting": status.waiting, "owed": status.owed,
            "resting_hosts": [{"host": host.host, "failures": host.failures,
                               "until": rfc3339(host.rests_until) if host.rests_until else None}
                              for host in status.resting],
            "failing_sources": [{"url": source.url, "site": source.site, "role": source.role,
                                 "failures": source.failures, "due": rfc3339(source.due), "retired": source.retired}
                                for source in status.failing],
            "runs": [_run(run) for run in status.runs],
            "sites": [_site(site) for site in status.sites]}


def _run(run: RunStatus) -> dict[str, Any]:
    return {"run_id": run.run_id, "spider": run.spider, "started_at": run.started_at, "finished_at": run.finished_at,
            "ended": run.ended, "tried": run.tried, "articles": run.articles, "problems": run.problems,
            "outcomes": run.outcomes}


def _site(site: SiteStatus) -> dict[str, Any]:
    article = site.last_article
    last = article and {"id": article["id"], "title": article["title"], "fetched_at": article["http"]["fetched_at"],
                        "date_published": article["date_published"], "url": article["final_url"]}
    return {"site": site.site, "last_run": site.last_run, "last_run_at": site.last_run_at,
            "tried": sum(site.outcomes.values()), "articles": _kept(site.outcomes), "outcomes": site.outcomes,
            "articles_in_all": site.articles_in_all, "last_article": last}
