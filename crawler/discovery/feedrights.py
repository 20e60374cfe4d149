"""What a feed says of the use of the pages that it lists: licences, and RSL's module.

Owns which elements those are. Sources: RSL 1.0 (the module for RSS), RFC 4946 (`rel="license"` in Atom), and the
Creative Commons modules, which feedparser makes the same of. Must not know what is done about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.records import Directive
from pipelines.rights.evidence import cut
from pipelines.rights.licences import address

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX = 8
_RSL = "rsl_content"        # feedparser's name of <rsl:content>


def rights_of_entry(entry: Any, feed: Any, url: str) -> tuple[Directive, ...]:
    """Those of an entry as feedparser has it; those of its `feed`, which lies at `url`, where the entry has none."""
    return tuple(_rights(entry, url))[:_MAX] or tuple(_rights(feed, url))[:_MAX]


def _rights(part: Any, url: str) -> Iterator[Directive]:
    content = part.get(_RSL)
    if isinstance(content, dict):
        said = " ".join(f'{name}="{value}"' for name, value in content.items())
        yield Directive("rsl", None, None, "feed", cut(f"{url}: rsl:content {said}"))
    for link in part.get("links", ()):
        if link.get("rel") == "license" and isinstance(link.get("href"), str):
            yield Directive("license", address(url, link["href"]), None, "feed", cut(f"{url}: license: {link['href']}"))
