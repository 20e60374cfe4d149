"""The reading API on one archive: typed records, rows, lines, responses, and the ways between them."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.archive import Archive as Writer
from pipelines.archive import ArchiveConfig
from pipelines.content_coding import ContentCodingError
from pipelines.errors import ConfigurationError
from pipelines.inflate import BLOCK_BYTES
from pipelines.reader import Archive, ArticleRecord, FetchRecord
from pipelines.recordlines import to_line
from pipelines.records import Outcome
from tests.archives import WARCINFO, Clock, answer, article, exchange, fill, html, page, settlement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.errors import ArchiveDamagedError

DOCUMENT = Path(__file__).parents[1] / "docs" / "reading.md"
SAME = html("Die Nachricht", "Zweimal derselbe Rumpf. " * 9)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: articles of two sites, one whose body was archived before, oddities, a feed that is a revisit."""
    root, clock = tmp_path_factory.mktemp("archive"), Clock()
    config = ArchiveConfig(root, warcinfo=WARCINFO, revisit_min_bytes=10)

    async def run() -> None:
        archive = Writer.open(config, "news", clock)
        await fill(archive, clock, has_revisits=True)
        await archive.close("finished")
        clock.now += timedelta(hours=1)
        archive = Writer.open(config, "pages", clock)
        for visit in _later(clock):
            settled = asyncio.ensure_future(archive.committer.settle(visit))
            await asyncio.sleep(0)
            await archive.committer.flush()
            await settled
        await archive.close("finished")

    asyncio.run(run())
    return root


def _later(clock: Clock) -> Iterator[Any]:
    yield page(clock, 7, site="other")
    for number in (8, 9):
        url = f"https://news.example/same-{number}"
        served = exchange(clock, url, answer("200 OK", SAME, b"X-Number: %d" % number))
        yield settlement(clock, Outcome.ARTICLE, [served], made=article(f"Nummer {number}", f"Text {number}. " * 9))
    again = exchange(clock, "https://news.example/1", answer("410 Gone"))
    yield settlement(clock, Outcome.HTTP_ERROR, [again], reason="410")


@pytest.fixture(scope="module")
def archive(root: Path) -> Archive:
    return Archive(root)


def test_lines_become_records_and_back_the_same_lines(archive: Archive, root: Path) -> None:
    for of, records in (("articles", archive.articles()), ("fetches", archive.fetches())):
        lines = [line + b"\n" for line in archive.lines(of)]
        assert [to_line(record) for record in records] == lines
        assert [json.loads(line) for line in lines] == list(archive.rows(of))
        files = sorted(root.glob(f"{of}/*/*"))
        assert b"".join(lines) == b"".join(gzip.decompress(path.read_bytes()) for path in files)
    assert {type(one) for one in archive.articles()} == {ArticleRecord}
    assert {type(one) for one in archive.fetches()} == {FetchRecord}


def test_the_runs_are_told_oldest_first_with_what_they_counted(archive: Archive) -> None:
    first, second = archive.runs()
    assert (first.spider, second.spider) == ("news", "pages")
    assert first.articles + second.articles == len(list(archive.articles())) == 10
    assert first.sites["osmere-courier"].outcomes["article"] == 7
    assert {file.kind for file in second.files} == {"warc", "articles", "fetches"}


def test_lines_are_picked_by_site_kind_and_outcome_in_each_form(archive: Archive) -> None:
    assert [one.url for one in archive.articles(site="other")] == ["https://news.example/7"]
    assert len(list(archive.articles(site=["other", "osmere-courier"]))) == 10
    assert list(archive.articles(kind="wall")) == []
    assert len(list(archive.articles(kind=("article", "wall")))) == 10
    outcomes = Counter(fetch.outcome for fetch in archive.fetches())
    assert len(list(archive.fetches(outcome="article"))) == outcomes["article"] == 10
    for picked in (archive.rows("fetches", outcome=["http_error"]), archive.lines("fetches", outcome=["http_error"])):
        assert len(list(picked)) == outcomes["http_error"] == 2


@dataclass(frozen=True, slots=True)
class Story:
    title: str | None
    text: str
    teaser: str = "none"


def test_articles_are_read_into_a_class_of_ones_own(archive: Archive) -> None:
    whole = list(archive.articles(site="osmere-courier"))
    assert list(archive.articles(Story, site="osmere-courier")) == [Story(one.title, one.text) for one in whole]


@dataclass(frozen=True, slots=True)
class Misspelt:
    titel: str


