"""`scrapy sites add|check|list`: put sites into a registry, see what is wrong with one, show it.

Owns the arguments and how a registry is shown. `crawler/sites.py` says what is wrong with a file, and
`crawler.survey` looks at sites.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from crawler.arguments import named_site
from crawler.command import BroadsheetCommand, print_json
from crawler.display import Display, stdout
from crawler.sites import Site, load_sites, site_of_url
from pipelines.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    import argparse

    from scrapy.settings import BaseSettings

_USAGE = ("say what to do: scrapy sites add https://example.org/, scrapy sites check https://example.org/, "
          "scrapy sites check sites.toml, or scrapy sites list sites.toml")


class Command(BroadsheetCommand):
    max_arguments = 1_000

    def syntax(self) -> str:
        return "add URL|OPML… | check URL…|FILE | list FILE"

    def short_desc(self) -> str:
        return "Add sites to a registry, say why one gives nothing, validate or show a registry"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group("sites add")
        group.add_argument("--file", default="sites.toml", help="the registry; made if there is none")
        group.add_argument("--name", help="the site's name in the registry")
        group.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")
        group.add_argument("--look", action="store_true", help="look at the sites of an OPML file, too")
        group = parser.add_argument_group("sites check")
        group.add_argument("--ask", action="store_true", help="look at the sites of the registry")
        group.add_argument("--site", help="with --ask: this one alone")
        parser.add_argument("--keep", metavar="DIR", help="keep the archive of what was asked (add, check)")

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        action, *names = args or [""]
        if action not in {"add", "check", "list"} or not names:
            raise UsageError(_USAGE)
        if action == "add":
            return self._add(names, opts)
        if action == "check" and all("://" in name for name in names):
            delay = self._settings.getfloat("DOWNLOAD_DELAY")
            return self._ask(_distinct(tuple(site_of_url(name, delay_seconds=delay) for name in names)), opts)
        if len(names) > 1:
            raise UsageError(_USAGE)
        sites = load_sites(_read(names[0]), names[0])
        if action == "check" and opts.ask:
            return self._ask(named_site(sites, opts.site, "--site", names[0]) if opts.site else sites, opts)
        if opts.json:
            print_json([asdict(site) for site in sites])
        elif action == "check":
            stdout().say(f"{names[0]}: {len(sites):,} {'site' if len(sites) == 1 else 'sites'}, nothing wrong")
        else:
            _show(sites, stdout())
        return ExitCode.DONE

    def _add(self, names: list[str], opts: argparse.Namespace) -> ExitCode:
        from crawler.survey.adding import Order, add_sites  # noqa: PLC0415  # heavy: Scrapy loads every command

        order = Order(tuple(names), Path(opts.file), opts.name, opts.dry_run, opts.look, opts.json, _folder(opts.keep))
        return add_sites(order, self._settings)

    def _ask(self, sites: tuple[Site, ...], opts: argparse.Namespace) -> ExitCode:
        from crawler.survey.checking import check_sites  # noqa: PLC0415  # heavy: Scrapy loads every command

        return check_sites(sites, self._settings, _folder(opts.keep), is_json=opts.json)

    @property
    def _settings(self) -> BaseSettings:
        if self.settings is None:
            raise UsageError("scrapy sites runs as a command")
        return self.settings


def _folder(name: str | None) -> Path | None:
    return Path(name) if name else None


def _distinct(sites: tuple[Site, ...]) -> tuple[Site, ...]:
    names = [site.name for site in sites]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigurationError(f"two addresses of one host: {twice}: ask them one after the other")
    return sites


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
