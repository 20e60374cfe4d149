"""The article's own text out of a page's tree, by trafilatura.

Owns the short way through trafilatura: its default cascade with the steps left out whose outcome is known
beforehand. Stands on names private to trafilatura 2.3; a contract test holds it equal to `bare_extraction`.
Must not know metadata.
"""

from __future__ import annotations

import logging
import unicodedata
from copy import copy
from enum import StrEnum
from typing import Any

from lxml import etree
from trafilatura import bare_extraction
from trafilatura.baseline import html2txt
from trafilatura.core import (
    ESCALATION_MAX_LENGTH,
    ESCALATION_PAGE_SHARE,
    _forum_thread_page,
    _prepare_tree,
)
from trafilatura.external import SANITIZED_XPATH, compare_extraction
from trafilatura.htmlprocessing import convert_tags, prune_unwanted_nodes, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.settings import Extractor
from trafilatura.xml import xmltotxt
from trafilatura.xpaths import RAW_TREE_PRUNE_XPATH, REMOVE_COMMENTS_AND_LISTS_XPATH, REMOVE_COMMENTS_XPATH

from pipelines.extraction.xpaths import sharpen_expressions

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports every page without text as an error

_READABILITY_FACTOR = 2  # what trafilatura asks of readability's text before it takes it over its own
_NEVER_TEXT = ("style", "svg", "textarea", "select", "template", "datalist")
_HEAD_ONLY = ("meta", "link", "title")
_SOFT_HYPHEN = "\u00ad"


def strip_code(tree: Any) -> None:
    """Take scripts, styles, drawings and what forms hold out of the tree, JSON-LD aside: every later pass and copy is
    cheaper."""
    for script in list(tree.iter("script")):
        if not (script.get("type") or "").lower().startswith("application/ld+json"):
            script.drop_tree()
    etree.strip_elements(tree, *_NEVER_TEXT, with_tail=False)


class Way(StrEnum):
    """How the text is looked for, from the cheapest to the dearest."""

    FAST = "fast"           # trafilatura's own rules alone: for a page of which what repeats is gone
    PRECISE = "precise"     # its precision mode, with readability and justext beside it
    THOROUGH = "thorough"   # its default cascade, with its rescue and its second look for more


def extract_text(tree: Any, way: Way = Way.THOROUGH) -> str:
    """The article's text, a paragraph a line, in NFC; "" where trafilatura finds none. The tree is used up.

    THOROUGH is equal to what `trafilatura.bare_extraction` gives with its defaults and without comments. A forum goes
    that way whatever is asked: its posts are the text.
    """
    sharpen_expressions()
    is_forum = _forum_thread_page(tree)
    etree.strip_elements(tree, *_HEAD_ONLY, with_tail=False)
    try:
        text = _stock(tree, _options()) if is_forum else _WAYS[way](tree)
    except (TypeError, ValueError):  # trafilatura's own way to say that there is nothing
        text = None
    return unicodedata.normalize("NFC", (text or "").replace(_SOFT_HYPHEN, "")).strip()


def _options(focus: str = "balanced") -> Extractor:
    return Extractor(output_format="python", comments=False, precision=focus == "precision")


def _fast(tree: Any) -> str | None:
    """Without the copy that the other ways come back to."""
    options = _options()
    _prune(tree)
    body, _ = extract_content(convert_tags(tree_cleaning(copy(tree), options), options), options)
    return str(xmltotxt(body, False))


def _precise(tree: Any) -> str | None:
    options = _options("precision")
    converted, cleaned = _prepared(tree, options)
    prune_unwanted_nodes(converted, REMOVE_COMMENTS_XPATH)
    body, text = extract_content(converted, options)
    if not _beyond_comparison(body, text, cleaned, options):
        body, text = compare_extraction(cleaned, copy(tree), body, text, options)
    return str(xmltotxt(body, False))


def _thorough(tree: Any) -> str | None:
    """The cascade of `trafilatura.core.trafilatura_sequence`. A text that is short, and one that is little of its page
    go the whole of it."""
    options = _options()
    converted, cleaned = _prepared(tree, options)
    body, text = extract_content(converted, options)
    if not _beyond_comparison(body, text, cleaned, options):
        body, text = compare_extraction(cleaned, copy(tree), body, text, options)
    if len(text) < options.min_extracted_size or _is_little_of(tree, text):
        return _stock(tree, options)
    return str(xmltotxt(body, False))


_WAYS = {Way.FAST: _fast, Way.PRECISE: _precise, Way.THOROUGH: _thorough}


def _prepared(tree: Any, options: Extractor) -> tuple[Any, Any]:
    _prune(tree)
    prepared: tuple[Any, Any] = _prepare_tree(tree, options, None)
    return prepared


def _prune(tree: Any) -> None:
    prune_unwanted_nodes(tree, RAW_TREE_PRUNE_XPATH)
    prune_unwanted_nodes(tree, REMOVE_COMMENTS_AND_LISTS_XPATH)


def _stock(tree: Any, options: Extractor) -> str | None:
    document = bare_extraction(tree, options=options)
    return document.text if document is not None else None  # type: ignore[union-attr]  # a dict only on request


def _beyond_comparison(body: Any, text: str, cleaned: Any, options: Extractor) -> bool:
    """Whether readability and justext cannot win: the text is clean and sound, and the page does not hold the
    twice as much that readability would have to bring. Their turn costs a quarter of an extraction."""
    return (
        len(text) >= options.min_extracted_size
        and len(_squeezed(cleaned)) <= _READABILITY_FACTOR * len(text)
        and not body.xpath(SANITIZED_XPATH)
        and bool(body.xpath(".//p//text()"))
        and len(body.findall(".//table")) <= len(body.findall(".//p"))
    )


def _is_little_of(tree: Any, text: str) -> bool:
    """Whether trafilatura would look again for more. Its own measure of the page is costly and hardly ever
    larger than the plain one, which therefore goes first."""
    if len(text) >= ESCALATION_MAX_LENGTH or len(text) >= ESCALATION_PAGE_SHARE * len(_squeezed(tree)):
        return False
    return len(text) < ESCALATION_PAGE_SHARE * len(html2txt(tree))


def _squeezed(tree: Any) -> str:
    return " ".join(tree.text_content().split())
