"""A record holds the bytes of the wire, is one gzip member, and passes the readers of others."""

from __future__ import annotations

import gzip
import io
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from pipelines.capture import Capture
from pipelines.exchange import Answer, Tls, digest
from pipelines.originals import Original
from pipelines.records import WarcPointer
from pipelines.warc import new_record_id, warcinfo_member, written
from pipelines.warcrecords import IDENTICAL_PAYLOAD, NOT_MODIFIED, ExchangeRecords, exchange_records
from tests.builders import NOON, WarcRecord, exchange, members, warc_records

if TYPE_CHECKING:
    from pipelines.exchange import Exchange

INFO_ID = "<urn:uuid:00000000-0000-4000-8000-000000000001>"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
HTML = b"<!doctype html><title>Ein Titel</title>" + "<p>Grüße aus Osmere.</p>".encode() * 40
PACKED = gzip.compress(HTML, mtime=0)
OK = b"HTTP/1.1 200 OK\r\n"


def chunked(*parts: bytes, trailers: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailers + b"\r\n"


def sized(body: bytes, *headers: bytes) -> bytes:
    return (
        OK
        + b"".join(header + b"\r\n" for header in headers)
        + b"Content-Length: %d\r\n\r\n" % len(body)
        + body
    )


AWKWARD = {
    "plain": sized(HTML, b"Content-Type: text/html"),
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "no headers": b"HTTP/1.1 200 OK\r\n\r\nbody",
    "no reason": b"HTTP/1.1 200\r\nA: 1\r\n\r\nbody",
    "HTTP/1.0": b"HTTP/1.0 404 Nix da\r\nServer: x\r\n\r\nbody until the end",
    "Latin-1 in a header and a reason": b"HTTP/1.1 200 G\xfct\r\nX-Autor: Ren\xe9e \xff\xfe\r\n\r\nbody",
    "UTF-8 in a header": sized(b"x", "X-Autor: Renée 📰".encode()),
    "folded headers": sized(b"x", b"X-Long: one\r\n two\r\n\tthree"),
    "spaces in headers": sized(b"x", b"X-Wide:    a   b   ", b"X-Tight:b", b"X-Odd : c", b"x-LOWER: d"),
    "duplicates": sized(b"x", b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"Set-Cookie: a=1"),
    "lines that are no headers": sized(b"x", b"no colon at all", b": no name", b"Bad(Name): v"),
    "no end of the head": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
    "LF-only": b"HTTP/1.1 200 OK\nContent-Type: text/html\nA: 1\n\nbody\n\nmore",
    "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(HTML[:100], HTML[100:]),
    "chunked with extensions and trailers": OK
    + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n"
    + chunked(b"x", trailers=b"X-Sum: 1\r\n"),
    "chunked and broken off": OK + b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + HTML[:50],
    "chunked and compressed": OK
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunked(PACKED[:9], PACKED[9:]),
    "compressed": sized(PACKED, b"Content-Encoding: gzip"),
    "said to be compressed and is not": sized(HTML, b"Content-Encoding: gzip"),
    "shorter than said": OK + b"Content-Length: 5000\r\n\r\n" + HTML,
    "longer than said": OK + b"Content-Length: 3\r\n\r\n" + HTML,
    "line ends in the body": sized(b"\r\n\r\n\n\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n\r\n"),
    "NULs and every byte": sized(bytes(range(256)) * 3),
    "a redirect": b"HTTP/1.1 301 Moved\r\nLocation: /gr\xfc\xdfe\r\nContent-Length: 0\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x81\x05frame",
}
NOT_HTTP = {
    "a secure shell": b"SSH-2.0-OpenSSH_9.2\r\n", "TLS": b"\x16\x03\x01\x02\x00\x01", "every byte": bytes(range(256))}

FACTS = (("via", "https://news.example/feed.xml"), ("hops", "L"))


def made(
    response: bytes, original: Original | None = None, **facts: object
) -> tuple[ExchangeRecords, dict[str, WarcRecord]]:
    """The members, and by type the record that each one is, alone in its gzip member."""
    given = exchange_records(exchange(response, **facts), INFO_ID, FACTS, original)
    records = [record for member in given.members for record in warc_records(written(member))]
    assert len(records) == len(given.members)
    return given, {record.headers["warc-type"]: record for record in records}


@pytest.mark.parametrize("response", AWKWARD.values(), ids=AWKWARD)
def test_the_blocks_are_the_bytes_of_the_wire(response: bytes) -> None:
    request = b"GET /?q=\xe9 HTTP/1.1\r\nHOST: x\r\nX-Odd:  spaces  \r\nCookie: a\r\nCookie: b\r\n\r\n"
    _, records = made(response, request=request)
    assert records["response"].block == response
    assert records["request"].block == request


@pytest.mark.parametrize("response", NOT_HTTP.values(), ids=NOT_HTTP)
def test_what_is_not_http_is_a_resource_of_the_bytes_that_came(response: bytes) -> None:
    _, records = made(response, truncated="disconnect")
    resource = records["resource"]
    assert resource.block == response
    assert resource.headers["content-type"] == "application/octet-stream"
    assert resource.headers["warc-block-digest"] == digest(response)
    assert "warc-payload-digest" not in resource.headers, "fastwarc knows a payload in HTTP alone"
    assert resource.headers["warc-truncated"] == "disconnect"


@pytest.mark.parametrize("response", AWKWARD.values(), ids=AWKWARD)
def test_warcio_and_fastwarc_find_the_same_bytes(response: bytes) -> None:
    pair, _ = made(response)
    assert pair.answer is not None
    theirs = [record.raw_stream.read()
              for record in ArchiveIterator(io.BytesIO(written(pair.answer)), no_record_parse=True)]
    [fast] = [
        record.reader.read() for record in FastIterator(io.BytesIO(written(pair.answer)), parse_http=False)
    ]
    assert theirs == [response]
    assert fast == response


@pytest.mark.parametrize("response", AWKWARD.values(), ids=AWKWARD)
def test_interim_answers_are_split_off_so_that_readers_find_the_final_status(response: bytes) -> None:
    _, records = made(INTERIM + response)
    assert records["response"].block == response


def test_the_records_of_an_exchange_name_each_other_and_the_response_is_written_first() -> None:
    pair, records = made(AWKWARD["plain"])
    assert pair.members == (pair.answer, pair.request, pair.metadata)
    ids = {record.headers["warc-record-id"] for record in records.values()}
    assert ids == {member.record_id for member in pair.members}
    assert len(ids) == 3
    for record in records.values():
        assert {record.headers["warc-record-id"], *record.headers["warc-concurrent-to"].split()} == ids


def test_a_request_that_nothing_came_back_for_has_no_answer_beside_it() -> None:
    pair, records = made(b"", error="the connection was refused")
    assert pair.answer is None
    assert list(records) == ["request", "metadata"]
    assert records["request"].headers["warc-concurrent-to"] == pair.metadata.record_id


def test_a_record_says_what_when_where_and_under_which_warcinfo() -> None:
    pair, records = made(AWKWARD["plain"], url="https://news.example/gr%C3%BC%C3%9Fe?a=1&b=2")
    for kind, record in records.items():
        assert record.headers["warc-target-uri"] == "https://news.example/gr%C3%BC%C3%9Fe?a=1&b=2"
        assert record.headers["warc-date"] == "2026-11-22T12:00:00.000000Z" == pair.request.date
        assert record.headers["warc-ip-address"] == "192.0.2.7"
        assert record.headers["warc-warcinfo-id"] == INFO_ID
        if kind != "metadata":
            assert record.headers["content-type"] == f"application/http; msgtype={kind}"
        assert record.headers["warc-block-digest"] == digest(record.block)
        assert re.fullmatch(
            r"<urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}>", record.headers["warc-record-id"]
        )


def test_the_metadata_record_holds_what_is_known_beside_the_bytes() -> None:
    _, records = made(AWKWARD["plain"])
    assert records["metadata"].headers["content-type"] == "application/warc-fields"
    assert records["metadata"].block == b"via: https://news.example/feed.xml\r\nhops: L\r\n"


def test_the_protocols_and_the_cipher_are_stated() -> None:
    tls = Tls("tls/1.3", "TLS_AES_256_GCM_SHA384", "ab" * 32)
    _, records = made(AWKWARD["HTTP/1.0"], tls=tls)
    assert records["response"].headers["warc-protocol"] == "http/1.0 tls/1.3"
    assert records["request"].headers["warc-protocol"] == "http/1.1 tls/1.3"
    assert {record.headers["warc-cipher-suite"] for record in records.values()} == {"TLS_AES_256_GCM_SHA384"}


def test_a_redacted_request_says_which_headers_are_not_as_sent() -> None:
    _, records = made(AWKWARD["plain"], redacted=("Authorization", "Proxy-Authorization"))
    assert records["request"].headers["broadsheet-redacted"] == "Authorization, Proxy-Authorization"


@pytest.mark.parametrize(("name", "identified"), [
    ("plain", "text/html"), ("compressed", "text/html"), ("chunked and compressed", "text/html"),
    ("said to be compressed and is not", None), ("no body", None)])
def test_what_a_payload_is_by_its_bytes_is_stated_where_it_is_recognised(name: str, identified: str | None) -> None:
    _, records = made(AWKWARD[name])
    assert records["response"].headers.get("warc-identified-payload-type") == identified


ORIGINAL = Original(
    WarcPointer("warc/x.warc.gz", 0, 9, "<urn:uuid:1>", digest(HTML), "2026-11-20T01:02:03.000004Z"),
    "https://news.example/first")


def test_a_payload_that_is_held_becomes_a_revisit_of_its_head_with_all_three_references() -> None:
    pair, records = made(AWKWARD["plain"], ORIGINAL)
    revisit = records["revisit"]
    assert revisit.block == AWKWARD["plain"].partition(HTML)[0]
    assert revisit.headers["warc-profile"] == IDENTICAL_PAYLOAD
    assert revisit.headers["warc-payload-digest"] == digest(HTML) == pair.answer.payload_digest
    assert revisit.headers["warc-truncated"] == "length"
    assert _references(revisit) == ("<urn:uuid:1>", "https://news.example/first", "2026-11-20T01:02:03.000004Z")


def test_an_answer_that_nothing_has_changed_becomes_a_revisit_on_the_servers_word() -> None:
    head = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
    _, records = made(head, ORIGINAL)
    revisit = records["revisit"]
    assert revisit.block == head
    assert revisit.headers["warc-profile"] == NOT_MODIFIED
    assert "warc-payload-digest" not in revisit.headers
    assert _references(revisit) == ("<urn:uuid:1>", "https://news.example/first", "2026-11-20T01:02:03.000004Z")


def _references(record: WarcRecord) -> tuple[str, str, str]:
    names = ("warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date")
    return tuple(record.headers[name] for name in names)  # type: ignore[return-value]


def test_no_address_is_stated_where_none_is_known() -> None:
    _, records = made(AWKWARD["plain"], ip=None)
    assert not any("warc-ip-address" in record.headers for record in records.values())


@pytest.mark.parametrize("name", ["plain", "compressed", "no body", "shorter than said", "HTTP/1.0"])
def test_the_payload_digest_is_of_the_body_as_it_came(name: str) -> None:
    pair, records = made(AWKWARD[name])
    expected = digest(AWKWARD[name].partition(b"\r\n\r\n")[2])
    assert pair.answer is not None
    assert records["response"].headers["warc-payload-digest"] == pair.answer.payload_digest == expected


@pytest.mark.parametrize(("name", "entity"), [
    ("chunked", HTML), ("chunked and compressed", PACKED), ("chunked and broken off", HTML[:50]),
    ("chunked with extensions and trailers", b"hellox"),
])
def test_of_a_chunked_answer_the_record_states_no_payload_digest_and_the_member_that_of_the_entity(
    name: str, entity: bytes
) -> None:
    pair, records = made(AWKWARD[name])
    assert "warc-payload-digest" not in records["response"].headers
    assert pair.answer is not None
    assert pair.answer.payload_digest == digest(entity)


@pytest.mark.parametrize(("name", "entity"), [("chunked", HTML), ("chunked and compressed", PACKED)])
def test_dechunked_a_block_is_the_entity_under_a_head_that_says_so(name: str, entity: bytes) -> None:
    made_records = exchange_records(exchange(AWKWARD[name]), INFO_ID, FACTS, dechunk=True)
    assert made_records.answer is not None
    [response] = warc_records(written(made_records.answer))
    head = AWKWARD[name].partition(b"\r\n\r\n")[0].replace(b"Transfer-Encoding", b"X-Orig-Transfer-Encoding")
    assert response.block == head + b"\r\n\r\n" + entity
    assert response.headers["warc-payload-digest"] == made_records.answer.payload_digest == digest(entity)


@pytest.mark.parametrize("response", [
    AWKWARD["plain"], AWKWARD["chunked and broken off"], AWKWARD["chunked with extensions and trailers"],
    OK + b"Transfer-Encoding: chunked\r\n\r\n<html>not chunked at all",
    OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnot a size\r\n",
    OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked(PACKED)])
def test_dechunked_what_would_lose_more_than_framing_stays_as_it_came(response: bytes) -> None:
    made_records = exchange_records(exchange(response), INFO_ID, FACTS, dechunk=True)
    assert made_records.answer is not None
    assert warc_records(written(made_records.answer))[0].block == response


def test_the_payload_digest_of_a_request_is_that_of_its_body() -> None:
    _, records = made(AWKWARD["plain"], request=b"POST / HTTP/1.1\r\nHost: x\r\n\r\nq=1")
    assert records["request"].headers["warc-payload-digest"] == digest(b"q=1")


@pytest.mark.parametrize("reason", ["length", "time", "disconnect", "unspecified"])
def test_what_was_cut_short_says_why(reason: str) -> None:
    _, records = made(AWKWARD["shorter than said"], truncated=reason)
    assert records["response"].headers["warc-truncated"] == reason
    assert "warc-truncated" not in records["request"].headers


def test_what_came_whole_does_not_say_that_it_was_cut_short() -> None:
    _, records = made(AWKWARD["plain"])
    assert "warc-truncated" not in records["response"].headers


@pytest.mark.parametrize("url", [
    "https://news.example/\r\nWARC-Type: metadata", "https://news.example/\n", "https://news.example/\x00",
    "https://news.example/\x7f", "https://news.example/a\tb",
])
def test_an_address_with_a_control_character_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        made(AWKWARD["plain"], url=url)


def test_the_warcinfo_comes_first_and_describes_the_file() -> None:
    info = {
        "software": "Broadsheet/0.1",
        "format": "WARC File Format 1.1",
        "operator": "Renée <r@news.example>",
    }
    member = warcinfo_member("broadsheet-1.warc.gz", INFO_ID, NOON, info)
    [record] = warc_records(written(member))
    assert record.headers["warc-type"] == "warcinfo"
    assert record.headers["warc-filename"] == "broadsheet-1.warc.gz"
    assert record.headers["warc-record-id"] == INFO_ID == member.record_id
    assert record.headers["warc-date"] == "2026-11-22T12:00:00.000000Z" == member.date
    assert record.headers["content-type"] == "application/warc-fields"
    assert record.block.decode() == "".join(f"{name}: {value}\r\n" for name, value in info.items())


def test_a_line_break_in_a_field_of_the_warcinfo_begins_no_field_of_its_own() -> None:
    [record] = warc_records(written(warcinfo_member("a.warc.gz", INFO_ID, NOON, {"operator": "x\r\nrobots: ignore"})))
    assert record.block == b"operator: x  robots: ignore\r\n"


def test_record_ids_are_random() -> None:
    assert len({new_record_id() for _ in range(100)}) == 100


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 300_000, 700_000])
def test_a_body_that_came_compressed_is_stored_as_it_came_whatever_its_size(size: int) -> None:
    body = Random(size).randbytes(size)
    pair, records = made(sized(body, b"Content-Encoding: br"))
    member = written(pair.answer)
    assert records["response"].block.endswith(b"\r\n\r\n" + body)
    assert gzip.decompress(member).endswith(body + b"\r\n\r\n")
    for at in range(0, size, 65_535):
        assert body[at:at + 60_000] in member
    assert len(member) < size + 600


