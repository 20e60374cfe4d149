"""The directives of `<meta name="robots">` and of X-Robots-Tag: one grammar in two places.

Owns the names that are known and how their values are read. Source:
https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag; noai and noimageai are DeviantArt's, taken
up by others. Must not know who is asked about.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pipelines.records import Directive, rfc3339
from pipelines.rights.agents import EVERYONE
from pipelines.rights.evidence import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAGS = frozenset({
    "noindex", "nofollow", "noarchive", "nocache", "nosnippet", "notranslate", "noimageindex", "noai", "noimageai",
    "noml", "indexifembedded",
})
VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_SHORT = {"none": ("noindex", "nofollow")}
_SAYS_NOTHING = frozenset({"all", "index", "follow", "archive", "snippet", "none"})
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PERMISSIVE = frozenset({("max-snippet", "-1"), ("max-video-preview", "-1"), ("max-image-preview", "large")})
_SEPARATOR = re.compile("[,;]")
_MAX_CHARS = 8192
_QUOTES = str.maketrans("\"'“”", "    ")


def robots_directives(
    content: str, source: str, evidence: str, agent: str | None = None, *, names_agents: bool = False,
) -> Iterator[Directive]:
    """The directives of one tag or header, but for those that state the default (all, index, max-snippet:-1, …).

    Commas stand between them; semicolons, blanks and quotes are forgiven. With `names_agents`, as in X-Robots-Tag, what
    stands before a colon and is no directive is whom all that follows is addressed to. Names and agents are lower case.
    """
    evidence = cut(evidence)
    for word in _words(content):
        for name, value in _said(word, names_agents=names_agents):
            if name is None:
                agent = None if value == EVERYONE else value
            elif name in VALUED and value and (name, value.lower()) not in _PERMISSIVE:
                yield Directive(name, _value(name, value), agent, source, evidence)
            elif name in FLAGS:
                yield Directive(name, None, agent, source, evidence)


def is_robots_content(content: str) -> bool:
    """Whether the content of a tag by any name is nothing but robots directives, one of them by its own name: `none`
    and `all` are said of other things too."""
    if not any(flag in content.lower() for flag in FLAGS):
        return False
    names = [name for word in _words(content) for name, _ in _said(word)]
    return all(name in FLAGS or name in VALUED or name in _SAYS_NOTHING for name in names if name)


def _words(content: str) -> Iterator[str]:
    return _joined_dates(_SEPARATOR.split(content[:_MAX_CHARS].translate(_QUOTES)))


def _said(word: str, *, names_agents: bool = False) -> Iterator[tuple[str | None, str | None]]:
    """(name, value) of each directive between two separators; (None, agent) of whom the next are addressed to."""
    colon = ":"
    while colon and word.strip():
        head, colon, rest = word.partition(":")
        *names, last = head.lower().split() or [""]
        yield from ((each, None) for name in (names if colon else (*names, last)) for each in _SHORT.get(name, (name,)))
        if not colon:
            return
        is_valued, is_agent = last in VALUED, last not in VALUED and last not in FLAGS
        if last == "unavailable_after":     # its value holds colons and blanks of its own
            value, word = rest.strip(), ""
        else:
            value, _, word = rest.strip().partition(" ") if is_valued else ("", "", rest)
        yield (None, last) if is_agent and names_agents else (last, value or None)
        if is_agent and not names_agents:
            return


def _joined_dates(words: list[str]) -> Iterator[str]:
    """`unavailable_after: Sat, 25 Jun 2011 15:00:00 GMT` holds a comma of its own (RFC 822 dates do)."""
    rest = iter(words)
    for word in rest:
        last = word.rpartition(":")[2].strip().lower()
        is_cut = "unavailable_after" in word.lower() and last[:3] in _WEEKDAYS and last.isalpha()
        yield f"{word},{next(rest, '')}" if is_cut else word


def _value(name: str, value: str) -> str:
    moment = moment_of(value) if name == "unavailable_after" else None
    return rfc3339(moment) if moment else cut(value.lower() if name != "unavailable_after" else value)


def moment_of(stated: str) -> datetime | None:
    """A date as RFC 822, RFC 850 or ISO 8601 has it, in UTC; None for what is none. Without a zone it is UTC."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(stated)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
