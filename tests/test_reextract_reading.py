"""Records and pages of anyone's WARC files: every version, every compression, and what goes wrong in them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from backports import zstd

from pipelines.exchange import Answer
from pipelines.reextraction.bodies import is_page, page_of
from pipelines.reextraction.forms import SharedMemberError
from pipelines.reextraction.pages import Source
from pipelines.reextraction.records import iter_foreign, read_at
from tests.foreignwarcs import answer, members, record, zstd_file

if TYPE_CHECKING:
    from pathlib import Path

KINDS = frozenset({"response", "revisit"})
FIVE = [record(answer(b"<p>page %d" % n * 50), f"http://e.example/{n}", n) for n in range(5)]
HTML = b"<!doctype html><html><body><p>Hello</p></body></html>"


def read(path: Path, data: bytes) -> tuple[list[int], int]:
    """The numbers of the pages that are found, each read once more by its place, and how many damages were told."""
    path.write_bytes(data)
    damages: list[int] = []
    with path.open("rb") as file:
        found = list(iter_foreign(file, path.name, len(data), KINDS, lambda offset, _: damages.append(offset)))
    for each in found:
        assert read_at(Source(str(path.parent), path.name, each.offset, each.length)) == each.block
    return [int(each.target_uri.rpartition("/")[2]) for each in found if not each.is_cut], len(damages)


@pytest.mark.parametrize("version", ["0.17", "0.18", "1.0", "1.1"])
def test_every_version_is_read(tmp_path: Path, version: str) -> None:
    records = [record(answer(HTML), f"http://e.example/{n}", n, version=version) for n in range(3)]
    assert read(tmp_path / "a.warc.gz", members(records)) == ([0, 1, 2], 0)
    assert read(tmp_path / "a.warc", b"".join(records)) == ([0, 1, 2], 0)


@pytest.mark.parametrize("packs_dictionary", [False, True])
def test_zstd_is_read_with_its_dictionary(tmp_path: Path, packs_dictionary: bool) -> None:
    assert read(tmp_path / "a.warc.zst", zstd_file(FIVE, packs_dictionary=packs_dictionary)) == ([0, 1, 2, 3, 4], 0)


def test_zstd_is_read_without_a_dictionary(tmp_path: Path) -> None:
    assert read(tmp_path / "a.warc.zst", b"".join(map(zstd.compress, FIVE))) == ([0, 1, 2, 3, 4], 0)


def test_damage_costs_what_it_lies_in_and_nothing_else(tmp_path: Path) -> None:
    packed = [members([each]) for each in FIVE]
    broken = bytearray(packed[1])
    broken[60:64] = bytes(4)
    for data, left in (
        (packed[0] + b"garbage between " * 5 + b"".join(packed[1:]), [0, 1, 2, 3, 4]),
        (packed[0] + bytes(broken) + b"".join(packed[2:]), [0, 2, 3, 4]),
        (packed[0] + packed[1][:100] + b"".join(packed[2:]), [0, 2, 3, 4]),
        (packed[0] + packed[1][:20] + b"".join(packed[2:]), [0, 2, 3, 4]),
        (b"garbage" + b"".join(packed), [0, 1, 2, 3, 4]),
        (b"".join(packed)[:-20], [0, 1, 2, 3]),
    ):
        found, damages = read(tmp_path / "a.warc.gz", data)
        assert (found, damages > 0) == (left, True)


def test_a_wrong_length_costs_its_own_record(tmp_path: Path) -> None:
    wrong = record(answer(HTML), "http://e.example/1", 1, length=5000)
    assert read(tmp_path / "a.warc", FIVE[0] + wrong + FIVE[2] + FIVE[3])[0] == [0, 2, 3]
    assert read(tmp_path / "a.warc.gz", members([FIVE[0], wrong, FIVE[2], FIVE[3]]))[0] == [0, 2, 3]


def test_records_that_share_a_member_are_told_apart_from_others(tmp_path: Path) -> None:
    for data in (gzip.compress(b"".join(FIVE)), members(FIVE[:1]) + gzip.compress(b"".join(FIVE[1:]))):
        with pytest.raises(SharedMemberError):
            read(tmp_path / "a.warc.gz", data)


def test_nothing_that_is_no_warc_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path / "a.warc", b"") == ([], 0)
    assert read(tmp_path / "a.warc", b"hello" * 1000) == ([], 1)


CHUNKS = b"1a\r\n" + HTML[:26] + b"\r\n%x\r\n" % (len(HTML) - 26) + HTML[26:] + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize("raw", [
    answer(HTML), answer(HTML, "HTTP/2 200"), answer(HTML, "HTTP/1.1 200"), answer(HTML, "HTTP/1.0 200 "),
    answer(CHUNKS, "HTTP/1.1 200 OK", "Content-Type: text/html", "Transfer-Encoding: chunked"),
    answer(HTML, "HTTP/1.1 200 OK", "Content-Type: text/html", "Transfer-Encoding: chunked"),
    answer(gzip.compress(HTML), "HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Encoding: gzip"),
    answer(HTML, "HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Encoding: gzip"),
    answer(HTML, "HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Encoding: br"),
    answer(HTML, "HTTP/1.1 200 OK", "Server: without a type"),
])
def test_the_page_is_had_whatever_its_headers_say_of_codings(raw: bytes) -> None:
    assert Answer(raw).status == 200
    assert page_of(Answer(raw)) == HTML
    assert is_page(Answer(raw))


@pytest.mark.parametrize("raw", [
    answer(b'{"a": 1}', "HTTP/1.1 200 OK", "Content-Type: application/json"),
    answer(b"\x89PNG\r\n\x1a\n" + bytes(100), "HTTP/1.1 200 OK", "Content-Type: image/png"),
    answer(b"<?xml version='1.0'?><rss version='2.0'></rss>", "HTTP/1.1 200 OK", "Content-Type: application/rss+xml"),
    answer(b"<!doctype html>", "HTTP/1.1 200 OK", "Content-Type: text/plain"), answer(b"  \n"),
])
def test_what_is_no_html_by_sniffing_is_no_page(raw: bytes) -> None:
    assert not is_page(Answer(raw))
