"""The TDM Reservation Protocol's file on the origin server, and its two properties.

Owns TDMRep (W3C Community Group Final Report, 10 May 2024, https://www.w3.org/2022/tdmrep/) section 5.1. Must not know
how the file is had.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipelines.records import Directive
from pipelines.rights.evidence import cut
from pipelines.rights.hostrules import HostRule
from pipelines.rights.licences import address

if TYPE_CHECKING:
    from collections.abc import Iterator

RESERVATION, POLICY = "tdm-reservation", "tdm-policy"
WELL_KNOWN = "/.well-known/tdmrep.json"
MAX_RULES = 1000
_MAX_PATTERN = 2048


def reservation_of(value: str) -> str | None:
    """The property is 0 or 1; anything else says nothing (section 4.1). Headers that were sent twice arrive as `1, 1`,
    of which the first counts, and some put it in quotes."""
    first = value.replace(";", ",").partition(",")[0].strip(" \t\r\n\"'")
    return first if first in {"0", "1"} else None


def rules_of_tdmrep(body: bytes, url: str) -> tuple[HostRule, ...] | None:
    """The rules of the file at `url`, in its order; None for what is no such file. A rule without its two mandatory
    properties is passed over. Behind MAX_RULES stands one without a value, for whatever none of them is about: what the
    file says of it was not read."""
    try:
        document = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, dict) and "location" in document:   # one rule, the brackets forgotten
        document = [document]
    if not isinstance(document, list):
        return None
    return (*(rule for item in document[:MAX_RULES] for rule in _rule(item, url)), *_unread(len(document), url))


def _unread(count: int, url: str) -> Iterator[HostRule]:
    if count > MAX_RULES:
        evidence = cut(f"{url}: has {count} rules, of which the first {MAX_RULES} were read, and none of them matches")
        yield HostRule("/", "tdmrep", (Directive(RESERVATION, None, None, "tdmrep.json", evidence),))


def _rule(item: Any, url: str) -> Iterator[HostRule]:
    if not isinstance(item, dict):
        return
    location, reserved, policy = (item.get(name) for name in ("location", RESERVATION, POLICY))
    value = str(int(reserved)) if reserved in (0, 1) else str(reserved)     # JSON knows 1.0, and true
    if not isinstance(location, str) or (reservation := reservation_of(value)) is None:
        return
    evidence = cut(f"{url}: {json.dumps(item, ensure_ascii=False)}")
    directives = [Directive(RESERVATION, reservation, None, "tdmrep.json", evidence)]
    if isinstance(policy, str) and policy.strip():
        directives.append(Directive(POLICY, address(url, policy), None, "tdmrep.json", evidence))
    yield HostRule(location[:_MAX_PATTERN], "tdmrep", tuple(directives))
