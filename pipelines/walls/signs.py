"""What the pages of bot walls and of walls by country hold, whatever site they stand before.

Owns the strings. Each sign is all of its strings together: pages of protected sites hold the sensors of the same
products, so that a product's name alone says nothing. Must not know status or headers.
"""

from __future__ import annotations

MAX_BYTES = 150_000
"""Pages that are larger are no walls, but pages."""

_BOT: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("Cloudflare challenge", (b"_cf_chl_opt",)),
    ("Cloudflare challenge", (b"<title>just a moment...</title>",)),
    ("Cloudflare block", (b"attention required! | cloudflare",)),
    ("DataDome", (b"captcha-delivery.com", b"var dd=")),
    ("HUMAN (PerimeterX)", (b"px-captcha",)),
    ("HUMAN (PerimeterX)", (b"_pxappid", b"access to this page has been denied")),
    ("Imperva", (b"_incapsula_resource", b"incapsula incident id")),
    ("Imperva", (b"pardon our interruption",)),
    ("Akamai", (b"errors.edgesuite.net", b"access denied")),
    ("AWS WAF", (b"awswafintegration", b"gokuprops")),
    ("Kasada", (b"kpsdk", b"ips.js")),
    ("Anubis", (b"anubis_challenge",)),
    ("Google", (b"our systems have detected unusual traffic from your computer network",)),
    ("a captcha", (b"verify you are human", b"captcha")),
    ("a captcha", (b"verify that you are not a robot", b"captcha")),
    ("a captcha", (b"to continue, please click the box below to let us know you're not a robot",)),
)
"""Needles in lower case. Sources: the vendors' own documentation of their challenge pages, and what those pages are."""

_GEO: tuple[bytes, ...] = (
    b"451: unavailable due to legal reasons", b"unavailable for legal reasons",
    b"from a country belonging to the european economic area",
    b"not available in your country", b"not available in your region", b"not available in your location",
    b"unavailable in your country", b"unavailable in your region", b"unavailable in most european countries",
    "in ihrem land nicht verfügbar".encode(), b"in deinem land nicht verf", b"pas disponible dans votre pays",
    b"pas disponible dans votre r", b"no disponible en su pa", b"non disponibile nel tuo paese",
    b"niet beschikbaar in jouw land", b"niet beschikbaar in uw land",
)
_REGISTRATION: tuple[str, ...] = (
    "register to continue reading", "register to read", "register for free to", "create a free account",
    "create your free account", "sign in to continue reading", "log in to continue reading",
    "login to continue reading", "sign up for free to", "kostenlos registrieren", "jetzt registrieren",
    "anmelden und weiterlesen",
    "inscrivez-vous gratuitement", "créez un compte gratuit", "regístrese para", "regístrate para", "registrati per",
    "registreer gratis", "maak een gratis account",
)


def bot_sign(html: bytes) -> str | None:
    """By what a page is a bot wall; the caller knows that there is little else on it."""
    if len(html) > MAX_BYTES:
        return None
    page = html.lower()
    for name, needles in _BOT:
        if all(needle in page for needle in needles):
            return f"{name}: {needles[0].decode()}"
    return None


def geo_sign(html: bytes) -> str | None:
    """By what a page is a wall by country; the same holds."""
    if len(html) > MAX_BYTES:
        return None
    page = html.lower()
    return next((needle.decode("utf-8", "replace") for needle in _GEO if needle in page), None)


def registration_words(text: str) -> str | None:
    """The words by which what stands before an article asks for an account rather than for money."""
    shown = " ".join(text.lower().split())
    return next((phrase for phrase in _REGISTRATION if phrase in shown), None)
