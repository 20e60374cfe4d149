"""One survey from start to end, for commands: a crawl into an archive that goes with it.

Owns the temporary archive and the process. What a survey asks is archived like all that is fetched, so that the same
code sends it: politeness, robots.txt and the guard stand on the archive's session.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler.running import run_crawl
from crawler.survey.entry import robots_text
from crawler.survey.findings import Look, Survey
from crawler.survey.spider import SurveySpider
from pipelines.errors import BroadsheetError, ExitCode
from pipelines.reader import Archive
from pipelines.records import Outcome, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scrapy.settings import BaseSettings

    from crawler.sites import Site


class SurveyStoppedError(BroadsheetError):
    """Ctrl-C before the end."""

    exit_code = ExitCode.STOPPED


def survey_sites(
    sites: tuple[Site, ...], settings: BaseSettings, tell: Callable[[Site, Look], None], keep: Path | None = None,
    subscribed: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, Survey]:
    """The survey of each site by name; `subscribed` are feeds that a list has for a site. The archive of what was asked
    stays in `keep`, if that is given. Once a process: a reactor runs only once."""
    surveys: dict[str, Survey] = {}
    with tempfile.TemporaryDirectory(prefix="broadsheet-survey-") as folder:
        chosen = Settings(settings)
        chosen.set("ARCHIVE_DIR", str(keep or folder), priority="cmdline")
        process = AsyncCrawlerProcess(chosen)
        end = run_crawl(process, process.create_crawler(SurveySpider), {
            "sites": sites, "surveys": surveys, "tell": tell, "subscribed": subscribed or {}})
        asked = _asked_by_middlewares(Path(keep or folder))
    if end is not None and end.failure is not None:
        raise end.failure
    if end is not None and end.exit_code is ExitCode.STOPPED:
        raise SurveyStoppedError("stopped before the end of the look: nothing was written")
    missing = [site.name for site in sites if site.name not in surveys]
    if missing:
        names = ", ".join(missing)
        raise BroadsheetError(f"no end of the look at {names}: run again with -s LOG_ENABLED=1, and see the log")
    return {name: with_host_files(survey, asked) for name, survey in surveys.items()}


def with_host_files(survey: Survey, asked: Iterable[Mapping[str, Any]]) -> Survey:
    """The survey with what was asked of its hosts before their pages, as the archive has it."""
    hosts = {urlsplit(url).netloc for look in survey.looks for url in (look.url, look.final_url)}
    lines = [line for line in asked if urlsplit(line["url"]).netloc in hosts]
    homes = [urlsplit(url).netloc for url in (survey.home.final_url, survey.site.url)]
    robots = survey.robots
    for line in lines:
        if line["role"] == Role.ROBOTS and urlsplit(line["url"]).netloc in homes:
            robots = replace(robots, outcome=line["outcome"], reason=line["reason"])
    survey = replace(survey, robots=robots)
    return replace(survey, looks=(*(_look_of(line, survey) for line in lines), *survey.looks))


def _look_of(line: Mapping[str, Any], survey: Survey) -> Look:
    http = line["http"] or {}
    is_robots = line["role"] == Role.ROBOTS
    read_as = robots_text(survey) if is_robots else line["reason"] or "what is reserved for all pages"
    return Look("robots.txt" if is_robots else "reservation of rights", line["url"], line["final_url"],
                http.get("status"), Outcome(line["outcome"]), line["reason"], http.get("content_type"),
                http.get("bytes") or 0, read_as)


def _asked_by_middlewares(root: Path) -> list[dict[str, Any]]:
    """Fetch lines of robots.txt and tdmrep.json."""
    lines = Archive(root).rows("fetches", include_open=True) if (root / "fetches").exists() else ()
    return [line for line in lines if line["role"] in {Role.ROBOTS, Role.RIGHTS}]
