"""What a host says of its pages in one place for all, and which of it holds for one page.

Owns the choice among rules. Must not know how robots.txt or tdmrep.json are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.records import Directive  # noqa: TC001  # get_type_hints looks for it when it runs
from pipelines.rights.evidence import MAX_DIRECTIVES
from pipelines.rights.pathpattern import matches, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class HostRule:
    """Directives of a host for pages whose path matches `pattern`. Of the rules with one `group`, the first that
    matches holds: as a whole, or `by_name` for each directive that it names. Those without a group all hold."""

    pattern: str
    group: str | None
    directives: tuple[Directive, ...]
    by_name: bool = False


def rules_for(rules: Iterable[HostRule], url: str) -> tuple[Directive, ...]:
    """What of the rules holds for the page at `url`: MAX_DIRECTIVES at most."""
    path = path_of(url)
    taken: set[tuple[str, str | None]] = set()
    held: list[Directive] = []
    for rule in rules:
        group = rule.group
        if (group is not None and (group, None) in taken) or not matches(rule.pattern, path):
            continue
        held += (each for each in rule.directives if group is None or (group, each.name) not in taken)
        if group is not None:
            taken |= {(group, each.name) for each in rule.directives} if rule.by_name else {(group, None)}
        if len(held) >= MAX_DIRECTIVES:
            break
    return tuple(held[:MAX_DIRECTIVES])
