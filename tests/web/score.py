"""How much of a site a crawl found, and how much that is none of its articles.

Owns the arithmetic over the lines that a crawl left. Pure: must not know crawls, files or servers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.web.site import Site

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """`wrong` are the addresses of records that are no article or one had already; `missing` of articles without one.

    `pages` were fetched as articles, and `idle_pages` of them were none; `requests` are all that the site was asked.
    """

    site: str
    articles: int
    found: int
    records: int
    wrong: tuple[str, ...]
    missing: tuple[str, ...]
    pages: int
    idle_pages: int
    requests: int

    @property
    def recall(self) -> float:
        return self.found / self.articles

    @property
    def precision(self) -> float:
        """Of no records, none is wrong; recall says that there are none."""
        return 1 - len(self.wrong) / self.records if self.records else 1.0

    @property
    def idle_share(self) -> float:
        return self.idle_pages / self.pages if self.pages else 0.0

    def reaches(self, least: float) -> bool:
        return min(self.recall, self.precision) >= least


def score(site: Site, articles: Iterable[Line], fetches: Iterable[Line], requests: int) -> Score:
    """Of the lines of all sites, those of this one count: records of kind "article", fetches of role "page" for
    which something was sent."""
    records = [line for line in articles if line["site"] == site.name and line["kind"] == "article"]
    pages = [line for line in fetches
             if line["site"] == site.name and line["role"] == "page" and line["exchanges"]]
    named = [(line["final_url"], article_of(site, line)) for line in records]
    times = Counter[str]()
    wrong = []
    for url, article in named:
        if article is None or times[article]:
            wrong.append(url)
        if article is not None:
            times[article] += 1
    idle = sum(article_of(site, line) is None for line in pages)
    return Score(site.name, len(site.articles), len(times), len(records), tuple(wrong),
                 tuple(sorted(site.articles - times.keys())), len(pages), idle, requests)


def article_of(site: Site, line: Line) -> str | None:
    """The canonical address of the article that a record or fetch line is of, by where it was had; by the canonical
    address that its page states only where nothing else is known: pages state wrong ones."""
    addresses = (line.get("final_url"), line.get("url"), line.get("canonical_url"))
    return next((found for found in map(site.article_at, addresses) if found), None)
