"""`scrapy sites add`: from addresses or a list of subscriptions to entries of the registry.

Owns the order: check everything that can be checked, look, choose, show, write once. Must not know how an entry reads
(`entry`), or how the file is changed (`registryfile`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.display import own_command, stdout
from crawler.sites import site_of_url
from crawler.survey.diagnosis import diagnose
from crawler.survey.entry import bare_entry, entry_text
from crawler.survey.opml import read_opml
from crawler.survey.registryfile import RegistryFile
from crawler.survey.report import show_survey, survey_json, tell_look
from crawler.survey.verdict import choose
from pipelines.clock import utc_now
from pipelines.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from crawler.sites import Site
    from crawler.survey.findings import Survey


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be added where, and how."""

    arguments: tuple[str, ...]
    file: Path
    name: str | None = None
    is_dry: bool = False
    looks: bool = False
    is_json: bool = False
    keep: Path | None = None


@dataclass(slots=True)
class _Candidate:
    """A site on its way into the registry: what is known before and after the look."""

    site: Site
    feeds: tuple[str, ...] = ()
    title: str | None = None
    entry: str = ""
    result: str = ""
    is_good: bool = True
    survey: Survey | None = None


def add_sites(order: Order, settings: BaseSettings) -> ExitCode:
    """Raises ConfigurationError, before anything is asked, for an address, list, name or registry that cannot be."""
    registry = RegistryFile(order.file)
    candidates, notes = _candidates(order, registry, settings.getfloat("DOWNLOAD_DELAY"))
    to_look = [each for each in candidates if order.looks or not each.feeds]
    for each in candidates:
        if each not in to_look:
            each.entry = bare_entry(each.site.name, each.site.url, each.feeds, _comments(each))
    if to_look:
        _look(to_look, registry, order, settings)
    entries = [each.entry for each in candidates if each.entry]
    if entries and not order.is_dry:
        registry.append(entries)
    _tell(candidates, notes, order)
    good = [each for each in candidates if each.entry and each.is_good]
    if len(good) == len(candidates):
        return ExitCode.DONE
    return ExitCode.SITE_FAILED if entries else ExitCode.FAILED


def _candidates(order: Order, registry: RegistryFile, delay: float) -> tuple[list[_Candidate], list[str]]:
    candidates, notes = [], list[str]()
    if order.name and len(order.arguments) > 1:
        raise ConfigurationError("--name: for one site alone: add them one by one, or leave it out")
    for argument in order.arguments:
        if "://" not in argument and Path(argument).exists():
            found, problems = _of_list(Path(argument), registry, delay)
            candidates += found
            notes += problems
        else:
            site = site_of_url(argument, delay_seconds=delay)
            name = registry.name_for(site.url, order.name)
            candidates.append(_Candidate(replace(site, name=name)))
    return candidates, notes


def _of_list(path: Path, registry: RegistryFile, delay: float) -> tuple[list[_Candidate], list[str]]:
    """Sites of an OPML file; those that are there already are told, and left as they are."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({error.strerror}): name an OPML file or an address") from None
    subscribed, problems = read_opml(data, str(path))
    candidates = []
    for each in subscribed:
        known = registry.knows(each.url)
        if known:
            problems.append(f"{each.url}: is there already, as \"{known}\": left as it is")
            continue
        site = site_of_url(each.url, delay_seconds=delay)
        site = replace(site, name=registry.name_for(site.url, like=each.name))
        candidates.append(_Candidate(site, tuple(each.feeds), each.title))
    return candidates, problems


def _comments(candidate: _Candidate) -> list[str]:
    title = f"{candidate.title}: f" if candidate.title else "F"
    return [f"{title}rom a list of subscriptions, and not looked at: these feeds alone are asked."]


def _look(candidates: list[_Candidate], registry: RegistryFile, order: Order, settings: BaseSettings) -> None:
    from crawler.survey.asking import survey_sites  # noqa: PLC0415  # heavy: Scrapy loads every command to run one

    surveys = survey_sites(tuple(each.site for each in candidates), settings, tell_look, order.keep,
                           {each.site.name: each.feeds for each in candidates})
    now = utc_now()
    for each in candidates:
        each.survey = survey = surveys[each.site.name]
        diagnosis = diagnose(survey, now)
        each.result = diagnosis.text
        other = registry.taken_by(survey.home.final_url, each.site.name) if survey.home.is_good else None
        if other is not None:
            each.result = f'leads to {survey.home.final_url}, which is there already, as "{other}"'
        elif survey.home_pages or any(source.pages for source in survey.sources):
            each.is_good = diagnosis.is_good
            doubt = None if each.is_good else diagnosis.text
            each.entry = entry_text(survey, choose(survey, now), each.site.name, now, doubt)


def _tell(candidates: list[_Candidate], notes: list[str], order: Order) -> None:
    if order.is_json:
        from crawler.command import print_json  # noqa: PLC0415

        print_json([_as_json(each, order) for each in candidates])
        return
    display, now = stdout(), utc_now()
    for each in candidates:
        if each.survey is not None and each.entry:
            show_survey(each.survey, choose(each.survey, now), now, display)
            if not each.is_good:
                display.say(f"  Added, but see to it: {each.result}", style="bold red")
            display.say()
        elif not each.entry:
            display.say(f"{each.site.url}: not added: {each.result}", style="bold red")
    for note in notes:
        display.say(f"left out: {note}")
    added = [each for each in candidates if each.entry]
    if order.is_dry:
        display.say(f"What would be added to {order.file}:\n")
        display.out("\n".join(each.entry for each in added), end="")
    elif added:
        names = ", ".join(each.site.name for each in added[:5])
        names += f" and {len(added) - 5} more" if len(added) > 5 else ""
        display.say(f"Added to {order.file}: {names}", style="bold green")
        one = f" -a site={added[0].site.name}" if len(added) == 1 else ""
        display.say(f"Next: {own_command()} crawl news -a sites={order.file}{one}")


def _as_json(candidate: _Candidate, order: Order) -> dict[str, Any]:
    state = "failed" if not candidate.entry else "not written" if order.is_dry else "added"
    found = survey_json(candidate.survey, utc_now()) if candidate.survey else None
    return {"name": candidate.site.name, "url": candidate.site.url, "result": state,
            "verdict": candidate.result or None, "entry": candidate.entry or None, "found": found}
