"""`scrapy sites` as its users run it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.commandline import scrapy

if TYPE_CHECKING:
    from pathlib import Path


GOOD = b"""
[defaults]
delay = 2.5
[[site]]
name = "example"
url = "https://example.org/"
feeds = ["https://example.org/feed.xml"]
[[site]]
name = "another"
url = "https://example.com/"
max_pages = 50
"""
BAD = b"""
[[site]]
name = "Not a Name"
url = "ftp://example.org/"
[[site]]
name = "example"
url = "https://example.org/"
feed = []
"""


def test_a_good_registry_is_checked_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "sites.toml"
    path.write_bytes(GOOD)
    done = scrapy("sites", "check", str(path))
    assert (done.returncode, done.stdout) == (0, f"{path}: 2 sites, nothing wrong\n")
    shown = scrapy("sites", "list", str(path)).stdout
    assert re.search(r"^example +https://example.org/ +1 feeds +2.5 s", shown, re.MULTILINE)
    assert re.search(r"^another +https://example.com/ +discovered +2.5 s", shown, re.MULTILINE)
    listed = json.loads(scrapy("sites", "list", "-", "--json", stdin=GOOD).stdout)
    assert [(site["name"], site["max_pages"]) for site in listed] == [("example", 0), ("another", 50)]


def test_every_problem_of_a_bad_registry_is_told_each_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "sites.toml"
    path.write_bytes(BAD)
    done = scrapy("sites", "check", str(path))
    assert (done.returncode, done.stdout) == (4, "")
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"error: {path}: [[site]]") for line in lines)


def test_a_registry_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    for name in (tmp_path / "missing.toml", tmp_path):
        done = scrapy("sites", "check", str(name))
        assert done.returncode == 4
        assert re.fullmatch(rf"error: {name}: cannot be read \(.*\): .*\n", done.stderr)


def test_sites_without_a_file_says_how_it_is_used() -> None:
    done = scrapy("sites", "check")
    assert done.returncode == 2
    assert "scrapy sites check sites.toml" in done.stderr
