"""Publishing and reading where the store stalls, comes back late, fails for one file alone, or answers wrongly."""

from __future__ import annotations

import subprocess
import sys
import threading
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from scrapy.settings import Settings

from crawler.commands.publish import Command
from crawler.publication import Publication
from pipelines.errors import ConfigurationError
from pipelines.objectstore.catchup import CatchUp
from pipelines.objectstore.check import Check
from pipelines.objectstore.folder import FolderTarget
from pipelines.objectstore.patience import Patience
from pipelines.objectstore.publisher import Publisher
from pipelines.objectstore.runs import ended_runs, run_files
from pipelines.objectstore.target import TargetDownError, TargetRefusedError
from pipelines.objectstore.turn import Turn
from pipelines.remoteplace import PlaceError, RemotePlace
from tests.archives import Clock, make_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipelines.records import SealedFile


class FailingFolder(FolderTarget):
    """`fault` is called before a file is put, and may raise or wait."""

    def __init__(self, root: Path, fault: Callable[[SealedFile], object]) -> None:
        root.mkdir(exist_ok=True)
        super().__init__(str(root), root)
        self._fault = fault

    def put(self, source: Path, file: SealedFile) -> None:
        self._fault(file)
        super().put(source, file)


def down(file: SealedFile) -> None:
    raise TargetDownError(f"{file.path}: not now")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "archive", 2, clock=Clock())


STALLED = """
import sys, threading
from pathlib import Path
from pipelines.objectstore.publisher import Publisher
from tests.test_objectstore_faults import FailingFolder
putting = threading.Event()
target = FailingFolder(Path(sys.argv[2]), lambda file: (putting.set(), threading.Event().wait()))
publisher = Publisher(Path(sys.argv[1]), target)
publisher.start()
publisher.end()
assert putting.wait(30)
print(publisher.stop().left_files)
"""


def test_a_process_ends_though_a_store_that_stalls_holds_what_it_sends(root, tmp_path):
    ended = subprocess.run([sys.executable, "-c", STALLED, str(root), str(tmp_path / "target")],
                           capture_output=True, text=True, check=True, timeout=60)
    assert int(ended.stdout) == len(run_files(root, ended_runs(root)[0]).all)


def test_the_end_of_a_crawl_tries_at_once_however_long_the_pause_would_be(root, tmp_path):
    tried, is_up = threading.Event(), threading.Event()

    def fault(file: SealedFile) -> None:
        tried.set()
        if not is_up.is_set():
            down(file)

    publisher = Publisher(root, FailingFolder(tmp_path / "target", fault), (600.0,))
    publisher.start()
    assert tried.wait(30)
    is_up.set()
    publisher.end().result(30)
    assert publisher.stop().is_complete


def test_a_file_that_always_fails_does_not_keep_the_others_from_going(root, tmp_path):
    bad, *good = run_files(root, ended_runs(root)[0]).files
    arrived = {file.path: threading.Event() for file in good}

    def fault(file: SealedFile) -> None:
        if file == bad:
            down(file)
        arrived[file.path].set()

    publisher = Publisher(root, FailingFolder(tmp_path / "target", fault), (0.01,))
    for file in (bad, *good):
        publisher.add(file)
    publisher.start()
    assert all(event.wait(30) for event in arrived.values())
    assert not publisher.stop().is_complete
    assert not (tmp_path / "target" / bad.path).exists()


def test_a_crawl_that_is_ended_while_it_waits_says_what_is_left(root, tmp_path):
    publication = Publication(FailingFolder(tmp_path / "target", down), 60.0)
    publication.begin(root)
    publication.sealed(run_files(root, ended_runs(root)[0]).files[0])
    told = publication.stop()
    assert told is not None
    assert told.left_files
    assert not told.is_complete
    assert Publication(None, 60.0).stop() is None


class Shaky(FolderTarget):
    """Says that it is down, as often as `times` says, before it answers anything."""

    def __init__(self, root: Path, times: int) -> None:
        root.mkdir(exist_ok=True)
        super().__init__(str(root), root)
        self._left = times

    def sizes(self, folder: str) -> dict[str, int]:
        self._answer()
        return super().sizes(folder)

    def probe(self) -> None:
        self._answer()

    def blocks(self, path: str) -> Iterator[bytes]:
        self._answer()
        return super().blocks(path)

    def _answer(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise TargetDownError("not now")


def test_who_publishes_waits_for_a_store_that_is_down_at_the_beginning_and_says_so(root, tmp_path):
    told: list[TargetDownError] = []
    patience = Patience(60.0, told.append, (0.01,))
    done = CatchUp(root, Shaky(tmp_path / "target", 3), patience, lambda file, total: None).run()
    assert (done.left_files, done.errors, len(told)) == (0, (), 3)
    comparison = Check(root, Shaky(tmp_path / "target", 3), patience, lambda file: None, reads_all=True).compare()
    assert (comparison.differences, comparison.read_bytes) == ((), done.sent_bytes)
    down = CatchUp(root, Shaky(tmp_path / "target", 99), Patience(0.0), lambda file, total: None).run()
    assert (down.left_files, down.errors) == (done.files, ("not now",))


def test_a_check_needs_no_right_to_write(root, tmp_path):
    class ReadOnly(FolderTarget):
        def probe(self) -> None:
            raise TargetRefusedError("cannot be written")

    CatchUp(root, Shaky(tmp_path / "target", 0), Patience(0.0), lambda file, total: None).run()
    target = ReadOnly("target", tmp_path / "target")
    assert not Check(root, target, Patience(0.0), lambda file: None, reads_all=False).compare().differences
    with pytest.raises(TargetRefusedError, match="no folder there"):
        Check(root, FolderTarget("gone", tmp_path / "gone"), Patience(0.0), lambda file: None, reads_all=False)


def test_a_file_here_that_cannot_be_read_is_not_blamed_on_the_target(root, tmp_path):
    file, = [each for each in run_files(root, ended_runs(root)[0]).files if each.kind == "articles"]
    (root / file.path).unlink()
    (root / file.path).mkdir()
    done = CatchUp(root, Shaky(tmp_path / "target", 0), Patience(0.0), lambda file, total: None).run()
    assert done.left_files == 2
    assert [error for error in done.errors if file.path in error and "cannot be read" in error]


def test_a_range_that_comes_too_short_is_an_error_and_no_end_of_the_file(tmp_path):
    (tmp_path / "file").write_bytes(bytes(1000))

    class Short(LocalFileSystem):
        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **how: Any) -> bytes:
            return bytes(super().cat_file(path, start, end, **how)[:-1])

    place = RemotePlace(f"local://{tmp_path}", lambda address: (Short(), str(tmp_path)))
    with pytest.raises(PlaceError, match="999 bytes came where 1,000 from byte 0"):
        place.open("file").read()
    with pytest.raises(PlaceError, match="999 bytes came"):
        place.read("file", 10, 20)


@pytest.mark.parametrize("seconds", ["abc", "-1", "inf", "nan"])
def test_a_wait_that_is_no_number_is_told(root, tmp_path, seconds):
    command = Command()
    command.settings = Settings({"ARCHIVE_DIR": str(root), "PUBLISH_WAIT": seconds})
    (tmp_path / "target").mkdir()
    with pytest.raises(ConfigurationError, match=f"PUBLISH_WAIT: not a number of 0 or more: '{seconds}'"):
        command.work([str(tmp_path / "target")], Namespace(check=False, read=False, json=False))


def test_a_folder_without_runs_is_no_archive_to_publish(tmp_path):
    with pytest.raises(ConfigurationError, match="has no runs/, and so no run to publish"):
        Turn(tmp_path)
