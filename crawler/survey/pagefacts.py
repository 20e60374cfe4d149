"""What a page says of its site and of itself beside its links: language, system, rights, whether there is text.

Owns how a home page and a sample are read. Pure, and slow on hostile pages: meant for worker processes. Must not know
how pages are fetched. Rights are told as they stand, for a person; records have them from `pipelines`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.discovery.cms import systems_of
from crawler.survey.findings import HomeFacts, Sample
from pipelines.boilerplate.model import NO_MODEL
from pipelines.extraction import extract_article
from pipelines.extraction.article import Hints, count_words
from pipelines.extraction.metatags import MetaTags
from pipelines.extraction.page import decode, parse_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from typing import Any

_RIGHTS_HEADERS = ("x-robots-tag", "tdm-reservation", "tdm-policy")
_RIGHTS_METAS = ("robots", "tdm-reservation", "tdm-policy")
_NOTHING_SAID = frozenset({"all", "index", "follow", "archive"})
_RIGHTS_LINES = ("license:", "content-signal:", "content-usage:")
_SCRIPT_WORDS = 60
_MAX_SHOWN = 160
_WALLS = {"consent": "a consent wall", "paywall": "a pay wall"}


def home_facts(body: bytes, url: str, headers: Mapping[str, str], robots: str) -> HomeFacts:
    """What a home page tells. Header names are in lower case; `robots` is the text of robots.txt."""
    content_type = headers.get("content-type")
    article = extract_article(body, url, NO_MODEL, Hints(content_type))
    tree, meta = _opened(body, content_type)
    words, scripts = _words(tree), sum(1 for _ in tree.iter("script"))
    systems = systems_of(decode(body, content_type)[1], headers, robots)
    return HomeFacts(
        language=article.language or tree.get("lang"),
        systems=tuple((each.system.name, each.evidence) for each in systems),
        system_feeds=tuple(path for each in systems for path in each.system.feeds),
        system_sitemaps=tuple(path for each in systems for path in each.system.sitemaps),
        rights=tuple(rights_of(meta, headers)), words=words,
        is_script=scripts > 0 and words < _SCRIPT_WORDS, wall=_wall_of(article),
    )


def sample_of(body: bytes, url: str, headers: Mapping[str, str], fetched_on: date) -> Sample:
    """One page as extraction reads it, before anything of its site is known."""
    content_type = headers.get("content-type")
    article = extract_article(body, url, NO_MODEL, Hints(content_type, fetched_on))
    _, meta = _opened(body, content_type)
    problem = None
    if article.kind != "article":
        problem = f"read as {_wall_of(article) or {'listing': 'a list of others'}.get(article.kind, 'no article')}"
    return Sample(url, article.title, article.date_published, article.authors, article.word_count, article.kind,
                  article.language, tuple(rights_of(meta, headers, article.license)), problem)


def rights_of(meta: MetaTags, headers: Mapping[str, str], license_url: str | None = None) -> Iterator[str]:
    """Statements of a page and its headers about what may be done with it."""
    for name in _RIGHTS_HEADERS:
        if name in headers and _says_something(headers[name]):
            yield f"header {name}: {headers[name][:_MAX_SHOWN]}"
    for name in _RIGHTS_METAS:
        for content in meta.all(name):
            if _says_something(content):
                yield f'<meta name="{name}" content="{content[:_MAX_SHOWN]}">'
    declared = license_url or meta.target("license")
    if declared:
        yield f"licence: {declared[:_MAX_SHOWN]}"


def rights_of_robots(text: str) -> tuple[str, ...]:
    """The lines of robots.txt about rights: RSL's License, Content-Signal and Content-Usage."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(f"robots.txt: {line[:_MAX_SHOWN]}" for line in lines if line.lower().startswith(_RIGHTS_LINES))


def _says_something(content: str) -> bool:
    """max-snippet, max-image-preview and the like limit how others quote, which is none of a crawl's concern."""
    directives = {part.strip().lower() for part in content.split(",")}
    return any(directive and not directive.startswith("max-") for directive in directives - _NOTHING_SAID)


def _opened(body: bytes, content_type: str | None) -> tuple[Any, MetaTags]:
    tree = parse_page(body, content_type).tree
    return tree, MetaTags(tree)


def _words(tree: Any) -> int:
    silent = {"script", "style", "noscript", "template", "title"}
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    texts = (element.text for element in elements if element.tag not in silent)
    tails = (element.tail for element in elements)
    return sum(count_words(text) for text in (*texts, *tails) if text)


def _wall_of(article: Any) -> str | None:
    if article.kind != "wall":
        return None
    quality = article.quality
    return _WALLS["consent" if quality.consent_likelihood >= quality.paywall_likelihood else "paywall"]


def path_of(url: str) -> str:
    """Path and query of an address, as robots.txt sees it."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
