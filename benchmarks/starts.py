"""How soon a second start on a held archive ends: from exec to exit, with code 75.

    python -m benchmarks.starts --rounds 10

Owns that one figure. Exit codes: 0 the median is under a second, 1 it is not, 9 a start ended otherwise than with 75.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import machine
from benchmarks.report import HERE, RESULTS, put_lines, write_result

if TYPE_CHECKING:
    from collections.abc import Sequence

HELD, FAILED = 75, 9
BAR_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starts", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory(prefix="broadsheet-starts-") as folder:
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)      # as a crawl holds it
        seconds = [_refused(Path(folder)) for _ in range(rounds)]
        os.close(descriptor)
    _keep(sorted(seconds))
    print(f"median {statistics.median(seconds):.2f} s of {rounds}: {min(seconds):.2f} to {max(seconds):.2f} s")
    return 0 if statistics.median(seconds) < BAR_SECONDS else 1


def _refused(archive: Path) -> float:
    command = [sys.executable, "-m", "scrapy", "crawl", "news", "-a", "url=http://127.0.0.1:9/",
               "-s", f"ARCHIVE_DIR={archive}"]
    began = time.monotonic()
    ended = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    if ended.returncode != HELD:
        sys.stderr.write(f"ended with {ended.returncode}: {ended.stderr[-1000:]}\n")
        sys.exit(FAILED)
    return seconds


def _keep(seconds: Sequence[float]) -> None:
    now = datetime.now(UTC)
    result = {"date": now.isoformat(timespec="seconds"), "seconds": [round(each, 3) for each in seconds],
              "median_seconds": round(statistics.median(seconds), 3), "machine": machine()}
    write_result(result, RESULTS, "starts")
    put_lines([f"{now:%Y-%m-%d}: median {result['median_seconds']} s of {len(seconds)}, "
               f"{result['seconds'][0]} to {result['seconds'][-1]} s."], HERE / "README.md", "starts")


if __name__ == "__main__":
    sys.exit(main())
