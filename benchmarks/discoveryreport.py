"""The figures of discovery for people: a table by site, and one for a page.

Owns how they look.
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

COLUMNS = ("site", "articles", "recall", "precision", "pages", "no article", "requests", "way")
_FILE_WIDTH = 150


def show(result: Mapping[str, Any]) -> None:
    """The table on stdout, then one line for each site below the bar with what it lacks and what is wrong."""
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH, highlight=False)
    figures = result["all"]
    title = (f"{len(result['sites'])} sites from their addresses alone, {result['rounds']} rounds in "
             f"{result['seconds']} s")
    table = filled(Table(title=title, title_justify="left"), COLUMNS, rows(result))
    table.columns[-1].justify = "left"
    console.print(table)
    console.print(f"all: {figures['found']} of {figures['articles']} articles, recall {figures['recall']:.4f}, "
                  f"precision {figures['precision']:.4f}, {figures['requests']} requests")
    for name in result["below"]:
        row = result["sites"][name]
        console.print(f"below {result['least']}: {name}: {row['way']}: {_lacks(row)}", soft_wrap=True, markup=False)


def fill_readme(result: Mapping[str, Any], readme: Path) -> None:
    """Put the figures between their markers."""
    put_lines(markdown(result), readme, "discovery")


def markdown(result: Mapping[str, Any]) -> Iterator[str]:
    figures = result["all"]
    idle = figures["idle_pages"] / figures["pages"]
    yield (f"{len(result['sites'])} sites in {result['seconds']} s: {figures['found']:,} of {figures['articles']:,} "
           f"articles, recall {figures['recall']:.4f}, precision {figures['precision']:.4f}, {figures['requests']:,} "
           f"requests; of {figures['pages']:,} pages fetched {idle:.0%} are no articles. {origin(result)}\n")
    yield from markdown_table(COLUMNS, rows(result))


def rows(result: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, row in [*result["sites"].items(), ("all", {**result["all"], "way": "", "keys": {}})]:
        keys = ", ".join(f"{key} = {value}" for key, value in row["keys"].items())
        idle = f"{row['idle_pages'] / row['pages']:.0%}" if row["pages"] else "–"
        yield (name, str(row["articles"]), f"{row['recall']:.3f}", f"{row['precision']:.3f}", str(row["pages"]), idle,
               str(row["requests"]), row["way"] + (f" ({keys})" if keys else ""))


def _lacks(row: Mapping[str, Any]) -> str:
    said = [f"{len(row[key])} {key}: {row[key][0]}" for key in ("missing", "wrong") if row[key]]
    return "; ".join(said)
