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
)
"""Needles in lower case. Sources: the vendors' own documentation of their challenge pages, and what those pages are."""

_BOT_SAYS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("Google", (b"our systems have detected unusual traffic from your computer network",)),
    ("a captcha", (b"verify you are human", b"captcha")),
    ("a captcha", (b"verify that you are not a robot", b"captcha")),
    ("a captcha", (b"to continue, please click the box below to let us know you're not a robot",)),
)
"""The same in plain words, which news of such walls quote, and forms for comments hold."""

_SUBJECTS = (
    "content|page|(?:web)?site|video|article|programme?|stream|service|clip|product|inhalt|seite|video|beitrag|angebot|"
    "contenu|vidéo|contenido|contenuto|inhoud|conteúdo|treść|materiał|innehåll|innehållet|indhold|indholdet|innhold|"
    "innholdet|obsah|sisältö|video|sorry|unfortunately|leider|désolé|lo sentimos|spiacenti|helaas|infelizmente|"
    "niestety|tyvärr|desværre|dessverre|bohužel|valitettavasti")
_GEO_SAYS = (
    "(?:not |un)available in (?:your (?:country|region|location)|most european countries)|"
    "in (?:ihrem|deinem) land (?:leider )?nicht verfügbar|pas disponible dans votre (?:pays|région)|"
    "no (?:está )?disponible en (?:su|tu) país|non (?:è )?disponibile nel (?:tuo|suo) paese|"
    "niet beschikbaar in (?:jouw|uw) land|não está disponível (?:no seu país|na sua região)|"
    "niedostępn[aey] w (?:twoim|państwa) kraju|nie jest dostępn[aey] w (?:twoim|państwa) kraju|"
    "(?:inte|ikke) tillgängligt? i ditt land|ikke tilgængelig(?:t)? i dit land|ikke tilgjengelig i ditt land|"
    "není ve vaší zemi (?:k dispozici|dostupn(?:ý|á|é))|ei ole saatavilla maassasi")
_BY_LAW = "unavailable (?:due to|for) legal reasons"
_EEA = "from a country belonging to the european economic area"
_GEO = re.compile((
    f"(?:>[^<>.a-z]{{0,20}}|\\b(?:{_SUBJECTS})(?![a-z])[^<>.]{{0,60}}?)(?P<said>{_GEO_SAYS})"
    f"|(?P<by_law>>\\s*(?:error )?(?:451\\W{{0,3}})?{_BY_LAW}|{_EEA})").encode())
"""Said by the page of itself: of what it would show, or as a line of its own. News says it of a series or of a law."""

_WORDS = re.compile("|".join((*(re.escape(said[0].decode()) for _, said in _BOT_SAYS), _GEO_SAYS, _BY_LAW, _EEA)))
_SENTENCE_END = re.compile(r"(?<=[.!?…])[”\"»“]?\s+|\n")
_FIRST_WORDS = 80           # characters before a wall has come to the point
_MIN_SENTENCE = 30
_MIN_NEWS = 240             # characters: two sentences

_REGISTRATION: tuple[str, ...] = (
    "register to continue reading", "register to read", "register for free to", "create a free account",
    "create your free account", "sign in to continue reading", "log in to continue reading",
    "login to continue reading", "sign up for free to", "kostenlos registrieren", "jetzt registrieren",
    "anmelden und weiterlesen",
    "inscrivez-vous gratuitement", "créez un compte gratuit", "regístrese para", "regístrate para", "registrati per",
    "registreer gratis", "maak een gratis account",
)


def bot_sign(html: bytes, *, by_words: bool = True) -> str | None:
    """By what a page is a bot wall, also `by_words` alone; the caller knows that there is little else on it."""
    if len(html) > MAX_BYTES:
        return None
    page = html.lower()
    for name, needles in (*_BOT, *_BOT_SAYS) if by_words else _BOT:
        if all(needle in page for needle in needles):
            return f"{name}: {needles[0].decode()}"
    return None


def geo_sign(html: bytes) -> str | None:
    """By what a page is a wall by country; the same holds."""
    if len(html) > MAX_BYTES:
        return None
    found = _GEO.search(html.lower())
    return (found["said"] or found["by_law"]).decode("utf-8", "replace").strip("> \t\r\n") if found else None


def says_more(text: str) -> bool:
    """Whether a text is more than what a wall says: with the words of one late in it, among sentences that would do
    for a piece of news by themselves."""
    lowered = text.lower()
    words = _WORDS.search(lowered)
    if words and words.start() < _FIRST_WORDS:
        return False
    others = (each for each in _SENTENCE_END.split(lowered) if len(each) >= _MIN_SENTENCE and not _WORDS.search(each))
    return sum(map(len, others)) >= _MIN_NEWS


def registration_words(text: str) -> str | None:
    """The words by which what stands before an article asks for an account rather than for money."""
    shown = " ".join(text.lower().split())
    return next((phrase for phrase in _REGISTRATION if phrase in shown), None)
