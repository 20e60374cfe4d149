"""Commands run as their users run them: real processes, on a pipe or on a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.archives import Clock, make_archive

REPOSITORY = Path(__file__).parents[1]
ESCAPE = "\x1b"


def scrapy(
    *arguments: str, archive: Path | None = None, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    settings = ["-s", f"ARCHIVE_DIR={archive}"] if archive else []
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments, *settings], cwd=REPOSITORY, capture_output=True, input=stdin,
        check=False, env={**os.environ, "COLUMNS": "60", **environment})
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(*arguments: str, archive: Path, strip: bool = True) -> str:
    """What a terminal of 60 columns is sent; without its control sequences."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", *arguments, "-s", f"ARCHIVE_DIR={archive}"], cwd=REPOSITORY, stdout=terminal,
        stderr=terminal, env={**os.environ, "COLUMNS": "60", "TERM": "xterm-256color"})
    os.close(terminal)
    parts = []
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(controller)
    assert process.wait() == 0
    text = b"".join(parts).decode()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text) if strip else text


def make_news(root: Path) -> Path:
    """An archive of two days."""
    make_archive(root, 6)
    return make_archive(root, 24, first=100, clock=Clock(datetime(2026, 11, 23, 6, tzinfo=UTC)))
