"""One page's bytes to one article: the order of the steps.

Owns what `pipelines.extraction` gives of a single page, pure functions, and what else is read of it on the way. Must
not know where the page came from beyond its address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.boilerplate.blocks import blocks_of, drop_empty, letters
from pipelines.boilerplate.observe import observe
from pipelines.boilerplate.walls import Walls
from pipelines.extraction.body import strip_code
from pipelines.extraction.choosing import Chosen, choose_text
from pipelines.extraction.kind import WALL, Teasers, is_trusted, judge_kind
from pipelines.extraction.metadata import read_metadata, titles_of
from pipelines.extraction.metatags import MetaTags, inline_licences
from pipelines.extraction.page import parse_page
from pipelines.extraction.pagetext import PageText
from pipelines.extraction.quality import measure
from pipelines.extraction.removal import OF_THE_SITE, Confirmed, remove
from pipelines.extraction.wall import Shown, wall_before, wall_in_place
from pipelines.records import Article, Boilerplate, Removed
from pipelines.rights.licences import RSL_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.boilerplate.blocks import Block
    from pipelines.boilerplate.learner import Observation
    from pipelines.boilerplate.model import SiteModel
    from pipelines.extraction.hints import Hints
    from pipelines.extraction.metadata import Metadata
    from pipelines.extraction.page import Page

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff"
_IDEOGRAPH = re.compile(rf"[{_IDEOGRAPHS}]")
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W{_IDEOGRAPHS}]+(?:['’-][^\W{_IDEOGRAPHS}]+)*")
_SPACED_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_MAX_REMOVED = 40
_MAX_REMOVED_CHARS = 300
_MIN_REMOVED_LETTERS = 12   # shorter ones are buttons and figures


def extract_and_observe(
    html: bytes, url: str, model: SiteModel, hints: Hints, *, observes: bool,
) -> tuple[Article, Observation | None]:
    """As in `pipelines.extraction`."""
    page = OpenedPage(html, hints.content_type)
    observed = page.observed() if observes else None
    article, body = page.article(url, model, hints)
    if observed is not None and article.kind == "article":
        observed = observed.with_body(body)
    return article, observed


def observe_page(html: bytes, content_type: str | None) -> Observation:
    """As in `pipelines.extraction`."""
    return OpenedPage(html, content_type).observed()


class OpenedPage:
    """A page that was parsed and taken apart into blocks: to be observed first, and then used up for its article."""

    def __init__(self, html: bytes, content_type: str | None) -> None:
        self._html, self._content_type = html, content_type
        self._page = parse_page(html, content_type)
        inline = inline_licences(self._page.tree) if RSL_TYPE.encode() in html else []
        strip_code(self._page.tree)
        self._blocks = blocks_of(self._page.tree)
        self._meta = MetaTags(self._page.tree)
        self._meta.licences += inline

    def observed(self) -> Observation:
        """What it tells of its site."""
        return observe(self._blocks, titles_of(self._meta))

    def article(self, url: str, model: SiteModel, hints: Hints) -> tuple[Article, tuple[str, ...]]:
        """Its article, and the paths where that lay. Only once: looking uses the tree up."""
        tree, blocks = self._page.tree, self._blocks
        metadata = read_metadata(
            tree, self._meta, url, hints.fetched_at, model.affixes, guesses_date=not hints.has_date)
        teasers = None if is_trusted(url, states_article=metadata.states_article) else Teasers.of(tree)
        stated = letters(metadata.article_body or "")
        confirmed = Confirmed(stated, hints.confirmed)
        gone, complaints = remove(tree, blocks, metadata.title, model, confirmed)
        text = PageText(tuple(blocks), metadata.title, metadata.description, stated, model,
                        sum(reason in OF_THE_SITE for _, reason in gone), confirmed)
        chosen = choose_text(tree, text, lambda: _tree_again(self._html, self._content_type, blocks))
        visible_chars = sum(len(block.text) + 1 for block in blocks)
        read = _Read(self._html, self._page, metadata, url, model, gone, complaints)
        return _article(read, text, chosen, teasers, visible_chars), chosen.completed.body


def count_words(text: str) -> int:
    """Words, apostrophes and hyphens inside them included; each ideograph and each kana counts as one."""
    return len((_WORD if _IDEOGRAPH.search(text) else _SPACED_WORD).findall(text))


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a page beside its text."""

    html: bytes
    page: Page
    metadata: Metadata
    url: str
    model: SiteModel
    gone: list[tuple[Block, str]]
    complaints: tuple[str, ...]


def _article(read: _Read, page: PageText, chosen: Chosen, teasers: Teasers | None, visible_chars: int) -> Article:
    metadata, text = read.metadata, chosen.completed.text
    walls = Walls(page.blocks)
    quality = measure(chosen, page, walls, visible_chars, metadata.is_accessible_for_free)
    shown = Shown(read.html, read.url, text, metadata.paid, metadata.states_article, walls, quality)
    in_place = wall_in_place(shown)
    kind = WALL if in_place else judge_kind(
        text, teasers, quality, states_article=metadata.states_article, other_type=metadata.other_type)
    return Article(
        kind=kind,
        canonical_url=metadata.canonical_url,
        title=metadata.title,
        description=metadata.description,
        text=text,
        authors=metadata.authors,
        publisher=metadata.publisher,
        language=metadata.language,
        section=metadata.section,
        tags=metadata.tags,
        image=metadata.image,
        license=metadata.license,
        date_published=metadata.date_published,
        date_published_source=metadata.date_published_source,
        date_published_precision=metadata.date_published_precision,
        date_published_stated=metadata.date_published_stated,
        date_modified=metadata.date_modified,
        is_accessible_for_free=metadata.is_accessible_for_free,
        word_count=count_words(text),
        charset=read.page.charset,
        quality=quality,
        boilerplate=_boilerplate(read, chosen),
        way=chosen.way,
        doubts=chosen.doubts,
        warnings=(*read.page.warnings, *metadata.warnings, *read.complaints, *chosen.complaints,
                  *(() if text else ("no text",))),
        rights=metadata.rights,
        wall=in_place or wall_before(shown, kind),
    )


def _boilerplate(read: _Read, chosen: Chosen) -> Boilerplate:
    """Lists what reads like text: of menus there is but the count."""
    listed = [(block.text, reason) for block, reason in read.gone
              if block.link_share < 0.5 and len(block.letters) >= _MIN_REMOVED_LETTERS]
    lines = dict.fromkeys([*listed, *chosen.completed.removed])
    return Boilerplate(
        model_id=read.model.id if read.model.stories else None,
        removed=tuple(Removed(text[:_MAX_REMOVED_CHARS], reason) for text, reason in lines)[:_MAX_REMOVED],
        stories=read.model.stories,
        blocks=len(read.gone),
        chars=sum(len(block.text) for block, _ in read.gone),
    )


def _tree_again(html: bytes, content_type: str | None, blocks: Sequence[Block]) -> Any:
    """The tree once more as it was before the text was looked for: what was removed is removed."""
    tree = parse_page(html, content_type).tree
    strip_code(tree)
    for block, before in zip(blocks_of(tree), blocks, strict=True):
        if before.is_removed:
            block.remove()
    drop_empty(tree)
    return tree
