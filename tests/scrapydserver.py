"""A real scrapyd on loopback, set up from deploy/scrapyd as its users set it up. No test itself.

Owns the process and what is said to it over HTTP. Must not know what is crawled.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from tests.crawls import REPOSITORY, TIMEOUT_SECONDS
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POLL_SECONDS = 0.1


def build_egg(folder: Path) -> Path:
    """As `make egg` does, from a copy of the project: setuptools writes beside its sources."""
    source = folder / "source"
    for name in ("crawler", "pipelines"):
        shutil.copytree(REPOSITORY / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(REPOSITORY / name, source)
    recipe = next(line for line in (REPOSITORY / "Makefile").read_text().splitlines() if "bdist_egg" in line)
    built = subprocess.run(recipe.strip().replace("$(BIN)/python", sys.executable), shell=True, cwd=source,
                           capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (egg,) = (source / "dist").glob("*.egg")
    return egg


class Scrapyd:
    """scrapyd in `folder`, which gets what deploy/scrapyd has. Faster at looking into its queue, as a test needs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(REPOSITORY / "deploy" / "scrapyd", folder)
        (folder / ".scrapyd.conf").write_text("[scrapyd]\npoll_interval = 0.1\nmax_proc = 2\n")
        self._base = f"http://127.0.0.1:{(port := free_port())}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCRAPY", "PYTHONPATH"))}
        self._environment = {**kept, "HOME": str(folder), "SCRAPYD_HTTP_PORT": str(port)}

    def __enter__(self) -> Self:
        self._output = (self.folder / "output").open("w")
        self._process = subprocess.Popen([sys.executable, "-m", "scrapyd"], cwd=self.folder, env=self._environment,
                                         stdout=self._output, stderr=subprocess.STDOUT)
        self.until(self._is_up, "scrapyd answers")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(TIMEOUT_SECONDS)
        self._output.close()

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()

    def ask(self, service: str, **parameters: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self._base}/{service}.json?{urlencode(parameters)}") as answer:
            return self._checked(answer.read())

    def tell(self, service: str, *fields: tuple[str, str]) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self._base}/{service}.json", urlencode(fields).encode()) as answer:
            return self._checked(answer.read())

    def deploy(self, egg: Path, version: str) -> dict[str, Any]:
        """As `curl -F egg=@FILE` posts it."""
        parts = [f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                 for name, value in (("project", "broadsheet"), ("version", version))]
        head = b'--edge\r\nContent-Disposition: form-data; name="egg"; filename="project.egg"\r\n\r\n'
        body = b"".join([*parts, head, egg.read_bytes(), b"\r\n--edge--\r\n"])
        request = urllib.request.Request(f"{self._base}/addversion.json", body,
                                         {"Content-Type": "multipart/form-data; boundary=edge"})
        with urllib.request.urlopen(request) as answer:
            return self._checked(answer.read())

    def schedule(self, spider: str, settings: dict[str, Any], **arguments: str) -> str:
        fields = [("project", "broadsheet"), ("spider", spider), *arguments.items(),
                  *(("setting", f"{name}={value}") for name, value in settings.items())]
        return str(self.tell("schedule", *fields)["jobid"])

    def wait_for_end(self, job: str) -> None:
        def has_ended() -> bool:
            return job in [entry["id"] for entry in self.ask("listjobs", project="broadsheet")["finished"]]

        self.until(has_ended, f"job {job} ends")

    def exit_code(self, job: str) -> int:
        """Of a job that has ended, from scrapyd's own log: it tells nobody else."""
        line = next(line for line in self.output.splitlines() if f"job='{job}'" in line and "Process " in line
                    and "started" not in line)
        return 0 if "Process finished" in line else int(line.partition("exitstatus=")[2].split()[0])

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Ask again and again, for a time that ends."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not condition():
            assert self._process.poll() is None, f"scrapyd has ended: {self.output}"
            assert time.monotonic() < deadline, f"waited in vain until {what}: {self.output}"
            time.sleep(POLL_SECONDS)

    def _is_up(self) -> bool:
        try:
            return bool(self.ask("daemonstatus")["status"])
        except urllib.error.URLError:
            return False

    def _checked(self, body: bytes) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(body)
        assert answer["status"] == "ok", answer
        return answer
