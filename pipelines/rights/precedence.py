"""Which of the directives of a page count, where several say different things or are for others.

Owns the order of TDMRep section 5.7 (markup before header before file), and who we are. Must not know what is done
about those that count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.rights.tdmrep import POLICY, RESERVATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.records import Directive

PRODUCT_TOKEN = "broadsheet"    # noqa: S105  # a product token of RFC 9309
"""By this name, in lower case, robots.txt and robots tags address us, unless USER_AGENT is set by hand."""

_TDM_ORDER = ("meta", "header", "tdmrep.json")


def resolved(directives: Iterable[Directive], agent: str = PRODUCT_TOKEN) -> tuple[Directive, ...]:
    """The same directives, each saying whether it applies to `agent`, a product token in lower case. Of the TDM
    properties the one nearest to the page counts, each by itself; all other preferences add up."""
    given = tuple(directives)
    nearest = {name: min((place for each in given if each.name == name and (place := _tdm_place(each)) is not None),
                         default=None) for name in (RESERVATION, POLICY)}
    return tuple(replace(each, applies=each.agent in (None, agent) and (
        each.name not in nearest or _tdm_place(each) == nearest[each.name])) for each in given)


def _tdm_place(directive: Directive) -> int | None:
    return _TDM_ORDER.index(directive.source) if directive.source in _TDM_ORDER else None
