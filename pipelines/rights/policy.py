"""What a user does about what a site says: a policy for each directive.

Owns the directives that a policy can name, when one of them forbids something, and the strictest of several actions.
Must not know where a policy is written, nor what becomes of a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pipelines.rights.precedence import PRODUCT_TOKEN
from pipelines.rights.tdmrep import RESERVATION
from pipelines.rights.usage import PREFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.records import Directive


class Action(StrEnum):
    """What is done with the article of a page, from the mildest to the strictest."""

    RECORD = "record"           # the record is written whole, with the directive in it
    SKIP_TEXT = "skip-text"     # the record is written without its text
    SKIP = "skip"               # no record is written


_FLAGS = ("noindex", "nofollow", "noarchive", "nocache", "nosnippet", "notranslate", "noimageindex", "noai",
          "noimageai", "noml", "unavailable_after", "rsl")
DIRECTIVES = (*_FLAGS, RESERVATION, *PREFERENCES)
"""The names that a policy knows."""

_NO = frozenset({"n", "no", "0", "?0", "false"})
_ORDER = tuple(Action)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done with an article, and why: None where nothing speaks against it."""

    action: Action = Action.RECORD
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Actions by the directive that they are for; all others are recorded. `agent` is our product token."""

    actions: tuple[tuple[str, Action], ...] = ()
    agent: str = PRODUCT_TOKEN

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], agent: str = PRODUCT_TOKEN) -> Policy:
        """From names and actions as they are written; ValueError for an action that there is none of."""
        return cls(tuple((name, Action(action)) for name, action in pairs), agent)

    def verdict(self, directives: Iterable[Directive], at: datetime) -> Verdict:
        """The strictest action that the directives ask for, which `precedence.resolved` has been over. `at` is when the
        page was fetched: one that is unavailable after a later moment is not yet."""
        actions, best = dict(self.actions), Verdict()
        for each in directives:
            action = actions.get(each.name, Action.RECORD)
            if _ORDER.index(action) > _ORDER.index(best.action) and forbids(each, at):
                best = Verdict(action, f'{each.name} = "{action}": {each.source}: {each.evidence}')
        return best


RECORD_ALL = Policy()


def forbids(directive: Directive, at: datetime) -> bool:
    """Whether a directive asks for something not to be done: a reservation of 0 and `search=yes` do not. One that
    could not be read does."""
    if not directive.applies:
        return False
    if directive.name == RESERVATION:
        return directive.value != "0"
    if directive.name in PREFERENCES:
        return directive.value in _NO
    if directive.name == "unavailable_after":
        return _is_over(directive.value, at)
    return True


def _is_over(stated: str | None, at: datetime) -> bool:
    """A date that could not be read is taken at its word."""
    try:
        return stated is None or datetime.fromisoformat(stated) <= at
    except (ValueError, TypeError):
        return True
