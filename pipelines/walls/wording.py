"""Whether a text is a question for consent, told by its own words.

Owns the phrases that a site says when it asks, in fourteen languages: of itself ("we and our 842 partners") and of its
reader ("you may withdraw"). News about consent reports them of others, so that no text asks in which no site speaks of
itself. Must not know the markup around it.
"""

from __future__ import annotations

import re

_MAX_CHARS = 5000           # a longer text is no wall, whatever is in it
_MIN_SHARE = 0.55           # of the text, in lines that ask
_MIN_STATED_SHARE = 0.85    # the same, where markup states an article
_MIN_PHRASES = 3

_OF_ITSELF = (
    r"we (?:and our|value your|use cookies|care about your|need your consent|process (?:your )?(?:personal )?data)",
    r"our (?:\d[\d,.]* )?(?:advertising |trusted |third.party )?partners\b", r"this (?:web)?site uses cookies\b",
    r"wir (?:und unsere|verwenden|nutzen|verarbeiten|benötigen|setzen|respektieren)\b",
    r"unsere[nr]? (?:bis zu )?\d* ?(?:werbe)?partner",
    r"nous (?:et nos|utilisons|avons besoin)\b", r"nos (?:\d+ )?partenaires\b",
    r"nosotros y nuestros\b", r"nuestros (?:\d+ )?socios\b", r"(?:utilizamos|usamos) cookies\b",
    r"noi e i nostri\b", r"nostri (?:\d+ )?partner\b", r"utilizziamo (?:i )?cookie\b",
    r"wij en onze\b", r"onze (?:\d+ )?partners\b", r"wij gebruiken cookies\b",
    r"vi (?:och våra|använder (?:kakor|cookies)|värnar)\b", r"våra (?:\d+ )?partner",
    r"vi (?:og (?:vores|våre)|(?:bruger|bruker|anvender) (?:cookies|informasjonskapsler)|værner|verner)\b",
    r"(?:vores|våre) (?:\d+ )?partner",
    r"my i nasi\b", r"nas(?:i|zych|zymi) (?:\d+ )?(?:zaufan\w+ )?partner", r"szanujemy (?:twoją|państwa)\b",
    r"(?:używamy|korzystamy z) (?:plików )?cookie",
    r"me ja (?:\d+ )?kumppanimme\b", r"kumppanimme\b", r"käytämme evästeitä\b",
    r"my a naši\b", r"naš(?:i|ich|imi) (?:\d+ )?partne", r"používáme (?:soubory )?cookie",
    r"nós e (?:os )?nossos\b", r"nossos (?:\d+ )?parceiros\b",
)
_OF_ITS_READER = (
    r"with your (?:permission|consent)\b", r"you (?:may|can) (?:click|accept|withdraw|change|manage|object|refuse)\b",
    r"you (?:may|can) consent\b", r"your (?:choices|preferences|privacy|consent)\b", r"accept (?:all|cookies|and)\b",
    r"store and/or access information\b", r"personali[sz]ed (?:ads|advertising|content)\b",
    r"cookie (?:settings|policy|wall)\b", r"before you continue\b",
    r"\b\d{2,4} (?:\w+ )?(?:partner|partenaires|socios|parceiros|kumppani)",
    r"(?:ihre|deine)[rn]? (?:einwilligung|zustimmung|privatsphäre|entscheidung)\b",
    r"mit werbung (?:und|lesen|weiter)", r"alle[sn]? akzeptieren\b", r"tracking (?:zulassen|akzeptieren)",
    r"bevor (?:sie|du) (?:fortf|weiter)",
    r"votre consentement\b", r"vos (?:choix|données)\b", r"tout accepter\b",
    r"su consentimiento\b", r"aceptar todo\b", r"il tuo consenso\b", r"accetta tutt",
    r"(?:jouw|uw) toestemming\b", r"alles accepteren\b",
    r"ditt? samty[ck]ke\b", r"din(?:a|e) val\w*\b", r"(?:din integritet|dit privatliv|personvern\w*)\b",
    r"(?:godkänn|acceptera|accepter|tillad|godta|aksepter) all[ae]\b", r"(?:godkänner|accepterer|godtar) du\b",
    r"wyrażasz zgodę\b", r"tw(?:oją|ojej|oja) (?:zgod|prywatno)", r"(?:za)?akceptuj\w* wszystk",
    r"suostumuks", r"hyväksy (?:kaikki|evästeet)\b", r"yksityisyy(?:tesi|ttäsi)\b", r"valinto(?:jasi|jesi|ihisi)\b",
    r"(?:váš souhlas|vašeho souhlasu|vaším souhlasem|svůj souhlas)\b", r"vaše(?:ho|m)? soukromí\b",
    r"přijmout (?:vše|a )", r"seu consentimento\b", r"aceitar (?:tudo|todos)\b", r"suas (?:escolhas|preferências)\b",
)
_SPEAKS = re.compile(rf"\b(?:{'|'.join(_OF_ITSELF)})", re.IGNORECASE)
_ASKS = re.compile(rf"\b(?:{'|'.join((*_OF_ITSELF, *_OF_ITS_READER))})", re.IGNORECASE)
_QUOTED = re.compile(r"[“„«”‟][^“”„«»\n]{30,600}[”“»]")
"""What news report: a wall speaks for itself."""

_STEMS = (
    "cookie", "consent", "partner", "privacy", "einwillig", "datenschutz", "zustimm", "tracking", "drittanbieter",
    "partenaire", "socios", "toestemming", "personali", "samtyck", "samtykk", "kakor", "informasjonskaps", "integritet",
    "privatliv", "personvern", "zgod", "prywatno", "eväste", "suostumu", "kumppan", "yksityisyy", "souhlas", "soukrom",
    "partneř", "parceiros", "privacidade",
)
_MIN_STEMS = 2              # of those, before the phrases are looked for, which takes a hundred times as long


def consent_wording(text: str, *, states_article: bool = False) -> str | None:
    """The first words by which a text as a whole asks for consent; None for a text that does not. Of a page that states
    an article more is asked: its site speaks of itself twice, and of little else."""
    if not text or len(text) > _MAX_CHARS:
        return None
    text = _QUOTED.sub("", text)
    lowered = text.lower()
    if sum(stem in lowered for stem in _STEMS) < _MIN_STEMS:
        return None
    if len(_distinct(_SPEAKS, text)) < (2 if states_article else 1):
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    asking = [line for line in lines if _ASKS.search(line)]
    share = _MIN_STATED_SHARE if states_article else _MIN_SHARE
    phrases = _distinct(_ASKS, text)
    if len(phrases) < _MIN_PHRASES or sum(map(len, asking)) < share * sum(map(len, lines)):
        return None
    return "; ".join(phrases[:_MIN_PHRASES])


def _distinct(pattern: re.Pattern[str], text: str) -> list[str]:
    return list(dict.fromkeys(match[0].lower() for match in pattern.finditer(text)))
