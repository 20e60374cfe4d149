"""The lists of articles that a page states in JSON-LD, where its scripts have yet to make links of them.

Owns schema.org's ItemList. Must not know HTML, nor what the addresses lead to.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LIST = "ItemList"
_MAX_ITEMS, _MAX_DEPTH = 500, 6
_NESTED = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart")


def listed_items(scripts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(address, name) of each item of each list, as written; the name may be empty. JSON that is broken gives none."""
    for script in scripts:
        try:
            stated = json.loads(script)
        except (ValueError, RecursionError):
            continue
        for item in _items_of(stated, _MAX_DEPTH):
            address, name = _address_of(item), _name_of(item)
            if address:
                yield address, name


def _items_of(stated: Any, depth: int) -> Iterator[Any]:
    if depth == 0:
        return
    if isinstance(stated, list):
        for each in stated[:_MAX_ITEMS]:
            yield from _items_of(each, depth - 1)
    elif isinstance(stated, dict):
        types = stated.get("@type")
        if _LIST in (types if isinstance(types, list) else [types]):
            items = stated.get("itemListElement")
            yield from (items if isinstance(items, list) else [items])[:_MAX_ITEMS]
        for name in _NESTED:
            yield from _items_of(stated.get(name), depth - 1)


def _address_of(item: Any) -> str:
    """Of `{"url": …}`, of `{"item": {"@id": …}}`, or the item itself."""
    if not isinstance(item, dict):
        return item if isinstance(item, str) else ""
    inner = item.get("item")
    found = item.get("url") or (inner if isinstance(inner, str) else None)
    if not found and isinstance(inner, dict):
        found = inner.get("url") or inner.get("@id")
    return found if isinstance(found, str) else ""


def _name_of(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    inner = item.get("item")
    found = item.get("name")
    if not found and isinstance(inner, dict):
        found = inner.get("headline") or inner.get("name")
    return found if isinstance(found, str) else ""
