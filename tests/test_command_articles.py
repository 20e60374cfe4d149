"""`scrapy articles` as its users run it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pipelines.archive import Archive, ArchiveConfig
from pipelines.records import Outcome
from tests.archives import Clock, answer, article, exchange, settlement
from tests.commandline import ESCAPE, REPOSITORY, make_news, on_terminal, scrapy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_news(tmp_path_factory.mktemp("news") / "archive")


def add(root: Path, title: str, text: str) -> None:
    """One article, written as a crawl would."""
    async def run() -> None:
        clock = Clock()
        archive = Archive.open(ArchiveConfig(root), "news", clock)
        visit = settlement(clock, Outcome.ARTICLE, [exchange(clock, "https://news.example/a", answer("200 OK", b"x"))],
                           made=article(title, text))
        await archive.committer.settle(visit)
        await archive.close("finished")

    asyncio.run(run())


def test_articles_are_listed_newest_first_with_a_hint_how_to_see_more(archive: Path) -> None:
    done = scrapy("articles", archive=archive)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].split() == ["date", "site", "title", "words", "id"]
    dates = [line.split()[0] for line in lines[1:21]]
    assert dates == sorted(dates, reverse=True)
    assert lines[21] == "20 of 31: --limit 31 shows all, --site fewer"
    assert lines[22].startswith(f"One in full: scrapy articles -s ARCHIVE_DIR={archive} ")
    assert ESCAPE not in done.stdout


def test_articles_are_picked_by_site_date_and_number(archive: Path) -> None:
    def listed(*options: str) -> list[dict[str, str]]:
        done = scrapy("articles", "--json", *options, archive=archive)
        return [json.loads(line) for line in done.stdout.splitlines()]

    everything = listed()
    assert len(everything) == 31
    dates = [one["date_published"] or "2026-11-22T14:15:00Z" for one in everything]
    assert dates == sorted(dates, reverse=True)
    assert listed("--limit", "3") == everything[:3]
    assert listed("--site", "nobody") == []
    picked = listed("--since", "2026-11-05", "--until", "2026-11-06")
    assert picked == [one for one in everything if (one["date_published"] or "")[:10] in ("2026-11-05", "2026-11-06")]
    assert len(picked) > 1


def test_articles_come_as_csv(archive: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(scrapy("articles", "--format", "csv", archive=archive, LC_ALL="C").stdout)))
    assert len(rows) == 31
    assert rows[0]["authors"] == "A. Müller"
    assert rows[0]["tags"] == "rat; stadt"
    assert {"id", "site", "title", "date_published", "text", "fetched_at"} <= rows[0].keys()


def test_articles_come_as_plain_text(archive: Path) -> None:
    text = scrapy("articles", "--format", "text", "--limit", "2", archive=archive, LC_ALL="C").stdout
    assert text.count("Der Rat tagte bis nach Mitternacht, dann fiel die Entscheidung — einstimmig.") >= 1
    assert text.count("-" * 72) == 1


def test_one_article_is_shown_in_full_by_the_beginning_of_its_id(archive: Path) -> None:
    whole = json.loads(scrapy("articles", "--json", "--limit", "1", archive=archive).stdout)
    done = scrapy("articles", whole["id"][:8], archive=archive)
    assert done.returncode == 0
    for value in (whole["title"], whole["text"], whole["final_url"], whole["warc"]["file"], whole["id"], "A. Müller"):
        assert value in done.stdout
    assert json.loads(scrapy("articles", whole["id"], "--json", archive=archive).stdout) == whole


@pytest.mark.parametrize(("arguments", "fact"), [
    (["no-such-id"], "no article 'no-such-id'"), (["--since", "soon"], "--since: not a day: 'soon'"),
    (["--limit", "0"], "--limit: not a number of articles: 0"), ([""], "begins 31 ids"),
])
def test_what_cannot_be_shown_is_said_in_one_line(archive: Path, arguments: list[str], fact: str) -> None:
    done = scrapy("articles", *arguments, archive=archive)
    assert (done.returncode, done.stdout) == (4, "")
    assert re.fullmatch(rf"error: [^\n]*{re.escape(fact)}[^\n]*\n", done.stderr)


def test_nothing_is_cut_off_where_no_one_looks_at_a_window(archive: Path, tmp_path: Path) -> None:
    title = "A headline " * 40
    add(tmp_path, title, "Text.")
    assert title.strip() in scrapy("articles", archive=tmp_path).stdout


def test_a_page_cannot_move_the_cursor_or_fake_lines_of_ours(tmp_path: Path) -> None:
    add(tmp_path, f"Hello{ESCAPE}[2J\r\n[bold]you[/] \u202eevil", f"One\rTwo{ESCAPE}]0;x\x07 \x9b1m end")
    only = json.loads(scrapy("articles", "--json", archive=tmp_path).stdout)
    for arguments in ([], ["--format", "text"], [only["id"]]):
        shown = scrapy("articles", *arguments, archive=tmp_path).stdout
        assert "[bold]you[/]" in shown
        assert not set("\x1b\r\x07\x9b\u202e") & set(shown)


def test_a_reader_that_goes_away_is_no_error(archive: Path) -> None:
    command = f"{sys.executable} -m scrapy articles --format jsonl -s ARCHIVE_DIR={archive}"
    script = f"set -o pipefail; for n in 1 2 3; do {command} | head -c 10 >/dev/null || exit 1; done"
    done = subprocess.run(["bash", "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_knows_only_ascii_is_no_error(archive: Path) -> None:
    for command in (["status"], ["articles"], ["verify"]):
        done = scrapy(*command, archive=archive, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_gets_colours_and_a_table_that_fits(tmp_path: Path) -> None:
    add(tmp_path, "A headline " * 12, "Text.")
    lines = on_terminal("articles", archive=tmp_path).splitlines()
    assert max(map(len, lines)) <= 60
    shown = on_terminal("verify", archive=tmp_path, strip=False)
    assert ESCAPE in shown
    assert "sound" in shown
