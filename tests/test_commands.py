"""`scrapy verify` and `scrapy status` as their users run them: exit codes and what is printed."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pipelines.archive import Archive, ArchiveConfig
from tests.archives import Clock, fill, make_archive
from tests.commandline import ESCAPE, REPOSITORY, make_news, scrapy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_news(tmp_path_factory.mktemp("news") / "archive")


def test_verify_finds_a_sound_archive_sound(archive: Path) -> None:
    done = scrapy("verify", archive=archive)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{archive}: sound" in done.stdout
    assert re.search(r"WARC files +2 ", done.stdout)
    assert ESCAPE not in done.stdout


def test_verify_says_it_to_a_program_too(archive: Path) -> None:
    done = scrapy("verify", "--json", archive=archive)
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert (report["is_sound"], report["articles"], report["fetches"], report["problems"]) == (True, 31, 36, [])


def test_verify_ends_with_9_on_damage_and_names_each_problem(tmp_path: Path) -> None:
    [warc] = make_archive(tmp_path).glob("warc/*/*")
    warc.write_bytes(warc.read_bytes()[:-9])
    done = scrapy("verify", archive=tmp_path)
    assert done.returncode == 9
    assert f"damage: {warc.relative_to(tmp_path)}: at byte" in done.stdout
    assert "the file ends within a gzip member" in done.stdout
    assert f"{tmp_path}: damaged in" in done.stdout
    report = json.loads(scrapy("verify", "--json", archive=tmp_path).stdout)
    assert report["damaged"] == len(report["problems"]) > 0
    assert {"file", "offset", "fact", "is_damage"} == report["problems"][0].keys()


@pytest.mark.parametrize("command", ["verify", "articles", "status"])
def test_a_place_without_an_archive_is_one_clear_line(command: str, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing"):
        done = scrapy(command, archive=place)
        assert (done.returncode, done.stdout) == (4, "")
        assert re.fullmatch(rf"error: ARCHIVE_DIR: .*{place}: .*\n", done.stderr)


@pytest.mark.parametrize("command", ["verify", "articles", "status", "sites"])
def test_an_option_that_is_not_known_is_refused(command: str, archive: Path) -> None:
    done = scrapy(command, "--colour", archive=archive)
    assert done.returncode == 2
    assert "unknown option: --colour" in done.stderr


def test_status_shows_runs_and_sites_and_why_pages_were_not_kept(archive: Path) -> None:
    done = scrapy("status", archive=archive)
    assert (done.returncode, done.stderr) == (0, "")
    runs = [line for line in done.stdout.splitlines() if re.match(r"\d{8}T", line)]
    assert [line.split()[1:] for line in runs] == [
        ["2026-11-23", "06:00", "news", "finished", "24", "24", "0"],
        ["2026-11-22", "14:15", "news", "finished", "12", "7", "3"]]
    [site] = [line for line in done.stdout.splitlines() if line.startswith("osmere-courier")]
    assert site.split()[1:5] == ["2026-11-23", "06:00", "24", "24"]
    assert "Die Nachricht 123" in site


def test_status_says_why_in_words_and_to_a_program(tmp_path: Path) -> None:
    make_archive(tmp_path)
    assert "1 duplicate, 1 http error, 1 robots denied, 1 truncated" in scrapy("status", archive=tmp_path).stdout
    status = json.loads(scrapy("status", "--json", archive=tmp_path).stdout)
    [run], [site] = status["runs"], status["sites"]
    assert (run["ended"], run["tried"], run["articles"], run["problems"]) == ("finished", 12, 7, 3)
    assert run["tried"] == sum(run["outcomes"].values())
    assert site["outcomes"] == run["outcomes"]
    assert site["last_article"]["title"] == "Neu"


def test_status_shows_each_host_and_what_it_asked_for(tmp_path: Path) -> None:
    make_archive(tmp_path)
    done = scrapy("status", "--hosts", archive=tmp_path)
    [line] = [line for line in done.stdout.splitlines() if line.startswith("news.example")]
    asked = "Crawl-delay, the registry 1 s, Retry-After 120 s"
    assert re.split(r"  +", line.strip()) == [
        "news.example", "12", "3.4", "7 s", asked, "7.012 s", "1", "0", "1", "0"]
    shown = json.loads(scrapy("status", "--hosts", "--json", archive=tmp_path).stdout)
    assert [account["host"] for account in shown["hosts"]] == ["news.example"]


def test_status_of_hosts_where_no_crawl_has_ended_says_so(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.archives", str(tmp_path)], cwd=REPOSITORY, check=False)
    shown = scrapy("status", "--hosts", archive=tmp_path).stdout
    assert shown == "No ledger by host yet: a crawl writes it as it ends\n"


def test_status_of_a_copy_without_state_comes_from_the_manifests(tmp_path: Path) -> None:
    make_archive(tmp_path)
    before = json.loads(scrapy("status", "--json", archive=tmp_path).stdout)
    for path in tmp_path.glob("state.sqlite*"):
        path.unlink()
    assert json.loads(scrapy("status", "--json", archive=tmp_path).stdout) == {**before, "waiting": None}


def test_status_articles_and_verify_work_beside_a_crawl(tmp_path: Path) -> None:
    async def crawl() -> None:
        archive = Archive.open(ArchiveConfig(tmp_path), "news", Clock())
        await fill(archive, Clock())
        [run] = json.loads(scrapy("status", "--json", archive=tmp_path).stdout)["runs"]
        assert (run["ended"], run["tried"]) == ("running", 12)
        assert len(scrapy("articles", "--json", archive=tmp_path).stdout.splitlines()) == 7
        report = json.loads(scrapy("verify", "--json", archive=tmp_path).stdout)
        assert (report["is_sound"], report["is_running"], report["articles"]) == (True, True, 7)
        await archive.close("finished")

    asyncio.run(crawl())


def test_status_and_verify_of_an_interrupted_crawl_say_so(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.archives", str(tmp_path)], cwd=REPOSITORY, check=False)
    [run] = json.loads(scrapy("status", "--json", archive=tmp_path).stdout)["runs"]
    assert run["ended"] == "interrupted"
    done = scrapy("verify", archive=tmp_path)
    assert done.returncode == 0
    assert "warning: " in done.stdout
    assert "left by an interrupted run: the next crawl puts it right" in done.stdout
