"""The whole test web, or some of its sites, crawled as a user would from addresses alone, and scored.

Owns one archive, its ticks and the lines they left. Must not know what a site is like.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.crawls import start_crawl
from tests.web.registry import CONTACT, registry_of
from tests.web.score import score
from tests.web.server import WebProxy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.crawls import Ended
    from tests.web.score import Score
    from tests.web.server import Logged
    from tests.web.site import Site

MAX_SECONDS = 240
"""For one tick: alone on two processors it takes half a minute, among other tests some times that."""


@dataclass(frozen=True, slots=True)
class Crawled:
    ended: Ended
    scores: dict[str, Score]
    seconds: float
    requests: tuple[Logged, ...]


def crawl_web(sites: Sequence[Site], folder: Path, rounds: int = 1) -> Crawled:
    """`rounds` ticks, each of which asks every source; the score is after the last. The archive stays in `folder`."""
    registry, archive = folder / "sites.toml", folder / "archive"
    registry.write_text(registry_of(sites), "utf-8")
    with WebProxy(sites) as web:
        for _ in range(rounds):
            crawl = start_crawl("news", archive, sites=registry, poll="all", environment=web.environment,
                                settings={"CONTACT": CONTACT, "LOG_LEVEL": "INFO"})
            ended = crawl.wait(MAX_SECONDS)
        articles, fetches = _lines(archive, "articles"), _lines(archive, "fetches")
        scores = {site.name: score(site, articles, fetches, len(web.requests_of(site))) for site in sites}
        seconds = web.log[-1].ended - web.log[0].started if web.log else 0.0
    (folder / "crawl.log").write_text(ended.stderr, "utf-8")
    asked = "".join(f"{each.status} {each.host} {each.target}\n" for each in web.log)
    (folder / "requests.log").write_text(asked, "utf-8")
    return Crawled(ended, scores, seconds, tuple(web.log))


def _lines(archive: Path, kind: str) -> list[dict[str, Any]]:
    files = sorted(archive.glob(f"{kind}/*/*.jsonl.gz"))
    return [json.loads(line) for path in files for line in gzip.decompress(path.read_bytes()).splitlines()]
