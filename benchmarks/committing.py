"""The committer alone: prepared pages made durable, 64 at a time, with nothing else to hide behind.

Owns the pages. A program that prints JSON:

    python -m benchmarks.committing ROOT DURABILITY PAGES
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.knownurls import GROUP, found_url
from pipelines.archive import Archive, ArchiveConfig, utc_now
from pipelines.exchange import Answer, Exchange
from pipelines.records import Article, Boilerplate, Outcome, Quality
from pipelines.visit import Settlement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.store import Lease

_WORDS = [word for line in ("council votes on the new harbour bridge after a long night of talks",
                            "ministers say that prices will fall before winter while farmers disagree",
                            "the river has risen again and schools near the old town stay closed today")
          for word in line.split()]
_TEXT_WORDS, _PAGE_WORDS = 500, 5_000  # 3 kB of text in a page of 30 kB


def settle(config: ArchiveConfig, pages: int) -> dict[str, Any]:
    """Seconds and pages a second, from the first page to the last that was acknowledged."""
    return asyncio.run(_settle(config, pages))


async def _settle(config: ArchiveConfig, pages: int) -> dict[str, Any]:
    bodies = [_body(Random(number)) for number in range(GROUP)]
    archive = Archive.open(config, "news")
    wall, cpu = time.perf_counter(), time.process_time()
    for begin in range(0, pages, GROUP):
        await _settle_group(archive, range(begin, min(begin + GROUP, pages)), bodies)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await archive.close("finished")
    written = sum(archive.final_tallies.get(site, {}).get("article", 0) for site in archive.final_tallies)
    return {"pages": written, "pages_per_second": round(pages / wall, 1), "wall_seconds": round(wall, 3),
            "cpu_seconds": round(cpu, 2)}


async def _settle_group(archive: Archive, numbers: range, bodies: Sequence[str]) -> None:
    """As in a crawl: found, leased, fetched, and acknowledged when that is durable."""
    for number in numbers:
        archive.committer.add(found_url(number))
    leases = await archive.committer.lease({}, len(numbers), GROUP)
    visits = [settlement_of(lease, f"{number}: {body}")
              for lease, number, body in zip(leases, numbers, bodies[:len(numbers)], strict=True)]
    await asyncio.gather(*(archive.committer.settle(visit) for visit in visits), archive.committer.flush())


def _body(random: Random) -> str:
    return " ".join(random.choices(_WORDS, k=_PAGE_WORDS))


def settlement_of(lease: Lease, body: str, page: bytes | None = None) -> Settlement:
    """An article whose text is the beginning of `body`; the page is made of that, unless its bytes are given."""
    text = body[:_TEXT_WORDS * 6]
    page = page or f"<!doctype html><title>{text[:60]}</title><p>{body}</p>".encode()
    head = (f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
            "Server: nginx\r\nCache-Control: max-age=60\r\n\r\n")
    path = lease.url.partition(lease.host)[2]
    request = f"GET {path} HTTP/1.1\r\nHost: {lease.host}\r\nUser-Agent: Broadsheet\r\n\r\n"
    now = utc_now()
    exchange = Exchange(lease.url, "GET", request.encode(), Answer(head.encode() + page), now, now, "192.0.2.7")
    article = Article(
        kind="article", canonical_url=None, title=text[:60], description=None, text=text, authors=("A. Writer",),
        publisher=lease.site, language="en", section=None, tags=(), image=None, license=None,
        date_published="2026-11-22T08:00:00Z", date_published_source="json-ld", date_published_precision="minute",
        date_published_stated=None, date_modified=None, is_accessible_for_free=None, word_count=_TEXT_WORDS,
        charset="utf-8", quality=Quality(1, 0.5), boilerplate=Boilerplate(), way="precise", doubts=(), warnings=())
    return Settlement(
        lease=lease, site=lease.site, role=lease.role, url=lease.url, final_url=lease.url, url_key=lease.url_key,
        discovered=lease.discovered, outcome=Outcome.ARTICLE, reason=None, redirects=(), exchanges=(exchange,),
        article=article, started_at=now, finished_at=now)


def main(arguments: Sequence[str]) -> None:
    root, durability, pages = arguments
    print(json.dumps(settle(ArchiveConfig(Path(root), durability=durability), int(pages))))


if __name__ == "__main__":
    main(sys.argv[1:])
