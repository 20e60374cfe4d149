"""Which blocks of a page are not its article's, before the article is looked for: why each of them goes.

Owns the order of the reasons and what protects a block. Must not know how a model is learned.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.boilerplate.blocks import ancestors, drop_empty, letters, path_key, text_key
from pipelines.boilerplate.knowledge import name_of_marks, name_of_text, wordings
from pipelines.boilerplate.observe import is_label, opening_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.boilerplate.blocks import Block
    from pipelines.boilerplate.model import SiteModel

REPEATED = "site: repeated"
OPENING = "site: opening of a line"
FURNITURE = "site: label"
ANOTHER = "another article"
OF_THE_SITE = frozenset({REPEATED, OPENING, FURNITURE})
_POST_NUMBER = re.compile(r"post-\d+")
_MIN_CONFIRMING_LETTERS = 12
_MIN_LEFT_LETTERS = 100     # less prose than that is no article: then the rules took the page's own
_MIN_PAGE_LETTERS = 200
_MIN_OWN_LETTERS = 200
_MAX_WORDING_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Text that is the article's own by its publisher's word, and never removed if it has twelve letters: `letters` of
    JSON-LD's articleBody, `keys` of the paragraphs of the feed's full content (`pipelines.boilerplate.blocks`).
    """

    letters: str = ""
    keys: frozenset[int] = frozenset()

    def has(self, block: Block) -> bool:
        return len(block.letters) >= _MIN_CONFIRMING_LETTERS and (
            block.letters in self.letters or (bool(self.keys) and text_key(block.letters) in self.keys))


def remove(
    tree: Any, blocks: Sequence[Block], title: str | None, model: SiteModel, confirmed: Confirmed,
) -> tuple[list[tuple[Block, str]], tuple[str, ...]]:
    """Take out of the tree what is not the article's; returns the blocks with the reason of each, and warnings."""
    reasons: dict[Block, str] = {}
    warnings: list[str] = []
    for proposed, warning in (
        (_of_the_site(blocks, model), "site model: would leave nothing of the page, not applied"),
        (_known(blocks), "known boilerplate: would leave nothing of the page, not applied"),
    ):
        new = {block: reason for block, reason in proposed.items() if block not in reasons and not confirmed.has(block)}
        if _is_too_much(blocks, reasons, new):
            warnings.append(warning)
        else:
            reasons.update(new)
    reasons.update((block, reason) for block, reason in _of_other_articles(tree, blocks, title).items()
                   if block not in reasons and not confirmed.has(block))
    for block in reasons:
        block.remove()
    if reasons:
        drop_empty(tree)
    return list(reasons.items()), tuple(warnings)


def _is_too_much(blocks: Sequence[Block], gone: dict[Block, str], proposed: dict[Block, str]) -> bool:
    """Whether hardly any prose would be left of a page that has it."""
    prose = [block for block in blocks if block not in gone and block.is_prose]
    before = sum(len(block.letters) for block in prose)
    after = before - sum(len(block.letters) for block in prose if block in proposed)
    if before < _MIN_PAGE_LETTERS:
        return False
    return after < _MIN_LEFT_LETTERS


def _of_the_site(blocks: Sequence[Block], model: SiteModel) -> dict[Block, str]:
    if not (model.blocks or model.openings or model.furniture):
        return {}
    at_path = Counter(block.path for block in blocks)
    return {block: reason for block in blocks if (reason := _reason(block, model, at_path[block.path] == 1))}


def _reason(block: Block, model: SiteModel, is_alone: bool) -> str | None:
    if block.key in model.blocks:
        return REPEATED
    if is_alone and model.furniture and path_key(block.path) in model.furniture and is_label(block):
        return FURNITURE
    if is_alone and model.openings and opening_key(block) in model.openings:
        return OPENING
    return None


def _known(blocks: Sequence[Block]) -> dict[Block, str]:
    by_text = {block: name for block in blocks if (name := name_of_text(block))}
    by_mark = {block: name for block in blocks if block not in by_text and (name := name_of_marks(block.marks))}
    prose: Counter[str] = Counter()
    for block in blocks:
        if block.is_prose and block not in by_text:
            prose[by_mark.get(block, "")] += len(block.letters)
    too_wide = {name for name in wordings() if prose[name] > _MAX_WORDING_SHARE * prose.total()}
    names = {**{block: name for block, name in by_mark.items() if name not in too_wide}, **by_text}
    return {block: f"known: {name}" for block, name in names.items()}


def _of_other_articles(tree: Any, blocks: Sequence[Block], title: str | None) -> dict[Block, str]:
    """An <article> stands for itself (HTML Standard, section 4.3.2): one that is not around the page's headline is
    another one, a teaser or a comment. Unless it says so by another number (WordPress's `post_class`), it may hold the
    text of the headline: it must have less of it than the one around the headline."""
    own = _own_article(blocks, letters(title or ""))
    if own is None:
        return {}
    around = {own, *ancestors(own)}
    others = {article for article in tree.iter("article") if article not in around and own not in ancestors(article)}
    if not others:
        return {}
    certain = {article for article in others if _number(own) and _number(article) not in (None, _number(own))}
    inside = [block for block in blocks if own in ancestors(block.box)]
    said = sum(len(block.letters) for block in inside if block.link_share < 0.5)
    if said < _MIN_OWN_LETTERS:
        return {}
    held = [block for block in blocks if not others.isdisjoint(ancestors(block.box))]
    if sum(len(block.letters) for block in held if block.is_prose) <= said:
        return dict.fromkeys(held, ANOTHER)
    return {block: ANOTHER for block in held if not certain.isdisjoint(ancestors(block.box))}


def _number(article: Any) -> str | None:
    """The number that WordPress gives a post, in a class or as the id."""
    named = f"{article.get('class') or ''} {article.get('id') or ''}".split()
    return next((name for name in named if _POST_NUMBER.fullmatch(name)), None)


def _own_article(blocks: Sequence[Block], title: str) -> Any:
    headings = [block for block in blocks if block.tag == "h1"]
    named = [block for block in headings if title and (block.letters in title or title in block.letters)]
    heading = next(iter([*named, *headings]), None)
    return next((box for box in ancestors(heading.box) if box.tag == "article"), None) if heading else None
