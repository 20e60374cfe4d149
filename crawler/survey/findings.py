"""What a look at a site finds: values alone.

Owns the names of the findings, and the figures that follow from them. Must not know how they are come by, or what is
made of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.polling import mean_gap_seconds
from pipelines.records import Outcome, Role
from pipelines.urlkey import url_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crawler.discovery import Link
    from crawler.sites import Site

OLD = timedelta(days=365)
GUESSED = "not named, but at a well-known path"
"""The origin of a source that was only tried."""
_LEAST_GAP_SECONDS = 10.0
_OK = frozenset({Outcome.FETCHED, Outcome.SOURCE, Outcome.ARTICLE})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one address. Without a status nothing came: `outcome` and `reason` say why; if it is not
    `is_sent`, our own rules kept it back. Header names are in lower case. `rights` are what host and headers say of
    the page's use."""

    url: str
    final_url: str
    outcome: Outcome
    reason: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_sent: bool = True
    rights: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.outcome in _OK

    @property
    def content_type(self) -> str | None:
        return self.headers.get("content-type")


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the evidence: what was asked why, what came, and what it was read as."""

    purpose: str
    url: str
    final_url: str
    status: int | None
    outcome: Outcome
    reason: str | None
    content_type: str | None
    size_bytes: int
    read_as: str | None = None


@dataclass(frozen=True, slots=True)
class SourceFound:
    """A feed, sitemap or section that was asked. `origin` says how it was found, in words; those beyond the
    budget are not `is_asked`. `below` sitemaps are named
    by an index, `below_read` of them were read, and their pages stand in `links`."""

    url: str
    role: Role
    origin: str
    links: tuple[Link, ...] = ()
    problem: str | None = None
    is_answered: bool = True
    is_asked: bool = True
    next_url: str | None = None
    hub: str | None = None
    refresh_seconds: float = 0.0
    below: int = 0
    below_read: int = 0
    keys: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", keys_of(self.pages))  # once: of fifty thousand they take a second

    @property
    def is_guess(self) -> bool:
        """Nothing names it: it was only tried."""
        return self.origin == GUESSED

    @property
    def pages(self) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.role is Role.PAGE)

    @property
    def dates(self) -> list[datetime]:
        return sorted((link.date for link in self.pages if link.date), reverse=True)

    @property
    def newest(self) -> datetime | None:
        return self.dates[0] if self.dates else None

    @property
    def full_content(self) -> int:
        """How many entries bring paragraphs of their article."""
        return sum(bool(link.paragraphs) for link in self.pages)

    @property
    def is_news(self) -> bool:
        """Whether it is a news sitemap."""
        return any(link.is_published for link in self.pages)

    @property
    def is_lasting(self) -> bool:
        """Whether it lists articles for good: a feed and a news sitemap drop what is older."""
        return self.role is Role.SITEMAP and not self.is_news and bool(self.pages)

    def gap_seconds(self, now: datetime) -> float:
        """The mean time between entries; 0 where their dates do not say: sitemaps often have but the day of their
        making."""
        seconds = mean_gap_seconds([date for date in self.dates if date <= now]) or 0.0
        return seconds if seconds >= _LEAST_GAP_SECONDS else 0.0


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What a home page says beside its links. `rights` are statements in words, each with where it stands; `words` is
    how much text the page shows; `is_script` that scripts are to make the page; `wall`: what stands in its place."""

    language: str | None = None
    systems: tuple[tuple[str, str], ...] = ()
    system_feeds: tuple[str, ...] = ()
    system_sitemaps: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    words: int = 0
    is_script: bool = False
    wall: str | None = None


@dataclass(frozen=True, slots=True)
class RobotsFacts:
    """robots.txt as it was read; `text` is None where there is none. `outcome` is how asking for it ended, `reason` why
    it failed. `denial` is the rule that forbids the home page, with its line and group."""

    status: int | None = None
    outcome: str | None = None
    reason: str | None = None
    text: str | None = None
    crawl_delay_seconds: float | None = None
    sitemaps: tuple[str, ...] = ()
    denial: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One article, really fetched and extracted; `problem` where there is none."""

    url: str
    title: str | None = None
    date: str | None = None
    authors: tuple[str, ...] = ()
    words: int = 0
    kind: str | None = None
    language: str | None = None
    rights: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def is_article(self) -> bool:
        return self.problem is None and self.kind == "article"


@dataclass(frozen=True, slots=True)
class Survey:
    """All that one look at a site found. `home_links` are the home page's own; `doubts` are pages that they or
    sections link to and no feed or sitemap has, as far as they were looked at. `folder` is the address below which the
    site lies, if it has its host not for itself (`crawler.ownfolder`)."""

    site: Site
    home: Answer
    facts: HomeFacts = HomeFacts()
    robots: RobotsFacts = RobotsFacts()
    home_links: tuple[Link, ...] = ()
    home_problem: str | None = None
    sources: tuple[SourceFound, ...] = ()
    samples: tuple[Sample, ...] = ()
    doubts: tuple[Sample, ...] = ()
    looks: tuple[Look, ...] = ()
    is_budget_spent: bool = False
    folder: str | None = None

    @property
    def lists(self) -> tuple[SourceFound, ...]:
        """Feeds and sitemaps that list pages."""
        return tuple(source for source in self.sources if source.role in {Role.FEED, Role.SITEMAP} and source.pages)

    @property
    def sections(self) -> tuple[SourceFound, ...]:
        return tuple(source for source in self.sources if source.role is Role.SECTION)

    @property
    def home_pages(self) -> tuple[Link, ...]:
        return tuple(link for link in self.home_links if link.role is Role.PAGE)

    @property
    def language(self) -> str | None:
        """As the home page states it, or else its articles."""
        return self.facts.language or next((sample.language for sample in self.samples if sample.language), None)

    @property
    def shown(self) -> frozenset[str]:
        """Keys of the articles on the home page: what is linked like one, but for what was looked at and is none."""
        return keys_of(self.home_pages) - self.not_articles

    @property
    def not_articles(self) -> frozenset[str]:
        return frozenset(url_key(doubt.url) for doubt in self.doubts if not doubt.is_article)

    @property
    def unlisted(self) -> tuple[Link, ...]:
        """What the home page and sections link to like an article, each once, and no feed or sitemap has."""
        known = set(self.listed | self.not_articles)
        links = []
        for link in (*self.home_pages, *(link for section in self.sections for link in section.pages)):
            key = url_key(link.url)
            if key not in known:
                known.add(key)
                links.append(link)
        return tuple(links)

    @property
    def listed(self) -> frozenset[str]:
        """Keys of the pages that feeds and sitemaps list."""
        return frozenset[str]().union(*(source.keys for source in self.lists))

    @property
    def recent(self) -> tuple[Link, ...]:
        """What sections, feeds and news sitemaps list, but for what is more than a year older than the newest."""
        newest = max((date for source in self.sources for date in source.dates), default=None)
        links = (link for source in self.sources if source.role is not Role.SITEMAP or source.is_news
                 for link in source.pages)
        return tuple(link for link in links if not link.date or not newest or newest - link.date < OLD)

    @property
    def current(self) -> frozenset[str]:
        """Keys of the pages that the site shows now: on its home page and sections, in feeds and news sitemaps."""
        return keys_of((*self.home_pages, *self.recent)) - self.not_articles


def keys_of(links: tuple[Link, ...]) -> frozenset[str]:
    return frozenset(url_key(link.url) for link in links)
