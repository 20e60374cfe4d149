"""The wall of a page that was answered as any page is: by what its markup declares and by what it shows.

Owns which sign goes before which, and how little a page may hold to be a wall alone. Must not judge what else a page
is: `pipelines.extraction.kind` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.boilerplate.walls import CONSENT, PAYWALL
from pipelines.extraction.kind import WALL, WALL_LIKELIHOOD
from pipelines.records import Wall
from pipelines.walls import bot_sign, consent_gate, consent_wording, geo_sign, registration_words, says_more

if TYPE_CHECKING:
    from pipelines.boilerplate.walls import Walls
    from pipelines.records import Quality

_BOT_CHARS, _GEO_CHARS = 1500, 700  # their texts are shorter
_TEASER_CHARS = 2500        # what stands before a paywall is


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as its reader meets it: its bytes and address, the text that was found, how it states that it is `paid`
    (None: it does not), whether it declares an article, the walls and the figures of its blocks."""

    html: bytes
    url: str
    text: str
    paid: str | None
    states_article: bool
    walls: Walls
    quality: Quality


def wall_in_place(page: Shown) -> Wall | None:
    """The wall that a page is as a whole, however long its text: what is on it is the wall's own. One that
    states an article may be about walls: it is one only if it asks for consent in nearly every line."""
    if page.states_article:
        words = consent_wording(page.text, states_article=True)
        return Wall("consent", words) if words else None
    if (gate := consent_gate(page.url)) is not None:
        return Wall("consent", gate)
    chars, is_news = len(page.text), says_more(page.text)
    if chars < _BOT_CHARS and (sign := bot_sign(page.html, by_words=not is_news)) is not None:
        return Wall("bot", sign)
    if chars < _GEO_CHARS and not is_news and (sign := geo_sign(page.html)) is not None:
        return Wall("geo", sign)
    words = consent_wording(page.text)
    return Wall("consent", words) if words else None


def wall_before(page: Shown, kind: str) -> Wall | None:
    """The wall between a reader and the rest of a page of that kind, None for none that is known."""
    quality = page.quality
    if kind == WALL and page.paid is None and quality.consent_likelihood > quality.paywall_likelihood:
        return Wall("consent", page.walls.sign(CONSENT) or "")
    is_likely = quality.paywall_likelihood >= WALL_LIKELIHOOD
    sign = page.walls.sign(PAYWALL, is_certain=not is_likely) if len(page.text) < _TEASER_CHARS or is_likely else None
    if page.paid is not None:
        return Wall("paywall", "; ".join(filter(None, (page.paid, sign))))
    is_teaser = len(page.text) < _TEASER_CHARS
    asks = registration_words(f"{page.walls.marked_words(PAYWALL)} {sign or ''}") if is_teaser else None
    if asks:
        return Wall("registration", sign or asks)
    return Wall("paywall", sign) if sign else None
