"""What a page is: an article, a listing of others, or something else.

Owns the thresholds. Must not know how the text was found.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from lxml.etree import XPath

ARTICLE, LISTING, OTHER = "article", "listing", "other"

_MIN_PROSE = 240            # two sentences of a contact page are less, the shortest news items more
_MIN_STATED_PROSE = 180     # where markup says that the page is an article
_MIN_LISTED_SHARE = 0.5
_MIN_LINKED_HEADINGS = 5
_MIN_HEADLINE = 25          # longer than what menus say
_MIN_HEADLINES = 4
_MAX_CARD_CHARS = 1000
_MIN_LINE = 30
_ITEM = "- "                # how trafilatura begins the line of a list's item
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CONSENT: Any = XPath("//*[re:test(concat(@id, ' ', @class), 'cookie|consent|gdpr', 'i')]"
                 "[not(self::html or self::body or descendant::article or ancestor::article)]",
                 namespaces={"re": "http://exslt.org/regular-expressions"})
_SENTENCE_END = re.compile(r"[.!?…:;؟۔।۔](?:[\"'”“»«’)\]]*)(?:\s|$)|[。！？」]")


def judge_kind(text: str, tree: Any, url: str, *, states_article: bool) -> str:
    """`text` is what extraction found in `tree`, `states_article` whether markup declares an article.

    A page that lists others is told by its text: mostly links, or teasers under linked headings. A page that
    declares itself an article is believed, unless it is the home page.
    """
    trusted = states_article and urlsplit(url).path not in ("", "/")
    if not trusted and _is_listing(text, tree):
        return LISTING
    consent = _consent_text(tree)
    own = "\n".join(line for line in text.splitlines() if _squeezed(line) not in consent)
    enough = prose_chars(own) >= (_MIN_STATED_PROSE if states_article else _MIN_PROSE)
    return ARTICLE if enough else OTHER


def _consent_text(tree: Any) -> str:
    """What consent tools say: on a page with little else, extraction takes it for the text."""
    return "\n".join(_squeezed(box.text_content()) for box in _CONSENT(tree))


def prose_chars(text: str) -> int:
    """Characters in lines that read like sentences rather than like menus; an ideograph counts as two."""
    return sum(size for line in text.splitlines()
               if (size := _size(line)) >= _MIN_LINE and _SENTENCE_END.search(line))


def _size(line: str) -> int:
    return len(line) + len(_IDEOGRAPH.findall(line))


def _is_listing(text: str, tree: Any) -> bool:
    links = [squeezed for link in tree.iter("a") if (squeezed := _squeezed(link.text_content()))]
    if sum(_size(link) >= _MIN_HEADLINE for link in links) < _MIN_HEADLINES:
        return False
    lines = [squeezed for line in text.splitlines() if (squeezed := _squeezed(line.removeprefix(_ITEM)))]
    total = sum(map(len, lines))
    if total == 0:
        return _mostly_links(links, tree)
    return max(_listed_lines(lines, [*links, *_cards(tree)]), _linked_parts(lines, links)) >= _MIN_LISTED_SHARE * total


def _listed_lines(lines: list[str], teasers: list[str]) -> int:
    """Characters in lines that stand in a teaser."""
    listed = "\n".join(teasers)
    return sum(len(line) for line in lines if line in listed)


def _linked_parts(lines: list[str], links: list[str]) -> int:
    """Characters that are the text of a link, where extraction ran several into one line."""
    text = "\n".join(lines)
    return sum(len(link) for link in set(links) if len(link) >= _MIN_LINE and link in text)


def _mostly_links(links: list[str], tree: Any) -> bool:
    return sum(map(len, links)) >= _MIN_LISTED_SHARE * len(_squeezed(tree.text_content()))


def _cards(tree: Any) -> list[str]:
    """Texts of teasers: around each linked heading the widest element that holds no other. Paragraphs between
    the linked headings of one long text lie outside of any."""
    headings = [heading for heading in tree.iter("h2", "h3", "h4") if _is_linked(heading)]
    if len(headings) < _MIN_LINKED_HEADINGS:
        return []
    held = Counter(box for heading in headings for box in heading.iterancestors())
    return [card for heading in headings if len(card := _widest_card(heading, held)) <= _MAX_CARD_CHARS]


def _is_linked(heading: Any) -> bool:
    return heading.find(".//a") is not None or next(heading.iterancestors("a"), None) is not None


def _widest_card(heading: Any, held: Counter[Any]) -> str:
    card = heading
    for box in heading.iterancestors():
        if held[box] > 1:
            break
        card = box
    return _squeezed(card.text_content())


def _squeezed(text: str) -> str:
    return " ".join(text.split())
