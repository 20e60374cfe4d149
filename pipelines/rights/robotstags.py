"""The directives of `<meta name="robots">` and of X-Robots-Tag: one grammar in two places.

Owns the names that are known and how their values are read. Source:
https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag; noai and noimageai are DeviantArt's, taken
up by others. Must not know who is asked about.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pipelines.records import Directive, rfc3339
from pipelines.rights.evidence import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAGS = frozenset({
    "noindex", "nofollow", "noarchive", "nocache", "nosnippet", "notranslate", "noimageindex", "noai", "noimageai",
    "noml", "indexifembedded",
})
VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_SHORT = {"none": ("noindex", "nofollow")}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PERMISSIVE = frozenset({("max-snippet", "-1"), ("max-video-preview", "-1"), ("max-image-preview", "large")})


def robots_directives(
    content: str, source: str, evidence: str, agent: str | None = None, *, names_agents: bool = False,
) -> Iterator[Directive]:
    """The directives of one tag or header, but for those that state the default (all, index, max-snippet:-1, …).

    With `names_agents`, as in X-Robots-Tag, what stands before a colon and is no directive is whom all that follows is
    addressed to. Names and agents are lower case.
    """
    evidence = cut(evidence)
    words = _joined_dates(content.split(","))
    for word in words:
        name, value = _split(word)
        if names_agents and value is not None and name not in VALUED:
            agent, (name, value) = name, _split(value)
        for each in _SHORT.get(name, (name,)):
            if each in VALUED and value and (each, value.lower()) not in _PERMISSIVE:
                yield Directive(each, _value(each, value), agent, source, evidence)
            elif each in FLAGS:
                yield Directive(each, None, agent, source, evidence)


def _split(word: str) -> tuple[str, str | None]:
    name, colon, value = word.partition(":")
    return name.strip().lower(), value.strip() if colon else None


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
