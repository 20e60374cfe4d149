"""The figures of a benchmark for people: a table on the terminal, one in README.md, and bars.

Owns how results look, and where they are kept. `python -m benchmarks.report [RESULT.json]` writes the newest result,
or the one given, into README.md between its markers, and draws its bars again.
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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
_FILE_WIDTH = 140


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


def write_result(result: Mapping[str, Any], folder: Path, name: str) -> Path:
    """Write a result, which says its `date`, into the folder as JSON; returns the file, named after both."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{result['date'][:10]}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    return path


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
    """Put the figures between their markers."""
    put_lines(markdown(document, f"results/{picture.name}"), readme)


def put_lines(lines: Iterable[str], readme: Path, name: str = "figures") -> None:
    """Put the lines between the markers of that name; ValueError if the markers are gone."""
    begin, end = markers(name)
    text = readme.read_text("utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{readme}: its figures have no place: put back the lines {begin} and {end}")
    before, after = text.partition(begin)[0], text.rpartition(end)[2]
    readme.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}", "utf-8")


def markers(name: str = "figures") -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def origin(document: Mapping[str, Any]) -> str:
    """When and where the figures were taken, in one line."""
    machine = document["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in document["versions"].items())
    return f"{document['date'][:10]}; {machine['processors']} processors: {machine['processor']}; {versions}."


def table(document: Mapping[str, Any]) -> Table:
    """Median, and least to most, of each contender."""
    shown = Table(title=_headline(document), title_justify="left", caption=_ratios(document), caption_justify="left")
    return filled(shown, ("median (least – most)", *document["contenders"]), _rows(document))


def markdown(document: Mapping[str, Any], picture: str) -> Iterator[str]:
    names = list(document["contenders"])
    yield f"{_headline(document)}. {origin(document)}"
    yield f"\n![Bars of the same figures]({picture})\n"
    yield from markdown_table(("median (least – most)", *names), _rows(document))
    yield f"\n{_ratios(document)}"


def filled(shown: Table, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """The same table with these columns, figures to the right, and these rows."""
    for number, column in enumerate(columns):
        shown.add_column(column, justify="right" if number else "left")
    for row in rows:
        shown.add_row(*row)
    return shown


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|---|" + "---:|" * (len(columns) - 1)
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _headline(document: Mapping[str, Any]) -> str:
    return f"{document['articles']} articles, {len(document['rounds'])} rounds in turn"


def _ratios(document: Mapping[str, Any]) -> str:
    speed = document["ratios"]["pages_per_second"]
    pairs = ", ".join(f"{pair:.2f}" for pair in speed["pairs"])
    return f"Broadsheet to plain, pages a second: median {speed['median']:.2f} × (round by round: {pairs})"


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for metric in METRICS:
        spans = [document["summary"][name][metric.key] for name in document["contenders"]]
        yield metric.label, *(span_text(span, metric.digits) for span in spans)


def span_text(span: Mapping[str, float] | None, digits: int) -> str:
    if span is None:
        return "–"
    least, middle, most = (f"{span[key]:.{digits}f}" for key in ("min", "median", "max"))
    return middle if least == most else f"{middle} ({least} – {most})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
