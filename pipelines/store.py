"""What the crawl knows: URLs and their leases, sources and hosts, articles held, files and how far they are committed.

Owns the values that pass through a store (`pipelines.storeprotocol`). Must not know a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipelines.records import Discovered
    from pipelines.segments import SegmentName

MAX_WAYS = 16
"""In which one URL was found, that are kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """A URL to fetch. `force` asks for it again though it is known; `request` is the Scrapy request as JSON.

    Higher `priority` goes first; `also` are further ways in which it was found. `request` is None where it could not be
    written down: then only the process that found it can fetch it.
    """

    url_key: str
    url: str
    host: str
    site: str
    role: str
    priority: int
    discovered: Discovered
    request: str | None
    force: bool = False
    also: tuple[Discovered, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """A URL handed out to be fetched. It is this worker's until `deadline`; `token` proves it in the commit.

    `attempts` counts its visits that failed for a passing reason so far; `also` are further ways in which it was found.
    """

    url_key: str
    url: str
    host: str
    site: str
    role: str
    discovered: Discovered
    request: str | None
    token: str
    deadline: datetime
    attempts: int = 0
    also: tuple[Discovered, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """A lease that ended.

    With `retry_at` the URL rests until then and is handed out again; failing that, `again`
    allows it to be fetched anew when a later run finds it. Where it `failed`, and was taken over from another spider or
    site that had it waiting, it waits for that again.
    """

    url_key: str
    token: str
    outcome: str
    again: bool
    retry_at: datetime | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A place of a site that lists its pages (feed, sitemap, section, home page), as it was after its last visit.

    It is due at `due`; `interval_seconds` is how long after its last visit that is. `etag` and `last_modified` are the
    validators as they came, good only while the site's own `rules` are what they were. `links` is how many pages it
    listed. New pages are counted with decay: `seen` of them in `watched_seconds`; `unchanged` visits in a row brought
    none, `failures` in a row failed. A retired source is not asked any more, for the reason that `retired` gives. For
    `hint_seconds` it asked to be left alone when it was read; `depth` is how many sitemaps lead to it; `new_at` is when
    it last listed a new page. `is_dated`: an index says when it changes; `hub` is the WebSub hub that it names. One
    that `is_absent` was looked for where such sources often lie, and is not there.
    """

    site: str
    url_key: str
    url: str
    role: str
    via: str
    found_at: str | None
    due: datetime
    asked_at: datetime
    interval_seconds: float
    etag: str | None = None
    last_modified: str | None = None
    rules: str = ""
    links: int = 0
    seen: float = 0.0
    watched_seconds: float = 0.0
    unchanged: int = 0
    failures: int = 0
    retired: str | None = None
    depth: int = 0
    hint_seconds: float = 0.0
    new_at: datetime | None = None
    is_dated: bool = False
    hub: str | None = None
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class HostHealth:
    """A host in trouble: how many visits in a row have failed, and until when it is left alone (None: it is not)."""

    host: str
    failures: int
    rests_until: datetime | None


@dataclass(frozen=True, slots=True)
class ArticleKeys:
    """By what an article is known again: its page, and in its site its canonical address with its title, and its text.

    All are digests in hexadecimal; `text` is None where there is none to compare.
    """

    id: str
    site: str
    url_key: str
    canonical: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an open file is committed."""

    segment: SegmentName
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A JSONL line and where in its file it belongs: written again from here after a crash."""

    path: str
    offset: int
    line: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """A WARC record: its file's final path relative to the archive, and the bytes of its gzip member."""

    path: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Held:
    """A payload that is archived: what is known by `key` (a digest, or what a URL last gave) lies in that record."""

    key: str
    place: Place


@dataclass(frozen=True, slots=True)
class Owed:
    """A page that is archived and whose article is still to be made: a new site's first pages wait until it is known
    what the site repeats. `id` is the WARC record id of the response; `fetch` is the page's fetch record as JSON, but
    for its outcome; `confirmed` are keys of paragraphs that its feed has (`pipelines.boilerplate.blocks.text_key`).
    """

    id: str
    site: str
    fetch: str
    confirmed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteKnowledge:
    """What is known of a site's boilerplate: the learner's counts, and the model in use, by its id and as its content.
    A model stays for good, for the articles that name it."""

    site: str
    counts: bytes
    model_id: str | None
    model: bytes | None


@dataclass(frozen=True, slots=True)
class KeptRights:
    """What a host reserves (`host news.example`), or what is done about a site's rights (`site osmere`), as JSON."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction makes true. Leases end before URLs are added, so that a URL may be asked for again.

    `sources` and `hosts` replace what was known of them; a host without failures and rest is forgotten. `synced` maps
    open JSONL files to the offset below which their lines are on disk and leave the outbox; `tally` counts outcomes by
    site. `held` are payloads in files that are marked or sealed; the last place of a key counts. `owed` are pages whose
    articles are to follow, `paid` the ids of those whose fetch lines are among `outbox`; `again` are keys of pages that
    are done and may be fetched anew when a later run finds them; `also` are keys of pages that wait, each with one more
    way in which it was found.
    """

    done: tuple[Done, ...] = ()
    found: tuple[Found, ...] = ()
    sources: tuple[Source, ...] = ()
    hosts: tuple[HostHealth, ...] = ()
    articles: tuple[ArticleKeys, ...] = ()
    marks: tuple[Mark, ...] = ()
    outbox: tuple[OutboxLine, ...] = ()
    synced: Mapping[str, int] = field(default_factory=dict)
    tally: Mapping[tuple[str, str], int] = field(default_factory=dict)
    held: tuple[Held, ...] = ()
    owed: tuple[Owed, ...] = ()
    paid: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    also: tuple[tuple[str, Discovered], ...] = ()
    knowledge: tuple[SiteKnowledge, ...] = ()
    rights: tuple[KeptRights, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run over the archive. `finish_reason` is None while it goes on, `interrupted` if it was found dead."""

    run_id: str
    spider: str
    pid: int
    started_at: datetime
    finished_at: datetime | None = None
    finish_reason: str | None = None
