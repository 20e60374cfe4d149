"""Verification of what no sum shows: every file is as its manifest says, and one says what is not so."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.exchange import digest
from pipelines.manifest import manifest_bytes
from pipelines.verification import verify
from pipelines.warcread import iter_records
from tests.builders import lines_of, plain
from tests.spoiling import facts, files, make_sound, rewarc, rewrite, state

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sound(tmp_path_factory.mktemp("sound"), revisit_min_bytes=5)


@pytest.fixture
def root(sound: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    return Path(shutil.copytree(sound, tmp_path / "archive"))


@pytest.mark.parametrize(("old", "new", "fact"), [
    (b"WARC-Type: response", b"WARC-Type: conversion", "by WARC-Concurrent-To, which does not name it too"),
    (b"WARC-Block-Digest: sha1:", b"WARC-Block-Digest: sha1:A", "WARC-Block-Digest is sha1:A"),
    (b"WARC-Payload-Digest: sha1:", b"WARC-Payload-Digest: sha1:A", "WARC-Payload-Digest is sha1:A"),
    (b"WARC-Warcinfo-ID: <urn:uuid:", b"WARC-Warcinfo-ID: <urn:uuid:0", "WARC-Warcinfo-ID is <urn:uuid:0"),
    (b"WARC-Concurrent-To: <urn:uuid:", b"WARC-Concurrent-To: <urn:uuid:0",
     "by WARC-Concurrent-To, which does not name it too"),
    (b"WARC-Type: response", b"WARC-Type: request", "records of one exchange are metadata, request, request"),
    (b"WARC-Date: 2026", b"WARC-Date: 1926", "at 1926"),
    (b"WARC-Date: 2026-11-22", b"WARC-Date: yesterday", "WARC-Date is no date"),
    (b"WARC-Target-URI: https://news", b"WARC-Target-URI: https://olds", "https://olds.example"),
    (b"\r\nContent-Length: ", b"\r\nContent-Length: 1", "Content-Length is 1"),
    (b"WARC-Refers-To-Target-URI: https://news", b"WARC-Refers-To-Target-URI: https://olds", "no response has that id"),
    (b"WARC-Refers-To: <urn:uuid:", b"WARC-Refers-To: <urn:uuid:0", "no response has that id"),
    (b"WARC-Refers-To-Date: 2026", b"WARC-Refers-To-Date: 1926", "no response has that id"),
    (b"identical-payload-digest", b"server-not-modified", "WARC-Profile is http://netpreserve.org/warc/1.1/revisit/ser"),
    (b"WARC-Type: warcinfo", b"WARC-Type: metadata", "the first record is of type metadata"),
    (b"WARC-Filename: broadsheet", b"WARC-Filename: narrowsheet", "WARC-Filename is narrowsheet"),
])
def test_a_record_that_contradicts_itself_or_its_neighbours_is_found(
    root: Path, old: bytes, new: bytes, fact: str
) -> None:
    changed: list[int] = []

    def change(number: int, plain: bytes) -> bytes:
        if old in plain and not changed and (number or b"Date" not in old):
            changed.append(number)
            return plain.replace(old, new, 1)
        return plain

    for path in files(root, "warc"):
        if not changed:
            rewarc(path, change)
    assert changed
    assert fact in facts(verify(root))


def test_two_records_in_one_member_are_found(root: Path) -> None:
    path = files(root, "warc")[0]
    plain = [gzip.decompress(path.read_bytes()[p.offset : p.offset + p.length]) for p in iter_records(path)]
    rewarc(path, lambda number, one: plain[1] + plain[2] if number == 1 else one)
    assert "more than one record" in facts(verify(root))


def test_a_record_that_no_line_names_is_found(root: Path) -> None:
    rewrite(files(root, "fetches")[0], lambda lines: lines[1:])
    told = facts(verify(root))
    assert "no fetch line names this record" in told
    assert "no fetch line says that it brought article" in told
    assert "by the fetch lines" in told


def test_a_fetch_line_that_is_there_twice_is_found(root: Path) -> None:
    rewrite(files(root, "fetches")[0], lambda lines: [*lines, lines[0]])
    told = facts(verify(root))
    assert "another line has named that record" in told
    assert "another fetch brought that article" in told


POINTERS = [("file", "warc/none.warc.gz", "there is no such file"), ("offset", 5, "no record begins there"),
            ("offset", -1, "no record begins there"), ("length", 5, "the record there is another"),
            ("record_id", "<urn:uuid:0>", "the record there is another"),
            ("payload_digest", digest(b"another"), "the record there is another"),
            ("date", "2026-11-22T00:00:00Z", "the record there is another")]


@pytest.mark.parametrize(("key", "value", "fact"), POINTERS)
@pytest.mark.parametrize("kind", ["request", "response", "metadata"])
def test_a_pointer_of_a_fetch_that_leads_elsewhere_is_found(
    root: Path, kind: str, key: str, value: object, fact: str
) -> None:
    def change(lines: list[Any]) -> list[Any]:
        lines[0]["exchanges"][0][kind][key] = value
        return lines

    rewrite(files(root, "fetches")[0], change)
    report = verify(root)
    assert f"exchanges[0].{kind} names" in facts(report)
    assert fact in facts(report)
    assert (str(files(root, "fetches")[0].relative_to(root)), 0) in {(one.file, one.offset) for one in report.problems}


@pytest.mark.parametrize(("key", "value", "fact"), POINTERS)
@pytest.mark.parametrize("status", [200, 304])
def test_a_reference_to_an_original_that_leads_elsewhere_is_found(
    root: Path, status: int, key: str, value: object, fact: str
) -> None:
    def change(lines: list[Any]) -> list[Any]:
        entries = (entry for line in lines for entry in line["exchanges"])
        next(entry for entry in entries if entry["refers_to"] and entry["status"] == status)["refers_to"][key] = value
        return lines

    for path in files(root, "fetches"):
        if any(entry["refers_to"] and entry["status"] == status for line in lines_of(plain(path))
               for entry in line["exchanges"]):
            rewrite(path, change)
            break
    told = facts(verify(root))
    assert "exchanges[0].refers_to names" in told
    assert fact in told or "its payload is another" in told


@pytest.mark.parametrize("key", ["file", "offset", "length", "record_id", "payload_digest", "date"])
def test_a_pointer_of_an_article_that_leads_elsewhere_is_found(root: Path, key: str) -> None:
    def change(lines: list[Any]) -> list[Any]:
        lines[0]["warc"][key] = lines[1]["warc"][key] if key != "file" else "warc/none"
        return lines

    rewrite(files(root, "articles")[0], change)
    report = verify(root)
    if key != "payload_digest":
        assert "the article says other things of its fetch" in facts(report)
    assert not report.is_sound


@pytest.mark.parametrize(("key", "value"), [("url", "https://news.example/x"), ("status", 500), ("truncated", "time")])
def test_an_exchange_that_says_other_things_than_its_record_is_found(root: Path, key: str, value: object) -> None:
    def change(lines: list[Any]) -> list[Any]:
        lines[0]["exchanges"][0][key] = value
        return lines

    rewrite(files(root, "fetches")[0], change)
    assert "the record there is another than the line says" in facts(verify(root))


def spoil(**keys: object) -> Callable[[list[Any]], list[Any]]:
    return lambda lines: [{**lines[0], **keys}, *lines[1:]]


@pytest.mark.parametrize(("kind", "change", "fact"), [
    ("articles", spoil(text="other"), "content.text_sha256 is not that of text"),
    ("articles", spoil(id=5), ".id: not string"),
    ("articles", spoil(is_accessible_for_free=1), ".is_accessible_for_free: not boolean or null"),
    ("articles", spoil(word_count=True), ".word_count: not integer"),
    ("articles", spoil(tags=["a", None]), ".tags[1]: not string"),
    ("articles", spoil(http={}), ".http.status: missing"),
    ("articles", spoil(schema_version=2), ".schema_version: 2 is not one of 1"),
    ("articles", spoil(run_id="another"), "run_id is another"),
    ("articles", lambda lines: [*lines, lines[0]], "is there already"),
    ("articles", lambda lines: lines[1:], "there is no such article"),
    ("articles", lambda lines: [*lines, [1]], "not an object"),
    ("articles", lambda lines: [*lines, b"{}"], ".id: missing"),
    ("articles", lambda lines: [*lines, b""], "not JSON"),
    ("articles", lambda lines: [*lines, b'{"id": NaN}'], "NaN is not allowed"),
    ("articles", lambda lines: [*lines, b'{"id": "\xff"}'], "not JSON in strict UTF-8"),
    ("articles", lambda lines: [*lines, b'{"id": "\\ud800"}'], "a lone surrogate or a NUL"),
    ("articles", lambda lines: [*lines, b'{"id": "\\u0000"}'], "a lone surrogate or a NUL"),
    ("fetches", spoil(outcome="splendid"), "'splendid' is not one of"),
    ("fetches", spoil(role="king"), "'king' is not one of"),
    ("fetches", spoil(outcome="no_article"), "outcome no_article with article_id"),
    ("fetches", spoil(article_id=None), "outcome article with article_id None"),
    ("fetches", spoil(outcome="duplicate", article_id="0" * 32), "which does not exist"),
    ("fetches", spoil(started_at="2026-11-21T00:00:00Z"), "the file is of 2026-11-22"),
    ("fetches", spoil(site="another"), "outcomes of site another"),
    ("fetches", spoil(url="https://news.example/x"), "the article says other things of its fetch"),
])
def test_a_line_that_is_wrong_is_found(
    root: Path, kind: str, change: Callable[[list[Any]], list[Any]], fact: str
) -> None:
    rewrite(files(root, kind)[0], change)
    assert fact in facts(verify(root))


def remanifest(root: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = next(path for path in files(root, "runs") if path.suffix == ".json")
    content = json.loads(path.read_bytes())
    del content["manifest_sha256"]
    change(content)
    path.write_bytes(manifest_bytes(content))


@pytest.mark.parametrize(("change", "fact"), [
    (lambda content: content.update(tried=1), "tried is 1, its outcomes add up to"),
    (lambda content: content.update(articles=1), "1 articles, but"),
    (lambda content: content["outcomes"].update(article=1), "its outcomes add up to"),
    (lambda content: content.update(sites={}), "which is not the sum of its sites"),
    (lambda content: content.update(spider="another"), "spider is 'another', in the state 'news'"),
    (lambda content: content.update(finished_at="2026-11-23T00:00:00Z"), "finished_at is"),
    (lambda content: content.update(run_id="another"), "speaks of another run"),
    (lambda content: content.pop("versions"), ".versions: missing"),
    (lambda content: content["files"].pop(), "the state knows"),
    (lambda content: content["files"].append(content["files"][0]), "lists warc"),
    (lambda content: content["files"][0].update(rows=1), "rows, by runs/"),
    (lambda content: content["files"][0].update(dt="2026-11-21"), "of 2026-11-21 by runs/"),
])
def test_a_manifest_that_is_wrong_is_found(root: Path, change: Callable[[dict[str, Any]], object], fact: str) -> None:
    if "lists warc" in fact:
        remanifest(root, lambda content: content["files"].reverse())
    remanifest(root, change)
    assert fact in facts(verify(root))


@pytest.mark.parametrize(("statement", "fact"), [
    ("DELETE FROM article WHERE id = (SELECT min(id) FROM article)", "the state does not know article"),
    ("UPDATE article SET id = x'ab' WHERE id = (SELECT min(id) FROM article)",
     "knows article ab, of which there is no line"),
    ("DELETE FROM segment WHERE kind = 'warc'", "the state does not know warc/"),
    ("UPDATE segment SET sha256 = 'x' WHERE kind = 'warc'", "says other figures of warc/"),
    ("UPDATE tally SET count = count + 1", "by the state"),
    ("DELETE FROM run", "the state knows no such run"),
])
def test_a_state_that_says_other_things_is_found(root: Path, statement: str, fact: str) -> None:
    state(root, statement)
    assert fact in facts(verify(root))
