"""What the documentation shows works as it is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.crawls import Harvest, crawl
from tests.newsserver import RawServer, page
from tests.newssites import stories

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_the_spider_of_the_documentation_gets_archive_extraction_and_records(tmp_path: Path) -> None:
    code = (ROOT / "docs" / "your-own-spider.md").read_text().partition("```python\n")[2].partition("```")[0]
    (tmp_path / "listing.py").write_text(code)
    with RawServer(stories("/a", "/b", "/c")) as server:
        server.routes["/"] = page("<h2><a href=/a>A</a></h2><h2><a href=/b>B</a></h2><a class=next href=/2>more</a>")
        server.routes["/2"] = page("<h2><a href=/c>C</a></h2><h2><a href=/a>A again</a></h2>")
        ended = crawl("listing", tmp_path / "archive", start=server.url("/"),
                      settings={"SPIDER_MODULES": "listing"}, environment={"PYTHONPATH": str(tmp_path)})
        asked = sorted(server.targets)
    assert ended.exit_code == 0, ended.stderr
    harvest = Harvest(tmp_path / "archive")
    assert sorted(article["url"].rpartition("/")[2] for article in harvest.articles) == ["a", "b", "c"]
    assert asked == ["/", "/2", "/a", "/b", "/c", "/robots.txt"]
    assert sorted(line["outcome"] for line in harvest.fetches) == ["article"] * 3 + ["fetched"] * 2 + ["http_error"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text()):
        assert (document.parent / target).exists(), target


def test_every_setting_of_ours_in_the_operations_page_exists() -> None:
    settings = (ROOT / "crawler" / "settings.py").read_text()
    table = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    assert len(table) >= 12
    there = set(re.findall(r"^([A-Z_]+)(?:: [^=\n]+)? = ", settings, re.MULTILINE))
    assert set(table) - there == {"ARCHIVE_ENABLED"}
