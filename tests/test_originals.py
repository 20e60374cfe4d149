"""An answer becomes a revisit only of a record that is there and holds what it holds."""

from __future__ import annotations

import asyncio
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pipelines.originals import Originals, Revisits
from pipelines.records import Outcome, Role, WarcPointer
from pipelines.sqlite import SqliteStore
from pipelines.warcrecords import exchange_records
from tests import archives
from tests.builders import exchange, sealed, sealed_lines
from tests.desk import desk

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.visit import Settlement

BODY = b"<html>" + b"<p>Nothing new.</p>" * 40
URL = "https://news.example/feed.xml"
OK = b"HTTP/1.1 200 OK\r\nETag: \"1\"\r\n\r\n"
CHUNKED = OK[:-2] + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(BODY), BODY)
LARGE = Revisits(300)
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"


def source(response: bytes, url: str = URL, role: str = Role.FEED, **facts: object) -> Settlement:
    return archives.settlement(archives.Clock(), Outcome.SOURCE, [exchange(response, url=url, **facts)], role=role)


def kinds_of(root: Path, *groups: list[Settlement], revisits: Revisits = LARGE) -> list[str]:
    """What the answer records are of settlements that are committed group by group, in order."""
    root.mkdir(exist_ok=True)

    async def story() -> list[str]:
        async with desk(root) as at:
            at.committer._revisits = revisits
            at.committer._make_records = partial(exchange_records, dechunk=revisits.dechunked)
            done = [fetch for group in groups for fetch in await at.settle(*group)]
        return ["revisit" if entry.refers_to else "response" for each in done for entry in each.fetch.exchanges]

    return asyncio.run(story())


def test_the_same_payload_is_written_once_in_one_group_and_across_groups(tmp_path: Path) -> None:
    same = source(OK + BODY)
    assert kinds_of(tmp_path, [same, same], [same]) == ["response", "revisit", "revisit"]
    lines = [line["exchanges"][0] for line in sealed_lines(tmp_path, "fetches")]
    assert lines[1]["refers_to"] == lines[2]["refers_to"] == lines[0]["response"]


def test_an_answer_that_has_not_changed_refers_to_the_last_that_the_url_gave(tmp_path: Path) -> None:
    newer = source(OK.replace(b'"1"', b'"2"') + BODY + b"new")
    assert kinds_of(tmp_path, [source(OK + BODY)], [newer], [source(UNCHANGED)]) == [
        "response", "response", "revisit"]
    lines = [line["exchanges"][0] for line in sealed_lines(tmp_path, "fetches")]
    assert lines[2]["refers_to"] == lines[1]["response"]


@pytest.mark.parametrize(("first", "second"), [
    (source(OK + b"short"), source(OK + b"short")),
    (source(OK + BODY), source(OK + BODY[:-1])),
    (source(OK + BODY), source(OK + BODY, truncated="length")),
    (source(OK + BODY, truncated="disconnect"), source(OK + BODY)),
    (source(b"HTTP/1.1 404 No\r\n\r\n" + BODY), source(b"HTTP/1.1 404 No\r\n\r\n" + BODY)),
    (source(OK + BODY), source(OK[:-2] + b"Content-Encoding: x\r\n\r\n" + BODY)),
    (source(OK + BODY), source(CHUNKED + b"0\r\n\r\n")),
    (source(OK + BODY), source(UNCHANGED, url="https://news.example/other.xml")),
    (source(OK + BODY, role=Role.PAGE), source(UNCHANGED, role=Role.PAGE)),
], ids=["too small", "another", "cut off", "of one cut off", "an error", "coded otherwise", "framed otherwise",
        "another url's", "of a page, which is not asked for again"])
def test_what_is_not_held_as_it_came_is_written(tmp_path: Path, first: Settlement, second: Settlement) -> None:
    assert kinds_of(tmp_path, [first], [second]) == ["response", "response"]