def test_a_class_that_does_not_fit_is_a_fault_of_the_class_and_no_damage(archive: Archive, tmp_path: Path) -> None:
    told: list[ArchiveDamagedError] = []
    with pytest.raises(TypeError, match=r"Misspelt does not take articles that are sound \(.*`titel`\): compare it"):
        list(Archive(archive.root, told.append).articles(Misspelt, site="other"))
    with pytest.raises(TypeError, match="Misspelt does not take fetches"):
        list(Archive(archive.root, told.append).fetches(Misspelt))
    assert told == []
    plain_archive(tmp_path, b'{"titel":5}')
    assert list(Archive(tmp_path, told.append).articles(Misspelt)) == []
    assert len(told) == 1


def test_days_may_be_text_and_a_bad_one_is_a_clear_error(archive: Archive) -> None:
    assert len(list(archive.articles(since="2026-11-22", until="2026-11-22"))) == 10
    assert list(archive.articles(since="2026-11-23")) == []
    west = timezone(timedelta(hours=-12))
    assert list(archive.articles(since=datetime(2026, 11, 22, 13, tzinfo=west))) == [], "days are those of UTC"
    with pytest.raises(ConfigurationError, match="since: not a day: 'monday'"):
        list(archive.articles(since="monday"))
    with pytest.raises(ConfigurationError, match="since: 2026-11-23 is after until, 2026-11-22"):
        list(archive.articles(since="2026-11-23", until="2026-11-22"))


def test_a_choice_that_there_is_not_is_refused_and_not_passed_over(archive: Archive) -> None:
    with pytest.raises(TypeError, match="articles cannot be chosen by 'sites': there are: files, include_open, kind"):
        archive.articles(sites="x")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="fetches cannot be chosen by 'kind'"):
        archive.rows("fetches", kind="wall")
    with pytest.raises(ConfigurationError, match="no such lines: 'article': there are: articles, fetches"):
        archive.lines("article")


def test_the_files_are_shares_of_the_whole(archive: Archive) -> None:
    files = archive.files("articles")
    assert len(files) == 2
    shares = [one.id for file in files for one in archive.articles(files=[file])]
    assert shares == [one.id for one in archive.articles()]
    assert archive.files("articles", until="2026-11-21") == []


@pytest.mark.parametrize("files", [
    ["a.jsonl.gz"], "articles/dt=2026-11-22/a.jsonl.gz", ["fetches/dt=2026-11-22/a.jsonl.gz"],
    ["articles/dt=2026-11-22/.."], ["articles/../a.jsonl.gz"], ["articles/dt=2026-11-22/a.jsonl.open"],
])
def test_a_file_that_is_none_of_the_archives_is_refused(archive: Archive, files: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"files: .*: (take them from files\('articles'\)|write \['articles/)"):
        list(archive.articles(files=files))


def test_a_file_that_is_missing_or_has_no_bytes_is_damage(archive: Archive, tmp_path: Path) -> None:
    path = plain_archive(tmp_path, *archive.lines("articles"))
    path.with_suffix(".jsonl.gz").write_bytes(b"")
    path.with_suffix(".jsonl.zst").write_bytes(b"")
    told: list[ArchiveDamagedError] = []
    files = [f"articles/dt=2026-11-22/{path.stem}.jsonl{suffix}" for suffix in ("", ".gz", ".zst", ".none")]
    assert len(list(Archive(tmp_path, told.append).articles(files=files))) == 10
    facts = [re.sub(r".* of the text: | \(.*|: restore.*", "", str(error)) for error in told]
    assert facts == ["it does not decompress", "it is missing", "it does not decompress"]


def plain_archive(root: Path, *lines: bytes) -> Path:
    """An archive that is nothing but one file of these articles."""
    path = root / "articles" / "dt=2026-11-22" / "run-00000.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def test_lines_of_before_a_key_was_there_read_with_its_default(archive: Archive, tmp_path: Path) -> None:
    row = next(archive.rows("articles"))
    for part, keys in ((row, ("date_published_stated", "discovered_also", "rights", "wall")),
                       (row["extraction"], ("way", "doubts")), (row["boilerplate"], ("stories", "blocks", "chars")),
                       (row["discovered"], ("updated", "image")),
                       (row["quality"], set(row["quality"]) - {"paragraphs", "text_share"})):
        for key in keys:
            del part[key]
    plain_archive(tmp_path, json.dumps({**row, "of_tomorrow": 1}).encode())
    [old] = Archive(tmp_path).articles(site=row["site"])
    now = next(archive.articles())
    assert old == replace(now, date_published_stated=None, extraction=replace(now.extraction, way="", doubts=()))


