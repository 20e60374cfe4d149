"""The lines of a robots.txt that say what may be done with pages, not what may be fetched.

Owns `License:` (RSL 1.0, for all agents), `Content-Signal:` and `Content-Usage:` (of the group that is ours,
RFC 9309 section 2.2.1). Must not know Allow and Disallow: Scrapy's parser does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipelines.records import Directive
from pipelines.rights.evidence import cut
from pipelines.rights.hostrules import HostRule
from pipelines.rights.licences import address
from pipelines.rights.usage import preferences

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(r"\s*([a-z-]+)\s*:\s*([^#]*)", re.IGNORECASE)
_LICENCE = re.compile(r"\s*license\s*:\s*(\S+)", re.IGNORECASE)
_USAGE = frozenset({"content-signal", "content-usage"})
_TOKEN = re.compile(r"[a-z_*-]+", re.IGNORECASE)
_MAX_RULES, _MAX_PATTERN = 200, 1024
_EVERYONE = "*"


def rules_of_robots(body: bytes, url: str, agent: str) -> tuple[HostRule, ...]:
    """What the file at `url` says to `agent`, a product token in lower case: in its own group if there is one, else in
    that of everyone. Preferences before any group are for all. A longer path goes before a shorter one."""
    lines = body.decode("utf-8-sig", "replace").splitlines()
    groups, licences = _read(lines)
    ours = groups.get(agent, groups.get(_EVERYONE, []))
    usage = [rule for name, value in [*groups.get("", []), *ours] for rule in _usage(name, value, url)]
    usage.sort(key=lambda rule: -len(rule.pattern))  # stable: of two alike the first stays first
    return (*(_licence(target, url) for target in licences), *usage)[:_MAX_RULES]


def _read(lines: list[str]) -> tuple[dict[str, list[tuple[str, str]]], list[str]]:
    """The preferences of each group by its agents, and the licences."""
    groups: dict[str, list[tuple[str, str]]] = {}
    licences: list[str] = []
    agents, is_open = [""], False
    for line in lines:
        if licence := _LICENCE.match(line):     # its address may hold a #
            licences.append(licence[1])
            continue
        match = _LINE.match(line)
        if not match:
            continue
        name, value = match[1].lower(), match[2].strip()
        if name == "user-agent":
            token = _TOKEN.match(value)
            agents = [*(agents if is_open else ()), token[0].lower() if token else ""]
            is_open = True
            groups.setdefault(agents[-1], [])
        elif name not in {"sitemap", "crawl-delay", "host"}:
            is_open = False
            if name in _USAGE:
                for each in agents:
                    groups.setdefault(each, []).append((name, value))
    return groups, licences


def _licence(target: str, url: str) -> HostRule:
    evidence = cut(f"{url}: License: {target}")
    return HostRule("/", None, (Directive("rsl", address(url, target), None, "robots.txt", evidence),))


def _usage(name: str, value: str, url: str) -> Iterator[HostRule]:
    """A path may stand before the preferences; each preference is a rule of its own, so that a longer path need not say
    all again."""
    path, _, rest = value.partition(" ") if value.startswith("/") else ("/", "", value)
    evidence = cut(f"{url}: {name.title()}: {value}")
    for use, said in preferences(rest):
        directive = Directive(use, said, None, "robots.txt", evidence)
        yield HostRule(path[:_MAX_PATTERN], f"{name} {use}", (directive,))
