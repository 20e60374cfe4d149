"""The cron line, run by the shell that cron would run it with: the real scrapy on a local site, and the real lock."""

from __future__ import annotations

import fcntl
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.crawls import REPOSITORY, TIMEOUT_SECONDS, Harvest
from tests.newsserver import RawServer, feed
from tests.newssites import alternate, home, stories, story

if TYPE_CHECKING:
    from pathlib import Path

TABLE = (REPOSITORY / "deploy" / "cron" / "broadsheet").read_text()
JOB = re.compile(r"(\S+) (\S+) (\S+) (\S+) (\S+) ([a-z]+) (.+)")      # five times, the user of /etc/cron.d, the command
VARIABLE = re.compile(r"([A-Z]+)=(.*)")


def parsed() -> tuple[dict[str, str], list[re.Match[str]]]:
    lines = [line for line in TABLE.splitlines() if line and not line.startswith("#")]
    variables = [found.groups() for line in lines if (found := VARIABLE.fullmatch(line))]
    return dict(variables), [found for line in lines if (found := JOB.fullmatch(line))]


class Crontab:
    """The line's command in a folder of its own. `scrapy` there is the one that runs these tests."""

    def __init__(self, root: Path, site: str) -> None:
        binaries = root / "project" / ".venv" / "bin"
        binaries.mkdir(parents=True)
        (binaries / "scrapy").write_text(f'#!/bin/sh\nexec {sys.executable} -m scrapy "$@"\n')
        (binaries / "scrapy").chmod(0o755)
        for name in ("scrapy.cfg", "crawler", "pipelines"):
            (root / "project" / name).symlink_to(REPOSITORY / name)
        (root / "sites.toml").write_text(f'[defaults]\ndelay = 0.0\n[[site]]\nname = "local"\nurl = "{site}"\n')
        self.root, self.lock = root, root / "cron.lock"
        self._environment = {**parsed()[0], "PATH": "/usr/bin:/bin", "HOME": str(root), "LOGNAME": "broadsheet",
                             "PROJECT": str(root / "project"), "SITES": str(root / "sites.toml"),
                             "ARCHIVE": str(root / "archive"), "LOG": str(root / "log"), "LOCK": str(self.lock)}

    def start(self) -> subprocess.Popen[str]:
        command = parsed()[1][0][7]
        return subprocess.Popen([self._environment["SHELL"], "-c", command], env=self._environment, cwd=self.root,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def mail(self) -> str:
        """What cron would mail after a run: all that it printed."""
        return self.start().communicate(timeout=TIMEOUT_SECONDS)[0]


@pytest.fixture
def server() -> RawServer:
    return RawServer({**stories("/2026/11/20/one", "/2026/11/21/two"), "/": home(alternate("rss", "/feed.xml"))})


def fill(server: RawServer) -> None:
    server.routes["/feed.xml"] = feed([(server.url(f"/2026/11/{day}"), "News") for day in ("20/one", "21/two")])


def test_the_table_is_one_cron_understands() -> None:
    variables, jobs = parsed()
    assert len(jobs) == 1
    assert jobs[0].groups()[:6] == ("*/15", "*", "*", "*", "*", "broadsheet")
    assert "%" not in jobs[0][7], "cron takes % for the end of the line"
    assert TABLE.endswith("\n"), "cron ignores a last line without an end"
    assert variables["MAILTO"] == "root"


def test_a_crawl_that_went_well_mails_nothing(tmp_path: Path, server: RawServer) -> None:
    with server:
        fill(server)
        assert Crontab(tmp_path, server.url("/")).mail() == ""
    assert len(Harvest(tmp_path / "archive").articles) == 2
    assert "Closing spider (finished)" in (tmp_path / "log").read_text()


def test_a_second_start_leaves_the_first_alone(tmp_path: Path, server: RawServer) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(_: bytes) -> bytes:
        asked.set()
        go_on.wait(TIMEOUT_SECONDS)
        return story("What happened at /2026/11/20/one")

    with server:
        fill(server)
        server.routes["/2026/11/20/one"] = slow
        crontab = Crontab(tmp_path, server.url("/"))
        first = crontab.start()
        assert asked.wait(TIMEOUT_SECONDS)
        second = crontab.mail()
        go_on.set()
        assert (first.communicate(timeout=TIMEOUT_SECONDS)[0], second) == ("", "")
        assert sorted(set(server.targets)) == sorted(server.targets), "asked twice"
    harvest = Harvest(tmp_path / "archive")
    assert (len(harvest.manifests), len(harvest.articles)) == (1, 2)
    harvest.check()


def test_it_is_the_lock_of_the_line_that_holds_it_back(tmp_path: Path, server: RawServer) -> None:
    with server:
        crontab = Crontab(tmp_path, server.url("/"))
        with crontab.lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert crontab.mail() == ""
        assert server.targets == []
    assert not (tmp_path / "archive").exists()


def test_a_registry_that_is_not_there_is_mailed_with_its_exit_code(tmp_path: Path, server: RawServer) -> None:
    with server:
        crontab = Crontab(tmp_path, server.url("/"))
        (tmp_path / "sites.toml").unlink()
        mail = crontab.mail()
    assert mail.startswith("scrapy crawl ended with 4. error: -a sites: cannot be read:"), mail


def test_a_project_that_is_not_there_is_mailed(tmp_path: Path, server: RawServer) -> None:
    with server:
        crontab = Crontab(tmp_path, server.url("/"))
        (tmp_path / "project").rename(tmp_path / "elsewhere")
        assert "scrapy crawl ended with" in crontab.mail()
