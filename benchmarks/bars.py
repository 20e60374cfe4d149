"""Bars of a benchmark's figures, as SVG by hand.

Owns the drawing. Pure: a result in, text out. Bars are medians, whiskers run from the least to the most. Readable on
light and dark pages.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PANELS = (
    ("pages_per_second", "Pages a second", "more is better", 1),
    ("cpu_seconds", "Processor seconds", "less is better", 1),
    ("tree_peak_mib", "Peak memory, MiB", "less is better", 0),
    ("stalls.p99_ms", "Event loop late, 99th percentile, ms", "less is better", 1),
)
_PANEL_WIDTH, _BAR_HEIGHT, _BAR_STEP, _LABEL_WIDTH, _FIGURE_WIDTH = 420, 18, 28, 84, 66
_GAP, _MARGIN, _HEAD = 36, 24, 46
_STYLE = """
  .page { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif }
  .title { font-size: 17px; font-weight: 600 } .panel { font-weight: 600 } .hint { fill: #6a737d; font-size: 12px }
  .bar { fill: #b8c0ca } .ours { fill: #1a66c2 } .whisker { stroke: #1f2328; stroke-width: 1.2; opacity: .65 }
  .axis { stroke: #d0d7de } .figure { font-variant-numeric: tabular-nums }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .hint { fill: #9198a1 } .bar { fill: #4b535d }
    .ours { fill: #4493f8 } .whisker { stroke: #e6edf3 } .axis { stroke: #3d444d }
  }
"""


def svg(document: Mapping[str, Any]) -> str:
    """The whole picture: two panels a row."""
    names = list(document["contenders"])
    panel_height = _HEAD + _BAR_STEP * len(names)
    width = 2 * _PANEL_WIDTH + _GAP + 2 * _MARGIN
    height = _MARGIN + 40 + 2 * panel_height + _GAP // 2 + _MARGIN // 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{escape(_title(document))}</title><style>{_STYLE}</style>",
        f'<rect class="page" width="{width}" height="{height}" rx="8"/>',
        f'<text class="title" x="{_MARGIN}" y="{_MARGIN + 14}">{escape(_title(document))}</text>',
    ]
    for number, (key, label, hint, digits) in enumerate(PANELS):
        x = _MARGIN + (number % 2) * (_PANEL_WIDTH + _GAP)
        y = _MARGIN + 40 + (number // 2) * (panel_height + _GAP // 2)
        spans = {name: document["summary"][name][key] for name in names}
        parts.append(f'<g transform="translate({x} {y})">{"".join(_panel(label, hint, spans, digits))}</g>')
    return "\n".join([*parts, "</svg>", ""])


def _title(document: Mapping[str, Any]) -> str:
    return (f"Crawling {document['articles']} articles on {document['machine']['processors']} processors: "
            f"median, least and most of {len(document['rounds'])}")


def _panel(label: str, hint: str, spans: Mapping[str, Mapping[str, float] | None], digits: int) -> Iterator[str]:
    most = max((span["max"] for span in spans.values() if span), default=0) or 1
    scale = (_PANEL_WIDTH - _LABEL_WIDTH - _FIGURE_WIDTH) / most
    yield f'<text class="panel" y="14">{escape(label)} <tspan class="hint" dx="6">{escape(hint)}</tspan></text>'
    yield f'<line class="axis" x1="{_LABEL_WIDTH}" x2="{_LABEL_WIDTH}" y1="24" y2="{24 + _BAR_STEP * len(spans)}"/>'
    for row, (name, span) in enumerate(spans.items()):
        yield from _bar(name, span, 28 + row * _BAR_STEP, scale, digits)


def _bar(name: str, span: Mapping[str, float] | None, y: int, scale: float, digits: int) -> Iterator[str]:
    middle = y + _BAR_HEIGHT / 2
    yield f'<text x="{_LABEL_WIDTH - 8}" y="{middle + 4.5}" text-anchor="end">{escape(name)}</text>'
    if span is None:
        yield f'<text class="hint" x="{_LABEL_WIDTH + 8}" y="{middle + 4.5}">has none</text>'
        return
    kind = "bar ours" if name == "broadsheet" else "bar"
    left, right = (_LABEL_WIDTH + span[key] * scale for key in ("min", "max"))
    length = f"{span['median'] * scale:.1f}"
    yield f'<rect class="{kind}" x="{_LABEL_WIDTH}" y="{y}" width="{length}" height="{_BAR_HEIGHT}" rx="2"/>'
    if left < right:
        yield f'<path class="whisker" fill="none" d="{_whisker(left, right, middle)}"/>'
    yield f'<text class="figure" x="{right + 8:.1f}" y="{middle + 4.5}">{span["median"]:.{digits}f}</text>'


def _whisker(left: float, right: float, y: float) -> str:
    return f"M{left:.1f} {y - 4}v8M{right:.1f} {y - 4}v8M{left:.1f} {y}H{right:.1f}"
