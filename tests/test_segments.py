"""A file grows under `.open`, can be cut back, and gets its final name when it is whole."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
from pathlib import Path

import pytest

from pipelines.inflate import BROKEN, plain_blocks
from pipelines.segments import Segment, SegmentName, sealed_file, write_durably
from tests.builders import in_child, open_files, plain

WARC = SegmentName("warc/dt=2026-11-22/broadsheet-1-00000-run.warc.gz", "warc", "2026-11-22")
LINES = {
    compression: SegmentName(f"articles/dt=2026-11-22/run-00000.jsonl{suffix}", "articles", "2026-11-22")
    for compression, suffix in {"gzip": ".gz", "zstd": ".zst", "none": ""}.items()
}
TEXT = "".join(f'{{"id":{number},"text":"Grüße"}}\n' for number in range(3000)).encode()


@pytest.fixture(params=[WARC, *LINES.values()], ids=["warc", *LINES])
def name(request: pytest.FixtureRequest) -> SegmentName:
    return request.param


def test_a_file_that_is_written_lies_under_open_and_holds_what_was_appended(
    tmp_path: Path, name: SegmentName
) -> None:
    segment = Segment.create(tmp_path, name)
    segment.append(b"one\n")
    segment.append(b"")
    segment.append(b"two\n")
    segment.sync()
    segment.close()
    assert segment.size == 8
    assert open_files(tmp_path) == [name.open_path]
    assert (tmp_path / name.open_path).read_bytes() == b"one\ntwo\n"
    assert not (tmp_path / name.path).exists()


def test_lines_are_plain_while_they_are_written_and_a_warc_keeps_its_name() -> None:
    assert {name.open_path for name in LINES.values()} == {"articles/dt=2026-11-22/run-00000.jsonl.open"}
    assert WARC.open_path == WARC.path + ".open"


def test_a_name_that_is_taken_is_not_written_over(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path, WARC)
    segment.append(b"precious")
    segment.close()
    with pytest.raises(FileExistsError):
        Segment.create(tmp_path, WARC)
    assert (tmp_path / WARC.open_path).read_bytes() == b"precious"


def test_what_was_cut_away_is_gone_and_appending_goes_on_there(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path, WARC)
    segment.append(b"kept lost")
    segment.cut(4)
    segment.append(b"!")
    segment.close()
    assert segment.size == 5
    assert (tmp_path / WARC.open_path).read_bytes() == b"kept!"


def test_a_left_file_is_opened_again_cut_to_what_counts(tmp_path: Path) -> None:
    left = Segment.create(tmp_path, WARC)
    left.append(b"committed" + b"torn")
    left.close()
    segment = Segment.reopen(tmp_path, WARC, 9)
    assert segment.size == 9
    segment.append(b" and more")
    segment.close()
    assert (tmp_path / WARC.open_path).read_bytes() == b"committed and more"


def test_a_file_that_is_gone_cannot_be_opened_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Segment.reopen(tmp_path, WARC, 0)


@pytest.mark.parametrize("text", [TEXT, b"one line\n", b""], ids=["many lines", "one", "none"])
def test_a_sealed_file_has_its_final_name_its_content_and_true_figures(
    tmp_path: Path, name: SegmentName, text: bytes
) -> None:
    segment = Segment.create(tmp_path, name)
    segment.append(text)
    sealed = segment.seal(3000)
    on_disk = (tmp_path / name.path).read_bytes()
    assert open_files(tmp_path) == []
    assert [path.name for path in (tmp_path / name.path).parent.iterdir()] == [Path(name.path).name]
    assert (sealed.path, sealed.kind, sealed.dt, sealed.rows) == (name.path, name.kind, name.dt, 3000)
    assert (sealed.bytes, sealed.sha256) == (len(on_disk), hashlib.sha256(on_disk).hexdigest())
    assert (on_disk if name.kind == "warc" else plain(tmp_path / name.path)) == text


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_sealed_lines_are_compressed(tmp_path: Path, compression: str) -> None:
    segment = Segment.create(tmp_path, LINES[compression])
    segment.append(TEXT)
    assert segment.seal(3000).bytes < len(TEXT) / 4


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_flipped_bit_never_reads_as_another_text(tmp_path: Path, compression: str) -> None:
    segment = Segment.create(tmp_path, LINES[compression])
    segment.append(TEXT[:300])
    segment.seal(10)
    data = (tmp_path / LINES[compression].path).read_bytes()
    for at in range(len(data)):
        flipped = io.BytesIO(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        with contextlib.suppress(*BROKEN):
            assert b"".join(plain_blocks(flipped, Path(LINES[compression].path).suffix)) == TEXT[:300]


def test_the_bytes_are_synced_before_the_name_and_the_folder_after(
    tmp_path: Path, name: SegmentName, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = Segment.create(tmp_path, name)
    segment.append(TEXT)
    steps: list[str] = []
    fsync, rename = os.fsync, os.rename

    def seen_fsync(descriptor: int) -> None:
        target = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append(f"fsync {'folder' if target.is_dir() else 'file'}")
        fsync(descriptor)

    def seen_rename(source: Path, target: Path) -> None:
        steps.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "rename", seen_rename)
    segment.seal(1)
    at = steps.index("rename")
    assert "fsync file" in steps[:at]
    assert steps[at:] == ["rename", "fsync folder"]


def test_a_new_day_lasts_because_the_folder_that_holds_it_is_synced_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink()), fsync(descriptor)))
    Segment.create(tmp_path, WARC).close()
    day = (tmp_path / WARC.path).parent
    assert day in synced
    assert day.parent in synced


def test_a_discarded_file_is_gone(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path, WARC)
    segment.append(b"never committed")
    segment.discard()
    assert list((tmp_path / "warc/dt=2026-11-22").iterdir()) == []


def test_a_small_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_durably(path, b"first")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_durably(path, b"second")
    monkeypatch.undo()
    assert path.read_bytes() == b"first"
    write_durably(path, b"third")
    assert path.read_bytes() == b"third"
    assert open_files(tmp_path) == []


FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from pipelines.inflate import BROKEN, plain_blocks
from pipelines.segments import Segment, SegmentName
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)       # a write beyond the limit then fails with EFBIG
name = SegmentName(sys.argv[2], "warc", "2026-11-22")
segment = Segment.create(Path(sys.argv[1]), name)
segment.append(b"committed")
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
try:
    segment.append(b"x" * 100)
except OSError as error:
    print(error.errno, segment.size, (Path(sys.argv[1]) / name.open_path).stat().st_size)
segment.cut(9)
segment.append(b" again")
segment.close()
"""


def test_after_a_write_that_fitted_only_in_part_the_file_can_be_cut_back_and_go_on(tmp_path: Path) -> None:
    with in_child(FILLS_THE_DISK, tmp_path, WARC.path) as child:
        out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "")
    assert out.split() == [str(errno.EFBIG), "9", "20"]
    assert (tmp_path / WARC.open_path).read_bytes() == b"committed again"


def test_the_figures_of_a_file_are_those_on_disk(tmp_path: Path) -> None:
    (tmp_path / WARC.path).parent.mkdir(parents=True)
    (tmp_path / WARC.path).write_bytes(b"abc")
    sealed = sealed_file(tmp_path, WARC, 1)
    assert (sealed.bytes, sealed.sha256) == (
        3,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    )
