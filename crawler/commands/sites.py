"""`scrapy sites check|list FILE`: validate or show a registry.

Owns how sites are shown; `crawler/sites.py` says what is wrong with them.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from crawler.command import BroadsheetCommand, print_json
from crawler.display import Display, stdout
from crawler.sites import Site, load_sites
from pipelines.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    import argparse

_ACTIONS = ("check", "list")


class Command(BroadsheetCommand):
    max_arguments = 2

    def syntax(self) -> str:
        return "check|list FILE"

    def short_desc(self) -> str:
        return "Validate or show a registry of sites"

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        if len(args) != 2 or args[0] not in _ACTIONS:
            raise UsageError("say what to do with which file: scrapy sites check sites.toml, or scrapy sites list …")
        action, name = args
        sites = load_sites(_read(name), name)
        if opts.json:
            print_json([asdict(site) for site in sites])
        elif action == "check":
            stdout().say(f"{name}: {len(sites):,} {'site' if len(sites) == 1 else 'sites'}, nothing wrong")
        else:
            _show(sites, stdout())
        return ExitCode.DONE


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read ({error.strerror}): name a registry in TOML") from None


def _show(sites: tuple[Site, ...], display: Display) -> None:
    display.table(("name", "url", "from", "delay", "rules", "limits"), [
        (site.name, site.url, _sources(site), f"{site.delay_seconds:g} s", _rules(site), _limits(site))
        for site in sites], fold="url")


def _sources(site: Site) -> str:
    counts = {"feeds": len(site.feeds), "sitemaps": len(site.sitemaps), "sections": len(site.sections)}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "discovered"


def _rules(site: Site) -> str:
    counts = {"allow": len(site.allow), "deny": len(site.deny), "rights": len(site.rights)}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _limits(site: Site) -> str:
    limits = {"pages": site.max_pages, "days": site.max_age_days}
    return ", ".join(f"{limit:,} {name}" for name, limit in limits.items() if limit)
