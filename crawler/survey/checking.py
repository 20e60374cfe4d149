"""`scrapy sites check URL`, and `check FILE --ask`: look at sites, and say why they give nothing.

Owns the order, and the exit code. Must not know how a cause is found (`diagnosis`).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from crawler.display import stdout
from crawler.survey.diagnosis import diagnose
from crawler.survey.report import show_evidence, show_samples, survey_json, tell_look
from pipelines.clock import utc_now
from pipelines.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from scrapy.settings import BaseSettings

    from crawler.sites import Site


def check_sites(sites: tuple[Site, ...], settings: BaseSettings, keep: Path | None, *, is_json: bool) -> ExitCode:
    """DONE if every site gives articles, FAILED if none does, SITE_FAILED in between."""
    from crawler.survey.asking import survey_sites  # noqa: PLC0415  # heavy: Scrapy loads every command to run one

    surveys = survey_sites(sites, settings, tell_look, keep)
    now = utc_now()
    results = [(surveys[site.name], diagnose(surveys[site.name], now)) for site in sites]
    if is_json:
        from crawler.command import print_json  # noqa: PLC0415

        print_json([{**asdict(diagnosis), **survey_json(survey, now)} for survey, diagnosis in results])
    else:
        display = stdout()
        for survey, diagnosis in results:
            show_evidence(survey, diagnosis, display)
            show_samples(survey, display)
            display.say()
    good = sum(diagnosis.is_good for _, diagnosis in results)
    if good == len(results):
        return ExitCode.DONE
    return ExitCode.SITE_FAILED if good else ExitCode.FAILED
