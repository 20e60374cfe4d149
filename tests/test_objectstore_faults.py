"""Publishing where the store stalls, comes back late, or fails for one file alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from crawler.publication import Publication
from pipelines.objectstore.folder import FolderTarget
from pipelines.objectstore.publisher import Publisher
from pipelines.objectstore.runs import ended_runs, run_files
from pipelines.objectstore.target import TargetDownError
from tests.archives import Clock, make_archive

if TYPE_CHECKING:
    from collections.abc import Callable
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
