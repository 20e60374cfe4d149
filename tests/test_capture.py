"""What is captured is the same wherever it lies, and is gone with its capture."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.capture import Capture

PIECES = [b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 70_000, b"", b"y" * 5, bytes(range(256)) * 300]
WHOLE = b"".join(PIECES)


@pytest.fixture(params=[10, 71_000, 10**6], ids=["on disk", "moved to disk midway", "in memory"])
def capture(request: pytest.FixtureRequest, tmp_path: Path) -> Capture:
    capture = Capture(folder=tmp_path, memory_bytes=request.param)
    for piece in PIECES:
        capture.append(piece)
    return capture


def test_it_holds_what_was_appended_in_order(capture: Capture) -> None:
    assert capture.size == len(WHOLE)
    assert capture.read() == WHOLE
    assert b"".join(capture.blocks()) == WHOLE
    assert b"".join(capture.blocks()) == WHOLE, "and can be read again"


@pytest.mark.parametrize(("start", "end"), [(0, 19), (5, 80_000), (69_999, None), (0, 0), (10**9, None), (3, 10**9)])
def test_a_part_of_it_can_be_read(capture: Capture, start: int, end: int | None) -> None:
    assert capture.read(start, end) == WHOLE[start:end]
    assert b"".join(capture.blocks(start, end)) == WHOLE[start:end]


@pytest.mark.parametrize("surplus", [0, 1, 76_900, 10**9])
def test_its_end_can_be_cut_off_and_more_appended(capture: Capture, surplus: int) -> None:
    capture.cut(surplus)
    rest = WHOLE[:max(0, len(WHOLE) - surplus)]
    assert (capture.size, capture.read()) == (len(rest), rest)
    capture.append(b"more")
    assert capture.read() == rest + b"more"


def test_on_disk_it_has_no_name_and_leaves_nothing(tmp_path: Path) -> None:
    before = open_files()
    capture = Capture(folder=tmp_path, memory_bytes=10)
    capture.append(WHOLE)
    assert list(tmp_path.iterdir()) == []
    assert open_files() == before + 1
    del capture
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
