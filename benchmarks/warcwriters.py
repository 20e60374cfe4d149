"""WARC files as others write them: wget, warcio's own capture, and warcprox before any client.

Owns how each is started, to fetch pages from a server on loopback, and ended. Must not know what is in the files.

    python -m benchmarks.warcwriters warcio URLS OUT.warc.gz        # in a process of its own: it patches http.client
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipelines.reader import Archive
from tests.foreignwarcs import answer, members, record, story
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 900


def wget(urls: Path, folder: Path) -> Path:
    """`wget --warc-file`; RuntimeError if it is not installed."""
    program = shutil.which("wget")
    if program is None:
        raise RuntimeError("wget is not installed")
    folder.mkdir(parents=True)
    ended = subprocess.run(
        [program, "--quiet", "--no-proxy", "--input-file", urls, "--warc-file", folder / "wget", "--output-document",
         "/dev/null"], check=False, timeout=_SECONDS)
    if ended.returncode:
        raise RuntimeError(f"wget ended with {ended.returncode}")
    return folder / "wget.warc.gz"


def warcio(urls: Path, folder: Path) -> Path:
    """`warcio.capture_http`, around Python's own client."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "benchmarks.warcwriters", "warcio", urls, folder / "warcio.warc.gz"]
    subprocess.run(command, cwd=Path(__file__).parents[1], check=True, timeout=_SECONDS)
    return folder / "warcio.warc.gz"


def warcprox(program: Path, urls: Path, folder: Path) -> Path:
    """A proxy that writes down what passes; `program` is that of an environment of its own. Clients ask for gzip."""
    folder.mkdir(parents=True)
    port = free_port()
    process = subprocess.Popen(
        [program, "-b", "127.0.0.1", "-p", str(port), "-z", "-d", folder, "--dedup-db-file", "/dev/null",
         "--stats-db-file", "/dev/null", "--cacert", folder / "ca.pem", "--certs-dir", folder / "certs"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_open(port, process)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{port}"}))
        opener.addheaders = [("Accept-Encoding", "gzip")]
        for url in urls.read_text().split():
            with opener.open(url, timeout=60) as answer:
                answer.read()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
    return folder


def until_open(port: int, process: subprocess.Popen[bytes], host: str = "127.0.0.1") -> None:
    """Return once a server of that process answers; RuntimeError if it does not."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {host}:{port}")


def main(arguments: Sequence[str]) -> int:
    _, urls, out = arguments
    from warcio.capture_http import capture_http  # noqa: PLC0415  # it changes http.client

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with capture_http(out):
        for url in Path(urls).read_text().split():
            with opener.open(url, timeout=60) as answer:
                answer.read()
    return 0


def copies(archive: Path, folder: Path, count: int) -> int:
    """A new folder with the pages of an archive's articles so many times, a file each, as if so many other sites had
    each of them; how many there are."""
    folder.mkdir()
    reader, pages = Archive(archive), 0
    for copy in range(count):
        with (folder / f"copy-{copy}.warc.gz").open("wb") as file:
            for number, article in enumerate(reader.articles()):
                url = urlsplit(article.url)
                host = f"site-{(url.hostname or '').replace('.', '-')}-{copy}.example"
                file.write(members([record(reader.record(article.warc).block, url._replace(netloc=host).geturl(),
                                           number % 60)]))
                pages += 1
    return pages


def many_small_pages(folder: Path, pages: int) -> None:
    """A new folder of files of 1,000 records, of twenty sites."""
    folder.mkdir()
    for first in range(0, pages, 1000):
        (folder / f"{first:07}.warc.gz").write_bytes(members([
            record(answer(story(f"story {n} of the valley")), f"http://site-{n % 20}.example/2026/{n}", n % 60)
            for n in range(first, min(first + 1000, pages))]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
