"""Whether an answer with an error status is a wall, by its status, its headers and its body.

Owns what each says of it. Must not know the page behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.records import Wall
from pipelines.walls.signs import bot_sign, geo_sign

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOT_HEADERS = (
    ("cf-mitigated", "challenge"), ("x-datadome", "protected"), ("x-dd-b", ""), ("x-amzn-waf-action", ""),
    ("x-kpsdk-ct", ""), ("x-px-block", ""),
)
"""Each with what it must hold. Those of DataDome come with every answer: with an error status they say why."""
_MAY_BE_BOT = frozenset({400, 401, 403, 405, 406, 429, 503})
_PAYMENT_REQUIRED, _UNAUTHORIZED, _LEGAL_REASONS = 402, 401, 451


def wall_of_answer(status: int, headers: Mapping[str, str], body: bytes) -> Wall | None:
    """The wall of an answer with this error status, None where it is an error like any other. `headers` have names in
    lower case; `body` is its beginning, decoded."""
    if status in _MAY_BE_BOT:
        by_header = next((_with(headers, name) for name, held in _BOT_HEADERS
                          if name in headers and held in headers[name].lower()), None)
        by_body = bot_sign(body)
        if by_header or by_body:
            return Wall("bot", "; ".join(filter(None, (by_header, by_body))))
    if status == _PAYMENT_REQUIRED:
        return Wall("paywall", _with(headers, "crawler-price") or "status 402 Payment Required")
    if status == _LEGAL_REASONS:
        return Wall("geo", "status 451 Unavailable For Legal Reasons")
    if status == _UNAUTHORIZED and "www-authenticate" in headers:
        return Wall("registration", _with(headers, "www-authenticate") or "")
    wording = geo_sign(body) if status < 500 else None
    return Wall("geo", wording) if wording else None


def _with(headers: Mapping[str, str], name: str) -> str | None:
    return f"{name}: {headers[name]}"[:300] if name in headers else None
