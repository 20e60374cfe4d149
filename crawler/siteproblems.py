"""What can be wrong with a registry, each in a sentence that names the entry, the key and the remedy.

Owns the keys of sites.toml and how each is checked. Must not know what a site is used for.
"""

from __future__ import annotations

import re
import warnings
from datetime import date, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.addresses import normal_url, problems_of_url, shown, type_name
from pipelines.rights.policy import DIRECTIVES, Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")        # a name becomes part of file names and of command lines
_LONGEST_DELAY_SECONDS = 86_400


def name_of(url: str) -> str:
    return _name_like(urlsplit(url).netloc.removeprefix("www.")) or "site"


def _name_like(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")


@lru_cache(maxsize=1024)
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")         # of syntax that a later Python may read differently
        return tuple(re.compile(pattern) for pattern in patterns)
# Problems of the whole file, then of one site, then of one key: `feeds[0]: not an http(s) URL: 'ftp://…'`


def problems_of_registry(registry: dict[str, Any]) -> Iterator[str]:
    yield from _unknown_keys(registry, ("defaults", "site"))
    defaults, sites = registry.get("defaults", {}), registry.get("site", [])
    if isinstance(defaults, dict):
        yield from (f"[defaults]: {problem}" for problem in _problems_of_defaults(defaults))
    else:
        yield f"defaults: expected a table, got {type_name(defaults)}: write [defaults]"
    if not isinstance(sites, list) or not all(isinstance(entry, dict) for entry in sites):
        yield f"site: expected a list of tables, got {type_name(sites)}: write [[site]], with two brackets"
    elif not sites:
        yield 'no [[site]]: write [[site]], then name = "example" and url = "https://example.org/"'
    else:
        yield from _problems_of_sites(sites)


def _problems_of_defaults(defaults: dict[str, Any]) -> Iterator[str]:
    for key in ("name", "url"):
        if key in defaults:
            yield f"{key}: belongs to one site alone: move it into a [[site]]"
    shared = {key: value for key, value in defaults.items() if key not in ("name", "url")}
    yield from _problems_of_keys(shared)


def _problems_of_sites(sites: list[dict[str, Any]]) -> Iterator[str]:
    names, addresses = set[str | None](), set[str | None]()
    for position, entry in enumerate(sites, 1):
        name, address = _name_if_good(entry), _address_if_good(entry)
        label = _label(entry, position)
        yield from (f"{label}: {problem}" for problem in _problems_of_site(entry))
        if name and name in names:
            yield f"{label}: name: taken by an earlier [[site]]: give each site a name of its own"
        if address and address in addresses:
            yield f"{label}: url: {shown(address)} is an earlier [[site]]'s already: keep one of the two"
        names.add(name)
        addresses.add(address)


def _label(entry: dict[str, Any], position: int) -> str:
    name = entry.get("name")
    if isinstance(name, str) and name:
        return f'[[site]] "{shown(name)[1:-1]}"'
    return f"[[site]] number {position}"


def _problems_of_site(entry: dict[str, Any]) -> Iterator[str]:
    if "name" not in entry:
        yield f'name: missing: write name = "{name_of(_address_if_good(entry) or "example")}"'
    if "url" not in entry:
        yield 'url: missing: write url = "https://example.org/"'
    yield from _problems_of_keys(entry)
    yield from _problems_of_window(entry)


def _name_if_good(entry: dict[str, Any]) -> str | None:
    name = entry.get("name")
    return None if any(_problems_of_name(name)) else str(name)


def _address_if_good(entry: dict[str, Any]) -> str | None:
    url = entry.get("url")
    return None if any(problems_of_url(url)) else normal_url(str(url))


def _problems_of_keys(entry: dict[str, Any]) -> Iterator[str]:
    yield from _unknown_keys(entry, tuple(_CHECKS))
    for key, check in _CHECKS.items():
        if key in entry:
            yield from (f"{key}{problem}" for problem in check(entry[key]))


def _unknown_keys(table: dict[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    for key in table:
        if key not in known:
            yield f"unknown key {shown(key)}: {_remedy_of_key(key.lower(), known)}"


def _remedy_of_key(key: str, known: tuple[str, ...]) -> str:
    if key in _CHECKS and key not in known:
        return "move it into a [[site]] or under [defaults]"
    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(known)}"


def _one(check: Callable[[Any], Iterator[str]]) -> Callable[[Any], Iterator[str]]:
    return lambda value: (f": {problem}" for problem in check(value))


def _each(check: Callable[[Any], Iterator[str]]) -> Callable[[Any], Iterator[str]]:
    def problems(value: Any) -> Iterator[str]:
        if isinstance(value, list):
            for position, item in enumerate(value):
                yield from (f"[{position}]: {problem}" for problem in check(item))
        else:
            yield f': expected a list of strings, got {type_name(value)}: write ["…"]'
    return problems


def _problems_of_name(name: Any) -> Iterator[str]:
    if not isinstance(name, str):
        yield f"expected a string, got {type_name(name)}"
    elif not _NAME.fullmatch(name):
        better = _name_like(name) or "example"
        yield f"not a name: {shown(name)}: use up to 63 of a-z, 0-9 and -, such as {better!r}"


def _problems_of_pattern(pattern: Any) -> Iterator[str]:
    if not isinstance(pattern, str):
        yield f"expected a regular expression in quotes, got {type_name(pattern)}"
        return
    try:
        compiled((pattern,))
    except (re.error, RecursionError, OverflowError) as error:
        yield f"not a regular expression: {shown(pattern)}: {error}"


def problems_of_delay(delay: Any) -> Iterator[str]:
    if isinstance(delay, bool) or not isinstance(delay, (int, float)):
        yield f"expected a number of seconds, got {type_name(delay)}: write it as 1.0"
    elif not 0 <= delay <= _LONGEST_DELAY_SECONDS:
        yield f"not a time to wait: {delay}: write 0 to {_LONGEST_DELAY_SECONDS} seconds"


def day_of(value: Any) -> date | None:
    """A day as a registry or an argument has it: a date of TOML, or 2026-11-22. ValueError for anything else."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected a day, got {type_name(value)}: write it as 2026-11-22")  # noqa: TRY004 (one error)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"not a day: {shown(value)}: write it as 2026-11-22") from None


def _problems_of_day(value: Any) -> Iterator[str]:
    try:
        day_of(value)
    except ValueError as error:
        yield str(error)


def _problems_of_window(entry: dict[str, Any]) -> Iterator[str]:
    """Of a site's whole window."""
    if any(True for key in ("since", "until") for _ in _problems_of_day(entry.get(key))):
        return
    since, until = day_of(entry.get("since")), day_of(entry.get("until"))
    if since and until and until < since:
        yield f"until: before since: {until} is earlier than {since}: exchange the two"


def _problems_of_amount(amount: Any) -> Iterator[str]:
    if isinstance(amount, bool) or not isinstance(amount, (int, float)):
        yield f"expected a number, got {type_name(amount)}: 0 is no limit"
    elif not 0 <= amount < float("inf"):
        yield f"not an amount: {amount}: 0 is no limit"


def _problems_of_limit(limit: Any) -> Iterator[str]:
    if isinstance(limit, bool) or not isinstance(limit, int):
        yield f"expected a whole number, got {type_name(limit)}: 0 is no limit"
    elif limit < 0:
        yield f"below zero: {limit}: 0 is no limit"


def _problems_of_rights(rights: Any) -> Iterator[str]:
    """Of a table of directives, each with what is done about it."""
    if not isinstance(rights, dict):
        yield f': expected a table, got {type_name(rights)}: write {{ noai = "skip-text" }}'
        return
    for name, action in rights.items():
        if name not in DIRECTIVES:
            near = get_close_matches(name.lower().replace("_", "-"), DIRECTIVES, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"the directives are {', '.join(DIRECTIVES)}"
            yield f": unknown directive {shown(name)}: {remedy}"
        elif not isinstance(action, str) or action not in tuple(Action):
            said = shown(action) if isinstance(action, str) else type_name(action)
            yield f"[{shown(name)}]: not an action: {said}: write {', '.join(map(repr, map(str, Action)))}"


_CHECKS: dict[str, Callable[[Any], Iterator[str]]] = {
    "name": _one(_problems_of_name),
    "url": _one(problems_of_url),
    "feeds": _each(problems_of_url),
    "sitemaps": _each(problems_of_url),
    "sections": _each(problems_of_url),
    "allow": _each(_problems_of_pattern),
    "deny": _each(_problems_of_pattern),
    "delay": _one(problems_of_delay),
    "max_pages": _one(_problems_of_limit),
    "max_age_days": _one(_problems_of_limit),
    "since": _one(_problems_of_day),
    "until": _one(_problems_of_day),
    "max_depth": _one(_problems_of_limit),
    "max_minutes": _one(_problems_of_amount),
    "max_mb": _one(_problems_of_amount),
    "rights": _problems_of_rights,
}
