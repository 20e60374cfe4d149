"""The figures of a simulated month for people: a table a run on the terminal, and in README.md.

Owns how they are worded. Must not know how they were counted.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.report import markdown_table, origin, put_lines
from benchmarks.tickfigures import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COLUMNS = ("habit", "feeds", "new articles", "later than 2 intervals", "found after, median", "95 %", "at most",
           "in intervals, at most", "in mean gaps, median", "never seen", "unchanged: not sent", "304", "in full",
           "requests a feed a day")
_FILE_WIDTH = 200
_LOST = {"asked to wait": "while we kept away for as long as the publisher asks", "burst": "between two visits",
         "failing": "while the server failed", "backing off": "before we asked it again"}


def show(document: Mapping[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    for run in document["runs"]:
        table = Table(title=_headline(document, run), title_justify="left", caption="\n".join(_notes(run)),
                      caption_justify="left")
        for number, column in enumerate(COLUMNS):
            table.add_column(column, justify="right" if number else "left")
        for row in _rows(run):
            table.add_row(*row, end_section=row[0] == list(run["habits"])[-1])
        console.print(table)


def fill_readme(document: Mapping[str, Any], picture: Path, readme: Path) -> None:
    put_lines(_markdown(document, f"results/{picture.name}"), readme, "ticks")


def _markdown(document: Mapping[str, Any], picture: str) -> Iterator[str]:
    yield f"{document['feeds']} feeds, {document['days']} days, seed {document['seed']}. {origin(document)}"
    yield f"\n![How late articles are found, and what unchanged feeds cost, by habit]({picture})"
    for run in document["runs"]:
        yield f"\n**{_headline(document, run)}**\n"
        yield from markdown_table(COLUMNS, _rows(run))
        yield ""
        yield from (f"- {note}" for note in _notes(run))


def _headline(document: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    return f"A tick every {run['tick_seconds'] / 60:g} minutes, {document['days']} days"


def _rows(run: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, figures in [*run["habits"].items(), ("all", run["all"])]:
        found, unchanged = figures["found"]["healthy"], figures["unchanged"]
        minutes, intervals, gaps = (found[unit] for unit in ("minutes", "intervals", "gaps"))
        times = [minutes_text(minutes[key]) if minutes else "–" for key in ("median", "p95", "max")]
        late, lost = found["late"] + figures["never_found"], sum(figures["lost"].values())
        yield (name, str(figures["feeds"]), f"{found['articles']:,}", str(late), *times,
               f"{intervals['max']:.2f}" if intervals else "–", f"{gaps['median']:.2f}" if gaps else "–", f"{lost:,}",
               *(f"{unchanged[kind]:.1%}" for kind in UNCHANGED), f"{figures['sent']['a_feed_a_day']:.1f}")


def minutes_text(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.0f} h"


def _notes(run: Mapping[str, Any]) -> Iterator[str]:
    """The bars, then what the table does not count."""
    figures = run["all"]
    found, unchanged, lost = figures["found"], figures["unchanged"], figures["lost"]
    late = found["healthy"]["late"] + figures["never_found"]
    spared = unchanged["not sent"] + unchanged["304"]
    yield (f"Later than twice the interval: {late} of {found['healthy']['articles']:,} articles. Polls of unchanged "
           f"feeds that were not sent, or answered 304: {spared:.1%} of {unchanged['polls']:,}.")
    for state, words in (("failing", "whose server failed while they waited"),
                         ("backing off", "published when the server was well and we still kept away")):
        if found[state]["articles"]:
            middle, most = (minutes_text(found[state]["minutes"][key]) for key in ("median", "max"))
            yield (f"Not in the table: {found[state]['articles']:,} articles {words}; found after {middle}, at most "
                   f"{most}.")
    if lost:
        whys = ", ".join(f"{lost[why]:,} {words}" for why, words in _LOST.items() if why in lost)
        yield f"Never seen, for they had fallen off the feed before it was read: {whys}."
    yield (f"Asked before the feed's own ttl had run out, for its list would have turned over by then: "
           f"{figures['sent']['before_the_ttl']:,} times.")
