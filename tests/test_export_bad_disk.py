"""A disk that is full, from any call of an export on: days are whole or not there, and once there is room the next
export ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.commandline import REPOSITORY, make_news, scrapy
from tests.disk.shim import environment, why_not

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

ROWS = [7, 24]
EACH = """
import errno, itertools, json, sys
from pathlib import Path
from tests.disk.shim import NO_FAULT, Fault, begin
from tests.test_export_parquet import export, rows

for at in itertools.count(1):
    out = Path(sys.argv[2]) / str(at)
    begin(None, Fault(at))
    try:
        export(Path(sys.argv[1]), out)
        code = None
    except OSError as error:
        code = errno.errorcode[error.errno]
    begin(None, NO_FAULT)
    left = [(path.suffix, len(rows(path))) for path in sorted(out.rglob("*")) if path.is_file()]
    export(Path(sys.argv[1]), out)
    print(json.dumps([code, left, [len(rows(path)) for path in sorted(out.glob("articles/*/*"))]]))
    if code is None:
        break
"""


def test_each_day_is_whole_or_not_there_whichever_call_fails_and_the_next_export_ends_it(tmp_path: Path) -> None:
    root, top = make_news(tmp_path / "archive"), tmp_path / "disk"
    top.mkdir()
    told = subprocess.run([sys.executable, "-c", EACH, str(root), str(top)], cwd=REPOSITORY, check=True,
                          env={**os.environ, **environment(top)}, stdout=subprocess.PIPE, text=True).stdout
    *failed, last = map(json.loads, told.splitlines())
    days = [[".parquet", count] for count in ROWS]
    assert len(failed) > 20
    for code, left, after in failed:
        assert code == "ENOSPC"
        assert left in ([], days[:1], days)
        assert after == ROWS
    assert last == [None, days, ROWS]


def test_the_command_names_what_it_could_not_write(tmp_path: Path) -> None:
    root, out = make_news(tmp_path / "archive"), tmp_path / "disk"
    full = scrapy("export", "parquet", str(out), archive=root, **environment(out), DISK_FAIL="6 28 w full")
    assert full.returncode == 3
    assert full.stderr == f"error: the disk is full ({out}): what was committed is safe; make room and run the same " \
        "command again\n"
    denied = scrapy("export", "parquet", str(out), archive=root, **environment(out), DISK_FAIL="2 30 m once")
    assert denied.returncode == 4
    assert denied.stderr.startswith(f"error: {out}: cannot be made (Read-only file system): choose a place that you")
