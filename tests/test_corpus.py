"""The main job on real input: 79 sites with 948 articles made of real pages, and 215 single real pages.

Needs ../shared/corpus and nginx, and is left out with its reason where they are missing.
"""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from pipelines.reader import Archive
from tests.ports import free_port

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
BIN = Path(sys.executable).parent

pytestmark = [
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here"),
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)"),
]


@dataclass
class Served:
    """The corpus's server while it runs, and what it logged."""

    folder: Path
    registry: Path
    log: Path

    def answered(self) -> Counter[tuple[str, int]]:
        """Every request in the log: path and status."""
        parts = (line.split('"') for line in self.log.read_text("latin-1").splitlines())
        return Counter((part[1].split()[1], int(part[2].split()[0])) for part in parts)


def serve(folder: Path, registry: Path) -> tuple[subprocess.Popen[str], Served]:
    command = [sys.executable, CORPUS / "serve.py", folder, "--port", str(free_port()), "--sites", registry]
    server = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    said = server.stdout.readline()
    log = Path(said.rpartition("logged in ")[2].strip())
    assert log.name == "access.log", said
    return server, Served(folder, registry, log)


def stop(server: subprocess.Popen[str]) -> None:
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=30)


def crawl(*arguments: str, archive: Path, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "scrapy", "crawl", *arguments, "--json", "-s", f"ARCHIVE_DIR={archive}"]
    ended = subprocess.run(command, cwd=ROOT, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, check=False,
                           capture_output=True, text=True, timeout=400)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return dict(json.loads(ended.stdout))


@dataclass
class Crawled:
    archive: Path
    served: Served
    first: dict[str, Any]
    second: dict[str, Any]
    answered_first: Counter[tuple[str, int]]
    answered: Counter[tuple[str, int]]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The 79 sites, crawled twice."""
    tmp = tmp_path_factory.mktemp("sites")
    subprocess.run([sys.executable, CORPUS / "make_sites.py", tmp / "made"], check=True, stdout=subprocess.DEVNULL)
    server, served = serve(tmp / "made", tmp / "sites.toml")
    try:
        arguments = ("news", "-a", f"sites={served.registry}")
        first = crawl(*arguments, archive=tmp / "archive", home=tmp)
        answered = served.answered()
        second = crawl(*arguments, "-a", "poll=all", archive=tmp / "archive", home=tmp)
        yield Crawled(tmp / "archive", served, first, second, answered, served.answered())
    finally:
        stop(server)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def articles(archive: Path) -> list[dict[str, Any]]:
    return list(Archive(archive).rows("articles"))


def test_one_crawl_gives_each_of_the_948_articles_once(sites: Crawled) -> None:
    wanted = {json.loads(line)["id"] for line in _lines(sites.served.folder / "truth.jsonl")}
    got = Counter(f"{article['site']}/{article['url'].rpartition('/')[2]}" for article in articles(sites.archive))
    assert len(wanted) == 948
    assert got == Counter(wanted)


def test_each_pointer_leads_to_the_file_that_was_served(sites: Crawled) -> None:
    reader = Archive(sites.archive)
    for article in reader.rows("articles"):
        file = sites.served.folder / article["site"] / article["url"].rpartition("/")[2]
        assert reader.payload(article) == file.read_bytes(), article["url"]


def test_the_same_crawl_again_adds_no_article(sites: Crawled) -> None:
    assert sum(site["articles"] for site in sites.first["sites"].values()) == 948
    assert sum(site["articles"] for site in sites.second["sites"].values()) == 0
    assert sum(site["tried"] for site in sites.second["sites"].values()) == 4 * 79  # robots, home, feed, sitemap
    outcomes = Counter[str]()
    for site in sites.second["sites"].values():
        outcomes.update(site["outcomes"])
    assert outcomes == {"source": 79, "not_modified": 3 * 79}  # nginx gives validators, which were echoed


def test_the_servers_log_the_warc_files_and_the_fetch_log_agree_on_every_request(sites: Crawled) -> None:
    """Nothing is left unexplained: 1,343 requests of the first crawl, 316 of the second."""
    fetched: Counter[tuple[str, int]] = Counter()
    for fetch in Archive(sites.archive).rows("fetches"):
        fetched.update((_path_of(exchange["url"]), exchange["status"]) for exchange in fetch["exchanges"])
    asked, archived = Counter[str](), Counter[tuple[str, int]]()
    for path in sites.archive.glob("warc/*/*.warc.gz"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "request":
                    asked[record.http_headers.statusline.split()[0]] += 1
                elif record.rec_type in ("response", "revisit"):
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    archived[_path_of(url), int(record.http_headers.get_statuscode())] += 1
    assert sites.answered == fetched == archived
    assert asked == Counter({path: sum(count for (other, _), count in archived.items() if other == path)
                             for path, _ in archived})
    assert sites.answered_first.total() == 948 + 5 * 79 == 1343  # robots.txt, tdmrep.json, home page, feed, sitemap
    assert sites.answered.total() == 1343 + 4 * 79


def _path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_other_peoples_tools_accept_the_archive(sites: Crawled) -> None:
    files = [str(path) for path in sites.archive.glob("warc/*/*.warc.gz")]
    assert len(files) == 2
    for tool in (["warcio", "check"], ["fastwarc", "check", "-p", "-q"], ["gzip", "-t"]):
        program = BIN / tool[0] if (BIN / tool[0]).exists() else tool[0]
        for file in files:
            ended = subprocess.run([program, *tool[1:], file], capture_output=True, text=True, check=False)
            assert ended.returncode == 0, (tool, ended.stdout[-500:], ended.stderr[-500:])


def test_scrapy_verify_finds_it_sound(sites: Crawled) -> None:
    command = [sys.executable, "-m", "scrapy", "verify", "--json", "-s", f"ARCHIVE_DIR={sites.archive}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]


def test_all_215_single_pages_become_articles(tmp_path: Path) -> None:
    pages = tmp_path / "served" / "pages"
    pages.mkdir(parents=True)
    for packed in (CORPUS / "pages").glob("*.html.gz"):
        (pages / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    (pages / "robots.txt").write_text("User-agent: *\nAllow: /\n")
    names = sorted(path.name for path in pages.glob("*.html"))
    server, served = serve(tmp_path / "served", tmp_path / "sites.toml")
    try:
        base = served.registry.read_text().rpartition('url = "')[2].partition('"')[0]
        (tmp_path / "urls.txt").write_text("".join(f"{base}{name}\n" for name in names))
        crawl("pages", "-a", f"urls={tmp_path / 'urls.txt'}", "-s", "DOWNLOAD_DELAY=0",
              archive=tmp_path / "archive", home=tmp_path)
    finally:
        stop(server)
    assert len(names) == 215
    assert Counter(article["url"].rpartition("/")[2] for article in articles(tmp_path / "archive")) == Counter(names)


def test_extracted_again_by_the_models_that_were_kept_they_are_the_crawls_articles(
    sites: Crawled, tmp_path: Path,
) -> None:
    """Key for key but for what belongs to the run. `benchmarks.reextraction` has models learned anew, too."""
    options = ["--json", "--models", "kept", sites.archive, tmp_path / "out"]
    ended = subprocess.run([sys.executable, "-m", "scrapy", "reextract", *options], cwd=ROOT, capture_output=True,
                           text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    told = json.loads(ended.stdout)
    assert told["outcomes"] == {"article": 948}
    assert told["changes"] == {"same": 948, "different": 0, "text": 0, "gained": 0, "lost": 0, "keys": {}}
