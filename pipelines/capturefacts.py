"""What is known of an exchange beside its bytes: the content of its metadata record.

Owns the fields and their order; `via`, `hopsFromSeed` and `fetchTimeMs` are those of WARC 1.1 section 6.6, as Heritrix
writes them. Pure.
"""

from __future__ import annotations

import base64
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.exchange import Exchange
    from pipelines.visit import Settlement

_MAX_ERROR_CHARS = 500
_LETTERS = {"home": "L", "section": "L", "feed": "L", "spider": "L", "sitemap": "M"}


def capture_facts(settlement: Settlement, number: int) -> tuple[tuple[str, str], ...]:
    """Name and value of each field that is known of the settlement's exchange with that number, counted from 0."""
    exchange = settlement.exchanges[number]
    return tuple(_facts(settlement, number, exchange))


def _facts(settlement: Settlement, number: int, exchange: Exchange) -> Iterator[tuple[str, str]]:
    hops = [each.url for each in settlement.exchanges[:number + 1]]
    before = next((url for url in reversed(hops) if url != exchange.url), None)
    via = before or settlement.discovered.source_url
    if via:
        yield "via", via
    yield "hopsFromSeed", _letter(settlement) + "R" * sum(a != b for a, b in pairwise(hops))
    yield "discovered", settlement.discovered.via
    yield "site", settlement.site
    yield "role", str(settlement.role)
    yield "attempt", str(hops.count(exchange.url))
    if exchange.first_byte_ms is not None:
        yield "firstByteMs", str(exchange.first_byte_ms)
    yield "fetchTimeMs", str(exchange.duration_ms)
    yield from _facts_of_answer(exchange)
    yield from _facts_of_connection(exchange)
    if exchange.error:
        yield "error", exchange.error[:_MAX_ERROR_CHARS]


def _facts_of_answer(exchange: Exchange) -> Iterator[tuple[str, str]]:
    answer = exchange.response
    if not answer:
        return
    yield "entityDigest", answer.payload_digest
    yield "entityBytes", str(answer.entity_size)
    if answer.interim:
        yield "interimResponses", base64.b64encode(answer.interim).decode("ascii")


def _facts_of_connection(exchange: Exchange) -> Iterator[tuple[str, str]]:
    if exchange.tls and exchange.tls.certificate_sha256:
        yield "certificateSha256", exchange.tls.certificate_sha256
    if exchange.is_proxied:
        yield "proxied", "yes"
    for name in exchange.redacted:
        yield "redacted", f"request {name}"


def _letter(settlement: Settlement) -> str:
    """How the visit's first address was come to, in Heritrix's letters: L a link, M a sitemap, P what had to be asked
    before; nothing for what was given by name."""
    if settlement.role == Role.ROBOTS:
        return "P"
    return _LETTERS.get(settlement.discovered.via, "") if settlement.discovered.source_url else ""
