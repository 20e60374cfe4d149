"""OUT/changes.md: what a re-extraction changed, to be read by a person.

Owns how changes are shown. Must not know how they were found. Pure.
"""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from pipelines.reextraction.changes import OF_THE_RUN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.reextraction.changes import Changes, Example

_MAX_LINES = 40
_MAX_CHARS = 200
_MAX_VALUE_CHARS = 160
_TITLES = {"text": "Articles with another text", "different": "Articles with the same text that differ elsewhere",
           "gained": "Gained", "lost": "Lost"}


def report_of(changes: Changes, run_id: str) -> str:
    """The report as Markdown."""
    counts = changes.counts
    head = [
        f"# Changes by {run_id}", "",
        f"Beside the articles before: **{counts['same']:,}** the same, **{counts['different']:,}** different "
        f"({counts['text']:,} of them in their text), **{counts['gained']:,}** gained, **{counts['lost']:,}** lost.",
        "", "Facts of the run are left out: the run itself, versions, which model of the site there was, and "
        "where the WARC files lie.", ""]
    if changes.keys:
        head += ["| key | articles in which it differs |", "|---|---:|",
                 *(f"| `{key}` | {count:,} |" for key, count in changes.keys.items()), ""]
    for kind, title in _TITLES.items():
        examples = changes.examples.get(kind, ())
        if examples:
            head += [f"## {title}: {_how_many(counts, kind):,}, of which {len(examples)} are shown", ""]
            for example in examples:
                head += [*_shown(example), ""]
    return "\n".join(head).rstrip() + "\n"


def _how_many(counts: Any, kind: str) -> int:
    return int(counts["different"] - counts["text"] if kind == "different" else counts[kind])


def _shown(example: Example) -> Iterator[str]:
    line = example.after or example.before or {}
    yield f"### {_one_line(line.get('title') or line['url'])}"
    yield ""
    yield f"{line['site']} · <{line['final_url']}> · `{line['id']}`"
    if example.before is None or example.after is None:
        yield f"{line['word_count']:,} words: {_one_line(line['text'])}"
        return
    for key, (before, after) in sorted(_differing(example.before, example.after).items()):
        yield f"- `{key}`: {_value(before)} → {_value(after)}"
    difference = list(_difference(example.before["text"], example.after["text"]))
    if difference:
        fence = "`" * 4
        yield from ("", f"{fence}diff", *difference[:_MAX_LINES])
        if len(difference) > _MAX_LINES:
            yield f"… {len(difference) - _MAX_LINES} lines more"
        yield fence


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Values by their paths, but for the text, which is shown as it is, and what belongs to the run."""
    flat = dict(_flat(before)), dict(_flat(after))
    passed = OF_THE_RUN | {"text", "content.text_sha256"}
    return {key: (flat[0].get(key), flat[1].get(key)) for key in {**flat[0], **flat[1]}
            if key not in passed and flat[0].get(key) != flat[1].get(key)}


def _flat(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        if isinstance(each, dict):
            yield from _flat(each, f"{path}{key}.")
        else:
            yield path + key, each


def _difference(before: str, after: str) -> Iterator[str]:
    for line in difflib.unified_diff(before.split("\n"), after.split("\n"), "before", "after", n=1, lineterm=""):
        yield line if len(line) <= _MAX_CHARS else line[:_MAX_CHARS - 1] + "…"


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= _MAX_VALUE_CHARS else text[:_MAX_VALUE_CHARS - 1] + "…"
    return f"`{text.replace('`', chr(39))}`"


def _one_line(text: str) -> str:
    """Without what Markdown would take for markup at its beginning."""
    line = " ".join(text.split())[:_MAX_CHARS]
    return line.replace("<", "&lt;").lstrip("#>-*+ ")
