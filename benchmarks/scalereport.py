"""What stores of two sizes cost, for people: a table on the terminal and one in README.md.

Owns the summary over rounds and its wording. Must not know how it was measured.
"""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.report import filled, markdown_table, origin, put_lines
from benchmarks.storecosts import HOT, ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

KINDS = ("median", "mean", "p95")
_FILE_WIDTH = 140
_ABOUT = {
    "is_known, known": "is_known, a URL that is known", "is_known, unknown": "is_known, one that is not",
    "lease": "lease, a window of 64, 2 a host", "article_like, held": "article_like, one that is held",
    "article_like, new": "article_like, one that is not", "commit": "commit, 64 visits and 64 found URLs",
}


def summarise(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By size: the median over the rounds of every figure, in milliseconds; the highest peak of memory."""
    return {known: {
        "peak_mib": max(turn[known]["peak_mib"] for turn in rounds),
        "ms": {name: {kind: round(median(turn[known]["ms"][name][kind] for turn in rounds), 4) for kind in KINDS}
               for name in (*HOT, *ONCE)},
    } for known in rounds[0]}


def ratio_of(summary: Mapping[str, Any], small: str, large: str, name: str, kind: str) -> float:
    return float(summary[large]["ms"][name][kind] / summary[small]["ms"][name][kind])


def show(document: Mapping[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    table = Table(title=_headline(document), title_justify="left", caption="\n".join(_notes(document)),
                  caption_justify="left")
    console.print(filled(table, _columns(document), _rows(document)))


def fill_readme(document: Mapping[str, Any], readme: Path) -> None:
    put_lines(_markdown(document), readme, "scale")


def _markdown(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{_headline(document)}. {origin(document)}\n"
    yield from markdown_table(_columns(document), _rows(document))
    yield ""
    yield from (f"- {note}" for note in _notes(document))


def _headline(document: Mapping[str, Any]) -> str:
    return (f"{len(document['rounds'])} rounds of {document['cycles']} group commits, "
            f"{document['waiting']:,} URLs waiting")


def _columns(document: Mapping[str, Any]) -> tuple[str, ...]:
    small, large = (f"{known:,} known" for known in document["known"])
    return ("milliseconds: median / mean / 95 %", small, large, "ratio")


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    summary = document["summary"]
    small, large = map(str, document["known"])
    for name in HOT:
        sizes = (" / ".join(f"{summary[known]['ms'][name][kind]:.3g}" for kind in KINDS) for known in (small, large))
        ratios = " / ".join(f"{ratio_of(summary, small, large, name, kind):.2f}" for kind in KINDS)
        yield _ABOUT[name], *sizes, ratios


def _notes(document: Mapping[str, Any]) -> Iterator[str]:
    summary, size = document["summary"], document["size"]
    for known in map(str, document["known"]):
        tables = ", ".join(f"{name} {each / int(known):.0f}" for name, each in size[known]["tables"].items()
                           if each / int(known) >= 1)
        mib, a_url = size[known]["bytes"] / (1 << 20), size[known]["bytes_a_url"]
        yield (f"{int(known):,} known: {mib:,.0f} MiB on disk, {a_url} bytes a URL ({tables}); "
               f"peak memory {summary[known]['peak_mib']:.0f} MiB.")
    once = ", ".join(f"{name} {_both(summary, name)}" for name in ONCE)
    yield f"Once a run, in milliseconds, small store and large: {once}."


def _both(summary: Mapping[str, Any], name: str) -> str:
    return " and ".join(f"{summary[known]['ms'][name]['median']:.1f}" for known in summary)
