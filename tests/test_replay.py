"""What was exported replays: pywb serves it, a real browser opens it, and it says what the articles say.

Needs .venv-readers (`make test` makes it) and Chromium, and is left out with its reason where they are missing.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from crawler.demo.server import DemoServer
from pipelines.boilerplate.model import NO_MODEL, SiteModel
from pipelines.extraction import Hints, extract_article
from pipelines.layout import STATE
from pipelines.reader import Archive
from pipelines.sqlite import SqliteStore
from tests.crawls import Harvest, crawl, scrapy
from tests.replaying import CHROMIUM, READERS, Leaks, Pywb, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not (READERS / "wayback").exists(), reason="pywb is not in .venv-readers: make test")
PAGES = 20


class Replayed:
    """An archive of the demo's sites, and pywb over what was exported of it."""

    def __init__(self, root: Path, pywb: Pywb, leaks: Leaks) -> None:
        self.harvest, self.pywb, self.leaks = Harvest(root), pywb, leaks
        self.reader = Archive(root)
        self.articles = {line["id"]: line for line in self.harvest.articles}

    @property
    def pages(self) -> list[dict[str, Any]]:
        """Fetch lines of pages that are articles or copies of one; revisits first."""
        lines = [line for line in self.harvest.fetches if line["article_id"]]
        return sorted(lines, key=lambda line: line["exchanges"][-1]["refers_to"] is None)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    folder = tmp_path_factory.mktemp("replayed")
    root, index = folder / "archive", folder / "index.cdxj"
    with DemoServer((0, 0)) as demo:
        (folder / "sites.toml").write_text(demo.sites_toml())
        for _ in range(2):  # the second time feeds have not changed
            assert crawl("news", root, sites=folder / "sites.toml", poll="all").exit_code == 0
    assert scrapy("export", "cdxj", str(index), home=folder, settings={"ARCHIVE_DIR": root}).exit_code == 0
    warcs = sorted((root / "warc").glob("*/*.warc.gz"))
    with Pywb(folder / "pywb", warcs, index) as pywb, Leaks() as leaks:
        yield Replayed(root, pywb, leaks)


def stamp(pointer: dict[str, Any]) -> str:
    """A record's date as replay asks for it."""
    return "".join(char for char in pointer["date"] if char.isdigit())[:14]


def test_pywb_serves_every_answer_as_it_was_archived(replayed: Replayed) -> None:
    """The last answer of each URL, a redirect's own body among them; a 304 has none but its original's."""
    last = {entry["url"]: entry for line in replayed.harvest.fetches for entry in line["exchanges"]}
    assert len(last) > PAGES
    for url, entry in last.items():
        status, payload = replayed.pywb.payload(stamp(entry["response"]), url)
        if entry["status"] in (200, 404):
            assert status == entry["status"], url
        if entry["status"] == 200:
            assert payload == replayed.reader.payload({"warc": entry["refers_to"] or entry["response"]}), url


def test_pywb_and_the_archive_have_revisits_of_both_kinds(replayed: Replayed) -> None:
    revisits = [entry for line in replayed.harvest.fetches for entry in line["exchanges"] if entry["refers_to"]]
    assert {entry["status"] for entry in revisits} == {200, 304}


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)")
def test_a_browser_shows_the_articles_that_were_extracted_and_asks_nobody_but_the_archive(
    replayed: Replayed, tmp_path: Path
) -> None:
    pages = replayed.pages[:PAGES]
    assert len(pages) == PAGES
    assert sum(line["exchanges"][-1]["refers_to"] is not None for line in pages) >= 2
    bypass = f"127.0.0.1:{replayed.pywb.port}"
    for line in pages:
        last = line["exchanges"][-1]
        dom = rendered(replayed.pywb.url(stamp(last["response"]), last["url"]), replayed.leaks, bypass,
                       tmp_path / "profile")
        article = replayed.articles[line["article_id"]]
        shown = extract_article(dom, last["url"], model_of(replayed, article), Hints("text/html; charset=utf-8"))
        assert (shown.title, shown.text) == (article["title"], article["text"]), last["url"]
    assert [asked for asked in replayed.leaks.asked if not CHROMIUMS_OWN.search(asked)] == []


def model_of(replayed: Replayed, article: dict[str, Any]) -> SiteModel:
    """The model that the article names."""
    model_id = article["boilerplate"]["model_id"]
    if model_id is None:
        return NO_MODEL
    with closing(SqliteStore.open_to_read(replayed.harvest.root / STATE)) as store:
        content = store.site_model(model_id)
    assert content is not None
    return SiteModel.load(content)


CHROMIUMS_OWN = re.compile(rb"^$|[./](googleapis|google|gvt1|gstatic)\.com[:/]")
"""What the browser asks for of itself, whatever it shows; the demo's pages name none of these."""
