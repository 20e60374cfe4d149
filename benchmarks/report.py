"""The figures of a benchmark for people: a table on the terminal, one in README.md, and bars.

Owns how results look. `python -m benchmarks.report [RESULT.json]` writes the newest result, or the one given, into
README.md between its markers, and draws its bars again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.bars import svg
from benchmarks.figures import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
_FILE_WIDTH = 140
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def main(arguments: Sequence[str]) -> int:
    console = Console()
    results = [Path(argument) for argument in arguments] or sorted(RESULTS.glob("crawl-*.json"))
    if not results:
        console.print(f"error: {RESULTS}: no result yet: run python -m benchmarks.crawl first", style="red")
        return 4
    document = json.loads(results[-1].read_text("utf-8"))
    picture = write_bars(document, results[-1])
    fill_readme(document, picture, HERE / "README.md")
    show(document)
    return 0


def show(document: Mapping[str, Any]) -> None:
    """The table on stdout, in one line a figure where that is a file."""
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    console.print(table(document))


def write_bars(document: Mapping[str, Any], result: Path) -> Path:
    """The SVG beside the JSON; returns its path."""
    picture = result.with_suffix(".svg")
    picture.write_text(svg(document), "utf-8")
    return picture


def fill_readme(document: Mapping[str, Any], picture: Path, readme: Path) -> None:
    """Put the figures between the markers; ValueError if the markers are gone."""
    text = readme.read_text("utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"{readme}: its figures have no place: put back the lines {BEGIN} and {END}")
    before, after = text.partition(BEGIN)[0], text.rpartition(END)[2]
    lines = "\n".join(markdown(document, f"results/{picture.name}"))
    readme.write_text(f"{before}{BEGIN}\n{lines}\n{END}{after}", "utf-8")


def table(document: Mapping[str, Any]) -> Table:
    """Median, and least to most, of each contender."""
    shown = Table(title=_headline(document), title_justify="left", caption=_ratios(document), caption_justify="left")
    shown.add_column("median (least – most)")
    for name in document["contenders"]:
        shown.add_column(name, justify="right")
    for label, *cells in _rows(document):
        shown.add_row(label, *cells)
    return shown


def markdown(document: Mapping[str, Any], picture: str) -> Iterator[str]:
    names = list(document["contenders"])
    machine = document["machine"]
    yield f"{_headline(document)}. {document['date'][:10]}; {machine['processors']} processors: {machine['processor']};"
    yield ", ".join(f"{name} {number}" for name, number in document["versions"].items()) + "."
    yield f"\n![Bars of the same figures]({picture})\n"
    yield "| median (least – most) | " + " | ".join(names) + " |"
    yield "|---|" + "---:|" * len(names)
    yield from ("| " + " | ".join(row) + " |" for row in _rows(document))
    yield f"\n{_ratios(document)}"


def _headline(document: Mapping[str, Any]) -> str:
    return f"{document['articles']} articles, {len(document['rounds'])} rounds in turn"


def _ratios(document: Mapping[str, Any]) -> str:
    speed = document["ratios"]["pages_per_second"]
    pairs = ", ".join(f"{pair:.2f}" for pair in speed["pairs"])
    return f"Broadsheet to plain, pages a second: median {speed['median']:.2f} × (round by round: {pairs})"


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for metric in METRICS:
        spans = [document["summary"][name][metric.key] for name in document["contenders"]]
        yield metric.label, *(_span(span, metric.digits) for span in spans)


def _span(span: Mapping[str, float] | None, digits: int) -> str:
    if span is None:
        return "–"
    least, middle, most = (f"{span[key]:.{digits}f}" for key in ("min", "median", "max"))
    return middle if least == most else f"{middle} ({least} – {most})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
