"""Lines made into what was asked for: records, rows, or their own bytes.

Owns how a line is decoded, and what becomes of one that cannot be: it is named with file and offset, and the others are
read on. Must not know which files there are.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from pipelines.jsonl import LineFileError
from pipelines.reader.sieve import Keys, keys_of_line
from pipelines.records import ArticleRecord, FetchRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipelines.reader.linefiles import Batch, LineFiles, Views
    from pipelines.reader.sieve import Sieve

_T = TypeVar("_T")
_SELF_KEYED = (ArticleRecord, FetchRecord)
_RECORDS: dict[str, type[ArticleRecord | FetchRecord]] = {"articles": ArticleRecord, "fetches": FetchRecord}


def records(files: LineFiles, batches: Iterable[Batch], into: type[_T], sieve: Sieve) -> Iterator[_T]:
    """Each line that passes as an `into`: a dataclass or msgspec.Struct that has some of the keys, or all. TypeError
    for one that does not take a sound line."""
    if into in _SELF_KEYED:
        return decoded(files, likely(batches, sieve.may_pass), decoder(into), sieve.passes)
    return all_records(files, lines_through(files, batches, sieve), into)


def all_records(files: LineFiles, batches: Iterable[Views], into: type[_T]) -> Iterator[_T]:
    """Each line as an `into`, by the same rules."""
    own = None if into in _SELF_KEYED else into
    return decoded(files, batches, decoder(into), own=own)


def rows(files: LineFiles, batches: Iterable[Batch], sieve: Sieve) -> Iterator[dict[str, Any]]:
    """Each line that passes as a dict, with every key that it has."""
    return decoded(files, likely(batches, sieve.may_pass), decoder(dict), lambda row: sieve.passes(_keys_of_row(row)))


def all_rows(files: LineFiles, batches: Iterable[Views]) -> Iterator[dict[str, Any]]:
    """Each line as a dict, with every key that it has."""
    return decoded(files, batches, decoder(dict))


def lines_through(files: LineFiles, batches: Iterable[Batch], sieve: Sieve) -> Iterator[Batch]:
    """The lines that pass, as they are."""
    for batch in likely(batches, sieve.may_pass):
        for _ in decoded(files, [batch], keys_of_line, sieve.passes):
            yield batch


def likely(batches: Iterable[Batch], may_pass: Callable[[bytes], bool]) -> Iterator[Batch]:
    """The lines that pass the first look, each by itself."""
    for name, offset, lines in batches:
        at = offset
        for line in lines:
            if may_pass(line):
                yield name, at, [line]
            at += len(line) + 1


def decoded(
    files: LineFiles, batches: Iterable[Views], decode: Callable[[bytes | memoryview], _T],
    passes: Callable[[_T], bool] | None = None, own: type[_T] | None = None,
) -> Iterator[_T]:
    """What `decode` makes of each line, where that `passes`; `own` is the class if it is the caller's."""
    for name, offset, lines in batches:
        at, counted = offset, 0
        for number, line in enumerate(lines):
            try:
                record = decode(line)
            except (ValueError, RecursionError) as error:
                if own is not None:
                    _require_damaged(line, name, own, error)
                at += sum(len(before) + 1 for before in lines[counted:number])
                counted = number
                files.tell(LineFileError(files.where(name), at, _fact(error)))
                continue
            if passes is None or passes(record):
                yield record


def _require_damaged(line: bytes | memoryview, file: str, own: type, error: Exception) -> None:
    """No copy of the archive helps against a key that is misspelt in a class."""
    of = file.partition("/")[0]
    try:
        decoder(_RECORDS[of])(line)
    except (ValueError, RecursionError):
        return
    name = getattr(own, "__name__", own)
    raise TypeError(f"{name} does not take {of} that are sound ({error}): compare it with their keys in "
                    "docs/file-formats.md; one that older lines lack wants a default") from error


def decoder(into: type[_T]) -> Callable[[bytes | memoryview], _T]:
    """Reads a line of JSON as an `into`; keys that it does not have are passed over."""
    return cast("Callable[[bytes | memoryview], _T]", _decoder(cast("Any", into)).decode)


@functools.lru_cache(64)        # a class that is made anew for each call must not be held for ever
def _decoder(into: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(into)


def _keys_of_row(row: dict[str, Any]) -> Keys:
    return Keys(row.get("site"), row.get("kind"), row.get("outcome"))


def _fact(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return f"not a record of this kind ({error})"
    return f"not JSON in UTF-8 ({error})"
