"""Tables of a thousand articles beside those of a hundred thousand: rows a second, and the memory that it takes.

Owns the made-up archives, all articles of one on one day, which is the hardest for a sort, and the bar.

    python -m benchmarks.exporting

Exit codes: 0 done, 1 memory grows with the archive, 9 a measurement failed.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyarrow import parquet

from benchmarks.contenders import ROOT
from benchmarks.figures import machine, versions
from benchmarks.measure import CommandFailedError, measure
from benchmarks.report import HERE, RESULTS, markdown_table, origin, put_lines, write_result
from pipelines.recordlines import to_line
from pipelines.records import (
    ArticleRecord,
    Boilerplate,
    Content,
    Discovered,
    Extraction,
    Http,
    Quality,
    WarcPointer,
    rfc3339,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MISSED, FAILED = 1, 9
MOST_MIB_MORE = 128.0
"""What the largest archive may take beyond the smallest: the sort's memory and a row group, which a thousand articles
do not fill."""
SIZES = (1_000, 10_000, 100_000)
DAY = datetime(2026, 11, 22, tzinfo=UTC)
_WORDS, _FEWEST_WORDS, _MOST_WORDS = 20_000, 100, 1_300
_LINES_A_FILE = 20_000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exporting", description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, nargs="+", default=SIZES, help="how many, the smallest archive first")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the JSON")
    options = parser.parse_args(arguments)
    try:
        turns = [_turn(articles) for articles in options.articles]
    except CommandFailedError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    result = {"benchmark": "exporting", "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
              "versions": versions("pyarrow", "msgspec"), "turns": turns}
    write_result(result, options.results, "exporting")
    if options.results.resolve() == RESULTS:
        put_lines(_markdown(result), HERE / "README.md", "exporting")
    print("\n".join(_markdown(result)))
    more = turns[-1]["main_peak_mib"] - turns[0]["main_peak_mib"]
    return MISSED if more > MOST_MIB_MORE else 0


def _turn(articles: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="broadsheet-exporting-") as folder:
        root, out = Path(folder) / "archive", Path(folder) / "tables"
        plain, compressed = write_archive(root, articles)
        command = [sys.executable, "-m", "scrapy", "export", "parquet", str(out), "-s", f"ARCHIVE_DIR={root}"]
        cost = measure(command, cwd=ROOT, log=Path(folder) / "log")
        again = measure(command, cwd=ROOT, log=Path(folder) / "log")
        path, = out.rglob("*.parquet")
        found = parquet.read_metadata(path)
        if found.num_rows != articles:
            raise CommandFailedError(f"{path}: {found.num_rows} rows of {articles}")
        return {"articles": articles, "json_bytes": plain, "jsonl_gz_bytes": compressed,
                "parquet_bytes": path.stat().st_size, "row_groups": found.num_row_groups, **asdict(cost),
                "again_wall_seconds": again.wall_seconds}


def write_archive(root: Path, articles: int) -> tuple[int, int]:
    """Sealed files of one day, sites and times mixed; bytes of their lines, and of the files."""
    folder = root / "articles" / f"dt={DAY.date()}"
    folder.mkdir(parents=True)
    lines = _lines(articles)
    plain = 0
    for number in range(-(-articles // _LINES_A_FILE)):
        with gzip.open(folder / f"made-up-{number:05}.jsonl.gz", "wb", compresslevel=4) as file:
            for _ in range(min(_LINES_A_FILE, articles - number * _LINES_A_FILE)):
                plain += file.write(next(lines))
    return plain, sum(path.stat().st_size for path in folder.iterdir())


def _lines(articles: int) -> Iterator[bytes]:
    chance = random.Random(1)
    words = ["".join(chance.choices("aeioubcdfghklmnprstwäöü", k=chance.randint(2, 11))) for _ in range(_WORDS)]
    for number in range(articles):
        text = " ".join(chance.choices(words, k=chance.randint(_FEWEST_WORDS, _MOST_WORDS)))
        yield to_line(_record(number, f"site-{chance.randrange(200):03}", text, chance.randrange(86_400_000)))


def _record(number: int, site: str, text: str, milliseconds: int) -> ArticleRecord:
    moment = rfc3339(DAY + timedelta(milliseconds=milliseconds))
    url = f"https://{site}.example/{number}"
    pointer = WarcPointer(f"warc/dt=2026-11-22/{site}.warc.gz", number, 9000, f"<urn:uuid:{number:032x}>",
                          f"sha1:{number:032X}", moment)
    return ArticleRecord(
        schema_version=1, id=f"{number * 7919 % (1 << 60):032x}", kind="article", run_id="20261122T000000Z-made-up",
        site=site, url=url, final_url=url, canonical_url=url, url_key=url.partition("//")[2], redirects=(),
        title=text[:70], description=text[70:200], text=text, authors=("A. Müller",), publisher=site, language="de",
        section="news", tags=("rat", "stadt"), image=f"{url}.jpg", license=None, date_published=moment,
        date_published_source="json-ld", date_published_precision="second", date_published_stated=moment,
        date_modified=None, is_accessible_for_free=True, word_count=len(text.split()),
        discovered=Discovered("feed", f"https://{site}.example/feed"),
        http=Http(200, moment, "192.0.2.7", "http/1.1", "text/html", "utf-8", 48_000, None, None, 90), warc=pointer,
        content=Content(f"{number:064x}", len(text)), boilerplate=Boilerplate(), quality=Quality(9, 0.5),
        extraction=Extraction("trafilatura", "2.3", "0.1", None, (), way="fast"))


def _markdown(result: dict[str, Any]) -> Iterator[str]:
    yield f"{origin(result)}\n"
    columns = ("articles", "rows a second", "wall seconds", "processor seconds", "peak memory (MiB)", "JSON (MiB)",
               "JSONL, gzip (MiB)", "Parquet, zstd (MiB)", "row groups", "a second run, nothing new (s)")
    yield from markdown_table(columns, [_row(turn) for turn in result["turns"]])


def _row(turn: dict[str, Any]) -> list[str]:
    sizes = (turn[key] / (1 << 20) for key in ("json_bytes", "jsonl_gz_bytes", "parquet_bytes"))
    return [f"{turn['articles']:,}", f"{turn['articles'] / turn['wall_seconds']:,.0f}", f"{turn['wall_seconds']:.1f}",
            f"{turn['cpu_seconds']:.1f}", f"{turn['main_peak_mib']:.0f}", *(f"{size:.1f}" for size in sizes),
            str(turn["row_groups"]), f"{turn['again_wall_seconds']:.1f}"]


if __name__ == "__main__":
    sys.exit(main())
