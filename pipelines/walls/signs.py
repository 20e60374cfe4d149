"""What the pages of bot walls and of walls by country hold, whatever site they stand before.

Owns the strings. Each sign is all of its strings together: pages of protected sites hold the sensors of the same
products, so that a product's name alone says nothing. Must not know status or headers.
"""

from __future__ import annotations

import re

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

_SUBJECTS = (
    "content|page|(?:web)?site|video|article|programme?|stream|service|clip|product|inhalt|seite|video|beitrag|angebot|"
    "contenu|vid\xc3\xa9o|contenido|contenuto|inhoud|sorry|unfortunately|leider|d\xc3\xa9sol\xc3\xa9|lo sentimos|"
    "spiacenti|helaas").encode("latin-1")
_GEO = re.compile(
    rb"(?:>[^<>.a-z]{0,20}|\b(?:" + _SUBJECTS + rb")\b[^<>.]{0,60}?)"
    rb"(?P<said>(?:not |un)available in (?:your (?:country|region|location)|most european countries)|"
    rb"in (?:ihrem|deinem) land (?:leider )?nicht verf\xc3\xbcgbar|pas disponible dans votre (?:pays|r\xc3\xa9gion)|"
    rb"no (?:est\xc3\xa1 )?disponible en su pa\xc3\xads|non (?:\xc3\xa8 )?disponibile nel tuo paese|"
    rb"niet beschikbaar in (?:jouw|uw) land)"
    rb"|(?P<by_law>>\s*(?:error )?(?:451\W{0,3})?unavailable (?:due to|for) legal reasons|"
    rb"from a country belonging to the european economic area)")
"""Said by the page of itself: of what it would show, or as a line of its own. News says it of a series or of a law."""

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
    found = _GEO.search(html.lower())
    return (found["said"] or found["by_law"]).decode("utf-8", "replace").strip("> \t\r\n") if found else None


def registration_words(text: str) -> str | None:
    """The words by which what stands before an article asks for an account rather than for money."""
    shown = " ".join(text.lower().split())
    return next((phrase for phrase in _REGISTRATION if phrase in shown), None)
