"""What a host says of its pages in one place for all, and which of it holds for one page.

Owns the choice among rules. Must not know how robots.txt or tdmrep.json are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.records import Directive  # noqa: TC001  # get_type_hints looks for it when it runs
from pipelines.rights.pathpattern import matches, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class HostRule:
    """Directives of a host for pages whose path matches `pattern`. Of the rules with one `group`, the first that
    matches holds; those without a group all hold."""

    pattern: str
    group: str | None
    directives: tuple[Directive, ...]


def rules_for(rules: Iterable[HostRule], url: str) -> tuple[Directive, ...]:
    """What of the rules holds for the page at `url`."""
    path, taken = path_of(url), set[str]()
    held: list[Directive] = []
    for rule in rules:
        if rule.group in taken or not matches(rule.pattern, path):
            continue
        if rule.group is not None:
            taken.add(rule.group)
        held += rule.directives
    return tuple(held)
