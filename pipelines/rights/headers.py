"""What the headers of an answer say of what may be done with it.

Owns X-Robots-Tag, the TDM header fields, Link with rel=license, Content-Usage and Content-Signal. Must not know the
page. Sources: RFC 8288 (Link); the others where each is read.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from pipelines.records import Directive
from pipelines.rights.evidence import MAX_DIRECTIVES, cut
from pipelines.rights.licences import RSL_TYPE, address
from pipelines.rights.robotstags import robots_directives
from pipelines.rights.tdmrep import POLICY, RESERVATION, reservation_of
from pipelines.rights.usage import preferences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SOURCE = "header"
_MAX_VALUE = 8192
_LINK = re.compile(r"<([^<>]{1,2048})>((?:\"(?:[^\"\\]|\\.)*\"|[^<\"])*)")
_PARAMETER = re.compile(r";\s*([\w!#$&+.^`|~*-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",;]+))")
_NAMES = frozenset({b"x-robots-tag", b"tdm-reservation", b"tdm-policy", b"link", b"content-usage", b"content-signal"})


def rights_of_headers(headers: Iterable[tuple[bytes, bytes]], url: str) -> tuple[Directive, ...]:
    """The directives in the headers (names in lower case) of the answer at `url`, in the order in which they came."""
    ours = [(name.decode("latin-1"), value[:_MAX_VALUE].decode("latin-1")) for name, value in headers if name in _NAMES]
    found = (directive for name, value in ours for directive in _directives(name, value, url))
    return tuple(islice(found, MAX_DIRECTIVES))


def _directives(name: str, value: str, url: str) -> Iterator[Directive]:
    evidence = cut(f"{name}: {value}")
    if name == "x-robots-tag":
        yield from robots_directives(value, _SOURCE, evidence, names_agents=True)
    elif name == "link":
        yield from _licences(value, url)
    elif name in {"content-usage", "content-signal"}:
        yield from (Directive(use, said, None, _SOURCE, evidence) for use, said in preferences(value))
    elif name == RESERVATION and (reservation := reservation_of(value)) is not None:
        yield Directive(name, reservation, None, _SOURCE, evidence)
    elif name == POLICY and value.strip():
        yield Directive(name, address(url, value), None, _SOURCE, evidence)


def _licences(value: str, url: str) -> Iterator[Directive]:
    if "license" not in value.lower():  # Link headers of preloads are long, and there on many pages
        return
    for match in _LINK.finditer(value):
        found = [(each[1].lower(), each[2] or (each[3] or "").strip("'")) for each in _PARAMETER.finditer(match[2])]
        parameters = dict(reversed(found))  # of two alike the first counts (section 3.3)
        if "license" in parameters.get("rel", "").lower().split():
            name = "rsl" if parameters.get("type", "").lower() == RSL_TYPE else "license"
            yield Directive(name, address(url, match[1]), None, _SOURCE, cut(f"link: {match[0].rstrip(', ')}"))
