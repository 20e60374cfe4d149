"""The plot of a simulated month, as SVG by hand: a row a habit, lateness on the left, thrift on the right.

Owns the drawing. Pure: a result in, text out. Readable on light and dark pages.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from benchmarks.tickfigures import BIN, LATE, UNCHANGED
from benchmarks.tickreport import minutes_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MARGIN, _TITLE, _HEAD, _STEP, _FOOT = 28, 62, 64, 32, 46
_LABEL, _RIDGE, _TEXT, _BARS, _FIGURE = 112, 330, 178, 270, 52  # widths, from left to right
_RIDGE_X, _TEXT_X = _LABEL + 12, _LABEL + 12 + _RIDGE + 24
_BARS_X = _TEXT_X + _TEXT
_WIDTH = _BARS_X + _BARS + _FIGURE + 2 * _MARGIN
_RIDGE_HEIGHT, _BAR_HEIGHT = 25, 15
_MOST_INTERVALS = 2.2
_LEAST_SPARED = 0.9
_STYLE = """
  .page { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif; font-variant-numeric: tabular-nums }
  .title { font-size: 18px; font-weight: 600 } .run { font-size: 15px; font-weight: 600 }
  .panel { font-weight: 600 } .hint { fill: #656d76; font-size: 12px; font-weight: 400 } .small { font-size: 12px }
  .axis { stroke: #d0d7de } .limit { stroke: #cf222e; stroke-width: 1.4; stroke-dasharray: 4 3 }
  .limit-text { fill: #cf222e; font-size: 12px } .ridge { fill: #7fb2ec; fill-opacity: .75; stroke: #1a66c2 }
  .median { stroke: #0b3d80; stroke-width: 2 } .most { fill: #0b3d80 }
  .s0 { fill: #d3e5f8 } .s1 { fill: #3d86d8 } .s2 { fill: #e5973c } .all { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .hint { fill: #9198a1 } .axis { stroke: #3d444d }
    .limit { stroke: #ff7b72 } .limit-text { fill: #ff7b72 } .ridge { fill: #1f4f8a; stroke: #4493f8 }
    .median { stroke: #cae0ff } .most { fill: #cae0ff } .s0 { fill: #1d3350 } .s1 { fill: #4493f8 }
    .s2 { fill: #db8f3d }
  }
"""


def svg(document: Mapping[str, Any]) -> str:
    """The whole picture: a block for each tick length."""
    blocks = [(run, _HEAD + _STEP * (len(run["habits"]) + 1) + _FOOT) for run in document["runs"]]
    height = _TITLE + sum(height for _, height in blocks) + _MARGIN // 2
    title = (f"{document['days']} days of {document['feeds']} feeds: how late news is found, "
             "and what unchanged feeds cost")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{height}" rx="8"/>',
        f'<text class="title" x="{_MARGIN}" y="{_MARGIN + 12}">{escape(title)}</text>']
    y = _TITLE
    for run, block_height in blocks:
        parts.append(f'<g transform="translate({_MARGIN} {y})">{"".join(_block(run))}</g>')
        y += block_height
    return "\n".join([*parts, "</svg>", ""])


def _block(run: Mapping[str, Any]) -> Iterator[str]:
    rows = [*run["habits"].items(), ("all", run["all"])]
    bottom = _HEAD + _STEP * len(rows)
    yield from _heads(run)
    yield from _axes(bottom)
    for number, (name, figures) in enumerate(rows):
        base = _HEAD + _STEP * (number + 1) - 3
        kind = ' class="all"' if name == "all" else ""
        yield f'<text{kind} x="{_LABEL}" y="{base - 5}" text-anchor="end">{escape(name)}</text>'
        yield from _ridge(figures["found"]["healthy"], base)
        yield from _stack(figures["unchanged"], base)


def _heads(run: Mapping[str, Any]) -> Iterator[str]:
    yield f'<text class="run" y="12">A tick every {run["tick_seconds"] / 60:g} minutes</text>'
    yield (f'<text class="panel" x="{_RIDGE_X}" y="40">Found after … intervals '
           '<tspan class="hint" dx="4">| median, ▾ latest of all</tspan></text>')
    yield f'<text class="panel" x="{_TEXT_X}" y="40">Median <tspan class="hint" dx="4">95 % within</tspan></text>'
    yield f'<text class="panel" x="{_BARS_X}" y="40">Polls of unchanged feeds</text>'
    x = _BARS_X
    for number, (words, width) in enumerate((("not sent", 78), ("304", 52), ("in full", 0))):
        yield f'<rect class="s{number}" x="{x}" y="49" width="10" height="10" rx="2"/>'
        yield f'<text class="small" x="{x + 15}" y="58">{words}</text>'
        x += width


def _axes(bottom: float) -> Iterator[str]:
    for intervals in (0.0, 0.5, 1.0, 1.5, LATE):
        x = _RIDGE_X + _x(intervals)
        kind = "limit" if intervals == LATE else "axis"
        yield f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{_HEAD - 8}" y2="{bottom}"/>'
        text = "limit-text" if intervals == LATE else "hint"
        words = "2: late" if intervals == LATE else f"{intervals:g}"
        yield f'<text class="{text}" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{words}</text>'
    for share in (0.0, 0.5, _LEAST_SPARED):
        x = _BARS_X + _BARS * share
        kind = "limit-text" if share == _LEAST_SPARED else "hint"
        yield f'<text class="{kind}" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{share:.0%}</text>'


def _ridge(found: Mapping[str, Any], base: float) -> Iterator[str]:
    """How many articles were found after so many intervals; the highest point of each row is as high."""
    yield f'<line class="axis" x1="{_RIDGE_X}" x2="{_RIDGE_X + _RIDGE}" y1="{base}" y2="{base}"/>'
    if not found["articles"]:
        yield f'<text class="hint" x="{_RIDGE_X + 8}" y="{base - 5}">no new article</text>'
        return
    yield f'<path class="ridge" d="{_outline(found["bins"], base)}"/>'
    middle, most = (_RIDGE_X + _x(found["intervals"][key]) for key in ("median", "max"))
    yield f'<line class="median" x1="{middle:.1f}" x2="{middle:.1f}" y1="{base}" y2="{base - _RIDGE_HEIGHT}"/>'
    yield f'<path class="most" d="M{most:.1f} {base}l-4 -7h8z"/>'
    for kind, key, x in (("small", "median", 50), ("hint", "p95", 120)):
        words = minutes_text(found["minutes"][key])
        yield f'<text class="{kind}" x="{_TEXT_X + x}" y="{base - 5}" text-anchor="end">{words}</text>'


def _outline(bins: Sequence[int], base: float) -> str:
    scale = _RIDGE_HEIGHT / max(bins)
    last = max(number for number, count in enumerate(bins) if count)
    points = [f"M{_RIDGE_X} {base}"]
    for number, count in enumerate(bins[:last + 1]):
        left, right = (_RIDGE_X + _x((number + side) * BIN) for side in (0, 1))
        points.append(f"L{left:.1f} {base - count * scale:.1f}H{right:.1f}")
    return "".join([*points, f"V{base}Z"])


def _stack(unchanged: Mapping[str, float], base: float) -> Iterator[str]:
    x, top = float(_BARS_X), base - _BAR_HEIGHT - 3
    for number, kind in enumerate(UNCHANGED):
        width = unchanged[kind] * _BARS
        yield f'<rect class="s{number}" x="{x:.1f}" y="{top}" width="{width:.1f}" height="{_BAR_HEIGHT}"/>'
        x += width
    limit = _BARS_X + _BARS * _LEAST_SPARED
    yield f'<line class="limit" x1="{limit:.1f}" x2="{limit:.1f}" y1="{top - 5}" y2="{top + _BAR_HEIGHT + 5}"/>'
    spared = unchanged["not sent"] + unchanged["304"]
    yield f'<text class="small" x="{_BARS_X + _BARS + 8}" y="{base - 6}">{spared:.1%}</text>'


def _x(intervals: float) -> float:
    return min(intervals, _MOST_INTERVALS) / _MOST_INTERVALS * _RIDGE
