"""What a page says of itself in JSON-LD: schema.org objects, and the one that describes the article.

Owns reading application/ld+json, broken or not. Must not know other markup.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

from pipelines.extraction.plaintext import distinct, line, web_address
from pipelines.rights.licences import LINKED_DATA
from pipelines.rights.licences import address as licence_address

if TYPE_CHECKING:
    from collections.abc import Iterator

_ARTICLES = {"report", "blogposting", "liveblogposting", "socialmediaposting", "discussionforumposting"}
_OTHERS = frozenset({"jobposting", "recipe", "quiz", "course", "festival", "realestatelisting", "collectionpage",
                     "searchresultspage", "profilepage", "product", "productgroup", "podcastepisode", "radioepisode"})
_EVENTS_OF_MEDIA = frozenset({"publicationevent", "broadcastevent", "ondemandevent"})
_PAGES = {"webpage", "itempage", "videoobject"}
_NESTED = ("@graph", "mainEntity", "mainEntityOfPage")
_MAX_DEPTH = 8
_MAX_OBJECTS = 2000
_MAX_BODY_CHARS = 1_000_000
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")

_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|"
                       r"(?:-->|//\s*\]\]>|\]\]>|/\*\s*\]\]>\s*\*/|;)\s*$")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')


@dataclass(frozen=True, slots=True)
class LinkedData:
    """The article as JSON-LD states it. Dates are as written; `page_date_*` are those of a WebPage around it.

    `types` are the lower-case names of all types on the page, `is_article` whether one is an article's. If none is,
    `other_type` is that of the job, event, product, … or list that the page is about. `rights` are
    names and values of what it says of its use, `paid_parts` CSS selectors of parts that are not free.
    """

    headline: str | None = None
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    page_date_published: str | None = None
    page_date_modified: str | None = None
    section: str | None = None
    keywords: tuple[str, ...] = ()
    image: str | None = None
    is_accessible_for_free: bool | None = None
    language: str | None = None
    license: str | None = None
    description: str | None = None
    article_body: str | None = None
    rights: tuple[tuple[str, str], ...] = ()
    paid_parts: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()
    is_article: bool = False
    other_type: str | None = None
    unreadable_blocks: int = 0


def read_linked_data(tree: Any, url: str) -> LinkedData:
    """The JSON-LD of a page whose address is `url`; what is broken beyond cheap repair is only counted.

    Source: https://schema.org/NewsArticle,
    https://www.w3.org/TR/json-ld11/#embedding-json-ld-in-html-documents.
    """
    blocks = [load_json(script.text) for script in tree.iter("script")
              if script.text and (script.get("type") or "").lower().startswith("application/ld+json")]
    objects = [item for block in blocks for item in _objects(block)][:_MAX_OBJECTS]
    article = _main_article(objects, url)
    page = next((item for item in objects if _types(item) & _PAGES), {})
    by_id = {item["@id"]: item for item in objects if isinstance(item.get("@id"), str) and len(item) > 1}
    return LinkedData(
        headline=line(article.get("headline")) or line(article.get("name")),
        authors=distinct(_names(article.get("author") or article.get("creator"), by_id)),
        publisher=next(_names(article.get("publisher") or page.get("publisher"), by_id), None),
        date_published=_text(article.get("datePublished")) or _text(article.get("dateCreated")),
        date_modified=_text(article.get("dateModified")),
        page_date_published=_text(page.get("datePublished")) or _text(page.get("uploadDate")),
        page_date_modified=_text(page.get("dateModified")),
        section=next(_strings(article.get("articleSection")), None),
        keywords=distinct(_keywords(article.get("keywords"))),
        image=web_address(_image(article.get("image"), by_id), url),
        is_accessible_for_free=_boolean(article.get("isAccessibleForFree", page.get("isAccessibleForFree"))),
        language=_language(article.get("inLanguage")) or _language(page.get("inLanguage")),
        license=web_address(next(_strings(article.get("license"), "url", "@id"), None), url),
        description=line(article.get("description")),
        article_body=next(iter(_bodies(article)), None),
        rights=tuple(_rights(article or page, by_id, url)),
        paid_parts=distinct(_paid_parts(article or page)),
        types=frozenset(name for item in objects for name in _types(item)),
        is_article=bool(article),
        other_type=None if article else _other_type(objects, url),
        unreadable_blocks=sum(block is None for block in blocks),
    )


def load_json(text: str) -> Any:
    """A script's JSON, repaired where that is cheap: control characters, HTML comments and CDATA around it,
    entities for quotes, trailing commas, stray backslashes, several values in a row. None where that
    fails."""
    for repaired in _repairs(text):
        try:
            return json.loads(repaired, strict=False)
        except (ValueError, RecursionError):
            continue
    return _values_in_a_row(text)


def _repairs(text: str) -> Iterator[str]:
    yield text
    bare = _WRAPPING.sub("", _WRAPPING.sub("", text)).strip()
    if '"' not in bare and "&quot;" in bare:
        bare = unescape(bare)
    yield bare
    yield _BAD_ESCAPE.sub(r"\\\\", _TRAILING_COMMA.sub(r"\1", bare))


def _values_in_a_row(text: str) -> list[Any] | None:
    decoder, values, place = json.JSONDecoder(strict=False), [], 0
    try:
        while (start := re.compile(r"[\[{]").search(text, place)) is not None:
            value, place = decoder.raw_decode(text, start.start())
            values.append(value)
    except (ValueError, RecursionError):
        pass
    return values or None


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """All objects that may describe the page: those on top, in lists, in @graph and nested as the main
    entity."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in _NESTED:
            yield from _objects(value.get(key), depth + 1)


