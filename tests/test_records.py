"""A record becomes one line of strict UTF-8 JSON, every key present and in its place."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipelines.assemble import Places, article_keys, article_record, exchange_pointer, fetch_record, http_of
from pipelines.recordlines import scrub, to_line
from pipelines.records import (
    ArticleRecord,
    Content,
    FetchRecord,
    Outcome,
    Quality,
    WarcPointer,
    rfc3339,
)
from tests import archives

PLACE = WarcPointer(
    "warc/dt=2026-11-22/x.warc.gz", 7, 9, "<urn:uuid:1>", "sha1:A", "2026-11-22T12:00:00.000000Z"
)


def article_of(**changes: object) -> ArticleRecord:
    settlement = archives.page(archives.Clock(), 1)
    assert settlement.article is not None
    exchange, made = settlement.exchanges[0], settlement.article
    pointer = exchange_pointer(exchange, Places(PLACE, PLACE, PLACE, None))
    fetch = fetch_record(settlement, "run", http_of(exchange), [pointer])
    record = article_record(fetch, made, article_keys(fetch, made))
    return dataclasses.replace(record, **changes)


def fetch_of(**changes: object) -> FetchRecord:
    settlement = archives.page(archives.Clock(), 1)
    exchange = settlement.exchanges[0]
    pointer = exchange_pointer(exchange, Places(PLACE, None, PLACE, None))
    record = fetch_record(settlement, "run", None, [pointer])
    return dataclasses.replace(record, **{"outcome": Outcome.TIMEOUT, **changes})


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines",
        "a\rb\r\nc",
        "line\u2028separator\u2029paragraph\x85next",
        "tab\tbell\x07escape\x1b",
        "„Grüße“ 📰 𝄞",
        "\ufeffmark \ufffe \uffff",
        '"quoted" \\ </script>',
        "",
        " ",
    ],
)
def test_any_text_that_utf_8_can_hold_comes_back_as_it_was_from_one_line(text: str) -> None:
    line = to_line(article_of(text=text, title=text, tags=(text,)))
    assert line.count(b"\n") == 1
    assert line.endswith(b"}\n")
    assert b"\r" not in line
    value = json.loads(line.decode("utf-8", "strict"))
    assert (value["text"], value["title"], value["tags"]) == (text, text, [text])


def test_text_is_written_as_utf_8_and_not_escaped() -> None:
    assert "„Grüße“ 📰".encode() in to_line(article_of(text="„Grüße“ 📰"))


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("a\x00b", "a\ufffdb"),
        ("high \ud83d", "high \ufffd"),
        ("\udcff low", "\ufffd low"),
        ("\udfff\ud800", "\ufffd\ufffd"),
    ],
)
def test_nuls_and_lone_surrogates_become_the_replacement_character(text: str, scrubbed: str) -> None:
    line = to_line(article_of(text=text, authors=(text,)))
    value = json.loads(line.decode("utf-8", "strict"))
    assert (value["text"], value["authors"]) == (scrubbed, [scrubbed])
    assert b"\\ud" not in line
    assert b"\\u0000" not in line


def test_scrubbing_reaches_any_depth_and_leaves_other_values_alone() -> None:
    value = {"a\x00": [{"b": ("\ud800", 1, None, True, 0.5)}]}
    assert scrub(value) == {"a\ufffd": [{"b": ["\ufffd", 1, None, True, 0.5]}]}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_know_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_line(article_of(quality=Quality(1, number)))


def keys_of(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


def test_the_keys_of_an_article_line_are_the_fields_in_their_order() -> None:
    value = json.loads(to_line(article_of()))
    assert list(value) == keys_of(ArticleRecord)
    assert list(value["warc"]) == keys_of(WarcPointer)
    assert list(value["content"]) == keys_of(Content)


def test_the_keys_of_a_fetch_line_are_the_fields_in_their_order() -> None:
    value = json.loads(to_line(fetch_of()))
    assert list(value) == keys_of(FetchRecord)


def test_a_key_without_a_value_is_there_as_null_and_an_empty_list_as_a_list() -> None:
    line = to_line(article_of(section=None, tags=(), redirects=()))
    assert b'"section":null' in line
    assert b'"tags":[]' in line
    assert b'"redirects":[]' in line
    assert json.loads(to_line(fetch_of()))["exchanges"][0]["response"] is None


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 14, 15, 0, 123456, UTC), "2026-11-22T14:15:00.123456Z"),
        (datetime(2026, 11, 22, 14, 15, tzinfo=UTC), "2026-11-22T14:15:00.000000Z"),
        (datetime(2026, 11, 22, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-11-21T23:30:00.000000Z"),
        (
            datetime(2026, 1, 1, 0, 0, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
            "2026-01-01T05:30:00.000000Z",
        ),
    ],
)
def test_a_time_is_rfc_3339_in_utc(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text
    assert datetime.fromisoformat(text) == moment
