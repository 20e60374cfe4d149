"""A site without an end: every address is answered, with a story of its own and links to more. No test itself.

Owns what it serves. Must not know crawls.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from tests.newsserver import RawServer, page, prose
from tests.newssites import home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.replies import Reply, Route

_FILES = ("/robots", "/.well-known", "/feed", "/sitemap", "/rss", "/atom", "/index", "/news-", "/wp-")


class Endless(RawServer):
    """Answers every address but those of files: what has no route of its own by `anything`, which is given how often
    that was."""

    def __init__(self, routes: dict[str, Route], anything: Callable[[int], Route], host: str) -> None:
        super().__init__(routes, host=host)
        self._anything, self._times = anything, count()

    def reply_to(self, target: str, request: bytes) -> Reply:
        if target not in self.routes and not target.startswith(_FILES):
            self.routes[target] = self._anything(next(self._times))
        return super().reply_to(target, request)


@contextmanager
def endless_site(host: str = "127.0.0.29") -> Iterator[Endless]:
    """Sections without end, each with stories without end."""
    def links(number: int) -> list[tuple[str, str]]:
        stories = [(f"/2026/11/20/story-{number}-{each}-of-an-endless-list",
                    f"Story {each} of day {number} is told here") for each in range(20)]
        return [*stories, (f"/day/{number + 1}/", "Next day"), (f"/?page={number + 2}", "Older"),
                *((f"/part-{number}-{each}/", f"Part {each}") for each in range(5))]

    def anything(number: int) -> bytes:
        told = "".join(f"<p>{text}</p>" for text in prose(f"Day {number}"))
        body = home(links=links(number)).partition(b"<body>")[2].decode()
        return page(f"<!doctype html><html><head><title>Day {number}</title></head><body>{told}{body}</body></html>")

    with Endless({}, anything, host) as server:
        yield server