def test_framed_alike_the_same_entity_is_a_revisit_and_with_trailers_it_is_not(tmp_path: Path) -> None:
    whole, trailed = source(CHUNKED + b"0\r\n\r\n"), source(CHUNKED + b"0\r\nX-Sum: 1\r\n\r\n")
    assert kinds_of(tmp_path, [whole], [whole], [trailed]) == ["response", "revisit", "response"]


def test_written_without_their_chunks_they_are_held_too_but_not_in_place_of_those_written_with_them(
    tmp_path: Path,
) -> None:
    chunked = source(CHUNKED + b"0\r\n\r\n")
    assert kinds_of(tmp_path / "a", [chunked], [chunked], revisits=Revisits(300, dechunked=True)) == [
        "response", "revisit"]
    assert kinds_of(tmp_path / "b", [chunked]) == ["response"]
    with closing(SqliteStore.open(tmp_path / "b" / "state.sqlite")) as store:
        originals = Originals(tmp_path / "b", store, Revisits(300, dechunked=True))
        assert originals.of(chunked.exchanges[0]) is None


def test_without_revisits_all_is_written(tmp_path: Path) -> None:
    same = source(OK + BODY)
    assert kinds_of(tmp_path, [same], [same, source(UNCHANGED)], revisits=Revisits(None)) == ["response"] * 3


@pytest.mark.parametrize("loss", ["moved", "damaged"])
def test_where_the_original_is_not_there_any_more_the_payload_is_written_again(tmp_path: Path, loss: str) -> None:
    kinds_of(tmp_path, [source(OK + BODY)])
    [warc] = sealed(tmp_path, "warc")
    if loss == "moved":
        warc.rename(tmp_path / "elsewhere")
    else:
        warc.write_bytes(warc.read_bytes()[:400] + b"?" * 2000)
    with closing(SqliteStore.open(tmp_path / "state.sqlite")) as store:
        originals = Originals(tmp_path, store, Revisits(300))
        assert store.place_of(exchange(OK + BODY).response.payload_digest) is not None
        assert originals.of(exchange(OK + BODY)) is None


def test_what_was_taken_back_is_not_referred_to(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "state.sqlite")) as store:
        originals = Originals(tmp_path, store, Revisits(300))
        placed = WarcPointer("warc/x.warc.gz", 0, 9, "<urn:uuid:1>", "sha1:A", "2026-11-22T12:00:00.000000Z")
        originals.hold(exchange(OK + BODY), Role.FEED, placed)
        originals.forget()
        assert originals.held == ()
        originals.hold(exchange(OK + BODY), Role.FEED, placed)
        originals.keep()
        assert {held.key for held in originals.held} == {
            exchange(OK + BODY).response.payload_digest, "url:https://news.example/"}


def test_where_the_original_cannot_be_read_the_payload_is_written_again_and_the_crawl_goes_on(tmp_path: Path) -> None:
    kinds_of(tmp_path, [source(OK + BODY)])
    [warc] = sealed(tmp_path, "warc")
    warc.unlink()
    warc.mkdir()
    with closing(SqliteStore.open(tmp_path / "state.sqlite")) as store:
        assert Originals(tmp_path, store, Revisits(300)).of(exchange(OK + BODY)) is None


def test_what_a_url_gave_last_counts_even_if_it_came_without_validators(tmp_path: Path) -> None:
    bare = source(b"HTTP/1.1 200 OK\r\n\r\n" + BODY + b"newer")
    kinds_of(tmp_path, [source(OK + BODY)], [bare], [source(UNCHANGED)])
    lines = [line["exchanges"][0] for line in sealed_lines(tmp_path, "fetches")]
    assert lines[2]["refers_to"] == lines[1]["response"]


def test_an_answer_that_was_refused_is_no_original(tmp_path: Path) -> None:
    refused, whole = source(OK + BODY, error="a bad header"), source(OK + BODY)
    assert kinds_of(tmp_path, [refused], [whole], [whole]) == ["response", "response", "revisit"]
