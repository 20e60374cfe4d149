"""What syncing costs, for people: a table on the terminal and one in README.md.

Owns the wording. Must not know how it was measured.
"""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.report import filled, markdown_table, origin, put_lines, span_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COLUMNS = ("median (least – most)", "power", "process", "power to process, by round")
_CRAWL = (("pages_per_second", "crawl: pages a second", 1), ("cpu_seconds", "crawl: processor seconds", 1))
_FILE_WIDTH = 140


def show(document: Mapping[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    console.print(filled(Table(title=_headline(document), title_justify="left"), COLUMNS, _rows(document)))


def fill_readme(document: Mapping[str, Any], readme: Path) -> None:
    put_lines(_markdown(document), readme, "durability")


def _markdown(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{_headline(document)}. {origin(document)}\n"
    yield from markdown_table(COLUMNS, _rows(document))


def _headline(document: Mapping[str, Any]) -> str:
    return (f"{document['articles']} articles crawled, {document['alone']['pages']} pages committed alone, "
            f"{len(document['rounds'])} rounds in turn, on {document['disk']}")


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, label, digits in _CRAWL:
        spans = (span_text(document["summary"][name][key], digits) for name in document["contenders"])
        yield label, *spans, _pairs(document["ratio"]) if key == "pages_per_second" else ""
    alone = document["alone"]
    spans = (span_text(_span([one[name]["pages_per_second"] for one in alone["rounds"]]), 0)
             for name in document["contenders"])
    yield "committer alone: pages a second", *spans, _pairs(alone["ratio"])


def _span(values: list[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}


def _pairs(ratio: Mapping[str, Any]) -> str:
    return f"{ratio['median']:.2f} ({', '.join(f'{pair:.2f}' for pair in ratio['pairs'])})"
