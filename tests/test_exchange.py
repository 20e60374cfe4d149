"""A raw answer is taken apart where RFC 9112 says, and nothing in it is lost or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipelines.capture import Capture
from pipelines.exchange import Answer, dechunked, digest
from tests.builders import exchange

if TYPE_CHECKING:
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
LONG = OK[:-2] + b"X: " + b"a" * 3_000_000 + b"\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def body_of(answer: Answer) -> bytes:
    return b"".join(answer.body())


def entity_of(answer: Answer) -> bytes:
    return b"".join(answer.entity())


def headed(*lines: bytes) -> Answer:
    return Answer(b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""]))


@pytest.mark.parametrize(("raw", "interim", "head", "body"), [
    (OK + b"body", b"", OK, b"body"),
    (OK, b"", OK, b""),
    (EARLY + OK + b"x", EARLY, OK, b"x"),
    (CONTINUE + OK + b"x", CONTINUE, OK, b"x"),
    (CONTINUE + EARLY + EARLY + OK + b"x", CONTINUE + EARLY + EARLY, OK, b"x"),
    (EARLY, b"", EARLY, b""),
    (EARLY + CONTINUE, EARLY, CONTINUE, b""),
    (EARLY[:-2], b"", EARLY[:-2], b""),
    (EARLY + b"HTT", EARLY, b"HTT", b""),
    (SWITCH + b"\x81\x05frame", b"", SWITCH, b"\x81\x05frame"),
    (SWITCH + OK + b"x", SWITCH, OK, b"x"),
    (EARLY.replace(b"HTTP", b"http") + OK, EARLY.replace(b"HTTP", b"http"), OK, b""),
    (LONG + b"body", b"", LONG, b"body"),
    (EARLY.replace(b"\r\n", b"\n") + OK, EARLY.replace(b"\r\n", b"\n"), OK, b""),
    (b"HTTP/1.1 200 OK\nA: 1\n\nbody\n\nmore", b"", b"HTTP/1.1 200 OK\nA: 1\n\n", b"body\n\nmore"),
    (b"HTTP/1.1 200 OK\r\nA: 1\n\r\nbody", b"", b"HTTP/1.1 200 OK\r\nA: 1\n\r\n", b"body"),
    (b"HTTP/1.1 200 OK\r\n\r\nbody", b"", b"HTTP/1.1 200 OK\r\n\r\n", b"body"),
    (OK + b"\r\n\r\nHTTP/1.1 103 no\r\n\r\n", b"", OK, b"\r\n\r\nHTTP/1.1 103 no\r\n\r\n"),
    (b"HTTP/1.1 200 OK\r\nA: 1\r\n", b"", b"HTTP/1.1 200 OK\r\nA: 1\r\n", b""),
    (b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"SSH-2.0-OpenSSH_9.2\r\n", b""),
    (b"\x16\x03\x01\x00", b"", b"\x16\x03\x01\x00", b""),
    (b"", b"", b"", b""),
])
def test_an_answer_is_interim_answers_head_and_body_and_nothing_between(
    raw: bytes, interim: bytes, head: bytes, body: bytes
) -> None:
    answer = Answer(raw)
    assert (answer.interim, answer.head, body_of(answer)) == (interim, head, body)
    assert (answer.size, answer.body_size, bool(answer)) == (len(raw), len(body), bool(raw))
    assert answer.interim + answer.head + body_of(answer) == raw


@pytest.mark.parametrize(("line", "status", "protocol"), [
    (b"HTTP/1.1 200 OK", 200, "http/1.1"),
    (b"HTTP/1.0 404 Not Found", 404, "http/1.0"),
    (b"HTTP/1.1 204", 204, "http/1.1"),
    (b"HTTP/1.1 299 ", 299, "http/1.1"),
    (b"HTTP/1.1 451 Gr\xfcnde", 451, "http/1.1"),
    (b"HTTP/2 200", 200, "http/2"),
    (b"HTTP/1.1 2000 Many", 2000, "http/1.1"),
    (b"http/1.1 200 OK", 200, "http/1.1"),
    (b"FOO/1.1 200 OK", 200, "http/1.1"),
    (b"HTTP/1.10 0200 OK", 200, "http/1.10"),
    (b"HTTP/1.1 200OK", None, None),
    (b"HTTP/1.1 OK", None, None),
    (b"ICY 200 OK", None, None),
    (b" HTTP/1.1 200 OK", None, None),
])
def test_status_and_protocol_are_read_off_the_status_line(
    line: bytes, status: int | None, protocol: str | None
) -> None:
    answer = Answer(line + b"\r\nA: 1\r\n\r\n")
    assert (answer.status, answer.protocol) == (status, protocol)


def test_the_status_is_that_of_the_final_answer_and_not_of_an_interim_one() -> None:
    answer = Answer(CONTINUE + EARLY + b"HTTP/1.1 404 No\r\n\r\n")
    assert answer.status == 404
    assert answer.header(b"link") is None


def test_a_folded_header_is_one_value() -> None:
    answer = headed(b"X-Long: one", b" two", b"\t three", b"X-Next: four")
    assert answer.headers == [(b"x-long", b"one two three"), (b"x-next", b"four")]


def test_lf_only_heads_have_headers_too() -> None:
    assert Answer(b"HTTP/1.1 200 OK\nA: 1\nB: 2\n 3\n\nbody").headers == [(b"a", b"1"), (b"b", b"2 3")]


def test_headers_keep_their_order_and_their_duplicates() -> None:
    answer = headed(b"Set-Cookie: a=1", b"Via: x", b"SET-COOKIE:b=2", b"Set-Cookie :c=3")
    assert answer.headers == [
        (b"set-cookie", b"a=1"), (b"via", b"x"), (b"set-cookie", b"b=2"), (b"set-cookie", b"c=3")]
    assert answer.header(b"set-cookie") == "a=1"


def test_a_latin_1_value_is_read_as_latin_1() -> None:
    answer = headed(b"X-Author: Ren\xe9e \xff", b"X-Utf: \xc3\xa9")
    assert answer.header(b"x-author") == "Renée ÿ"
    assert answer.header(b"x-utf") == "Ã©"


def test_lines_that_are_no_headers_are_passed_over() -> None:
    assert headed(b"no colon here", b": no name", b"Empty:", b"A: b: c").headers == [
        (b"", b"no name"), (b"empty", b""), (b"a", b"b: c")]


def test_a_header_of_the_body_is_not_a_header_of_the_answer() -> None:
    assert Answer(OK + b"Etag: 1\r\n\r\n").header(b"etag") is None


@pytest.mark.parametrize(("value", "charset"), [
    (b"text/html; charset=UTF-8", "utf-8"),
    (b'TEXT/HTML;charset="iso-8859-1"', "iso-8859-1"),
    (b"text/html ; Charset = windows-1252 ; x=y", "windows-1252"),
    (b"application/xml", None),
    (b"text/html; charset=", None),
    (b"", None),
])
def test_the_charset_is_read_off_the_content_type(value: bytes, charset: str | None) -> None:
    assert headed(b"Content-Type: " + value).charset == charset


def test_a_lone_carriage_return_begins_no_header() -> None:
    """Twisted takes it for a part of the value; what it takes for the framing must be what we take for it."""
    answer = Answer(b"HTTP/1.1 200 OK\r\nX: a\rTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc")
    assert answer.headers == [(b"x", b"a\rTransfer-Encoding: chunked"), (b"content-length", b"3")]
    assert entity_of(answer) == b"abc"


@pytest.mark.parametrize("body", [b"a" * 3_000_000, b"5" * 3_000_000, b" " * 3_000_000, b"5;" + b"x" * 3_000_000])
def test_megabytes_that_look_like_the_size_of_a_chunk_take_no_time(body: bytes) -> None:
    """A pattern that goes back over them would take hours."""
    assert entity_of(Answer(CHUNKED + body)) == b""


@pytest.mark.parametrize(("raw", "is_whole", "is_plain"), [
    (CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", True, True), (CHUNKED + b"3\r\nabc\r\n", False, False),
    (CHUNKED + b"3\r\nabc\r\n0\r\nX: 1\r\n\r\n", True, False), (CHUNKED + b"<html>", False, False),
    (CHUNKED.replace(b"chunked", b"gzip, chunked") + b"0\r\n\r\n", True, False),
    (OK[:-2] + b"Content-Length: 3\r\n\r\nabc", True, False), (OK[:-2] + b"Content-Length: 4\r\n\r\nabc", False, False),
    (OK + b"abc", False, False)])
def test_an_answer_is_whole_where_it_says_how_much_there_is_and_that_came(
    raw: bytes, is_whole: bool, is_plain: bool
) -> None:
    assert (Answer(raw).is_whole, Answer(raw).is_plainly_chunked) == (is_whole, is_plain)


@pytest.mark.parametrize(("framed", "entity"), [
    (b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", b"hello world"),
    (b"0\r\n\r\n", b""),
    (b"5;name=value;other=\"a b\"\r\nhello\r\n0;last\r\n\r\n", b"hello"),
    (b"5 \r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"  5\r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"A\r\n0123456789\r\n00a\r\n0123456789\r\n000\r\n\r\n", b"01234567890123456789"),
    (b"5\r\nhello\r\n0\r\nX-Checksum: 1\r\nX-More: 2\r\n\r\n", b"hello"),
    (b"5\nhello\n3\nabc\n0\n\n", b"helloabc"),
    (b"2\r\n\r\n\r\n2\r\n\n\n\r\n0\r\n\r\n", b"\r\n\n\n"),
    (b"5\r\nhello\r\n8\r\nwor", b"hellowor"),
    (b"5\r\nhello\r\n8\r\n", b"hello"),
    (b"5\r\nhello\r\n8", b"hello"),
    (b"5\r\nhello\r\n", b"hello"),
    (b"5\r\nhello", b"hello"),
    (b"5\r\nhello\r\nnot a size\r\nworld", b"hello"),
    (b"<html>not chunked at all", b""),
    (b"", b""),
])
def test_the_entity_of_a_chunked_answer_is_without_framing_as_far_as_it_came(
    framed: bytes, entity: bytes
) -> None:
    answer = Answer(CHUNKED + framed)
    assert answer.is_framed
    assert body_of(answer) == framed
    assert entity_of(answer) == entity
    assert (answer.payload_digest, answer.entity_size) == (digest(entity), len(entity))
    for size in (1, 2, 3, 7):
        pieces = (framed[at:at + size] for at in range(0, len(framed), size))
        assert b"".join(dechunked(pieces)) == entity


@pytest.mark.parametrize("size", [b"7fffffffffffffff", b"8000000000000000", b"f" * 20, b"f" * 5000])
def test_a_chunk_that_claims_to_be_larger_than_any_memory_is_given_as_far_as_it_came(size: bytes) -> None:
    assert entity_of(Answer(CHUNKED + b"3\r\nabc\r\n" + size + b"\r\ndef")) == b"abcdef"


def test_the_coding_is_told_by_the_header_whatever_its_case() -> None:
    raw = b"HTTP/1.1 200 OK\r\ntransfer-ENCODING: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    assert entity_of(Answer(raw)) == b"abc"


def test_chunked_may_stand_in_the_second_of_two_headers() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert entity_of(Answer(raw + b"3\r\nabc\r\n0\r\n\r\n")) == b"abc"


def test_an_answer_without_transfer_encoding_is_its_own_entity() -> None:
    answer = Answer(OK + b"5\r\nhello\r\n0\r\n\r\n")
    assert not answer.is_framed
    assert entity_of(answer) == body_of(answer)


@pytest.mark.parametrize(("end", "has_trailers"), [
    (b"0\r\n\r\n", False), (b"0\r\nX-Sum: 1\r\n\r\n", True), (b"0\r\nX-Count: 0\r\n\r\n", True), (b"00\r\n\r\n", True),
    (b"", True)])
def test_a_chunked_body_that_ends_otherwise_than_with_the_plain_last_chunk_has_trailers(
    end: bytes, has_trailers: bool
) -> None:
    assert Answer(CHUNKED + b"3\r\nabc\r\n" + end).has_trailers is has_trailers
    assert Answer(CHUNKED + end).has_trailers is has_trailers
    assert not Answer(OK + end).has_trailers


def test_the_body_of_an_answer_on_disk_is_the_same(tmp_path: Path) -> None:
    spooled = Capture(folder=tmp_path, memory_bytes=10)
    for piece in (CHUNKED[:20], CHUNKED[20:], b"5\r\nhel", b"lo\r\n0\r\n\r\n"):
        spooled.append(piece)
    answer = Answer(spooled)
    assert (answer.head, body_of(answer), entity_of(answer)) == (CHUNKED, b"5\r\nhello\r\n0\r\n\r\n", b"hello")
    assert entity_of(answer) == b"hello", "it can be read again"


@pytest.mark.parametrize(("data", "expected"), [
    (b"", "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"),
    (b"abc", "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5"),
])
def test_a_digest_is_sha_1_in_base_32(data: bytes, expected: str) -> None:
    assert digest(data) == expected


def test_the_duration_of_an_exchange_is_in_milliseconds() -> None:
    assert exchange(OK).duration_ms == 250
