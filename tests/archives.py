"""Small archives made by the code that makes real ones, without a crawl: what a crawl would hand in is made
up here.

Owns the made-up news site. As a program it fills an archive and is killed: `python -m tests.archives ROOT`.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.ledger import HostAccount
from pipelines.archive import Archive, ArchiveConfig
from pipelines.exchange import Answer, Exchange
from pipelines.records import Article, Boilerplate, Discovered, Outcome, Quality
from pipelines.urlkey import url_key
from pipelines.visit import Settlement, redirects_of

if TYPE_CHECKING:
    from collections.abc import Iterator

WARCINFO = {"software": "Broadsheet tests", "format": "WARC File Format 1.1"}
BATCH = 10
"""Visits in a group commit."""
PARAGRAPH = "Der Rat tagte bis nach Mitternacht, dann fiel die Entscheidung — einstimmig. "


class Clock:
    """A millisecond goes by with each look at it."""

    def __init__(self, now: datetime = datetime(2026, 11, 22, 14, 15, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def article(title: str, text: str, published: str | None = "2026-11-22T08:00:00Z") -> Article:
    return Article(
        kind="article", canonical_url=None, title=title, description="Ein „Bericht“ 📰", text=text,
        authors=("A. Müller",), publisher="Osmere Courier", language="de", section=None, tags=("rat", "stadt"),
        image=None, license=None, date_published=published, date_published_source="json-ld" if published else None,
        date_published_precision="minute" if published else None, date_published_stated=published,
        date_modified=None, is_accessible_for_free=None, word_count=len(text.split()), charset="utf-8",
        quality=Quality(1, 0.5), boilerplate=Boilerplate(), way="precise", doubts=(), warnings=(),
    )


def html(title: str, text: str) -> bytes:
    return f"<!doctype html><title>{title}</title><p>{text}</p>".encode()


def answer(status: str, body: bytes = b"", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 " + status.encode(), b"Content-Type: text/html; charset=utf-8", *headers]
    if not any(header.lower().startswith(b"transfer-encoding") for header in headers):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))


def exchange(clock: Clock, url: str, response: bytes, **facts: str) -> Exchange:
    request = f"GET /{url.partition('//')[2].partition('/')[2]} HTTP/1.1\r\nHost: news.example\r\n\r\n".encode()
    return Exchange(url, "GET", request, Answer(response), clock(), clock(), "192.0.2.7", **facts)


def settlement(
    clock: Clock, outcome: Outcome, exchanges: list[Exchange], *, made: Article | None = None, url: str = "",
    role: str = "page", reason: str | None = None, site: str = "osmere-courier",
) -> Settlement:
    url = url or exchanges[0].url
    return Settlement(
        lease=None, site=site, role=role, url=url, final_url=exchanges[-1].url if exchanges else url,
        url_key=url_key(url), discovered=Discovered("feed", "https://news.example/feed.xml"), outcome=outcome,
        reason=reason, redirects=redirects_of(exchanges), exchanges=tuple(exchanges), article=made,
        started_at=exchanges[0].started_at if exchanges else clock(), finished_at=clock(),
    )


def page(clock: Clock, number: int, *, site: str = "osmere-courier") -> Settlement:
    """An article of its own, served in one of several ways."""
    url = f"https://news.example/{number}"
    title, text = f"Die Nachricht {number}", f"Nummer {number}. " + PARAGRAPH * (1 + number % 4)
    body = html(title, text)
    responses = [
        answer("200 OK", body),
        answer("200 OK", chunked(body), b"Transfer-Encoding: chunked"),
        answer("200 Fine", gzip.compress(body), b"Content-Encoding: gzip"),
        answer("200 OK", chunked(gzip.compress(body)), b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"),
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answer("200 OK", body, b"X-Odd: \xe9\xff"),
    ]
    made = article(title, text, f"2026-11-{1 + number % 28:02}T08:00:00Z")
    return settlement(clock, Outcome.ARTICLE, [exchange(clock, url, responses[number % 5])], made=made, site=site)


def oddities(clock: Clock) -> Iterator[Settlement]:
    """One of everything that is not simply an article."""
    text = "Nummer 0. " + PARAGRAPH
    robots = exchange(clock, "https://news.example/robots.txt", answer("200 OK", b"\n"))
    yield settlement(clock, Outcome.SOURCE, [robots], role="robots")
    yield settlement(clock, Outcome.ARTICLE, [exchange(clock, "https://news.example/copy", answer("200 OK", b"0"))],
                     made=article("Die Nachricht 0", text))
    yield settlement(clock, Outcome.ARTICLE, [
        exchange(clock, "https://news.example/old", answer("301 Moved", b"", b"Location: /new")),
        exchange(clock, "https://news.example/new", b"", error="the connection was closed"),
        exchange(clock, "https://news.example/new", answer("200 OK", b"<p>Neu</p>")),
    ], made=article("Neu", "Neu hier.", None))
    yield settlement(clock, Outcome.TRUNCATED, [
        exchange(clock, "https://news.example/short", answer("200 OK", b"<p>Ab"), truncated="disconnect")])
    yield settlement(clock, Outcome.HTTP_ERROR, [exchange(clock, "https://news.example/gone", answer("404 No"))],
                     reason="404")
    yield settlement(clock, Outcome.ROBOTS_DENIED, [], url="https://news.example/private")


def repeated(clock: Clock) -> Iterator[Settlement]:
    """A feed that has not changed, and then says so."""
    for status in ("200 OK", "200 OK", "304 Not Modified"):
        feed = exchange(clock, "https://news.example/feed.xml", answer(status, b"<rss></rss>" * (status[0] == "2")))
        yield settlement(clock, Outcome.SOURCE, [feed], role="feed")


async def fill(
    archive: Archive, clock: Clock, pages: int = 6, first: int = 0, *, has_revisits: bool = False
) -> None:
    visits = [page(clock, number) for number in range(first, first + pages)]
    visits += oddities(clock) if first == 0 else ()
    visits += repeated(clock) if has_revisits else ()
    for begin in range(0, len(visits), BATCH):
        batch = asyncio.gather(*(archive.committer.settle(visit) for visit in visits[begin : begin + BATCH]))
        await asyncio.sleep(0)      # all of them are handed in
        await archive.committer.flush()
        await batch


def make_archive(root: Path, pages: int = 6, *, clock: Clock | None = None, first: int = 0, **config: object) -> Path:
    """An archive of one run (or one more), closed. `config` goes to ArchiveConfig."""
    clock = clock or Clock()

    async def run() -> None:
        archive = Archive.open(ArchiveConfig(root, warcinfo=WARCINFO, **config), "news", clock)  # type: ignore[arg-type]
        await fill(archive, clock, pages, first, has_revisits="revisit_min_bytes" in config)
        await archive.close("finished", [accounts().as_json()])

    asyncio.run(run())
    return root


def accounts() -> HostAccount:
    """Of the one host of these archives, as a crawl keeps it."""
    return HostAccount("news.example", requests=12, bytes=3_400_000, robots_denied=1, delay_seconds=7.0,
                       delay_by="crawl_delay", registry_seconds=1.0, crawl_delay_seconds=7.0, retry_after_seconds=120.0,
                       retry_afters=1, shortest_gap_seconds=7.012, most_at_once=1)


async def _fill_and_die(root: Path) -> None:
    clock = Clock()
    archive = Archive.open(ArchiveConfig(root, warcinfo=WARCINFO), "news", clock)
    await fill(archive, clock)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(_fill_and_die(Path(sys.argv[1])))
