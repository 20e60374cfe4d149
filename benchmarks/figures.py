"""What the rounds came to: least, median and most of each figure, and the ratio of us to the plain spider.

Owns the JSON of a benchmark. Pure but for asking what machine this is.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from pipelines import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from benchmarks.contenders import Contender

Figures = dict[str, Any]
"""What one run gave, by `contenders.run_round`."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`key` with dots for figures inside figures; `digits` are those shown after the point."""

    key: str
    label: str
    digits: int


METRICS = (
    Metric("pages_per_second", "pages a second", 1),
    Metric("wall_seconds", "wall seconds", 1),
    Metric("cpu_seconds", "processor seconds", 1),
    Metric("main_cpu_seconds", "– of the main process", 1),
    Metric("workers_cpu_seconds", "– of its workers", 1),
    Metric("main_peak_mib", "peak memory, main process (MiB, RSS)", 0),
    Metric("tree_peak_mib", "peak memory, all processes (MiB, PSS)", 0),
    Metric("stalls.p50_ms", "event loop late, 50th percentile (ms)", 1),
    Metric("stalls.p95_ms", "event loop late, 95th percentile (ms)", 1),
    Metric("stalls.p99_ms", "event loop late, 99th percentile (ms)", 1),
    Metric("stalls.longest_ms", "event loop late, longest (ms)", 0),
    Metric("written_mib", "written (MiB)", 1),
)
_PACKAGES = ("scrapy", "twisted", "trafilatura", "lxml", "htmldate", "warcio", "pebble")


def document(contenders: Sequence[Contender], rounds: Sequence[Mapping[str, Figures]], when: datetime) -> Figures:
    """Everything that is known at the end: `rounds` hold the figures of each contender by name."""
    return {
        "benchmark": "crawl", "date": when.isoformat(timespec="seconds"),
        "machine": machine(), "versions": versions(*_PACKAGES),
        "articles": next(iter(rounds[0].values()))["articles"],
        "contenders": {contender.name: contender.about for contender in contenders},
        "rounds": list(rounds),
        "summary": {contender.name: summarise([one[contender.name] for one in rounds]) for contender in contenders},
        "ratios": {metric: ratios(rounds, metric) for metric in ("pages_per_second", "cpu_seconds")},
    }


def summarise(runs: Sequence[Figures]) -> Figures:
    """By metric; None where a contender has no such figure."""
    spans: Figures = {}
    for metric in METRICS:
        values = [value for value in (value_of(run, metric.key) for run in runs) if value is not None]
        spans[metric.key] = _span(values) if values else None
    return spans


def _span(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": round(median(values), 3), "max": max(values)}


def ratios(
    rounds: Sequence[Mapping[str, Figures]], metric: str, ours: str = "broadsheet", other: str = "plain"
) -> Figures:
    """Ours to the other's, round by round: the two ran one after the other, in the same noise."""
    pairs = [round(value_of(one[ours], metric) / value_of(one[other], metric), 3) for one in rounds]
    return {"pairs": pairs, "median": round(median(pairs), 3)}


def value_of(figures: Mapping[str, Any], key: str) -> Any:
    value: Any = figures
    for part in key.split("."):
        value = value.get(part) if value is not None else None
    return value


def machine() -> Figures:
    return {
        "system": platform.platform(), "processor": _processor(), "processors": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1),
        "load_before": round(os.getloadavg()[2], 2),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def versions(*packages: str) -> dict[str, str]:
    """Of this project, of Python, and of the packages."""
    named = {name: version(name) for name in packages}
    return {"broadsheet": __version__, "python": platform.python_version(), **named}
