"""The survey of WARC files whose records have no place of their own, or which are damaged."""

from __future__ import annotations

import json
import os
import struct
from typing import TYPE_CHECKING, Any

from pipelines.reextraction.inputs import find_segments
from pipelines.reextraction.lines import lines_of
from pipelines.reextraction.records import MAX_BLOCK_BYTES
from pipelines.reextraction.survey import Naming, survey
from tests.foreignwarcs import answer, members, record, zstd_file

if TYPE_CHECKING:
    from pathlib import Path

HTML = b"<!doctype html><html><body><p>Hello</p></body></html>"
PAGES = [record(answer(HTML), f"http://e.example/{n}", n) for n in range(5)]
NAMING = Naming((), "crawler.discovery.urls:registered_domain", "tests")


def surveyed(folder: Path, name: str, data: bytes) -> tuple[list[int], list[dict[str, Any]]]:
    """The numbers of the pages that are found, and the damages that are told."""
    (folder / name).write_bytes(data)
    (segment,) = find_segments([str(folder / name)], folder / "out")
    survey(segment, NAMING, folder / "survey.jsonl.gz")
    lines = list(map(json.loads, lines_of(folder / "survey.jsonl.gz")))
    found = [int(line["page"]["fetch"]["url"].rpartition("/")[2]) for line in lines if "page" in line]
    return found, [line["damage"] for line in lines if "damage" in line]


def test_frames_that_records_share_are_read_with_their_dictionary(tmp_path: Path) -> None:
    shared = zstd_file([b"".join(PAGES)], packs_dictionary=False)
    assert surveyed(tmp_path, "a.warc.zst", shared) == ([0, 1, 2, 3, 4], [])


def test_damage_in_a_file_with_a_dictionary_costs_what_it_lies_in(tmp_path: Path) -> None:
    whole = zstd_file(PAGES, packs_dictionary=False)
    last = whole.rfind(b"\x28\xb5\x2f\xfd")
    found, damages = surveyed(tmp_path, "a.warc.zst", whole[:last] + b"garbage " * 500 + whole[last:])
    assert (found, len(damages)) == ([0, 1, 2, 3, 4], 1)


def test_damage_between_shared_members_is_told_and_left_behind(tmp_path: Path) -> None:
    shared = members([b"".join(PAGES[:2])])
    found, damages = surveyed(tmp_path, "a.warc.gz", shared + b"garbage" + members([b"".join(PAGES[2:])]))
    assert (found, [each["offset"] for each in damages]) == ([0, 1, 2, 3, 4], [len(shared)])


def test_a_dictionary_that_is_none_is_damage(tmp_path: Path) -> None:
    found, damages = surveyed(tmp_path, "a.warc.zst", struct.pack("<II", 0x184D2A5D, 0xFFFFFFF0) + os.urandom(64))
    assert (found, len(damages)) == ([], 1)


def test_a_length_beyond_all_bounds_costs_its_own_record(tmp_path: Path) -> None:
    lying = record(answer(HTML), "http://e.example/1", 1, length=MAX_BLOCK_BYTES * 99)
    for name, data in (("a.warc", PAGES[0] + lying + PAGES[2]), ("b.warc.gz", members([PAGES[0], lying, PAGES[2]]))):
        found, damages = surveyed(tmp_path, name, data)
        assert (found, len(damages)) == ([0, 2], 1)
