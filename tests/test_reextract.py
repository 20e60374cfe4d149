"""`scrapy reextract` as its users run it: out of anyone's WARC files, and out of an archive of ours."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.reader import Archive
from tests.crawls import Running, scrapy
from tests.foreignwarcs import DAY, MENU, answer, members, record, stories, story, zstd_file
from tests.newsserver import attribute_bomb

if TYPE_CHECKING:

    from tests.crawls import Ended

Line = dict[str, Any]
LIMITS = {"EXTRACT_TIMEOUT": 3}
HOSTS = ("www.ahorn.example", "news.birke.example", "eiche.example")
REVISIT = {"kind": "revisit", "WARC_Profile": "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"}
BOMB = gzip.compress(bytes(40 << 20))
MENU_TEXT = MENU.removeprefix("<nav><p>").removesuffix("</p></nav>")


def reextract(*arguments: object, home: Path) -> Ended:
    return scrapy("reextract", "--json", *map(str, arguments), home=home, settings=LIMITS)


def tree(out: Path) -> dict[str, str]:
    """Every file of OUT but what was needed on the way."""
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(out.rglob("*")) if path.is_file() and ".work" not in path.parts}


def lines(out: Path, kind: str) -> list[Line]:
    return [json.loads(line) for path in sorted(out.glob(f"{kind}/*/*.jsonl.gz"))
            for line in gzip.decompress(path.read_bytes()).splitlines()]


def odd_ones(host: str) -> list[bytes]:
    """What else lies in a file: answers that are no pages, pages that are no articles, and hostile ones."""
    def at(path: str, block: bytes, number: int, **how: Any) -> bytes:
        return record(block, f"http://{host}{path}", number, **how)

    plain = "Content-Type: text/html"
    return [
        at("/robots.txt", answer(b"User-agent: *", "HTTP/1.1 200 OK", "Content-Type: text/plain"), 20),
        at("/gone", answer(b"<html>gone</html>", "HTTP/1.1 404 Not Found"), 21),
        at("/picture", answer(b"\x89PNG\r\n\x1a\n", "HTTP/1.1 200 OK", "Content-Type: image/png"), 22),
        at("/listing", answer(b"<html><body><nav><a href='/'>Home</a></nav></body></html>"), 23),
        at("/gzip-bomb", answer(BOMB, "HTTP/1.1 200 OK", plain, "Content-Encoding: gzip"), 25),
        at("/cut", answer(story("cut"), "HTTP/1.1 200 OK", plain), 26, WARC_Truncated="length"),
        at("/2026/11/story-0?utm_source=mail", answer(story(f"{host} story 0"), "HTTP/2 200", plain), 27),
        at("/again", answer(b"", "HTTP/1.1 200 OK", plain), 28, **REVISIT, WARC_Refers_To=id_of(1)),
        at("/2026/11/new-address", answer(b"", "HTTP/1.1 200 OK", plain), 29, **REVISIT,
           WARC_Payload_Digest="sha1:FROMANOTHERFILE"),
        at("/nowhere", answer(b"", "HTTP/1.1 200 OK", plain), 30, **REVISIT, WARC_Refers_To=id_of(999)),
    ]


def id_of(number: int) -> str:
    return f"<urn:uuid:00000000-0000-4000-8000-{number:012}>"


@dataclass
class Foreign:
    """A folder of WARC files, and what was made of it."""

    folder: Path
    out: Path
    told: Line
    home: Path


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    home = tmp_path_factory.mktemp("foreign")
    folder = home / "warcs"
    (folder / "deeper").mkdir(parents=True)
    ahorn, birke, eiche = (stories(host, 7) for host in HOSTS)
    (folder / "a.warc.gz").write_bytes(members([*ahorn, *odd_ones(HOSTS[0])]))
    moved = record(answer(story("moved")), f"http://{HOSTS[1]}/2026/11/old-address", 40,
                   WARC_Payload_Digest="sha1:FROMANOTHERFILE")
    (folder / "b.warc.zst").write_bytes(zstd_file([*birke, moved], packs_dictionary=True))
    (folder / "deeper" / "a.warc.gz").write_bytes(gzip.compress(b"".join(eiche)))
    (folder / "notes.txt").write_text("no WARC file")
    ended = reextract(folder, home / "out", home=home)
    assert ended.exit_code == 0, ended.stderr
    return Foreign(folder, home / "out", ended.json, home)


def outcomes(out: Path) -> dict[str, str]:
    return {line["url"]: line["outcome"] for line in lines(out, "fetches")}


def test_every_story_becomes_an_article_whatever_file_it_lies_in(foreign: Foreign) -> None:
    articles = {article["url"]: article for article in lines(foreign.out, "articles")}
    for host in HOSTS:
        for number in range(7):
            article = articles[f"http://{host}/2026/11/story-{number}"]
            assert article["title"] == f"{host} story {number}"
            assert article["text"]
            assert MENU_TEXT not in article["text"]
            assert article["boilerplate"]["model_id"]
            assert article["discovered"]["via"] == "warc"
    assert {article["site"] for article in articles.values()} == {"ahorn.example", "birke.example", "eiche.example"}


def test_every_page_that_is_tried_has_one_outcome_and_the_totals_add_up(foreign: Foreign) -> None:
    host, ended = HOSTS[0], outcomes(foreign.out)
    at = f"http://{host}"
    assert {url: ended.get(at + url) for url in (
        "/listing", "/gzip-bomb", "/cut", "/2026/11/story-0?utm_source=mail", "/again", "/nowhere",
        "/2026/11/new-address", "/robots.txt", "/gone", "/picture")} == {
        "/listing": "no_article", "/gzip-bomb": "too_large", "/cut": "truncated",
        "/2026/11/story-0?utm_source=mail": "duplicate", "/again": "duplicate", "/nowhere": "no_article",
        "/2026/11/new-address": "article", "/robots.txt": None, "/gone": None, "/picture": None}
    told = foreign.told
    assert told["passed_over"] == {"not HTML": 1, "robots.txt": 1, "status 4xx": 1}
    assert told["tried"] == sum(told["outcomes"].values()) == len(ended) == 21 + 7 + 1
    assert told["articles"] == told["outcomes"]["article"] == len(lines(foreign.out, "articles"))
    assert told["tried"] + sum(told["passed_over"].values()) == 3 * 7 + len(odd_ones("")) + 1


def test_a_revisit_has_the_page_of_its_original_in_another_file(foreign: Foreign) -> None:
    by_url = {article["url"]: article for article in lines(foreign.out, "articles")}
    moved = by_url[f"http://{HOSTS[0]}/2026/11/new-address"]
    assert moved["title"] == "moved"
    assert moved["warc"]["file"] == "../warcs/b.warc.zst"
    assert moved["warc"]["record_id"] == id_of(40)


def test_there_is_one_output_a_segment_and_names_that_occur_twice_are_told_apart(foreign: Foreign) -> None:
    names = sorted(path.name for path in foreign.out.glob(f"articles/dt={DAY}/*"))
    assert len(names) == 3
    assert names[2] == "b.jsonl.gz"
    assert all(name.startswith("a-") for name in names[:2])


def test_a_pointer_leads_to_the_record(foreign: Foreign) -> None:
    reader = Archive(foreign.out)
    articles = [article for article in reader.rows("articles") if "/deeper/" not in article["warc"]["file"]]
    assert {article["warc"]["file"].rpartition(".")[2] for article in articles} == {"gz", "zst"}
    for article in articles:
        record = reader.record(article["warc"])
        assert (record.id, record.type) == (article["warc"]["record_id"], "response")
        assert article["title"].encode() in record.block


def test_out_can_be_listed_like_an_archive(foreign: Foreign) -> None:
    ended = scrapy("articles", "--json", home=foreign.home, settings={"ARCHIVE_DIR": foreign.out})
    assert ended.exit_code == 0
    assert len(ended.stdout.splitlines()) == foreign.told["articles"]


@pytest.mark.parametrize("command", [
    ("verify",), ("publish", "."), ("export", "cdxj", "x.cdxj"), ("export", "wacz", "x.wacz")])
def test_what_out_has_not_is_said_in_one_line(foreign: Foreign, command: tuple[str, ...]) -> None:
    told = scrapy(*command, home=foreign.home, settings={"ARCHIVE_DIR": foreign.out})
    assert told.exit_code == 4
    assert told.stderr.startswith(f"error: {foreign.out}: a re-extraction, which has no WARC files")
    assert told.stderr.count("\n") == 1


def test_other_order_and_other_workers_give_the_same_bytes(foreign: Foreign) -> None:
    """Also where inputs overlap: each file is read once."""
    other = foreign.home / "other"
    files = [foreign.folder / "deeper", foreign.folder / "b.warc.zst", foreign.folder]
    ended = reextract("--workers", "1", *files, other, home=foreign.home)
    assert ended.exit_code == 0, ended.stderr
    assert tree(other) == tree(foreign.out)


def test_a_call_after_the_end_does_nothing_and_says_the_same(foreign: Foreign) -> None:
    before = {path: path.stat().st_mtime_ns for path in foreign.out.glob("*/*/*.gz")}
    assert reextract(foreign.folder, foreign.out, home=foreign.home).json == foreign.told
    assert {path: path.stat().st_mtime_ns for path in foreign.out.glob("*/*/*.gz")} == before


def test_out_whose_work_was_removed_is_known_by_its_manifest(foreign: Foreign) -> None:
    out = foreign.home / "without-work"
    shutil.copytree(foreign.out, out, ignore=shutil.ignore_patterns(".work"))
    assert reextract(foreign.folder, out, home=foreign.home).json == foreign.told
    ended = reextract(foreign.folder / "a.warc.gz", out, home=foreign.home)
    assert (ended.exit_code, tree(out)) == (4, tree(foreign.out))
    assert "was made from other inputs" in ended.errors[0]


def test_killed_at_any_moment_it_ends_with_the_same_bytes(foreign: Foreign) -> None:
    out = foreign.home / "killed"
    for seconds in (0.9, 1.4, 1.9, 2.6):
        running = Running(["reextract", str(foreign.folder), str(out)], foreign.home, LIMITS)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(seconds)
        running.process.kill()
        running.process.communicate()
    ended = reextract(foreign.folder, out, home=foreign.home)
    assert ended.exit_code == 0, ended.stderr
    assert tree(out) == tree(foreign.out)


@pytest.mark.parametrize(("change", "said"), [
    (["--models", "learn", "{folder}/a.warc.gz"], "site models are learned from all segments"),
    (["--sites", "{home}/sites.toml", "{folder}"], "was begun with hosts = []"),
])
def test_out_that_was_begun_with_something_else_is_refused(foreign: Foreign, change: list[str], said: str) -> None:
    (foreign.home / "sites.toml").write_text('[[site]]\nname = "maple"\nurl = "http://ahorn.example/"\n')
    arguments = [part.format(folder=foreign.folder, home=foreign.home) for part in change]
    ended = reextract(*arguments, foreign.out, home=foreign.home)
    assert ended.exit_code == 4
    assert said in ended.errors[0]
    assert "give the same, or another OUT" in ended.errors[0]


@pytest.mark.parametrize(("arguments", "said"), [
    (["{home}/none", "{home}/x"], "no such folder"), (["{home}/none.warc.gz", "{home}/x"], "no such file"),
    (["{home}/empty", "{home}/x"], "holds no WARC file"), (["{folder}", "{folder}"], "is not empty"),
    (["--models", "kept", "{folder}", "{home}/x"], "not of an archive of ours"),
    (["--sites", "{home}/none.toml", "{folder}", "{home}/x"], "no such file"),
])
def test_what_cannot_be_done_is_said_in_one_line(foreign: Foreign, arguments: list[str], said: str) -> None:
    (foreign.home / "empty").mkdir(exist_ok=True)
    ended = reextract(*(part.format(folder=foreign.folder, home=foreign.home) for part in arguments), home=foreign.home)
    assert ended.exit_code == 4
    assert len(ended.errors) == 1
    assert said in ended.errors[0]


def test_a_page_that_hangs_the_parser_costs_itself_alone(tmp_path: Path) -> None:
    bomb = record(answer(attribute_bomb().encode()), "http://linde.example/bomb", 9)
    (tmp_path / "a.warc.gz").write_bytes(members([*stories("linde.example", 6), bomb]))
    ended = reextract(tmp_path / "a.warc.gz", tmp_path / "out", home=tmp_path)
    assert ended.exit_code == 0, ended.stderr
    assert ended.json["outcomes"] == {"article": 6, "extraction_failed": 1}
    [failed] = [line for line in lines(tmp_path / "out", "fetches") if line["outcome"] == "extraction_failed"]
    assert (failed["url"], failed["reason"]) == ("http://linde.example/bomb", "took longer than 3 s")
    assert all(article["boilerplate"]["model_id"] for article in lines(tmp_path / "out", "articles"))


def test_a_ray_cluster_gives_the_same_bytes_though_a_worker_is_killed(foreign: Foreign) -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    out = foreign.home / "ray"
    command = ["reextract", "--json", "--ray", "local", "--workers", "2", str(foreign.folder), str(out)]
    running = Running(command, foreign.home, LIMITS)
    while not (busy := busy_ray_workers(running.process.pid)):
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"ended with {running.process.wait(0.05)} before it had work for Ray")
    os.kill(busy[0], signal.SIGKILL)
    ended = running.wait()
    assert ended.exit_code == 0, ended.stderr
    assert tree(out) == tree(foreign.out)


def busy_ray_workers(ancestor: int) -> list[int]:
    """Processes below that one that are at a task."""
    parents: dict[int, int] = {}
    busy: list[int] = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if (path / "cmdline").read_bytes().startswith(b"ray::run_task"):
                busy.append(int(path.name))
    return [pid for pid in busy if ancestor in lineage(pid, parents)]


def lineage(pid: int, parents: dict[int, int]) -> list[int]:
    found = []
    while pid in parents:
        found.append(pid := parents[pid])
    return found


def test_stopped_by_sigterm_it_says_so_and_goes_on(foreign: Foreign) -> None:
    out = foreign.home / "stopped"
    running = Running(["reextract", str(foreign.folder), str(out)], foreign.home, LIMITS)
    while not (out / ".work" / "state.sqlite").exists():
        assert running.process.poll() is None
    running.process.terminate()
    ended = running.wait()
    assert ended.exit_code == 11, ended.stderr
    assert ended.errors == [f"{out}: stopped: the same command goes on with it"]
    assert reextract(foreign.folder, out, home=foreign.home).exit_code == 0
    assert tree(out) == tree(foreign.out)
