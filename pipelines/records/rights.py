"""What is said of the use of a page, and what stands in front of one.

Owns their keys.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Directive:
    """One thing that a site says of what may be done with a page: a reservation, a preference or a licence.

    `source` is where it stands (meta, header, tdmrep.json, robots.txt, json-ld, link, a, script, feed), `evidence` what
    stands there. `agent` is whom it is addressed to, None for everyone. `applies` says whether it counts for us: it is
    addressed to us, and nothing that goes before it says otherwise.
    """

    name: str
    value: str | None
    agent: str | None
    source: str
    evidence: str
    applies: bool = True


@dataclass(frozen=True, slots=True)
class Wall:
    """What stands in front of a page's article, or of a part of it: `kind` is consent, paywall, registration, bot or
    geo, `evidence` by what it was told."""

    kind: str
    evidence: str
