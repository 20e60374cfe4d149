"""What one look at a site asks: each address once, within a budget, and each with a line of evidence.

Owns the budget, the evidence, and how an answer is read. Must not know Scrapy, nor in which order a site is looked at
(`course`): `fetch` asks one address as politely as a crawl, `compute` runs a pure function where a hostile document can
do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from crawler.discovery import Found, links_of_feed, links_of_page, links_of_sitemap
from crawler.survey.findings import Answer, Look
from pipelines.records import Outcome, Role
from pipelines.urlkey import host_of, url_key
from pipelines.workers import WorkerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import ParamSpec, TypeVar

    _P = ParamSpec("_P")
    _T = TypeVar("_T")

MAX_REQUESTS = 45
"""Of one look, robots.txt aside; redirects and retries come on top."""
FOR_SAMPLES = 3
"""Requests that are kept for articles."""
_LONGEST_LOOK_SECONDS = 900.0
"""That Crawl-delay may make of it: a site that asks for long delays is asked less."""
_MAX_SITEMAP_BYTES = 16 << 20


class Fetch(Protocol):
    def __call__(self, url: str, role: Role) -> Awaitable[Answer]: ...


class Compute(Protocol):
    """WorkerError if the function took too long, crashed or raised."""

    def __call__(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Awaitable[_T]: ...


@dataclass(slots=True)
class Looking:
    """`tell` is called with each look."""

    fetch: Fetch
    compute: Compute
    tell: Callable[[Look], None] = lambda _: None
    looks: list[Look] = field(default_factory=list)
    is_spent: bool = False
    _asked: set[str] = field(default_factory=set)
    _resting: set[str] = field(default_factory=set)
    _left: int = MAX_REQUESTS

    @property
    def has_budget(self) -> bool:
        """Whether anything but samples may be asked."""
        return self._left > FOR_SAMPLES

    def keep_short(self, crawl_delay_seconds: float) -> None:
        self._left = min(self._left, int(_LONGEST_LOOK_SECONDS / crawl_delay_seconds))

    async def ask(self, url: str, role: Role, *, is_sample: bool = False) -> Answer | None:
        """None for what was asked before, a host that is left alone, or a budget that is spent."""
        key = url_key(url) if role is Role.PAGE else url.partition("#")[0]
        if key in self._asked or host_of(url) in self._resting:
            return None
        if role is not Role.HOME and self._left <= (0 if is_sample else FOR_SAMPLES):
            self.is_spent = True
            return None
        self._asked.add(key)
        self._left -= 1
        answer = await self.fetch(url, role)
        self._asked.add(url_key(answer.final_url))
        if not answer.is_sent:                  # forbidden, or its host is left alone after many failures
            self._resting |= {host_of(url)} if answer.outcome is not Outcome.ROBOTS_DENIED else set()
        return answer

    async def read_as(self, role: Role, answer: Answer) -> Found:
        if role is Role.FEED:
            return await self.read(links_of_feed, answer.body, answer.final_url)
        if role is Role.SITEMAP:
            return await self.read(links_of_sitemap, answer.body, answer.final_url, max_bytes=_MAX_SITEMAP_BYTES)
        return await self.read(links_of_page, answer.body, answer.final_url, answer.content_type)

    async def read(self, read: Callable[_P, Found], *args: _P.args, **kwargs: _P.kwargs) -> Found:
        try:
            return await self.compute(read, *args, **kwargs)
        except WorkerError as error:
            return Found((), str(error))

    def note(self, purpose: str, answer: Answer, read_as: str | None) -> None:
        look = Look(purpose, answer.url, answer.final_url, answer.status, answer.outcome, answer.reason,
                    answer.content_type, len(answer.body), read_as)
        self.looks.append(look)
        self.tell(look)


def failure_of(answer: Answer) -> str | None:
    if answer.is_good:
        return None
    return f"HTTP {answer.status}" if answer.status else f"{answer.outcome.value}: {answer.reason}"
