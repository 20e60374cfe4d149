"""A site of many stories, for crawls that are killed: its feed lists all, some by way of a redirect. No test itself.

Owns what it serves, and a bell that rings at the n-th request of a crawl.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.crawls import Harvest, Running, start_crawl
from tests.newsserver import RawServer, Route, article_html, feed, page, redirect
from tests.newssites import alternate, home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class StorySite:
    def __init__(self, server: RawServer, pages: int) -> None:
        self.server, self.url = server, server.url
        self.targets = [f"/2026/11/{1 + number % 20:02}/story-{number}" for number in range(pages)]
        self._lock = threading.Lock()
        self._countdown = 0
        self._on_request: Callable[[], object] = lambda: None
        answers = {target: page(article_html(f"The story at {target}")) for target in self.targets}
        moved = {f"/moved{target}": target for target in self.targets[::10]}
        listed = [*moved, *(target for target in self.targets if target not in moved.values())]
        answers |= {alias: redirect(target) for alias, target in moved.items()}
        answers["/feed.xml"] = feed([(self.url(target), target) for target in listed])
        answers["/"] = home(alternate("rss", "/feed.xml"))
        server.routes.update({target: self._counted(answer) for target, answer in answers.items()})

    def _counted(self, answer: bytes) -> Route:
        def counted(_: bytes) -> bytes:
            with self._lock:
                self._countdown -= 1
                is_now = self._countdown == 0
            if is_now:
                self._on_request()
            return answer

        return counted

    def at_request(self, number: int, do: Callable[[], object]) -> None:
        """Call `do` from within the n-th request from now, before it is answered."""
        with self._lock:
            self._countdown, self._on_request = number, do

    def crawl_until(self, number: int, root: Path, end: Callable[[Running], None]) -> Running:
        """A crawl on which `end` is called from within its n-th request."""
        started: list[Running] = []
        self.at_request(number, lambda: end(started[0]))
        started.append(start_crawl("news", root, url=self.url()))       # Python starts for longer than this line takes
        return started[0]

    def check_whole(self, harvest: Harvest) -> None:
        """Every article once, no record without a line, every line's records there, every page tried once."""
        harvest.check()
        assert sorted(article["final_url"] for article in harvest.articles) == sorted(map(self.url, self.targets))
        ended = [line["url_key"] for line in harvest.fetches if line["role"] == "page"]
        assert len(ended) == len(set(ended)) == len(self.targets)
        assert {line["outcome"] for line in harvest.fetches if line["role"] == "page"} == {"article"}
