"""What a page says of its site and of itself beside its links: language, system, rights, whether there is text.

Owns how a home page and a sample are read. Pure, and slow on hostile pages: meant for worker processes. Must not know
how pages are fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.discovery.cms import systems_of
from crawler.survey.findings import HomeFacts, Sample
from pipelines.boilerplate.model import NO_MODEL
from pipelines.extraction import Hints, extract_article
from pipelines.extraction.article import count_words
from pipelines.extraction.page import decode, parse_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from typing import Any

    from pipelines.records import Article, Directive

_SCRIPT_WORDS = 60
_MAX_SHOWN = 160
_WALLS = {"consent": "a consent wall", "paywall": "a pay wall", "registration": "a wall of registration",
          "bot": "a bot wall", "geo": "a wall by country"}


def home_facts(body: bytes, url: str, headers: Mapping[str, str], robots: str) -> HomeFacts:
    """What a home page tells. Header names are in lower case; `robots` is the text of robots.txt."""
    content_type = headers.get("content-type")
    article = extract_article(body, url, NO_MODEL, Hints(content_type))
    tree = parse_page(body, content_type).tree
    words, scripts = _words(tree), sum(1 for _ in tree.iter("script"))
    systems = systems_of(decode(body, content_type)[1], headers, robots)
    return HomeFacts(
        language=article.language or tree.get("lang"),
        systems=tuple((each.system.name, each.evidence) for each in systems),
        system_feeds=tuple(path for each in systems for path in each.system.feeds),
        system_sitemaps=tuple(path for each in systems for path in each.system.sitemaps),
        rights=rights_text(article.rights), words=words,
        is_script=scripts > 0 and words < _SCRIPT_WORDS, wall=_wall_of(article),
    )


def sample_of(body: bytes, url: str, headers: Mapping[str, str], fetched_on: date) -> Sample:
    """One page as extraction reads it, before anything of its site is known."""
    content_type = headers.get("content-type")
    article = extract_article(body, url, NO_MODEL, Hints(content_type, fetched_on))
    problem = None
    if article.kind != "article":
        problem = f"read as {_wall_of(article) or {'listing': 'a list of others'}.get(article.kind, 'no article')}"
    return Sample(url, article.title, article.date_published, article.authors, article.word_count, article.kind,
                  article.language, rights_text(article.rights), problem)


def rights_text(directives: Iterable[Directive]) -> tuple[str, ...]:
    """Each directive once, with where it stands."""
    return tuple(dict.fromkeys(
        f"{each.name}{f' = {each.value}' if each.value else ''} ({each.source}: {each.evidence[:_MAX_SHOWN]})"
        for each in directives))


def _words(tree: Any) -> int:
    silent = {"script", "style", "noscript", "template", "title"}
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    texts = (element.text for element in elements if element.tag not in silent)
    tails = (element.tail for element in elements)
    return sum(count_words(text) for text in (*texts, *tails) if text)


def _wall_of(article: Article) -> str | None:
    if article.kind != "wall":
        return None
    return _WALLS.get(article.wall.kind, "a wall") if article.wall else "a wall"


def path_of(url: str) -> str:
    """Path and query of an address, as robots.txt sees it."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