def test_a_text_that_quotes_a_key_is_not_taken_for_it_and_spaces_do_not_hide_one(
    archive: Archive, tmp_path: Path
) -> None:
    one = replace(next(archive.articles()), text='He wrote "site":"other", and no more.')
    spaced = json.dumps(json.loads(to_line(replace(one, site="other")))).encode()
    plain_archive(tmp_path, to_line(one)[:-1], spaced)
    there = Archive(tmp_path)
    assert [each.site for each in there.articles(site="other")] == ["other"]
    assert list(there.lines("articles", site="other")) == [spaced]
    assert [each.text for each in there.articles(Story, site="other")] == [one.text]


def test_damage_is_told_and_the_others_are_read_on(archive: Archive, tmp_path: Path) -> None:
    lines = list(archive.lines("articles"))
    path = plain_archive(tmp_path, lines[0], b'{"half', lines[1], b"[]", lines[2])
    broken = path.with_name("run-00001.jsonl.gz")
    broken.write_bytes(gzip.compress(b"\n".join(lines[3:6]) + b"\n")[:-4])
    path.with_name("run-00002.jsonl").write_bytes(lines[6] + b"\n")
    told: list[ArchiveDamagedError] = []
    got = [one.id for one in Archive(tmp_path, told.append).articles()]
    assert got == [json.loads(line)["id"] for line in lines[:7]]
    at = len(lines[0]) + 1
    assert [str(error).partition(" of the text: ")[0] for error in told] == [
        f"{path}: at byte {at}", f"{path}: at byte {at + 7 + len(lines[1]) + 1}",
        f"{broken}: at byte {sum(len(line) + 1 for line in lines[3:6])}"]
    assert all("restore the file from a copy" in str(error) for error in told)


def test_a_file_that_is_nothing_but_damage_is_told_line_by_line_in_no_time(tmp_path: Path) -> None:
    plain_archive(tmp_path, *[b"damage"] * 30_000)
    told: list[Any] = []
    assert list(Archive(tmp_path, told.append).rows("articles")) == []
    assert [error.offset for error in told] == list(range(0, 210_000, 7))


def test_the_response_of_an_article_is_exactly_what_was_served(archive: Archive) -> None:
    found = {one.url.rpartition("/")[2]: archive.response(one) for one in archive.articles()}
    for one in archive.articles():
        response = found[one.url.rpartition("/")[2]]
        assert response.url == one.final_url
        assert response.status == one.http.status == 200
        assert response.request is not None
        assert response.request.url == response.url
        assert response.request.start_line == f"GET /{one.final_url.rpartition('/')[2]} HTTP/1.1"
        assert response.request.headers == (("Host", "news.example"),)
        if one.url.rpartition("/")[2].isdigit():
            assert response.body == archive.payload(one) == html(one.title or "", one.text)
    assert found["2"].reason == "Fine"
    assert found["3"].block.endswith(b"0\r\n\r\n")
    assert found["3"].headers == (("Content-Type", "text/html; charset=utf-8"), ("Transfer-Encoding", "chunked"),
                                  ("Content-Encoding", "gzip"))
    assert found["3"].header("CONTENT-encoding") == "gzip"
    assert found["4"].headers[1] == ("X-Odd", "\xe9\xff")
    assert found["4"].block == found["4"].record.block


def test_a_body_that_was_archived_before_is_found_behind_the_head_that_came_now(archive: Archive) -> None:
    first, second = (one for one in archive.articles() if "same" in one.url)
    assert first.warc == second.warc
    a, b = archive.response(first), archive.response(second)
    assert (a.original, a.record.type, a.header("x-number")) == (None, "response", "8")
    assert b.original is not None
    assert (b.original.id, b.record.type, b.header("x-number")) == (a.record.id, "revisit", "9")
    assert a.body == b.body == SAME
    assert b.block == b.head + SAME
    assert b.request is not None
    assert b.request.url == second.final_url


def test_a_page_that_does_not_decode_is_named(archive: Archive) -> None:
    response = archive.response(next(archive.articles()))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<p>plain"
    with pytest.raises(ContentCodingError, match=rf"^{re.escape(response.url)}: a body is not in gzip"):
        _ = replace(response, record=replace(response.record, block=head)).body


