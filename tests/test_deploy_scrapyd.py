"""A real scrapyd, set up from deploy/scrapyd, runs the project out of its egg."""

from __future__ import annotations

import threading
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.crawls import FAST, REPOSITORY, TIMEOUT_SECONDS, Harvest, scrapy
from tests.newssites import fill_osmere, osmere, story
from tests.scrapydserver import Scrapyd, build_egg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def egg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_egg(tmp_path_factory.mktemp("egg"))


@pytest.fixture(scope="module")
def scrapyd(egg: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    with Scrapyd(tmp_path_factory.mktemp("scrapyd") / "srv") as server:
        assert server.deploy(egg, "0.1.0")["spiders"] == 2
        yield server


def test_the_egg_has_every_file_of_the_packages_and_names_the_settings(egg: Path) -> None:
    with zipfile.ZipFile(egg) as archive:
        names = set(archive.namelist())
        assert archive.read("EGG-INFO/entry_points.txt").decode().split() == ["[scrapy]", "settings", "=",
                                                                              "crawler.settings"]
    for package in ("crawler", "pipelines"):
        files = {str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / package).rglob("*")
                 if path.is_file() and "__pycache__" not in path.parts}
        assert files <= names, files - names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_a_scheduled_crawl_archives_a_site(scrapyd: Scrapyd, tmp_path: Path) -> None:
    root = tmp_path / "archive"
    with osmere() as site:
        fill_osmere(site)
        job = scrapyd.schedule("news", {"ARCHIVE_DIR": root, **FAST}, url=site.url("/"), _version="0.1.0")
        scrapyd.wait_for_end(job)
        paths = {article["url"].removeprefix(site.url("")) for article in Harvest(root).articles}
    assert scrapyd.exit_code(job) == 0, scrapyd.output
    assert {path.partition("?")[0] for path in paths} >= {"/2026/11/20/bridge", "/2026/11/18/mill"}
    Harvest(root).check()
    assert scrapy("verify", home=tmp_path, settings={"ARCHIVE_DIR": root}).exit_code == 0
    log = (scrapyd.folder / "logs" / "broadsheet" / "news" / f"{job}.log").read_text()
    assert "Closing spider (finished)" in log


def test_a_second_job_on_one_archive_ends_with_75_and_a_cancelled_one_with_11(
    scrapyd: Scrapyd, tmp_path: Path
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(_: bytes) -> bytes:
        asked.set()
        go_on.wait(TIMEOUT_SECONDS)
        return story("What happened at /2026/11/18/mill")

    root = tmp_path / "archive"
    with osmere() as site:
        fill_osmere(site)
        site.routes["/2026/11/18/mill"] = slow
        settings = {"ARCHIVE_DIR": root, **FAST}
        first = scrapyd.schedule("news", settings, url=site.url("/"))
        assert asked.wait(TIMEOUT_SECONDS), scrapyd.output
        second = scrapyd.schedule("news", settings, url=site.url("/"))
        scrapyd.wait_for_end(second)
        assert scrapyd.exit_code(second) == 75, scrapyd.output
        scrapyd.tell("cancel", ("project", "broadsheet"), ("job", first))
        go_on.set()
        scrapyd.wait_for_end(first)
        assert scrapyd.exit_code(first) == 11, scrapyd.output
        third = scrapyd.schedule("news", settings, url=site.url("/"))
        scrapyd.wait_for_end(third)
    assert scrapyd.exit_code(third) == 0, scrapyd.output
    Harvest(root).check()


def test_what_scrapyd_adds_to_the_arguments_is_taken_out_and_nothing_else(scrapyd: Scrapyd, tmp_path: Path) -> None:
    job = scrapyd.schedule("news", {"ARCHIVE_DIR": tmp_path / "archive"}, urll="http://127.0.0.1:9/")
    scrapyd.wait_for_end(job)
    assert scrapyd.exit_code(job) == 4
    assert "error: -a urll: no such argument: did you mean -a url=…?" in scrapyd.output
