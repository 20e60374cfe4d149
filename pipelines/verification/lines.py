"""One JSONL file: strict UTF-8, one object a line, every key, and what a line can prove by itself.

Owns the checks that need no other file. Must not know WARC.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pipelines.jsonl import LineFileError, iter_committed_lines, iter_lines
from pipelines.recordlines import scrub
from pipelines.schema import checker
from pipelines.verification.measured import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipelines.schema import Check
    from pipelines.verification.inventory import ArchiveFile
    from pipelines.verification.report import Findings

_SCHEMA_OF = {"articles": "article", "fetches": "fetch"}


def checked_lines(
    root: Path, file: ArchiveFile, findings: Findings, on_block: Callable[[int], object]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Offset and record of each line that has its shape; what is wrong with the others and the file is
    damage.
    """
    measured, check, rows = Measured(on_block), checker(_SCHEMA_OF[file.kind]), 0
    is_whole = True
    try:
        for offset, line in _lines(root, file, measured):
            rows += 1
            record = _parsed(line, check, file, offset, findings)
            if record is not None:
                yield offset, record
    except LineFileError as error:
        is_whole = False
        findings.damage(file.path, error.fact, error.offset)
    if file.growing:
        _compare_growing(file, rows, findings)
    else:
        measured.read_rest(file.on_disk(root))
        measured.compare(file, rows if is_whole else None, findings)


def _lines(root: Path, file: ArchiveFile, measured: Measured) -> Iterator[tuple[int, bytes]]:
    if file.growing:
        return iter_committed_lines(root, file.growing.mark, file.growing.outbox)
    return iter_lines(root / file.path, on_bytes=measured)


def _compare_growing(file: ArchiveFile, rows: int, findings: Findings) -> None:
    if file.growing and rows != file.growing.mark.rows:
        findings.damage(file.path, f"holds {rows} lines where {file.growing.mark.rows} were committed")


def _parsed(
    line: bytes, check: Check, file: ArchiveFile, offset: int, findings: Findings
) -> dict[str, Any] | None:
    try:
        record = json.loads(line.decode(), parse_constant=_refuse)
        if b"\\u" in line and scrub(record) != record:
            _refuse("a lone surrogate or a NUL written as an escape")
    except ValueError as error:
        findings.damage(file.path, f"not JSON in strict UTF-8 ({error})", offset)
        return None
    wrong = check(record)
    if wrong:
        findings.damage(file.path, "; ".join(wrong[:5]), offset)
        return None
    for fact in _FACTS[file.kind](record, file):
        findings.damage(file.path, fact, offset)
    return record  # type: ignore[no-any-return]  # the schema holds: it is an object


def _refuse(what: str) -> None:
    raise ValueError(f"{what} is not allowed")


def _facts_of_article(article: dict[str, Any], file: ArchiveFile) -> Iterator[str]:
    text, content = article["text"], article["content"]
    if hashlib.sha256(text.encode()).hexdigest() != content["text_sha256"]:
        yield "content.text_sha256 is not that of text"
    if len(text) != content["text_chars"]:
        yield f"content.text_chars is {content['text_chars']}, text has {len(text)}"
    yield from _facts_of_run(article, file)


def _facts_of_fetch(fetch: dict[str, Any], file: ArchiveFile) -> Iterator[str]:
    if fetch["started_at"][:10] != file.dt:
        yield f"started_at is {fetch['started_at']}, the file is of {file.dt}"
    if (fetch["outcome"] in ("article", "duplicate")) != (fetch["article_id"] is not None):
        yield f"outcome {fetch['outcome']} with article_id {fetch['article_id']}"
    yield from _facts_of_run(fetch, file)


def _facts_of_run(record: dict[str, Any], file: ArchiveFile) -> Iterator[str]:
    if not file.path.rpartition("/")[2].startswith(record["run_id"] + "-"):
        yield f"run_id is {record['run_id']}, which is not the run of this file"


_FACTS: dict[str, Callable[[dict[str, Any], ArchiveFile], Iterator[str]]] = {
    "articles": _facts_of_article, "fetches": _facts_of_fetch,
}
