"""What a start does not load: a second of every tick would go into what only workers or few commands need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("trafilatura", "htmldate", "pyarrow", "fastwarc", "ray", "s3fs", "aiohttp", "dateparser")


@pytest.mark.parametrize("modules", [
    "crawler.addon, crawler.session, crawler.spiders.news, crawler.spiders.pages",
    "crawler.commands.articles, crawler.commands.export, crawler.commands.reextract, crawler.commands.publish, "
    "crawler.commands.verify, crawler.commands.status, crawler.commands.sites",
])
def test_a_crawl_and_a_command_begin_without_what_is_heavy(modules):
    code = f"import sys; import {modules}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert loaded == []


def test_reading_lines_takes_neither_scrapy_nor_tables():
    code = ("import sys; from pipelines.reader import Archive; "
            "print(*sorted({'scrapy', 'twisted', 'pyarrow', 'trafilatura', 'lxml'} & set(sys.modules)))")
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert loaded == []