def _types(item: dict[str, Any]) -> set[str]:
    named = item.get("@type")
    return {name.rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower()
            for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)}


def _main_article(objects: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """The article that names this page's address, else the first; teasers in lists of others come later."""
    articles = [item for item in objects
                if any(name.endswith("article") or name in _ARTICLES for name in _types(item))]
    ours = [item for item in articles if _address(item) and _address(item) == _bare(url)]
    stated = [item for item in articles if item.get("headline") and item.get("datePublished")]
    return next(iter([*ours, *stated, *articles]), {})


def _other_type(objects: list[dict[str, Any]], url: str) -> str | None:
    """The type of the only such thing on the page, or of one that names this page's address: the events of a sidebar
    are several, or lead elsewhere."""
    others = [(item, name) for item in objects for name in sorted(_types(item)) if _is_other(name)]
    ours = [name for item, name in others if _address(item) == _bare(url)]
    unplaced = [name for item, name in others if _address(item) is None]
    return next(iter(ours), unplaced[0] if len(others) == len(unplaced) == 1 else None)


def _is_other(name: str) -> bool:
    return name in _OTHERS or (name.endswith("event") and name not in _EVENTS_OF_MEDIA)


def _address(item: dict[str, Any]) -> str | None:
    for value in (item.get("mainEntityOfPage"), item.get("url")):
        for address in _strings(value, "@id", "url"):
            return _bare(address)
    return None


def _bare(url: str) -> str:
    return re.sub(r"^https?://|[?#].*$", "", url).rstrip("/")


def _strings(value: Any, *keys: str) -> Iterator[str]:
    """The strings of a value that may be one, an object that holds one under a key, or a list of either."""
    for item in value if isinstance(value, list) else [value]:
        held = next((item[key] for key in keys if item.get(key)), None) if isinstance(item, dict) else item
        if (text := line(held)) is not None:
            yield text


def _text(value: Any) -> str | None:
    return next(_strings(value, "@value"), None)


def _names(value: Any, by_id: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Names of persons or organizations, which may stand as strings, objects, or references into the
    graph."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield from _strings(by_id.get(item, item), "name")
        elif isinstance(item, dict):
            known = item if item.get("name") else by_id.get(str(item.get("@id")), item)
            yield from _strings(known.get("name") or _parts_of_name(known), "name", "@value")


def _bodies(article: dict[str, Any]) -> Iterator[str]:
    """The articleBody, without the markup that some put into it."""
    body = article.get("articleBody")
    if isinstance(body, str) and (text := _TAG.sub(" ", unescape(body[:_MAX_BODY_CHARS])).strip()):
        yield text


def _rights(article: dict[str, Any], by_id: dict[str, dict[str, Any]], url: str) -> Iterator[tuple[str, str]]:
    """What the object of the page says of its use; that of pictures in it is not the page's."""
    for key, name in LINKED_DATA.items():
        value = article.get(key)
        if key == "copyrightHolder":
            yield from ((name, holder) for holder in _names(value, by_id))
        elif key == "copyrightNotice":
            yield from ((name, text) for text in _strings(value, "@value"))
        elif value:
            yield from ((name, licence_address(url, target)) for target in _strings(value, "url", "@id", "name"))


def _paid_parts(article: dict[str, Any]) -> Iterator[str]:
    """https://developers.google.com/search/docs/appearance/structured-data/paywalled-content"""
    parts = article.get("hasPart")
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(part, dict) and _boolean(part.get("isAccessibleForFree")) is False:
            yield from _strings(part.get("cssSelector"))


def _parts_of_name(person: dict[str, Any]) -> str:
    return " ".join(part for key in ("givenName", "familyName") if isinstance(part := person.get(key), str))


def _keywords(value: Any) -> Iterator[str]:
    """schema.org wants a list or one string with commas; terms are objects with a name."""
    for text in _strings(value, "name"):
        yield from ([text] if isinstance(value, list) else (word.strip() for word in text.split(",")))


def _image(value: Any, by_id: dict[str, dict[str, Any]]) -> str | None:
    if isinstance(value, dict) and not (value.get("url") or value.get("contentUrl")):
        value = by_id.get(str(value.get("@id")), value)
    return next(_strings(value, "url", "contentUrl", "@id"), None)


def _boolean(value: Any) -> bool | None:
    named = str(value).strip().rsplit("/", 1)[-1].lower()
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(named)


def _language(value: Any) -> str | None:
    return next(_strings(value, "alternateName", "name", "@value"), None)
