"""What must hold of a small crawl (tests/crashing.py) after whatever befell it. No test itself.

Owns the next run: it recovers, finds everything sound, finishes, and every page has become one article.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING

from pipelines.errors import ConfigurationError
from pipelines.verification import verify
from tests.archives import Clock
from tests.builders import assert_sound, lines_of, open_files, plain, sealed, sealed_lines, snapshot, warc_records
from tests.crashing import LATER, URLS, crawl, open_archive

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.verification import Problem


def finish(root: Path) -> list[str]:
    """Recover, check, finish the crawl; the URLs that were acknowledged on the way."""
    acknowledged: list[str] = []

    async def work() -> None:
        clock = Clock(LATER)
        archive = open_archive(root, clock)
        recovered = snapshot(root)
        assert open_files(root) == []
        assert_sound(root)
        await crawl(archive, clock, acknowledged.append)
        assert archive.unsettled == 0
        assert {name: data for name, data in snapshot(root).items() if name in recovered} == recovered

    asyncio.run(work())
    return acknowledged


def assert_nothing_is_lost_or_doubled(root: Path, acknowledged: list[str]) -> None:
    """Finishes the crawl. What had its final name before has not changed by that, and what was acknowledged is not
    asked for again."""
    final = snapshot(root)
    again = finish(root)
    assert {name: data for name, data in snapshot(root).items() if name in final} == final, (
        "a final file has changed"
    )
    assert set(acknowledged).isdisjoint(again)
    assert_complete(root)


def assert_complete(root: Path) -> None:
    assert sorted(line["url"] for line in sealed_lines(root, "articles")) == URLS
    fetches = sealed_lines(root, "fetches")
    assert Counter((line["url"], line["outcome"]) for line in fetches) == dict.fromkeys(
        [(url, "article") for url in URLS], 1)
    assert_sound(root)
    assert open_files(root) == []
    manifests = [json.loads(path.read_text()) for path in (root / "runs").glob("*.json")]
    assert sum(manifest["articles"] for manifest in manifests) == len(URLS)
    report = verify(root)
    assert report.problems == ()
    assert report.articles == len(URLS)


def assert_final_files_are_whole(root: Path) -> None:
    """What a batch job may read at any moment, before anyone has recovered anything."""
    for path in sealed(root, "warc"):
        assert warc_records(path.read_bytes()), f"{path} is empty"
    for kind in ("articles", "fetches"):
        for path in sealed(root, kind):
            assert lines_of(plain(path)), f"{path} is empty"
    for path in (root / "runs").glob("*.json"):
        json.loads(path.read_bytes())


def damage(root: Path) -> list[Problem]:
    """What `scrapy verify` holds to be damage. A store that died as it was made has no tables, nor anything to lose."""
    try:
        found = [problem for problem in verify(root).problems if problem.is_damage]
    except ConfigurationError:          # there is no archive yet
        found = []
    if any((root / "warc").rglob("*.warc.gz*")):
        return found
    return [problem for problem in found if problem.file != "state.sqlite"]
