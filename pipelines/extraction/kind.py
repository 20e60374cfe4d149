"""What a page is: an article, a listing of others, a wall in front of one, or something else.

Owns the thresholds. Must not know how the text was found.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pipelines.records import Quality

ARTICLE, LISTING, WALL, OTHER = "article", "listing", "wall", "other"

WALL_LIKELIHOOD = 0.4
_MIN_PROSE = 240            # two sentences of a contact page are less, the shortest news items more
_MIN_STATED_PROSE = 180     # where markup says that the page is an article
_MIN_SENTENCE = 60          # of a page's own, beside a banner that asks for consent
_MIN_LISTED_SHARE = 0.5
_MIN_LINKED_HEADINGS = 4
_MIN_HEADLINE = 25          # longer than what menus say
_MIN_HEADLINES = 4
_MAX_CARD_CHARS = 1000
_MAX_SUMMARY_CHARS = 400
_MIN_LINE = 30
_LISTING_TYPES = frozenset({"collectionpage", "searchresultspage", "profilepage"})
_HEADINGS = frozenset({"h2", "h3", "h4"})
_ITEM = "- "                # how trafilatura begins the line of a list's item
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE_END = re.compile(r"[.!?…:;؟۔।۔](?:[\"'”“»«’)\]]*)(?:\s|$)|[。！？」]")


@dataclass(frozen=True, slots=True)
class Teasers:
    """What of a page leads elsewhere: the texts of its links, and of the cards around its linked headings. `is_mostly`
    says whether the links are most of what the page shows."""

    links: tuple[str, ...]
    cards: tuple[str, ...]
    is_mostly: bool

    @classmethod
    def of(cls, tree: Any) -> Teasers:
        """Those of a tree from which nothing was removed yet."""
        links = tuple(squeezed for link in tree.iter("a") if (squeezed := _squeezed(link.text_content())))
        shown = len(_squeezed(tree.text_content()))
        return cls(links, tuple(_cards(tree)), sum(map(len, links)) >= _MIN_LISTED_SHARE * shown)


def is_trusted(url: str, *, states_article: bool) -> bool:
    """Whether a page that declares itself an article is believed to list no others: not if it is the home page."""
    return states_article and urlsplit(url).path not in ("", "/")


def judge_kind(
    text: str, teasers: Teasers | None, quality: Quality, *, states_article: bool, other_type: str | None = None,
) -> str:
    """`text` is what extraction found, `states_article` whether markup declares an article, `other_type` what it
    declares instead; `teasers` are None for a page that is trusted to be one.

    A page that lists others is told by its text: mostly links, or teasers under linked headings. One without a text
    that asks for consent or money is a wall; a short text with a banner beside it is none.
    """
    if other_type in _LISTING_TYPES or (teasers is not None and _is_listing(text, teasers)):
        return LISTING
    if other_type is not None:
        return OTHER
    prose = prose_chars(text)
    if prose >= (_MIN_STATED_PROSE if states_article else _MIN_PROSE):
        return ARTICLE
    asks_consent = quality.consent_likelihood >= WALL_LIKELIHOOD and prose < _MIN_SENTENCE
    return WALL if asks_consent or quality.paywall_likelihood >= WALL_LIKELIHOOD else OTHER


def prose_chars(text: str) -> int:
    """Characters in lines that read like sentences rather than like menus; an ideograph counts as two."""
    return sum(size for line in text.splitlines()
               if (size := _size(line)) >= _MIN_LINE and _SENTENCE_END.search(line))


def _size(line: str) -> int:
    return len(line) + len(_IDEOGRAPH.findall(line))


def _is_listing(text: str, teasers: Teasers) -> bool:
    if sum(_size(link) >= _MIN_HEADLINE for link in teasers.links) < _MIN_HEADLINES:
        return False
    lines = [squeezed for line in text.splitlines() if (squeezed := _squeezed(line.removeprefix(_ITEM)))]
    total = sum(map(len, lines))
    if total == 0:
        return teasers.is_mostly
    listed = _listed_lines(lines, [*teasers.links, *teasers.cards])
    return max(listed, _linked_parts(lines, teasers.links)) >= _MIN_LISTED_SHARE * total


def _listed_lines(lines: list[str], teasers: list[str]) -> int:
    """Characters in lines that stand in a teaser."""
    listed = "\n".join(teasers)
    return sum(len(line) for line in lines if line in listed)


def _linked_parts(lines: list[str], links: tuple[str, ...]) -> int:
    """Characters that are the text of a link, where extraction ran several into one line."""
    text = "\n".join(lines)
    return sum(len(link) for link in set(links) if len(link) >= _MIN_LINE and link in text)


def _cards(tree: Any) -> list[str]:
    """Texts of teasers: around each linked heading the widest element that holds no other, or the headline with the
    one paragraph between it and the next. Of the linked headings of one long text there is neither."""
    headings = [heading for heading in tree.iter("h2", "h3", "h4") if _is_linked(heading)]
    if len(headings) < _MIN_LINKED_HEADINGS:
        return []
    held = Counter(box for heading in headings for box in heading.iterancestors())
    cards = [_widest_card(heading, held) for heading in headings]
    return [_squeezed(card.text_content()) + _summary(card, held) for card in cards if _is_card(card)]


def _is_card(card: Any) -> bool:
    return len(_squeezed(card.text_content())) <= _MAX_CARD_CHARS


def _summary(card: Any, held: Counter[Any]) -> str:
    """The paragraph behind a headline that has no box of its own; none where there are more, or where <article> says
    that the headings are those of one text."""
    is_bare = card.tag in _HEADINGS and _size(_squeezed(card.text_content())) >= _MIN_HEADLINE
    if not is_bare or any(held[box] > 1 for box in card.iterancestors("article")):
        return ""
    first = card.getnext()
    second = first.getnext() if first is not None else None
    if first is None or first.tag != "p" or (second is not None and second.tag not in _HEADINGS):
        return ""
    summary = _squeezed(first.text_content())
    return f" {summary}" if len(summary) <= _MAX_SUMMARY_CHARS else ""


def _is_linked(heading: Any) -> bool:
    return heading.find(".//a") is not None or next(heading.iterancestors("a"), None) is not None


def _widest_card(heading: Any, held: Counter[Any]) -> Any:
    card = heading
    for box in heading.iterancestors():
        if held[box] > 1:
            break
        card = box
    return card


def _squeezed(text: str) -> str:
    return " ".join(text.split())
