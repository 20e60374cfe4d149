"""What a crawl shows of itself while it runs, and how its log tells errors of the network."""

from __future__ import annotations

import io
import logging
from collections import Counter
from types import SimpleNamespace

import pytest
from rich.console import Console
from scrapy.exceptions import DownloadTimeoutError

from crawler.loglines import shorten_network_errors
from crawler.progress import Progress
from crawler.sitecounts import SiteCounts


@pytest.fixture
def progress():
    shown = Progress(SimpleNamespace(), 10.0, Console(file=io.StringIO()))
    shown._session = SimpleNamespace(sites={"a", "b"}, pages=7, articles=5, errors=1)
    shown._counts = SiteCounts()
    shown._counts.links, shown._counts.known = Counter(a=20, b=10), Counter(a=6)
    return shown


def test_where_there_is_no_terminal_a_line_now_and_then_tells_how_far_it_is(progress, caplog):
    with caplog.at_level(logging.INFO):
        progress._show()
    [line] = caplog.messages
    assert line.startswith("Progress: 2 sites · 7/24 pages · 5 articles · ")
    assert line.endswith(" pages/s · 1 errors")


def test_where_there_is_one_it_is_asked_more_often():
    out = io.StringIO()
    assert Progress(SimpleNamespace(), 10.0, Console(file=out))._interval == 10.0
    assert Progress(SimpleNamespace(), 10.0, Console(file=out, force_terminal=True))._interval < 1


@pytest.fixture
def record():
    """Makes the log record that Scrapy makes of an error, and passes it through the filters of its logger."""
    shorten_network_errors()

    def made(message: str, error: Exception, name: str = "scrapy.core.scraper") -> logging.LogRecord:
        exc_info = (type(error), error, None)
        arguments = ({"request": "<GET http://x/>"},)
        record = logging.LogRecord(name, logging.ERROR, "x.py", 1, message, arguments, exc_info)
        assert logging.getLogger(name).filter(record)
        return record

    return made


@pytest.mark.parametrize(("name", "message"), [
    ("scrapy.core.scraper", "Error downloading %(request)s"),
    ("scrapy.downloadermiddlewares.robotstxt", "Error downloading %(request)s: what the error says of itself")])
def test_an_error_of_the_network_is_one_line(record, name, message):
    told = record(message, DownloadTimeoutError("took longer than 60 s"), name)
    assert told.getMessage() == "Error downloading <GET http://x/>: DownloadTimeoutError: took longer than 60 s"
    assert told.exc_info is None


@pytest.mark.parametrize(("message", "error"), [
    ("Spider error processing %(request)s", ValueError("a fault of the user's")),
    ("Error downloading %(request)s", ZeroDivisionError("a fault of ours"))])
def test_an_error_of_a_program_keeps_its_stack(record, message, error):
    told = record(message, error)
    assert told.exc_info[1] is error
    assert told.getMessage() == message % {"request": "<GET http://x/>"}
