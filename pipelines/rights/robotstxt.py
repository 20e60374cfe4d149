"""The lines of a robots.txt that say what may be done with pages, not what may be fetched.

Owns `License:` (RSL 1.0, for all agents), `Content-Signal:` and `Content-Usage:` (of the group that is ours,
RFC 9309 section 2.2.1). Must not know Allow and Disallow: Scrapy's parser does. Work and memory are linear in the
file, whatever it holds: it is read where the whole crawl waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from pipelines.records import Directive
from pipelines.rights.agents import AGENT_LINE, EVERYONE, is_name_of, named_agent
from pipelines.rights.evidence import MAX_DIRECTIVES, cut
from pipelines.rights.hostrules import HostRule
from pipelines.rights.licences import address
from pipelines.rights.usage import preferences

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE_END = re.compile("\r\n|\r|\n")    # str.splitlines() ends lines elsewhere too
_USAGE = frozenset({"content-signal", "content-usage"})
_BESIDE_GROUPS = frozenset({"sitemap", "crawl-delay", "host"})
MAX_RULES, MAX_LICENCES = 200, 20
_MAX_PATTERN, _MAX_VALUE = 1024, 8192
_BEFORE = ""                            # the name of what stands before any group


@dataclass(slots=True)
class _Said:
    """What a file says of use: (name, value) of the lines of each group that is `agent`'s or everyone's, and the
    targets of licences."""

    agent: str
    groups: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {_BEFORE: []})
    licences: list[str] = field(default_factory=list)

    def for_agent(self) -> Iterator[tuple[str, str]]:
        """Of its own group if there is one, else of that of everyone."""
        yield from self.groups[_BEFORE]
        own = max((name for name in self.groups if name != _BEFORE), key=len, default=_BEFORE)
        yield from self.groups[own] if own != _BEFORE else ()


def rules_of_robots(body: bytes, url: str, agent: str) -> tuple[HostRule, ...]:
    """What the file at `url` says to `agent`, a product token in lower case: in its own group if there is one, else in
    that of everyone. Preferences before any group are for all. A longer path goes before a shorter one."""
    said = _read(body.decode("utf-8-sig", "replace"), agent)
    usage = [rule for name, value in said.for_agent() if (rule := _usage(name, value, url)) is not None]
    usage.sort(key=lambda rule: -len(rule.pattern))  # stable: of two alike the first stays first
    return (*(_licence(target, url) for target in said.licences), *usage[:MAX_RULES])


def _read(text: str, agent: str) -> _Said:
    said = _Said(agent)
    addressed, names_more = {_BEFORE}, False
    for line in _LINE_END.split(text):
        name, value = _taken_apart(line)
        if named := AGENT_LINE.match(line):
            addressed = addressed if names_more else set()
            names_more = True
            token = named_agent(named[2])
            if token is not None and (token == EVERYONE or is_name_of(token, agent)):
                addressed.add(token)
                said.groups.setdefault(token, [])
        elif name == "license":         # for all, wherever it stands
            said.licences += value.split()[:1] if len(said.licences) < MAX_LICENCES else ()
        elif name and name not in _BESIDE_GROUPS:
            names_more = False
            if name in _USAGE:
                _note(said, addressed, (name, value))
    return said


def _taken_apart(line: str) -> tuple[str, str]:
    """Name, in lower case, and value, without the comment; no name for a line that says nothing."""
    name, colon, value = line.partition(":")
    name = name.strip().lower()
    if not colon or "#" in name:
        return "", ""
    return name, value.strip() if name == "license" else value.partition("#")[0].strip()  # its address may hold a #


def _note(said: _Said, addressed: set[str], line: tuple[str, str]) -> None:
    for each in addressed:
        if len(said.groups[each]) < MAX_RULES:
            said.groups[each].append(line)


def _licence(target: str, url: str) -> HostRule:
    evidence = cut(f"{url}: License: {target}")
    return HostRule("/", None, (Directive("rsl", address(url, target), None, "robots.txt", evidence),))


def _usage(name: str, value: str, url: str) -> HostRule | None:
    """A path may stand before the preferences. Each preference holds by itself, so that a longer path need not say all
    again. A path that is longer than any page's is of none."""
    path, _, rest = f"{value} ".partition(" ") if value.startswith("/") else ("/", "", value)
    evidence = cut(f"{url}: {name.title()}: {value[:_MAX_VALUE]}")
    said = islice(preferences(rest[:_MAX_VALUE]), MAX_DIRECTIVES)
    directives = tuple(Directive(use, how, None, "robots.txt", evidence) for use, how in said)
    return HostRule(path, name, directives, by_name=True) if directives and len(path) <= _MAX_PATTERN else None
