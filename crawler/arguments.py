"""Spider arguments (`-a NAME=VALUE`) read and checked, before the first request.

Owns the errors that a wrong argument gives. Reads the files that arguments name; fetches nothing.
"""

from __future__ import annotations

import difflib
import io
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from crawler.siteproblems import day_of
from crawler.sites import load_sites, site_of_url
from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from crawler.sites import Site

_NEWS_USAGE = "scrapy crawl news -a sites=sites.toml (or -a url=https://example.org/)"
_PAGES_USAGE = "scrapy crawl pages -a urls=FILE (or -a urls=- for standard input)"


def refuse_unknown(names: Iterable[str], known: tuple[str, ...]) -> None:
    """A mistyped argument must not be taken for none at all. Schedulers add their own, as scrapyd does `_job`."""
    for name in (name for name in names if not name.startswith("_")):
        nearest = difflib.get_close_matches(name, known, 1)
        remedy = f"did you mean -a {nearest[0]}=…?" if nearest else "known are: " + ", ".join(known)
        raise ConfigurationError(f"-a {name}: no such argument: {remedy}")


def chosen_sites(
    sites: str | None, site: str | None, url: str | None, delay_seconds: float
) -> tuple[Site, ...]:
    """The sites of a crawl. ConfigurationError where the arguments leave open or contradict which."""
    if bool(sites) == bool(url):
        fact = "-a sites and -a url: both given" if sites else "no site given"
        raise ConfigurationError(f"{fact}: write {_NEWS_USAGE}")
    if url:
        return (site_of_url(url, delay_seconds=delay_seconds),)
    registry = load_sites(_read(sites or "", "sites", _NEWS_USAGE), Path(sites or "").name)
    return named_site(registry, site, "-a site", sites or "") if site else registry


def named_site(registry: tuple[Site, ...], name: str, option: str, file: str) -> tuple[Site, ...]:
    """The one site of that name. ConfigurationError, with the option that gave the name, where `file` has none."""
    chosen = tuple(site for site in registry if site.name == name)
    if not chosen:
        names = [site.name for site in registry]
        nearest = difflib.get_close_matches(name, names, 1)
        remedy = f"did you mean {nearest[0]!r}?" if nearest else "it has: " + ", ".join(names[:20])
        raise ConfigurationError(f"{option}: not in {file}: {name!r}: {remedy}")
    return chosen


def within(sites: tuple[Site, ...], since: str | None, until: str | None) -> tuple[Site, ...]:
    """The sites with the window of `-a since=DAY` and `-a until=DAY` in the place of their own. ConfigurationError for
    what is no day, or for a window that ends before it begins."""
    first, last = _day(since, "since"), _day(until, "until")
    chosen = tuple(replace(site, since=first or site.since, until=last or site.until) for site in sites)
    for site in chosen:
        if site.since and site.until and site.until < site.since:
            raise ConfigurationError(
                f"-a since, -a until: {site.until} is earlier than {site.since} ({site.name}): exchange the two")
    return chosen


def _day(text: str | None, argument: str) -> date | None:
    try:
        return day_of(text or None)
    except ValueError as error:
        raise ConfigurationError(f"-a {argument}: {error}") from None


def asks_all_sources(poll: str) -> bool:
    """`-a poll=due|all`. ConfigurationError for anything else."""
    if poll not in {"due", "all"}:
        raise ConfigurationError(f"-a poll: not due or all: {poll!r}: leave it out to ask those that are due")
    return poll == "all"


def url_list(urls: str | None) -> TextIO:
    """The list of `-a urls=FILE|-`, open. ConfigurationError if it cannot be read as text."""
    if not urls:
        raise ConfigurationError(f"no list of URLs given: write {_PAGES_USAGE}")
    if urls == "-":
        return _stdin()
    data = _read(urls, "urls", _PAGES_USAGE)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"-a urls: not a text file in UTF-8: {urls} (byte {error.start}): give one URL a line") from None
    return io.StringIO(data.decode("utf-8-sig"))  # what was read: a pipe gives it once


def _stdin() -> TextIO:
    """A file of its own: Python waits at its end for whoever still reads sys.stdin."""
    try:
        descriptor = os.dup(sys.stdin.fileno())
    except (OSError, ValueError):  # it has been replaced
        return sys.stdin
    return os.fdopen(descriptor, encoding=sys.stdin.encoding, errors=sys.stdin.errors)


def _read(name: str, argument: str, usage: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"-a {argument}: cannot be read: {name} ({error.strerror}): check the name, and write {usage}") from None
