"""What a page's own markup says of what may be done with it.

Owns which meta tags, links and properties those are. Must not parse: it is given what extraction has read already.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipelines.records import Directive
from pipelines.rights.evidence import MAX_DIRECTIVES, cut
from pipelines.rights.licences import RSL_TYPE, address
from pipelines.rights.precedence import PRODUCT_TOKEN
from pipelines.rights.robotstags import is_robots_content, robots_directives
from pipelines.rights.tdmrep import POLICY, RESERVATION, reservation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AGENTS = (
    PRODUCT_TOKEN, "googlebot", "googlebot-news", "google-extended", "bingbot", "msnbot", "slurp", "duckduckbot",
    "yandex", "baiduspider", "applebot", "applebot-extended", "gptbot", "oai-searchbot", "chatgpt-user", "ccbot",
    "claudebot", "anthropic-ai", "perplexitybot", "bytespider", "amazonbot", "meta-externalagent",
)
"""Names of meta tags that are for one crawler: ours counts, those of others are recorded. A tag of any other name is
for the crawler of that name if it holds robots directives and nothing else: who we are is settled elsewhere."""

_HEADER = "x-robots-tag"
_READ = frozenset({"robots", _HEADER, *AGENTS})
_LICENCE_TAGS = ("dcterms.license", "dc.rights", "dcterms.rights", "dc.rights.license", "dcterms.rightsholder",
                 "dc.rightsholder", "copyright", "cc:license", "xhv:license")


class Tags(Protocol):
    """Meta tags by their names in lower case: `pipelines.extraction.metatags.MetaTags`."""

    def all(self, name: str) -> list[str]:
        """The contents of every tag of this name."""

    def names(self) -> Iterable[str]:
        """Of all tags, each once."""


class LicenceLink(NamedTuple):
    """A <link>, an <a> or a <script> that leads to a licence, or holds one."""

    tag: str
    target: str
    type: str


def rights_of_markup(
    tags: Tags, links: Iterable[LicenceLink], stated: Iterable[tuple[str, str]], url: str,
) -> tuple[Directive, ...]:
    """The directives of the page at `url`. `stated` are names and values of `licences.LINKED_DATA` as its JSON-LD has
    them."""
    found = chain(_of_robots(tags), _of_tdm(tags, url), _of_links(links, url), _of_licence_tags(tags),
                  (Directive(name, cut(value), None, "json-ld", cut(f"{name}: {value}")) for name, value in stated))
    return tuple(dict.fromkeys(islice(found, MAX_DIRECTIVES)))


def _of_robots(tags: Tags) -> Iterator[Directive]:
    for name in ("robots", *AGENTS):
        for content in tags.all(name):
            yield from robots_directives(content, "meta", f"{name}: {content}", None if name == "robots" else name)
    for content in tags.all(_HEADER):   # <meta http-equiv>
        yield from robots_directives(content, "meta", f"{_HEADER}: {content}", names_agents=True)
    for name in tags.names():
        if name not in _READ and ":" not in name:
            for content in filter(is_robots_content, tags.all(name)):
                yield from robots_directives(content, "meta", f"{name}: {content}", name)


def _of_tdm(tags: Tags, url: str) -> Iterator[Directive]:
    """TDMRep section 5.3. Of several tags the first counts, as for any other of the page's."""
    for content in tags.all(RESERVATION)[:1]:
        if (reservation := reservation_of(content)) is not None:
            yield Directive(RESERVATION, reservation, None, "meta", cut(f"{RESERVATION}: {content}"))
    for content in tags.all(POLICY)[:1]:
        yield Directive(POLICY, address(url, content), None, "meta", cut(f"{POLICY}: {content}"))


def _of_links(links: Iterable[LicenceLink], url: str) -> Iterator[Directive]:
    for link in links:
        is_rsl = link.type.strip().lower() == RSL_TYPE
        if link.tag == "script":
            yield Directive("rsl", None, None, "script", cut(link.target))
        else:
            yield Directive("rsl" if is_rsl else "license", address(url, link.target), None, link.tag,
                            cut(f"rel=license: {link.target}"))


def _of_licence_tags(tags: Tags) -> Iterator[Directive]:
    for name in _LICENCE_TAGS:
        for content in tags.all(name):
            kind = "copyright-notice" if name == "copyright" else name.replace(":", ".").rpartition(".")[2]
            yield Directive(kind, cut(content), None, "meta", cut(f"{name}: {content}"))
