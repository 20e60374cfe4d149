"""What archiving costs, for people: tables on the terminal and in README.md.

Owns the wording. Must not know how it was measured.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.report import filled, markdown_table, origin, put_lines, span_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COLUMNS = ("median (least – most)", "with WARC", "without", "with to without, by round")
_CRAWL = (("pages_per_second", "pages a second", 1), ("cpu_seconds", "processor seconds", 1),
          ("main_cpu_seconds", "– of the main process", 1))
MEMORY_COLUMNS = ("pages", "main process (MiB, RSS)", "to the first")
WACZ_COLUMNS = ("archive", "WARC (MB)", "pages", "seconds", "peak memory (MiB)")
_FILE_WIDTH = 140


def show(document: Mapping[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    for columns, rows in ((COLUMNS, _rows(document)), (MEMORY_COLUMNS, _memory(document)),
                          (WACZ_COLUMNS, _wacz(document))):
        console.print(filled(Table(title_justify="left"), columns, rows))


def fill_readme(document: Mapping[str, Any], readme: Path) -> None:
    put_lines(_markdown(document), readme, "archiving")


def _markdown(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document['articles']} articles, {len(document['rounds'])} rounds in turn. {origin(document)}\n"
    yield from markdown_table(COLUMNS, _rows(document))
    yield "\nMemory over one long crawl:\n"
    yield from markdown_table(MEMORY_COLUMNS, _memory(document))
    yield f"\n`scrapy export wacz`: {document['wacz']['more_mib']} MiB more for the large archive.\n"
    yield from markdown_table(WACZ_COLUMNS, _wacz(document))


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, label, digits in _CRAWL:
        spans = (span_text(document["summary"][name][key], digits) for name in document["contenders"])
        ratio = document["ratio"]
        pairs = f"{ratio['median']:.2f} ({', '.join(f'{pair:.2f}' for pair in ratio['pairs'])})"
        yield label, *spans, pairs if key == "pages_per_second" else ""


def _memory(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    samples = document["memory"]["samples"]
    for pages, mib, _ in samples:
        yield f"{pages:,}", f"{mib:.0f}", f"{mib / samples[0][1]:.2f}"


def _wacz(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name in ("small", "large"):
        one = document["wacz"][name]
        yield (name, f"{one['warc_bytes'] / 1e6:,.0f}", f"{one['pages']:,}", f"{one['wall_seconds']:.1f}",
               f"{one['peak_mib']:.0f}")
