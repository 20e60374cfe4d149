"""Whether a text is a question for consent, told by its own words.

Owns the phrases that a site says in the first person when it asks; news about consent reports them of others. Must not
know the markup around it.
"""

from __future__ import annotations

import re

_MAX_CHARS = 5000           # a longer text is no wall, whatever is in it
_MIN_SHARE = 0.55           # of the text, in lines that ask
_MIN_PHRASES = 3

_ASKS = re.compile(r"\b(?:" + "|".join((
    r"we (?:and our|value your|use cookies|care about your|need your consent|process (?:your )?(?:personal )?data)",
    r"our (?:\d[\d,.]* )?(?:advertising |trusted |third.party )?partners\b", r"with your (?:permission|consent)\b",
    r"you (?:may|can) (?:click|accept|withdraw|change|manage|object|consent|refuse)\b",
    r"your (?:choices|preferences|privacy|consent)\b", r"accept (?:all|cookies|and)\b",
    r"store and/or access information\b", r"personali[sz]ed (?:ads|advertising|content)\b",
    r"legitimate interests?\b", r"cookie (?:settings|policy|wall)\b", r"this (?:web)?site uses cookies\b",
    r"before you continue\b", r"cookies\b",
    r"wir (?:und unsere|verwenden|nutzen|verarbeiten|benötigen|setzen)\b",
    r"unsere[nr]? (?:bis zu )?\d* ?(?:werbe)?partner",
    r"(?:ihre|deine)[rn]? (?:einwilligung|zustimmung|privatsphäre)\b",
    r"mit werbung (?:und|lesen|weiter)", r"pur.abo\b", r"alle[sn]? akzeptieren\b",
    r"nous (?:et nos|utilisons|avons besoin)\b", r"nos (?:\d+ )?partenaires\b", r"votre consentement\b",
    r"vos (?:choix|données)\b", r"tout accepter\b",
    r"nosotros y nuestros\b", r"nuestros (?:\d+ )?socios\b", r"su consentimiento\b", r"aceptar todo\b",
    r"noi e i nostri\b", r"nostri (?:\d+ )?partner\b", r"il tuo consenso\b", r"accetta tutt",
    r"wij en onze\b", r"onze (?:\d+ )?partners\b", r"(?:jouw|uw) toestemming\b", r"alles accepteren\b",
)) + ")", re.IGNORECASE)
_STEMS = ("cookie", "consent", "partner", "privacy", "einwillig", "datenschutz", "zustimm", "partenaire", "socios",
          "toestemming", "personali")
_MIN_STEMS = 2              # of those, before the phrases are looked for, which takes a hundred times as long


def consent_wording(text: str) -> str | None:
    """The first words by which a text as a whole asks for consent; None for a text that does not."""
    if not text or len(text) > _MAX_CHARS:
        return None
    lowered = text.lower()
    if sum(stem in lowered for stem in _STEMS) < _MIN_STEMS:
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    asking = [line for line in lines if _ASKS.search(line)]
    phrases = list(dict.fromkeys(match[0].lower() for match in _ASKS.finditer(text)))
    if len(phrases) < _MIN_PHRASES or sum(map(len, asking)) < _MIN_SHARE * sum(map(len, lines)):
        return None
    return "; ".join(phrases[:_MIN_PHRASES])