def test_other_bodies_and_all_headers_are_compressed() -> None:
    assert len(written(made(AWKWARD["plain"])[0].answer)) < len(HTML) // 2
    member = written(made(AWKWARD["compressed"])[0].answer)
    assert PACKED in member
    assert b"WARC-Target-URI" not in member


@pytest.mark.parametrize("headers", [(), (b"Content-Encoding: gzip",)])
def test_a_body_on_disk_is_handed_on_piece_by_piece(tmp_path: Path, headers: tuple[bytes, ...]) -> None:
    body, spooled, pieces = Random(1).randbytes(5 << 20), Capture(folder=tmp_path), []
    spooled.append(sized(body, *headers))
    given = replace(exchange(b""), response=Answer(spooled))
    records = exchange_records(given, INFO_ID, FACTS)
    assert records.answer is not None
    records.answer.write_to(pieces.append)
    assert max(map(len, pieces)) < 1 << 19
    assert gzip.decompress(b"".join(pieces)).endswith(body + b"\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Tool:
    """A reader that is not ours, run as its users run it."""

    command: tuple[str, ...]
    status_of_truncated: int
    status_of_altered: int


BIN = Path(sys.executable).parent
TOOLS = {
    "warcio": Tool((str(BIN / "warcio"), "check"), 0, 1),      # known: does not notice a truncated tail
    "fastwarc": Tool((str(BIN / "fastwarc"), "check", "-p", "-q"), 1, 1),
    "gzip": Tool(("gzip", "-t"), 1, 0),
}


def write_file(path: Path, exchanges: list[Exchange]) -> Path:
    info = warcinfo_member(path.name, INFO_ID, NOON, {"software": "tests"})
    pairs = [exchange_records(each, INFO_ID, FACTS) for each in exchanges]
    path.write_bytes(written(info) + b"".join(written(member) for pair in pairs for member in pair.members))
    return path


def accepts(tool: Tool, path: Path) -> int:
    return subprocess.run([*tool.command, str(path)], capture_output=True, check=False, timeout=60).returncode


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_other_readers_accept_a_file_of_awkward_answers_and_notice_damage(tool: Tool, tmp_path: Path) -> None:
    exchanges = [exchange(INTERIM + response) for response in [*AWKWARD.values(), *NOT_HTTP.values()]] + [
        exchange(b"", error="refused")
    ]
    whole = write_file(tmp_path / "whole.warc.gz", exchanges)
    cut, altered = tmp_path / "cut.warc.gz", tmp_path / "altered.warc.gz"
    cut.write_bytes(whole.read_bytes()[:-40])
    altered.write_bytes(
        b"".join(
            gzip.compress(content.replace(b"Osmere", b"Ormere", 1))
            for _, _, content in members(whole.read_bytes())
        )
    )
    assert accepts(tool, whole) == 0
    assert accepts(tool, cut) == tool.status_of_truncated
    assert accepts(tool, altered) == tool.status_of_altered
