"""Tables say what the lines say, each day whole, and only days that changed are written again."""

from __future__ import annotations

import gzip
import itertools
import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks import exporting
from pipelines.arrowschema import arrow_schema
from pipelines.errors import ArchiveDamagedError, ArchiveHeldError, ConfigurationError
from pipelines.export.daysort import sorted_lines
from pipelines.export.parquet import FACTS, Day, days_of, export_folder, is_current, write_day
from pipelines.export.rowgroups import tables
from pipelines.jsonl import LineFileError
from pipelines.reader import Archive, sealed_paths
from tests.archives import Clock, make_archive
from tests.commandline import REPOSITORY, make_news, on_terminal, scrapy
from tests.monthofnews import without_later_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

KINDS = ("articles", "fetches")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two days."""
    return make_news(tmp_path_factory.mktemp("archive"))


def days(root: Path, out: Path, kind: str = "articles", *, site: str | None = None) -> list[Day]:
    return days_of(kind, sealed_paths(root, kind), out, None, None, site)


def export(root: Path, out: Path, kind: str = "articles", *, site: str | None = None) -> list[Path]:
    """What was written."""
    with export_folder(out, root) as partial:
        due = [day for day in days(root, out, kind, site=site) if not is_current(day)]
        for day in due:
            write_day(day, partial)
    return [day.path for day in due]


def rows(path: Path) -> list[dict[str, Any]]:
    return list(parquet.ParquetFile(path).read().to_pylist())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def put(root: Path, lines: Sequence[dict[str, Any]], dt: str = "2026-11-22", name: str = "run-00000") -> Path:
    """A sealed file of articles."""
    path = root / "articles" / f"dt={dt}" / f"{name}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))
    return path


def as_line(value: Any) -> Any:
    """A value of a table as JSON has it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    if isinstance(value, dict):
        return {key: as_line(item) for key, item in value.items()}
    return [as_line(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_has_every_value_of_every_line_by_site_and_time(root: Path, tmp_path: Path, kind: str) -> None:
    found = [as_line(row) for path in export(root, tmp_path, kind) for row in rows(path)]
    written = list(Archive(root).rows(kind))
    for line in written:
        for moment in ("date_published", "date_modified"):
            if line.get(moment):
                line[moment] = as_line(datetime.fromisoformat(line[moment]))

    def place(line: dict[str, Any]) -> tuple[str, ...]:
        moment = line["started_at"] if kind == "fetches" else line["http"]["fetched_at"]
        return moment[:10], line["site"], moment

    assert len(found) == len(written) > 30
    assert found == sorted(written, key=place)


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_has_the_same_schema_though_columns_are_always_empty(
    root: Path, tmp_path: Path, kind: str
) -> None:
    paths = export(root, tmp_path, kind)
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        f"{kind}/dt=2026-11-22/part-00000.parquet", f"{kind}/dt=2026-11-23/part-00000.parquet"]
    for path in paths:
        schema = parquet.read_schema(path)
        assert schema.equals(arrow_schema(kind), check_metadata=True)
        assert "null" not in str(schema.types)
    empty = [name for name in ("section", "wall", "redirects") if kind == "articles"]
    assert all(not row[name] for row in rows(paths[0])[:3] for name in empty)


def test_a_file_is_compressed_with_statistics_page_index_and_its_order(root: Path, tmp_path: Path) -> None:
    group = parquet.read_metadata(export(root, tmp_path)[0]).row_group(0)
    columns = {group.column(at).path_in_schema: group.column(at) for at in range(group.num_columns)}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert all(column.has_offset_index and column.has_column_index for column in columns.values())
    assert columns["site"].statistics.min == "osmere-courier"
    assert columns["http.fetched_at"].statistics.min.tzinfo is not None
    assert columns["section"].statistics.null_count == group.num_rows
    in_order = [group.column(sorting.column_index).path_in_schema for sorting in group.sorting_columns]
    assert in_order == ["site", "http.fetched_at"]


def test_a_day_is_written_again_only_when_it_has_other_files(tmp_path: Path) -> None:
    root, out = tmp_path / "archive", tmp_path / "out"
    make_news(root)
    first, second = export(root, out)
    before = {path: path.stat() for path in (first, second)}
    assert export(root, out) == []
    assert {path: path.stat().st_ino for path in before} == {path: stat.st_ino for path, stat in before.items()}
    make_archive(root, 3, first=900, clock=Clock(datetime(2026, 11, 23, 9, tzinfo=UTC)))
    known = len(rows(second))
    assert export(root, out) == [second]
    assert len(rows(second)) == known + 3
    assert first.stat().st_ino == before[first].st_ino


def test_files_that_are_being_written_are_left_out_and_days_without_files_keep_their_table(tmp_path: Path) -> None:
    root, out = tmp_path / "archive", tmp_path / "out"
    make_archive(root)
    path, = export(root, out)
    for sealed in sealed_paths(root, "articles"):
        sealed.unlink()
    growing = root / "articles" / "dt=2026-11-24" / "run-00000.jsonl.open"
    growing.parent.mkdir()
    growing.write_bytes(b'{"torn')
    assert export(root, out) == []
    assert len(rows(path)) > 5
    assert list(out.glob("articles/*")) == [path.parent]


def test_a_reader_finds_the_old_day_until_the_new_one_is_whole(tmp_path: Path) -> None:
    root, out = tmp_path / "archive", tmp_path / "out"
    make_archive(root)
    path, = export(root, out)
    old = len(rows(path))
    make_archive(root, 3, first=900, clock=Clock(datetime(2026, 11, 22, 18, tzinfo=UTC)))
    day, = days(root, out)
    opened = parquet.ParquetFile(path)
    seen: list[tuple[int, list[str]]] = []
    with export_folder(out, root) as partial:
        write_day(day, partial, lambda _: seen.append((len(rows(path)), names(path.parent))))
    assert seen
    assert all(one == (old, [path.name]) for one in seen)
    assert len(rows(path)) == old + 3
    assert len(opened.read()) == old, "who has opened it reads it to its end"
    assert names(out) == ["articles"]


def test_an_export_that_fails_leaves_the_old_day_and_nothing_else(tmp_path: Path) -> None:
    root, out = tmp_path / "archive", tmp_path / "out"
    make_archive(root)
    path, = export(root, out)
    before = path.read_bytes()
    damaged = put(root, [{"no": "article"}], name="zz-00000")
    with pytest.raises(LineFileError, match=r"not a line of articles"):
        export(root, out)
    line = next(iter(Archive(root).rows("articles")))
    deep = b"," + b"[" * 99_999
    for old, new in ((b"Rat", b"R\xfft"), (line["id"].encode(), b"\\u0000"), (b"}", deep)):
        damaged.write_bytes(gzip.compress(json.dumps(line, ensure_ascii=False).encode().replace(old, new) + b"\n"))
        with pytest.raises(LineFileError, match=r"zz-00000\.jsonl\.gz: at byte 0 of the text: not a line of articles"):
            export(root, out)
    damaged.unlink()
    put(root, [{**line, "id": "other", "word_count": "many"}], name="zz-00000")
    with pytest.raises(ArchiveDamagedError, match=r'word_count.* in the line \{"schema_version": 1, "id": "other"'):
        export(root, out)
    assert path.read_bytes() == before
    assert [one for one in out.rglob("*") if one.is_file()] == [path]


KILLED = """
import os, signal, stat, sys
from pathlib import Path
from tests.test_export_parquet import export

def fsync(descriptor):
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.kill(os.getpid(), signal.SIGKILL)        # all is written, and not one byte of it is safe

os.fsync = fsync
export(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_killed_export_leaves_the_old_day_and_the_next_one_ends_it(tmp_path: Path) -> None:
    root, out = tmp_path / "archive", tmp_path / "out"
    make_archive(root)
    path, = export(root, out)
    old = rows(path)
    make_archive(root, 3, first=900, clock=Clock(datetime(2026, 11, 22, 18, tzinfo=UTC)))
    ended = subprocess.run([sys.executable, "-c", KILLED, str(root), str(out)], cwd=REPOSITORY, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert rows(path) == old
    assert [one.relative_to(out).as_posix() for one in sorted(out.rglob("*.parquet"))] == [
        ".partial/articles-2026-11-22.parquet", "articles/dt=2026-11-22/part-00000.parquet"]
    assert export(root, out) == [path]
    assert len(rows(path)) == len(old) + 3
    assert names(out) == ["articles"]


def test_lines_of_before_a_key_was_there_have_null_in_its_column(tmp_path: Path) -> None:
    line = next(iter(Archive(make_archive(tmp_path / "new")).rows("articles")))
    put(tmp_path / "archive", [without_later_keys(line), {**line, "id": "x", "a_key_of_next_year": [{"more": 1}]}])
    path, = export(tmp_path / "archive", tmp_path / "out")
    found = {row["id"]: row for row in rows(path)}
    assert found[line["id"]]["rights"] is found[line["id"]]["boilerplate"]["blocks"] is None
    assert (found["x"]["rights"], found["x"]["boilerplate"]["blocks"]) == ([], 0)
    assert parquet.read_schema(path).equals(arrow_schema("articles"))


def test_an_article_in_two_files_is_one_row_the_one_fetched_last(tmp_path: Path) -> None:
    one, other, *_ = Archive(make_archive(tmp_path / "new")).rows("articles")
    later = {**one, "title": "later", "http": {**one["http"], "fetched_at": "2026-11-22T23:59:59.000000Z"}}
    put(tmp_path / "archive", [later], name="a-00000")
    put(tmp_path / "archive", [one, other], name="b-00000")
    put(tmp_path / "archive", [other], name="c-00000")
    path, = export(tmp_path / "archive", tmp_path / "out")
    assert [(row["id"], row["title"]) for row in rows(path)] == [(other["id"], other["title"]), (one["id"], "later")]


@pytest.mark.parametrize("max_bytes", [1, 5_000, 10**7])
def test_the_order_is_the_same_whatever_fits_into_memory(root: Path, tmp_path: Path, max_bytes: int) -> None:
    paths = sealed_paths(root, "articles")
    assert list(sorted_lines("articles", paths, None, tmp_path, max_bytes=max_bytes)) == list(
        sorted_lines("articles", reversed(paths), None, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_a_row_group_is_held(root: Path, tmp_path: Path) -> None:
    """Rows are asked for one group ahead of what is handed on, however many there are."""
    asked = itertools.count(1)
    line = next(sorted_lines("articles", sealed_paths(root, "articles"), None, tmp_path))
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        for taken in asked:  # noqa: B007  # the last one is how many were taken
            yield line

    for number, table in enumerate(itertools.islice(tables(endless(), arrow_schema("articles"), max_rows=10), 5), 1):
        assert (len(table), taken) == (10, 10 * number)
    by_size = next(tables(itertools.repeat(line), arrow_schema("articles"), max_bytes=5 * len(line)))
    assert len(by_size) == 5


def test_one_site_is_exported_alone_and_not_over_all_sites(root: Path, tmp_path: Path) -> None:
    everything = export(root, tmp_path / "all")
    with pytest.raises(ConfigurationError, match=r"holds all sites, and the site x alone would replace it: name "):
        export(root, tmp_path / "all", site="x")
    first, second = export(root, tmp_path / "one", site="osmere-courier")
    assert rows(first) + rows(second) == [row for path in everything for row in rows(path)]
    nothing = export(root, tmp_path / "none", site="elsewhere")
    assert [rows(path) for path in nothing] == [[], []]
    assert parquet.read_schema(nothing[0]).equals(arrow_schema("articles"))
    assert export(root, tmp_path / "none", site="elsewhere") == []


def test_days_are_chosen_by_their_first_and_last(root: Path, tmp_path: Path) -> None:
    paths = sealed_paths(root, "articles")

    def chosen(since: str | None, until: str | None) -> list[str]:
        limits = [date.fromisoformat(day) if day else None for day in (since, until)]
        return [day.facts.dt for day in days_of("articles", paths, tmp_path, *limits, None)]

    assert chosen(None, None) == ["2026-11-22", "2026-11-23"]
    assert chosen("2026-11-23", None) == ["2026-11-23"]
    assert chosen(None, "2026-11-22") == ["2026-11-22"]
    assert chosen("2026-11-24", "2026-11-30") == []


def test_folders_that_are_no_place_for_tables_are_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "copy" / "runs").mkdir(parents=True)
    with ExitStack() as stack:
        for out in (root, root / "tables", root / "articles", tmp_path / "copy"):
            with pytest.raises(ConfigurationError, match="is an archive, or in one, whose own files lie there"):
                stack.enter_context(export_folder(out, root))
        with pytest.raises(ConfigurationError, match=r"cannot be made \(File exists\): choose a place"):
            stack.enter_context(export_folder(tmp_path / "file", root))
        stack.enter_context(export_folder(tmp_path / "held", root))
        with pytest.raises(ArchiveHeldError, match="another export is writing there: wait for it"):
            stack.enter_context(export_folder(tmp_path / "held", root))


def test_a_file_that_is_not_ours_is_not_replaced_but_a_damaged_one_is(root: Path, tmp_path: Path) -> None:
    day = days(root, tmp_path)[0]
    day.path.parent.mkdir(parents=True)
    parquet.write_table(pa.table({"a": [1]}), day.path)
    with pytest.raises(ConfigurationError, match="was not written by scrapy export: name another folder"):
        export(root, tmp_path)
    day.path.write_bytes(b"PAR1 cut off")
    assert day.path in export(root, tmp_path)
    assert is_current(day)
    assert json.loads(parquet.read_metadata(day.path).metadata[FACTS])["dt"] == "2026-11-22"


def test_the_command_says_what_it_did(root: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "tables")
    first = scrapy("export", "parquet", out, "--kind", "all", "--json", archive=root)
    assert (first.returncode, first.stderr) == (0, "")
    told = json.loads(first.stdout)
    size = sum(path.stat().st_size for path in (tmp_path / "tables").rglob("*.parquet"))
    assert told == {"out": out, "bytes": size, "rows": 67, "days_written": 4, "days_unchanged": 0}
    again = scrapy("export", "parquet", out, "--until", "2026-11-22", archive=root)
    assert again.stdout == f"{out}: 0 bytes: 0 rows, 0 days written, 1 days unchanged\n"
    assert "rows, 2 days written" in " ".join(on_terminal("export", "parquet", out + "-2", archive=root).split())


@pytest.mark.parametrize(("arguments", "error"), [
    (("--site", "x"), "holds all sites, and the site x alone would replace it"),
    (("--since", "2026-11-23", "--until", "2026-11-22"), "--since: 2026-11-23 is after --until, 2026-11-22: swap them"),
    (("--since", "yesterday"), "--since: not a day: 'yesterday': write it as 2026-11-22"),
])
def test_the_command_fails_with_one_line(
    root: Path, tmp_path: Path, arguments: tuple[str, ...], error: str
) -> None:
    export(root, tmp_path)
    done = scrapy("export", "parquet", str(tmp_path), *arguments, archive=root)
    assert done.returncode == 4
    assert error in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_benchmark_in_short(tmp_path: Path) -> None:
    """Counts and keys, and that memory does not grow with what fits into one row group; never speed."""
    assert exporting.main(["--articles", "20", "40", "--results", str(tmp_path)]) == 0
    result = json.loads(next(tmp_path.glob("exporting-*.json")).read_text("utf-8"))
    assert [(turn["articles"], turn["row_groups"], turn["exit_code"]) for turn in result["turns"]] == [
        (20, 1, 0), (40, 1, 0)]
