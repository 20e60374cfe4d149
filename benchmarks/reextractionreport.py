"""What re-extraction costs and gives, for people: the lines of docs/reextraction.md.

Owns the wording. Must not know how it was measured.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.report import markdown_table, origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def lines(result: Mapping[str, Any]) -> list[str]:
    """Of the parts that were measured."""
    said = [origin(result) + f" Load before: {result['load_before']:.1f}.", ""]
    for part in (_same, _writers, _speed, _kills, _ray, _memory):
        name = part.__name__.removeprefix("_")
        if name in result:
            said += [*part(result[name]), ""]
    return said[:-1]


def _same(part: Mapping[str, Any]) -> Iterator[str]:
    rows = [(models, *(str(told[key]) for key in ("same", "different", "text", "gained", "lost")))
            for models, told in part.items()]
    yield from markdown_table(("models", "same", "different", "of them in text", "gained", "lost"), rows)


def _writers(part: Mapping[str, Any]) -> Iterator[str]:
    yield from markdown_table(("WARC files by", "pages", "same text as our own crawl"),
                              [(name, str(told["pages"]), str(told["same_text"])) for name, told in part.items()])


def _speed(part: Mapping[str, Any]) -> Iterator[str]:
    rounds = part["rounds"]
    names = [name for name in rounds[0] if name in {"broadsheet", "minet"}]
    rows = [("pages a second, median", *(f"{median(each[name] for each in rounds):.1f}" for name in names)),
            ("processor time a page (ms), median",
             *(f"{median(each[f'{name}_cpu_ms'] for each in rounds):.1f}" for name in names))]
    yield from markdown_table(("", *names), rows)
    if part["pairs"]:
        pairs = ", ".join(f"{pair:.2f}" for pair in part["pairs"])
        loads = ", ".join(f"{each['load']:.1f}" for each in part["rounds"])
        yield f"\nBroadsheet to minet: median {part['ratio']:.2f} × (round by round: {pairs}; load {loads})."


def _kills(part: Mapping[str, Any]) -> Iterator[str]:
    phases = ", ".join(f"{count} while {phase}" for phase, count in sorted(part["while"].items()))
    yield (f"{part['kills']} kills (seed {part['seed']}; {phases}) of {part['outputs']} re-extractions: every byte "
           "the same.")


def _ray(part: Mapping[str, Any]) -> Iterator[str]:
    yield f"On Ray, two workers: the same bytes, also with {part['workers_killed']} workers killed meanwhile.\n"
    rows = []
    for told in (part["archive"], part["copies"]):
        seconds = [median(each[f"{way}_seconds"] for each in told["rounds"]) for way in ("plain", "ray")]
        rows.append((f"{told['pages']:,} in {told['files']}", *(f"{each:.1f}" for each in seconds),
                     f"{told['overhead']:+.0%} ({', '.join(f'{share:+.0%}' for share in told['overheads'])})",
                     f"{told['cpu_overhead']:+.0%}"))
    yield from markdown_table(("pages, in WARC files", "without Ray (s)", "on Ray (s)", "overhead (round by round)",
                               "in processor time"), rows)


def _memory(part: Mapping[str, Any]) -> Iterator[str]:
    rows = [(f"{int(pages):,}", f"{told['peak_mib']:.0f}", f"{told['seconds']:.0f}") for pages, told in part.items()]
    yield from markdown_table(("pages", "peak memory of the main process (MiB)", "seconds"), rows)
