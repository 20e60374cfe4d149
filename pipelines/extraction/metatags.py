"""What a page says of itself outside JSON-LD and outside its text: <meta>, <link>, <html lang>, <time>,
headings.

Owns the names of meta tags. Must not know which source wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from pipelines.extraction.plaintext import line
from pipelines.rights.licences import RSL_TYPE
from pipelines.rights.markup import LicenceLink

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLE = ("og:title", "twitter:title", "parsely-title", "sailthru.title", "dc.title", "dcterms.title", "title",
         "headline")
DESCRIPTION = ("og:description", "description", "twitter:description", "dc.description",
               "dcterms.description", "sailthru.description")
AUTHOR = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator",
          "article:author_name", "byl", "og:article:author", "og:author", "cxenseparse:author",
          "citation_author", "shareaholic:article_author_name", "article.author", "authors", "creator",
          "twitter:creator_name")
PUBLISHER = ("og:site_name", "dc.publisher", "dcterms.publisher", "publisher", "sailthru.publisher",
             "application-name", "apple-mobile-web-app-title")
SECTION = ("article:section", "parsely-section", "section", "cxenseparse:section", "cxenseparse:category",
           "sailthru.section", "dc.subject", "og:article:section")
TAGS = ("article:tag", "news_keywords", "parsely-tags", "sailthru.tags", "keywords", "dc.subject",
        "cxenseparse:taxonomy", "og:article:tag")
IMAGE = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src", "image",
         "thumbnail")
LANGUAGE = ("content-language", "og:locale", "dc.language", "dcterms.language", "language")
LICENSE = ("dcterms.license", "dcterms.rights", "dc.rights")
PUBLISHED = ("article:published_time", "og:article:published_time", "og:published_time", "datepublished",
             "article:published", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
             "cxenseparse:publishtime", "dcterms.created", "dc.date.issued", "dcterms.issued", "dcterms.date",
             "dc.date.created", "pubdate", "publishdate", "publish_date", "publish-date", "publication_date",
             "published_time", "date_published", "article.published", "article.created",
             "citation_publication_date", "originalpublicationdate", "rnews:datepublished", "dc.date", "date")
MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified",
            "lastmod", "article:modified", "og:article:modified_time", "article.updated", "revised",
            "dc.date.modified")


_SAYS_TIMES = frozenset({"time", "span", "div", "p", "abbr", "a", "li"})
_MARKED: Any = etree.XPath(".//@itemprop/.. | .//@pubdate/..")


class MetaTags:
    """The meta tags of one page by lower-case name, whichever attribute names them, each with all its
    contents; what its links say that they are, those to licences all of them; the texts of its <h1> elements and of its
    <title>."""

    __slots__ = ("_contents", "_targets", "document_title", "headings", "licences")

    def __init__(self, tree: Any) -> None:
        self._contents: dict[str, list[str]] = {}
        for meta in tree.iter("meta"):
            content = meta.get("content")
            name = meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv")
            if content and name and not content.isspace():
                self._contents.setdefault(name.strip().lower(), []).append(content)

        self.headings = tuple(text for heading in tree.iter("h1") if (text := element_text(heading)))
        title = tree.find(".//head/title")  # not that of an <svg>
        self.document_title = line(title.text_content()) if title is not None else None
        self._targets: dict[str, str] = {}
        self.licences: list[LicenceLink] = []
        for link in tree.iter("link", "a"):
            if (relations := link.get("rel")) and (href := link.get("href")):
                for relation in relations.lower().split():
                    self._targets.setdefault(relation, str(href))
                    if relation == "license":
                        self.licences.append(LicenceLink(str(link.tag), str(href), link.get("type") or ""))

    def target(self, relation: str) -> str | None:
        """The href of the first <link> or <a> that bears the relation."""
        return self._targets.get(relation)

    def found(self, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """(name, content) of every tag so named, in the order of `names`."""
        for name in names:
            for content in self._contents.get(name, ()):
                yield name, content

    def all(self, name: str) -> list[str]:
        """The contents of every tag of this name."""
        return self._contents.get(name, [])

    def names(self) -> Iterator[str]:
        """Of all tags, each once."""
        return iter(self._contents)

    def first(self, names: tuple[str, ...]) -> str | None:
        """The first content that holds text, as one plain line."""
        return next((text for _, content in self.found(names) if (text := line(content))), None)


def inline_licences(tree: Any) -> list[LicenceLink]:
    """The licences in RSL that stand in the page itself (RSL 1.0, a <script> of that type)."""
    return [LicenceLink("script", script.text or "", RSL_TYPE) for script in tree.iter("script")
            if (script.get("type") or "").strip().lower() == RSL_TYPE]


def stated_times(tree: Any, *properties: str) -> Iterator[str]:
    """What elements marked as these schema.org properties (or <time pubdate>) state."""
    for element in _MARKED(tree):
        if element.tag not in _SAYS_TIMES:
            continue
        named = element.get("itemprop")
        if (named is not None and named.lower() in properties) or \
                ("datepublished" in properties and element.get("pubdate") is not None):
            yield element.get("datetime") or element.get("content") or element.text_content()


def time_by_heading(tree: Any) -> str | None:
    """The datetime of the first <time> that shares an <article>, <header> or <main> with the only <h1>."""
    found = list(tree.iter("h1"))
    if len(found) != 1:
        return None
    for box in found[0].iterancestors("article", "header", "main"):
        for time in box.iter("time"):
            if time.get("datetime"):
                return str(time.get("datetime"))
    return None


def element_text(element: Any) -> str | None:
    """The text of an element as one line, with a space where a tag stands between words."""
    return line(" ".join(element.itertext()))
