"""The paragraphs of an article that a feed has in full, as keys: enough to know them again on the page.

Owns which text of an entry counts as its content. Must not know feeds' formats.
"""

from __future__ import annotations

from lxml import etree, html

from pipelines.boilerplate.blocks import blocks_of, text_key

_MIN_LETTERS = 12
_MAX_CHARS = 500_000
_MAX_PARAGRAPHS = 200


def paragraph_keys(content: str) -> tuple[int, ...]:
    """Keys (`pipelines.boilerplate.blocks.text_key`) of the paragraphs of an entry's content, which is HTML; none for
    what cannot be read."""
    if not content.strip():
        return ()
    try:
        tree = html.document_fromstring(f"<html><body>{content[:_MAX_CHARS]}</body></html>")
    except (etree.LxmlError, ValueError):
        return ()
    keys = dict.fromkeys(text_key(block.letters) for block in blocks_of(tree) if len(block.letters) >= _MIN_LETTERS)
    return tuple(keys)[:_MAX_PARAGRAPHS]
