"""The sites that are crawled: made of the corpus, served on loopback for as long as the benchmark runs.

Owns the server process and the lists of addresses. Must not know who fetches them.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NGINX = "/usr/sbin/nginx"
_START_SECONDS = 30


class SetupError(RuntimeError):
    """The benchmark cannot begin; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Sites:
    """What a round fetches: a registry for us, the same sites' home pages, and every article's address."""

    registry: Path
    homes: tuple[str, ...]
    articles: frozenset[str]


@contextlib.contextmanager
def corpus_sites(corpus: Path, folder: Path, copies: int = 1) -> Iterator[Sites]:
    """All sites of the corpus, each article in `copies` that differ, from a server on a free port. SetupError if the
    corpus or nginx is missing."""
    scripts = [corpus / name for name in ("make_sites.py", "serve.py", "truth.jsonl")]
    missing = [path for path in scripts if not path.is_file()]
    if missing:
        raise SetupError(f"{missing[0]}: not found: give the folder of the corpus as --corpus DIR")
    if not (shutil.which("nginx") or shutil.which(NGINX)):
        raise SetupError("nginx: not found: the corpus is served with it: apt install nginx-light")
    out = folder / "sites"
    made = subprocess.run([sys.executable, scripts[0].resolve(), out], cwd=folder, capture_output=True, text=True,
                          check=False)
    if made.returncode:
        raise SetupError(f"{scripts[0]}: exit code {made.returncode}: {made.stderr.strip()}")
    _copy(out, copies)
    with serving(corpus, out, folder / "sites.toml") as registry:
        yield read_sites(registry, out)


@contextlib.contextmanager
def serving(corpus: Path, out: Path, registry: Path) -> Iterator[Path]:
    """The corpus's server over the sites below `out`, on a free port; it writes the registry."""
    port = free_port()
    server = subprocess.Popen([sys.executable, (corpus / "serve.py").resolve(), out, "--port", str(port),
                               "--sites", registry], cwd=registry.parent, stdout=subprocess.DEVNULL)
    try:
        _wait_for(server, registry, port)
        yield registry
    finally:
        server.terminate()
        server.wait()


def _copy(out: Path, copies: int) -> None:
    """Other articles of the same sites: titles and paragraphs differ, and the sitemap lists them."""
    for site in [path for path in out.iterdir() if path.is_dir()]:
        sitemap = site / "sitemap.xml"
        listed = sitemap.read_text("utf-8")
        entries = re.findall(r"<url>.*?</url>", listed)
        for number in range(1, copies):
            for page in site.glob("article-*.html"):
                if page.stem.count("-") == 1:
                    _write_copy(page, number)
            more = (re.sub(r"(article-\d+)\.html", rf"\1-{number}.html", entry) for entry in entries)
            listed = listed.replace("</urlset>", "".join(more) + "</urlset>")
        sitemap.write_text(listed, "utf-8")


def _write_copy(page: Path, number: int) -> None:
    text = page.read_text("utf-8")
    changed = re.sub(r"</(title|h1|p)>", rf" {number}</\1>", text)
    page.with_name(f"{page.stem}-{number}.html").write_text(f"{changed}<!-- {number} -->\n", "utf-8")


def read_sites(registry: Path, out: Path) -> Sites:
    """What the served sites of a registry hold."""
    with registry.open("rb") as file:
        homes = {entry["name"]: entry["url"] for entry in tomllib.load(file)["site"]}
    articles = (home + page.name for name, home in homes.items() for page in (out / name).glob("article-*.html"))
    return Sites(registry, tuple(homes.values()), frozenset(articles))


def _wait_for(server: subprocess.Popen[bytes], registry: Path, port: int) -> None:
    """Until the first site answers."""
    for _ in range(_START_SECONDS * 10):
        if server.poll() is not None:
            raise SetupError(f"the server of the corpus ended with exit code {server.returncode}")
        if registry.is_file():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.1.1", port), timeout=1):
                return
        time.sleep(0.1)
    raise SetupError(f"the server of the corpus does not answer after {_START_SECONDS} s")
