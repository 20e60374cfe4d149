"""One site of the test web as a value: what it answers, and the truth about its articles.

Owns the shapes alone. Must not know sockets, crawls or how pages are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

HTML = "text/html; charset=utf-8"
XML = "application/xml"
RSS = "application/rss+xml; charset=utf-8"

_DEFAULT_PORT = re.compile(r"^(http://[^/]*):(?:80|443)(?=/)")
_TRACKING = re.compile(r"(?<=[?&])utm_\w+=[^&]*&?")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its host, its target with its query, and the how-manieth it is of the whole web."""

    host: str
    target: str
    number: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes = field(default=b"", repr=False)
    content_type: str = HTML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Route = Answer | Callable[[Asked], Answer | None]
Keys = Mapping[str, float | int]


@dataclass(frozen=True, slots=True)
class Site:
    """`answers` are by host and target with its query; a query that no answer has is ignored, as most servers do.

    `others` is asked for what has no answer; what it does not know is `lost`. `truth` maps every known address of an
    article to its one canonical address. `sessions` matches what of an address is only a reader's session. `keys` are
    the registry's beside name and url: a budget, where nobody would crawl the site without one.
    """

    name: str
    url: str
    way: str
    answers: Mapping[str, Route] = field(repr=False)
    truth: Mapping[str, str] = field(repr=False)
    hosts: frozenset[str]
    others: Callable[[Asked], Answer | None] | None = field(default=None, repr=False)
    sessions: re.Pattern[str] | None = None
    keys: Keys = field(default_factory=dict)
    lost: Answer = Answer(b"<h1>404 Not Found</h1>", status=404)

    @property
    def articles(self) -> frozenset[str]:
        """The canonical address of each."""
        return frozenset(self.truth.values())

    def article_at(self, url: str | None) -> str | None:
        """The canonical address of the article that a known address of it names; exact but for the scheme with its
        port, the fragment, campaign parameters and the reader's session."""
        address = (url or "").partition("#")[0].replace("https://", "http://", 1)
        address = _DEFAULT_PORT.sub(r"\1", address)
        if self.sessions is not None:
            address = self.sessions.sub("", address)
        return self.truth.get(_TRACKING.sub("", address).rstrip("?&"))

    def answer(self, asked: Asked) -> Answer:
        """What the site serves; never fails."""
        for key in (f"{asked.host}{asked.target}", f"{asked.host}{asked.path}"):
            route = self.answers.get(key)
            found = route(asked) if callable(route) else route
            if found is not None:
                return found
        found = self.others(asked) if self.others else None
        return found or self.lost


def page(html: str, *, charset: str = "utf-8", status: int = 200) -> Answer:
    return Answer(html.encode(charset, "xmlcharrefreplace"), f"text/html; charset={charset}", status)


def moved(location: str, status: int = 301) -> Answer:
    return Answer(b"", HTML, status, (("Location", location),))


def document(text: str, content_type: str = XML, *, charset: str = "utf-8") -> Answer:
    return Answer(text.encode(charset, "xmlcharrefreplace"), content_type)
