"""The figures of the quality benchmark for people: a table, one in docs/extraction.md, and a plot.

Owns how they look. `python -m benchmarks.qualityreport` writes the newest result into the page again.
"""

from __future__ import annotations

import json
import sys
from html import escape
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.ablation import STOCK
from benchmarks.report import HERE, RESULTS, filled, markdown_table, origin, put_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COLUMNS = ("", "sites F1", "precision", "recall", "fundus F1", "aeb F1", "title", "authors", "date")
SETS = (("sites", "79 sites", "#1b6ca8"), ("fundus", "fundus pages", "#c7722c"), ("aeb", "aeb pages", "#4d8b31"))
_WIDTH, _LEFT, _ROW, _STEP, _TOP = 900, 240, 58, 15, 70
_LEAST = 0.90  # where the axis begins, and says so: all figures lie above, so they are points and not bars


def show(result: Mapping[str, Any]) -> None:
    Console(width=None if sys.stdout.isatty() else 140).print(
        filled(Table(title="Articles against the truth", title_justify="left"), COLUMNS, _rows(result)))


def fill(result: Mapping[str, Any], picture: str, page: Path) -> None:
    """Put the figures between the markers of the page."""
    lines = [origin(result), "", *markdown_table(COLUMNS, _rows(result)), "", f"![The same figures drawn]({picture})"]
    put_lines(lines, page, "quality")


def write_picture(result: Mapping[str, Any], path: Path) -> Path:
    """The SVG beside the JSON; returns its path."""
    picture = path.with_suffix(".svg")
    picture.write_text(svg(result), "utf-8")
    return picture


def _all(result: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    parts = dict(result["parts"])
    yield STOCK, parts.pop(STOCK)
    yield "scrapy crawl", result["crawled"]
    yield from parts.items()


def _rows(result: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, found in _all(result):
        bodies, fields = found["bodies"], found["fields"]
        yield (name, *(f"{bodies['sites'][key]:.4f}" for key in ("f1", "precision", "recall")),
               f"{bodies['fundus']['f1']:.4f}", f"{bodies['aeb']['f1']:.4f}",
               *(f"{fields[key]:.3f}" for key in ("title", "authors", "date")))


def svg(result: Mapping[str, Any]) -> str:
    """Points of the three F1, a group for each way to extract."""
    groups = list(_all(result))
    height = _TOP + _ROW * len(groups) + 40
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
            f'font-size="13" role="img"><title>F1 of the article text, by what extraction does</title>'
            f'<rect width="{_WIDTH}" height="{height}" fill="white"/>{"".join(_legend())}'
            f'{"".join(_grid(height))}{"".join(_points(groups))}</svg>\n')


def _legend() -> Iterator[str]:
    yield f'<text x="{_LEFT}" y="24" font-size="15" font-weight="bold">F1 of the article text</text>'
    for number, (_, label, colour) in enumerate(SETS):
        x = _LEFT + number * 190
        yield f'<circle cx="{x + 6}" cy="42" r="5" fill="{colour}"/><text x="{x + 18}" y="47">{label}</text>'


def _grid(height: int) -> Iterator[str]:
    for step in range(11):
        value = _LEAST + step / 100
        yield (f'<line x1="{_x(value)}" y1="{_TOP - 8}" x2="{_x(value)}" y2="{height - 30}" stroke="#ddd"/>'
               f'<text x="{_x(value)}" y="{height - 14}" text-anchor="middle" fill="#555">{value:.2f}</text>')


def _points(groups: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    for number, (name, found) in enumerate(groups):
        top = _TOP + number * _ROW
        yield f'<line x1="{_LEFT}" y1="{top + _ROW - 6}" x2="{_WIDTH - 60}" y2="{top + _ROW - 6}" stroke="#eee"/>'
        yield f'<text x="{_LEFT - 10}" y="{top + 26}" text-anchor="end">{escape(name)}</text>'
        for place, (key, _, colour) in enumerate(SETS):
            value = found["bodies"][key]["f1"]
            x, y = _x(value), top + place * _STEP + 7
            yield (f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>'
                   f'<text x="{x + 9}" y="{y + 4}" font-size="11" fill="#333">{value:.3f}</text>')


def _x(value: float) -> float:
    return round(_LEFT + (max(value, _LEAST) - _LEAST) * (_WIDTH - _LEFT - 60) / (1 - _LEAST), 1)


def main() -> int:
    """Write the newest result into docs/extraction.md."""
    path = max(RESULTS.glob("quality-*.json"))
    result = json.loads(path.read_text("utf-8"))
    fill(result, f"../benchmarks/results/{write_picture(result, path).name}", HERE.parent / "docs" / "extraction.md")
    show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
