"""Pages that wait with their articles until there is nothing else to fetch: only then can be told what they are.

Owns which pages, and how many of a site. Pure. Must not know where they are kept (`crawler.holding`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipelines.extraction.kind import ARTICLE
from pipelines.records import Article

if TYPE_CHECKING:
    from crawler.followed import FollowedSites
    from pipelines.store import Owed
    from pipelines.visit import OwedVisit, Visit

_MOST_OF_A_SITE = 12    # of one that dates nothing, all would wait


class PutOff:
    """In one crawl; `followed` is None where no sites are followed, and nothing waits."""

    def __init__(self, followed: FollowedSites | None) -> None:
        self._followed = followed
        self._pages: defaultdict[str, list[Owed]] = defaultdict(list)
        self._has_ended = False

    def takes(self, visit: Visit | OwedVisit, article: Article) -> bool:
        """Whether a page waits, of which `article` was made."""
        if self._followed is None or self._has_ended or article.kind != ARTICLE:
            return False
        if len(self._pages[visit.site]) >= _MOST_OF_A_SITE:
            return False
        return self._followed.is_undecided(visit.site, article, [way.via for way in (visit.discovered, *visit.also)])

    def keep(self, owed: Owed) -> None:
        self._pages[owed.site].append(owed)

    def end(self) -> list[tuple[str, list[Owed]]]:
        """All that waited, by site; nothing waits any more."""
        self._has_ended = True
        pages, self._pages = self._pages, defaultdict(list)
        return [(site, owed) for site, owed in pages.items() if owed]


def is_undated(made: object) -> bool:
    """Whether it is an article, and has no date."""
    return isinstance(made, Article) and made.date_published is None
