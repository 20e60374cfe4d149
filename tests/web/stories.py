"""Articles with headlines and prose, in nine languages. No test itself.

Owns the words. Must not know markup or addresses. The same arguments give the same articles.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from random import Random
from typing import TYPE_CHECKING

from tests.newspages import prose
from tests.web.vocabulary import VOCABULARIES

if TYPE_CHECKING:
    from datetime import datetime

HOURS_APART = 7
_SENTENCES, _PARAGRAPHS = 4, 5
_FOLDED = str.maketrans({"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "œ": "oe"})


@dataclass(frozen=True, slots=True)
class Article:
    """`number` 0 is the newest."""

    number: int
    title: str
    section: str
    author: str
    published: datetime
    paragraphs: tuple[str, ...]
    language: str

    @property
    def slug(self) -> str:
        return slug_of(self.title)


def write(host: str, language: str, count: int, now: datetime) -> tuple[Article, ...]:
    """`count` articles that have nothing in common, the newest first."""
    words, chance = VOCABULARIES[language], Random(f"web-{host}")
    titles = list(product(words.subjects, words.verbs, words.objects))
    chosen = chance.sample(titles, count) if count <= len(titles) else titles
    return tuple(
        Article(number, words.joint.join(parts), words.sections[number % len(words.sections)],
                words.authors[number % len(words.authors)], now - timedelta(hours=2 + HOURS_APART * number),
                tuple(paragraphs(f"{host}-{number}", language)), language)
        for number, parts in enumerate(chosen))


def paragraphs(seed: str, language: str) -> list[str]:
    if language.startswith("en"):
        return prose(seed, _PARAGRAPHS)
    chance = Random(f"web-{seed}")
    return [VOCABULARIES[language].space.join(_sentence(chance, language) for _ in range(_SENTENCES))
            for _ in range(_PARAGRAPHS)]


def _sentence(chance: Random, language: str) -> str:
    words = VOCABULARIES[language]
    parts = [chance.choice(choices) for choices in words.clauses]
    said = words.sentence.format(*parts, number=chance.randrange(12, 9800), other=chance.randrange(3, 90))
    return said[0].upper() + said[1:]


def slug_of(title: str) -> str:
    """As content systems make them: letters without marks; other scripts stay what they are."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_FOLDED))
    letters = "".join(each for each in plain if not ("\u0300" <= each <= "\u036f"))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", letters)).strip("-")
