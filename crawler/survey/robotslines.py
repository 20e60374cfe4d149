"""Which line of a robots.txt forbids a path, for a person who asks why (RFC 9309 sections 2.2.1 and 2.2.2).

Owns the explanation alone: what is permitted `crawler.robots` decides. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

_MAX_LINES = 20_000


@dataclass(frozen=True, slots=True)
class _Rule:
    number: int
    is_allowed: bool
    pattern: str


def denial(text: str, product: str, path: str) -> str | None:
    """`line 4, "Disallow: /", in the group "User-agent: *"`; None if no rule forbids the path to this product."""
    groups = _groups(text, {product.lower(), "*"})
    group = product.lower() if product.lower() in groups else "*"
    matching = [rule for rule in groups.get(group, []) if rule.pattern and _matches(rule.pattern, path)]
    if not matching:
        return None
    longest = max(matching, key=lambda rule: (len(rule.pattern), rule.is_allowed))
    if longest.is_allowed:
        return None
    return f'line {longest.number}, "Disallow: {longest.pattern[:100]}", in the group "User-agent: {group}"'


def _groups(text: str, products: set[str]) -> dict[str, list[_Rule]]:
    """Rules by product token in lower case, of these alone; groups for one product are one."""
    groups: dict[str, list[_Rule]] = {}
    agents: set[str] = set()
    is_open = False                             # agent lines in a row share the rules after them
    for number, line in enumerate(text.splitlines()[:_MAX_LINES], 1):
        name, mark, value = line.partition("#")[0].partition(":")
        key, value = name.strip().lower(), value.strip()
        if not mark:
            continue
        if key in ("user-agent", "useragent"):
            agents = (agents if is_open else set()) | products & {value.partition("/")[0].strip().lower()}
            is_open = True
        elif key in ("allow", "disallow"):
            is_open = False
            for agent in agents:
                groups.setdefault(agent, []).append(_Rule(number, key == "allow", value))
    return groups


def _matches(pattern: str, path: str) -> bool:
    """`*` is anything, `$` at the end the end; found piece by piece, so that no pattern takes long."""
    is_whole = pattern.endswith("$")
    first, *pieces = map(unquote, pattern.removesuffix("$").split("*"))
    text = unquote(path)
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in pieces:
        find = partial(text.rfind if is_whole and piece is pieces[-1] else text.find, piece, at)
        found = find()
        if found < 0:
            return False
        at = found + len(piece)
    return at == len(text) if is_whole and not (pieces and pieces[-1] == "") else True