def test_a_source_that_says_it_has_not_changed_has_the_body_it_had(archive: Archive) -> None:
    whole, same, told = (archive.response(one) for one in archive.fetches() if one.role == "feed")
    assert (whole.status, same.status, told.status) == (200, 200, 304)
    assert whole.body == same.body == told.body == b"<rss></rss>"


def test_a_fetch_that_nothing_answered_has_no_response(archive: Archive) -> None:
    [denied] = archive.fetches(outcome="robots_denied")
    with pytest.raises(LookupError, match=r"https://news\.example/private: nothing answered: robots_denied"):
        archive.response(denied)


def test_an_article_leads_to_its_fetch_and_back_and_to_every_other_fetch_of_its_page(archive: Archive) -> None:
    for one in archive.articles():
        fetch = archive.fetch_of(one)
        assert fetch is not None
        assert (fetch.article_id, fetch.outcome, fetch.run_id) == (one.id, "article", one.run_id)
        assert archive.article_of(fetch) == one
    [first] = [one for one in archive.articles() if one.url.endswith("/1")]
    assert [each.outcome for each in archive.versions(first)] == ["article", "http_error"]
    assert [archive.response(each).status for each in archive.versions(first)] == [200, 410]
    assert list(archive.versions(first, since="2026-11-23")) == []
    [moved] = [one for one in archive.articles() if one.url.endswith("/old")]
    assert [each.url for each in archive.versions(moved)] == [moved.url]


def test_an_article_leads_to_its_fetch_in_files_that_are_not_named_after_its_run(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    for number, path in enumerate(sorted(tmp_path.glob("[af]*/*/*.jsonl.gz"))):
        path.rename(path.with_name(f"segment-{number}.jsonl.gz"))
    renamed = Archive(tmp_path)
    for one in renamed.articles():
        fetch = renamed.fetch_of(one)
        assert fetch is not None
        assert renamed.article_of(fetch) == one


def test_an_article_without_its_fetch_log_still_has_its_response(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "fetches")
    without = Archive(tmp_path)
    *_, last = without.articles()
    assert without.fetch_of(last) is None
    assert list(without.versions(last)) == []
    assert without.response(last).body == SAME


def test_an_archive_is_read_from_an_address_as_from_a_folder(root: Path, archive: Archive) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for path in root.rglob("*"):
        if path.is_file():
            memory.pipe(f"/news/archive/{path.relative_to(root)}", path.read_bytes())
    try:
        there = Archive("memory://news/archive")
        assert list(there.articles(include_open=True)) == list(archive.articles())
        assert list(there.runs()) == list(archive.runs())
        for one in there.articles():
            assert there.response(one).block == archive.response(one).block
        assert [list(there.versions(one)) for one in there.articles()] == [
            list(archive.versions(one)) for one in archive.articles()]
        with pytest.raises(ConfigurationError, match="memory://news/archive: not on this machine"):
            _ = there.root
        with pytest.raises(ConfigurationError, match="memory://elsewhere: holds no archive"):
            Archive("memory://elsewhere")
    finally:
        memory.rm("/news", recursive=True)


def test_large_files_are_read_to_the_last_line_and_memory_stays_flat(archive: Archive, tmp_path: Path) -> None:
    line = next(archive.lines("articles")) + b"\n"
    path = plain_archive(tmp_path)
    path.unlink()
    peaks = []
    for count in (8_000, 24_000):
        path.with_suffix(".jsonl.gz").write_bytes(gzip.compress(line * count, 1))
        assert len(line) * count > 2 * BLOCK_BYTES
        tracemalloc.start()
        assert sum(1 for _ in Archive(tmp_path).articles(Story)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_a_process_that_was_forked_is_told_that_an_iterator_is_not_its_own(archive: Archive) -> None:
    begun = archive.articles()
    ids = [article.id for article in archive.articles()]
    assert next(begun).id == ids[0]
    child = os.fork()
    if child == 0:
        try:
            list(begun)
        except RuntimeError as error:
            os._exit(7 if "begin another here" in str(error) else 1)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert [article.id for article in begun] == ids[1:]


def test_the_examples_of_the_documentation_run_on_a_real_archive(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "archive").symlink_to(root)
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(examples) >= 6
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, example in enumerate(examples):
        exec(compile(example, f"{DOCUMENT.name}, example {number + 1}", "exec"), names)
        assert capsys.readouterr().out, example


def test_reading_lines_loads_little() -> None:
    code = ("import sys; from pipelines.reader import Archive; "
            "print({'scrapy', 'twisted', 'sqlite3', 'fsspec', 'lxml', 'brotli', 'asyncio'} & sys.modules.keys())")
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"
