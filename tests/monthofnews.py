"""A month of news as data teams meet it: thirty days, columns that are always empty, a day of an older schema.

Owns the made-up month, made by the code that makes real archives, and what an older version would have left. No test
itself.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pyarrow import parquet

from pipelines.archive import Archive, ArchiveConfig
from pipelines.arrowschema import arrow_schema
from pipelines.records import Outcome
from tests.archives import WARCINFO, Clock, answer, article, exchange, html, settlement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.visit import Settlement

OLD_DAY = "2026-10-31"
FIRST_DAY = datetime(2026, 11, 1, 6, tzinfo=UTC)
SITES = {"1848": "de", "kladderadatsch": "de", "osmere-courier": "en", "unsaid": None}
"""With the language that each writes; the name of one would pass for a number."""
WIDE = "Zażółć 👩‍👩‍👧 𝔊𝔢𝔫𝔰𝔣𝔩𝔢𝔦𝔰𝔠𝔥 🗞️ e\u0301. "
"""Characters whose bytes, UTF-16 units and code points differ in number."""
LATER = {"": ("discovered_also", "rights", "wall", "date_published_stated"),
         "boilerplate": ("stories", "blocks", "chars"), "extraction": ("way", "doubts"),
         "discovered": ("updated", "image"), "quality": (
             "link_density", "repetition", "article_body_share", "removed_share", "agreement", "consent_likelihood",
             "paywall_likelihood")}
"""Keys that lines of a version ago lack."""


def make_month(root: Path) -> Path:
    """An archive of thirty days and one before, each crawled by a run of its own, and a file that is being written."""
    days = [datetime.fromisoformat(OLD_DAY + "T06:00:00Z"), *(FIRST_DAY + timedelta(days=day) for day in range(30))]
    for number, day in enumerate(days):
        asyncio.run(_crawl(root, Clock(day), number))
    for kind in ("articles", "fetches"):
        for path in (root / kind / f"dt={OLD_DAY}").iterdir():
            lines = [without_later_keys(json.loads(line)) for line in gzip.decompress(path.read_bytes()).splitlines()]
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            path.write_bytes(gzip.compress(text.encode()))
        growing = root / kind / "dt=2026-12-02" / "20261202T060000Z-246bb5-00000.jsonl.open"
        growing.parent.mkdir()
        growing.write_bytes(b'{"schema_version":1,"id":"d86df')
    return root


async def _crawl(root: Path, clock: Clock, day: int) -> None:
    archive = Archive.open(ArchiveConfig(root, warcinfo=WARCINFO), "news", clock)
    visits = asyncio.gather(*(archive.committer.settle(visit) for visit in _visits(clock, day)))
    await asyncio.sleep(0)
    await archive.committer.flush()
    await visits
    await archive.close("finished")


def _visits(clock: Clock, day: int) -> Iterator[Settlement]:
    for number, (site, language) in enumerate(SITES.items()):
        url = f"https://{site}.example/{day}"
        tries = [exchange(clock, url, b"", error="the connection was closed")] * (day % 2)
        title = f"Tag {day} bei {site}"
        text = f"{title}. {WIDE * (1 + (day + number) % 3)}\n{'Z' * day}"
        made = replace(article(title, text, None), language=language, description=None, tags=())
        yield settlement(clock, Outcome.ARTICLE, [*tries, exchange(clock, url, answer("200 OK", html(title, text)))],
                         made=made, site=site)
        yield settlement(clock, Outcome.HTTP_ERROR, [exchange(clock, url + "/gone", answer("404 Not Found"))],
                         site=site, reason="404")


def without_later_keys(line: dict[str, Any]) -> dict[str, Any]:
    """The line as the version before wrote it."""
    kept = {key: value for key, value in line.items() if key not in LATER[""]}
    return {key: {inner: one for inner, one in value.items() if inner not in LATER[key]} if key in LATER and value
            else value for key, value in kept.items()}


def age(tables: Path, kind: str) -> None:
    """Make the old day's file one of the version before, without the newest columns; and add a day without rows, as an
    export of one site has them."""
    path = tables / kind / f"dt={OLD_DAY}" / "part-00000.parquet"
    table = parquet.ParquetFile(path).read()
    parquet.write_table(table.drop_columns([name for name in LATER[""] if name in table.column_names]), path)
    empty = tables / kind / "dt=2026-12-01" / "part-00000.parquet"
    empty.parent.mkdir()
    parquet.ParquetWriter(empty, arrow_schema(kind)).close()
