"""The systemd units, judged by systemd itself. No system manager runs here: it is asked what it thinks of the files."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import ExitCode
from tests.crawls import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

UNITS = REPOSITORY / "deploy" / "systemd"
ANALYZE = shutil.which("systemd-analyze")

pytestmark = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (Debian: systemd)")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units, for a Broadsheet that lies in a folder of the test's: what they start has to be there."""
    home = tmp_path / "opt"
    (home / ".venv" / "bin").mkdir(parents=True)
    (home / "docs").symlink_to(REPOSITORY / "docs")
    (home / ".venv" / "bin" / "scrapy").symlink_to(shutil.which("true") or "/bin/true")
    for unit in UNITS.glob("broadsheet.*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/broadsheet", str(home)))
    return tmp_path


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ANALYZE or "", *map(str, arguments)], capture_output=True, text=True, check=False)


def values(unit: str, key: str) -> list[str]:
    lines = (UNITS / unit).read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def test_systemd_accepts_service_and_timer(installed: Path) -> None:
    verified = analyze("verify", "--man=no", "--recursive-errors=no", installed / "broadsheet.service",
                       installed / "broadsheet.timer")
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_mistyped_key_would_be_told(installed: Path) -> None:
    unit = installed / "broadsheet.service"
    unit.write_text(unit.read_text().replace("KillMode=mixed", "KillMode=mixde"))
    assert "mixde" in analyze("verify", "--man=no", "--recursive-errors=no", unit).stderr


def test_the_service_is_exposed_to_little(installed: Path) -> None:
    rated = analyze("security", "--offline=true", "--no-pager", "--threshold=15", installed / "broadsheet.service")
    assert rated.returncode == 0, rated.stdout + rated.stderr


def test_the_timer_means_every_fifteen_minutes() -> None:
    (calendar,) = values("broadsheet.timer", "OnCalendar")
    assert "*-*-* *:00/15:00" in analyze("calendar", calendar).stdout


def test_what_no_one_need_look_at_is_no_failure_of_the_unit() -> None:
    (codes,) = values("broadsheet.service", "SuccessExitStatus")
    assert {int(code) for code in codes.split()} == {ExitCode.SITE_FAILED, ExitCode.STOPPED, ExitCode.ARCHIVE_HELD}


def test_memory_that_is_written_and_run_is_not_denied() -> None:
    """pyOpenSSL's callbacks need it: with MemoryDenyWriteExecute, every https site timed out."""
    assert values("broadsheet.service", "MemoryDenyWriteExecute") == []
