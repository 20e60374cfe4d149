"""The end of a crawl: its exit code, its table, its JSON."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.display import Display
from crawler.summary import _WORDS, CrawlEnd, as_json, show
from pipelines.errors import BroadsheetError, DiskFullError
from pipelines.objectstore.publisher import Published
from pipelines.records import Outcome
from tests.builders import NOON

GOOD = {"osmere": {"article": 3, "source": 2, "http_error": 1}}
BAD = {"silent": {"timeout": 2, "robots_denied": 1}}


def end(**facts: object) -> CrawlEnd:
    told = {"finish_reason": "finished", "failure": None, "tallies": GOOD, "links": {"osmere": 9},
            "known": {"osmere": 5}, "skipped": {("osmere", "ruled out by allow or deny"): 4},
            "read_sites": frozenset({"osmere"}), "asked_sites": None, "not_due": {}, "next_due": None,
            "started_at": NOON, "finished_at": NOON + timedelta(minutes=3), "waiting": 7, "owed": 0, "resting_hosts": 0,
            "last_new": {"osmere": NOON},
            "root": Path("archive"), "manifest": Path("m.json")}
    return CrawlEnd(**{**told, **facts})


def shown(**facts: object) -> str:
    out = io.StringIO()
    show(end(**facts), Display(out))
    return " ".join(out.getvalue().split())


@pytest.mark.parametrize(("facts", "code"), [
    ({}, 0),
    ({"tallies": {}}, 0),
    ({"tallies": {**GOOD, **BAD}}, 10),
    ({"finish_reason": "shutdown"}, 11),
    ({"finish_reason": "shutdown", "tallies": BAD}, 11),
    ({"finish_reason": "closespider_timeout"}, 11),
    ({"finish_reason": "killed"}, 11),
    ({"finish_reason": "unheard of"}, 9),
    ({"asked_sites": frozenset({"osmere"}), "tallies": {**GOOD, **BAD}}, 0),
    ({"asked_sites": frozenset({"silent"}), "tallies": {}}, 10),
    ({"finish_reason": "archive_failed", "failure": DiskFullError("full")}, 3),
    ({"failure": BroadsheetError("unsettled")}, 9),
    ({"failure": OSError("disk")}, 9),
    ({"published": Published("s3://news", 9, 900, 0, 0, None)}, 0),
    ({"published": Published("s3://news", 7, 700, 2, 200, "does not answer")}, 10),
    ({"published": Published("s3://news", 7, 700, 2, 200, "no time"), "finish_reason": "shutdown"}, 11),
])
def test_the_exit_code_tells_how_it_ended(facts, code):
    assert end(**facts).exit_code == code


def test_a_site_failed_if_nothing_of_it_could_be_read():
    tallies = {"none": {"http_error": 5}, "empty": {}, "old": {"source": 1}, "copies": {"duplicate": 1}}
    read = frozenset({"old", "copies"})
    assert end(tallies=tallies, read_sites=read).failed_sites == ["empty", "none"]


def test_a_site_of_which_only_pages_were_tried_again_has_not_failed():
    assert end(tallies={"dead-link": {"http_error": 1}}, asked_sites=frozenset()).failed_sites == []


def test_sources_that_were_not_due_are_told_with_the_way_to_ask_them():
    text = shown(not_due={"a": 3, "b": 2}, next_due=datetime(2026, 11, 22, 14, 15, tzinfo=UTC))
    assert "5 sources are not due until 2026-11-22 14:15 UTC: -a poll=all asks all the same." in text


def test_the_table_tells_what_came_and_what_did_not_and_why():
    text = shown(tallies={**GOOD, **BAD})
    figures = text.replace("│", "").replace("  ", " ")
    assert "osmere 9 5 6 3 100% 4 ruled out by allow or deny, 1 error status" in figures
    assert "2 timed out" in text
    assert "silent: nothing could be read" in text


def test_every_outcome_that_needs_a_reason_has_words_of_its_own():
    assert set(_WORDS) == set(Outcome) - {Outcome.ARTICLE, Outcome.SOURCE, Outcome.NOT_MODIFIED, Outcome.ABSENT}
    assert len(set(_WORDS.values())) == len(_WORDS)
    assert "7 not extracted" in shown(tallies={"osmere": {"extraction_failed": 7}})


def test_an_error_and_the_place_of_the_archive_are_told():
    text = shown(failure=DiskFullError("the disk is full"), root=Path("/data/news"))
    assert "error: the disk is full" in text
    assert "-s ARCHIVE_DIR=/data/news" in text
    assert "ARCHIVE_DIR" not in shown()


def test_the_json_holds_the_same_and_its_sums_add_up():
    told = json.loads(json.dumps(as_json(end(tallies={**GOOD, **BAD}))))
    assert told["exit_code"] == 10
    assert told["sites"]["osmere"] == {"links": 9, "known": 5, "tried": 6, "articles": 3, "precision": 1.0,
                                         "outcomes": GOOD["osmere"]}
    assert all(site["tried"] == sum(site["outcomes"].values()) for site in told["sites"].values())
    assert told["skipped"] == [{"site": "osmere", "reason": "ruled out by allow or deny", "links": 4}]
    assert as_json(end(failure=OSError("disk")))["error"] == "disk"


def test_what_is_not_published_is_said_with_the_command_that_catches_up():
    left = Published("s3://news/a", 7, 700, 2, 1200, "does not answer")
    assert "2 files (1,200 bytes) are not published to s3://news/a (does not answer)" in shown(published=left)
    assert "publish s3://news/a catches up" in shown(published=left)
    assert as_json(end(published=left))["published"]["left_files"] == 2
    assert "Published to s3://news/a: 9 files" in shown(published=Published("s3://news/a", 9, 900, 0, 0, None))
    assert "ublished" not in shown()
