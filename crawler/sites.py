"""The registry: which sites are crawled, from which addresses, how politely and how far.

Owns a site's values and their defaults; what is wrong with a file `crawler.siteproblems` says. Must not know files,
the network, Scrapy or Twisted: it is given bytes and gives values.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.addresses import normal_url, problems_of_url
from crawler.siteproblems import compiled, day_of, name_of, problems_of_delay, problems_of_registry
from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Site:
    """One entry of the registry (design section 3). Its URLs are http(s), percent-encoded, no credentials.

    `allow` and `deny` are regular expressions. Articles published before the day `since` or after `until` are not
    wanted, nor links that a sitemap dates further back than `max_age_days`. Budgets of one crawl: `max_pages` fetched,
    `max_depth` links from the first page to a list, `max_minutes` from its first request, `max_mb` of answers as they
    came; 0 is no limit. `rights` says what is done about each directive (`pipelines.rights.policy`).
    """

    name: str
    url: str
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    delay_seconds: float = 1.0
    max_pages: int = 0
    max_age_days: int = 0
    since: date | None = None
    until: date | None = None
    max_depth: int = 0
    max_minutes: float = 0.0
    max_mb: float = 0.0
    rights: tuple[tuple[str, str], ...] = ()

    def permits(self, url: str) -> bool:
        """Whether the user's own rules allow a page: one of `allow`, if there are any, and none of `deny`."""
        if self.allow and not any(rule.search(url) for rule in compiled(self.allow)):
            return False
        return not any(rule.search(url) for rule in compiled(self.deny))


def load_sites(data: bytes, filename: str) -> tuple[Site, ...]:
    """The sites of a registry in TOML, in its order; `[defaults]` holds any key of a site but name and url. Of `rights`
    a site has those of the defaults too, but for what it says otherwise.

    Raises ConfigurationError with every problem of the file, one a line, each naming file, site and key.
    """
    registry = _toml(data, filename)
    problems = list(problems_of_registry(registry))
    if problems:
        raise ConfigurationError("\n".join(f"{filename}: {problem}" for problem in problems))
    defaults = registry.get("defaults", {})
    return tuple(_site({**defaults, **entry, "rights": {**defaults.get("rights", {}), **entry.get("rights", {})}})
                 for entry in registry["site"])


def site_of_url(url: str, *, delay_seconds: float = 1.0) -> Site:
    """A site from nothing but its address; its name is made of host and port. Raises ConfigurationError."""
    url = url.strip()
    for key, problems in (("url", problems_of_url(url)), ("delay", problems_of_delay(delay_seconds))):
        for problem in problems:
            raise ConfigurationError(f"{key}: {problem}")
    address = normal_url(url)
    return Site(name_of(address), address, delay_seconds=float(delay_seconds))


def _toml(data: bytes, filename: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))          # editors on Windows write a BOM
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        fact = f"not UTF-8: byte 0x{error.object[error.start]:02x} in line {line}: save the file as UTF-8"
    except ValueError as error:                 # TOMLDecodeError, or a number of thousands of digits
        fact = f"not valid TOML: {error}"
    except RecursionError:
        fact = "not valid TOML: nested too deeply"
    raise ConfigurationError(f"{filename}: {fact}")


def _site(entry: dict[str, Any]) -> Site:
    def addresses(key: str) -> tuple[str, ...]:
        return tuple(map(normal_url, entry.get(key, ())))

    return Site(
        name=entry["name"], url=normal_url(entry["url"]),
        feeds=addresses("feeds"), sitemaps=addresses("sitemaps"), sections=addresses("sections"),
        allow=tuple(entry.get("allow", ())), deny=tuple(entry.get("deny", ())),
        delay_seconds=float(entry.get("delay", 1.0)),
        max_pages=entry.get("max_pages", 0), max_age_days=entry.get("max_age_days", 0),
        since=day_of(entry.get("since")), until=day_of(entry.get("until")), max_depth=entry.get("max_depth", 0),
        max_minutes=float(entry.get("max_minutes", 0)), max_mb=float(entry.get("max_mb", 0)),
        rights=tuple(sorted(entry.get("rights", {}).items())),
    )
