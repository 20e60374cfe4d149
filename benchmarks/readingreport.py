"""How fast articles are read, for people: tables on the terminal and in README.md.

Owns the wording. Must not know how it was measured.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.report import filled, markdown_table, origin, put_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COLUMNS = ("way", "files", "articles a second: median (least – most)", "processor µs an article", "peak memory (MiB)")
MEMORY_COLUMNS = ("peak memory (MiB) by articles", "few", "all", "ratio")
_FILE_WIDTH = 140
_WAYS = {
    "typed": "`articles()`", "story": "`articles(Story)`: id, title, text", "typed_shared": "`articles()`, 2 processes",
    "story_shared": "`articles(Story)`, 2 processes", "rows": "`rows(\"articles\")`", "lines": "`lines(\"articles\")`",
    "floor": "decompression alone", "before": "json.loads and from_fields over gzip.open: ours until now",
    "json_loads": "json.loads over gzip.open", "orjson_loads": "orjson.loads over gzip.open",
    "pandas_read_json": "pandas.read_json, chunks of 2000", "duckdb_read_json": "DuckDB read_json: id, title, text",
}


def show(document: Mapping[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    console.print(filled(Table(title_justify="left"), COLUMNS, _rows(document)))
    console.print(filled(Table(title_justify="left"), MEMORY_COLUMNS, _memory(document)))


def fill_readme(document: Mapping[str, Any], readme: Path) -> None:
    put_lines(_markdown(document), readme, "reading")


def _markdown(document: Mapping[str, Any]) -> Iterator[str]:
    ways, sizes = document["ways"], document["sizes"]
    yield (f"{ways[0]['articles']:,} articles, {document['rounds']} rounds in turn, {document['mean_line_bytes']:,} "
           f"bytes a line ({document['different_articles']} articles repeated); "
           + ", ".join(f"{name}: {size / 1e6:,.0f} MB" for name, size in sizes.items())
           + f". {origin(document)} Load before: {document['machine']['load_before']}.\n")
    yield from markdown_table(COLUMNS, _rows(document))
    yield ""
    yield from markdown_table(MEMORY_COLUMNS, _memory(document))
    verdict = "met" if document["best_typed_per_second"] >= document["bar"] else "missed"
    yield (f"\nBar: {document['bar']:,} typed articles a second: {verdict} "
           f"({document['best_typed_per_second']:,}). Memory: {'flat' if document['is_flat'] else 'not flat'}.")


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for one in document["ways"]:
        span = one["per_second"]
        yield (_WAYS[one["way"]], one["compression"], f"{span['median']:,} ({span['min']:,} – {span['max']:,})",
               f"{one['cpu_us']:.1f}", f"{one['peak_mib']:.0f}")


def _memory(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for way, peaks in document["memory"].items():
        yield _WAYS[way], f"{peaks['few']:.0f}", f"{peaks['many']:.0f}", f"{peaks['many'] / peaks['few']:.2f}"
